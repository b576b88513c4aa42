"""The pictures in docs/pictures show what commands print and what the language server answers now."""

import importlib.util
import sys
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from docs.pages import DOCS, ROOT


def _script(name: str) -> Any:
    """Import a script of docs/site under its own name, as the scripts import each other."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "site" / f"{name}.py")
    assert spec
    assert spec.loader
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pictures = _script("pictures")
editor_picture = _script("editor_picture")


@pytest.mark.parametrize("name", pictures.SCENES)
def test_a_picture_shows_what_is_printed(name: str) -> None:
    """`python docs/site/pictures.py` draws them anew."""
    kept = (pictures.PICTURES / f"{name}.svg").read_text("utf-8")
    assert pictures.drawn(pictures.SCENES[name]) == kept


def test_the_editor_shows_what_the_server_answers() -> None:
    """`python docs/site/editor_picture.py` draws it anew."""
    kept = (pictures.PICTURES / "editor.svg").read_text("utf-8")
    assert editor_picture.drawn() == kept
    assert len(kept) < 15_000
    texts = [text.text for text in ET.fromstring(kept).iterfind(".//{http://www.w3.org/2000/svg}text")]
    assert {"15 tensors, 4,618", "17 tensors, 910k", "8 tensors, 24.4k", "24 tensors, 890k"} <= {*texts}
    assert "no module of the model is a `LayrNorm`" in texts
    assert "\u2022 no_decay/block_0: weight_decay=0, lr_scale=0.25" in texts


def test_every_picture_is_made_by_a_script_and_shown() -> None:
    made = {f"{name}.svg" for name in (*pictures.SCENES, "editor")}
    assert {path.name for path in pictures.PICTURES.iterdir()} == made
    shown = "".join(page.read_text("utf-8") for page in (ROOT / "README.md", DOCS / "index.md"))
    assert all(f"pictures/{name})" in shown for name in made)


def test_a_picture_is_words_in_colours() -> None:
    root = ET.fromstring((pictures.PICTURES / "show.svg").read_text("utf-8"))
    texts = root.findall(".//{http://www.w3.org/2000/svg}text")
    colored = {text.text: text.get("class") for text in texts}
    assert colored["warning[W203]"] == "bold yellow"
    assert colored["decay/block_1"] == "cyan"
    assert colored["paramrules show vit.rules --model vit.json"] is None
