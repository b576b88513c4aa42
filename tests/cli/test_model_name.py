import os
import re
from pathlib import Path

import pytest

from paramrules.named_models import Call, ModelName, read_groups_name, read_model_name

FORMS = (
    "write `package.module:NAME`, `path.py:NAME`, a call like `module:make('tiny', depth=2)`, or `saved.json`"
)
GROUPS = (
    "write `path.py:make_groups`, `package.module:make_groups`, a call like "
    "`path.py:make_groups(weight_decay=0.05)`, or `groups.json`"
)
WRAP = "write a function that does the rest: `path.py:make`"
NO_LITERAL = f"is not a literal (a number, a quoted text, a list, `True`); {WRAP}"


@pytest.mark.parametrize(
    ("text", "place", "attributes", "call"),
    [
        ("vit:model", "vit", ("model",), None),
        ("a.b.c:Net.make", "a.b.c", ("Net", "make"), None),
        ("nets/vit.py:ViT", "nets/vit.py", ("ViT",), None),
        ("C:\\nets\\vit.py:ViT", "C:\\nets\\vit.py", ("ViT",), None),
        ("saved/vit.json", "saved/vit.json", (), None),
        ("vit (1).json", "vit (1).json", (), None),  # as browsers name a second download
        ("m:f()", "m", ("f",), Call((), {})),
        (
            "timm:create_model('vit_tiny', num_classes=10)",
            "timm",
            ("create_model",),
            Call(("vit_tiny",), {"num_classes": 10}),
        ),
        (
            "m:C.make(-1, (2, 3), {'a:b': [None, True]})",
            "m",
            ("C", "make"),
            Call((-1, (2, 3), {"a:b": [None, True]}), {}),
        ),
        ("m:f('x.json')", "m", ("f",), Call(("x.json",), {})),
    ],
)
def test_names_are_taken_apart(text: str, place: str, attributes: tuple[str, ...], call: Call | None) -> None:
    assert read_model_name(text) == ModelName(text, place, attributes, call)


def test_what_kind_it_is() -> None:
    assert read_model_name("vit.json").is_saved
    assert read_model_name("vit.py:ViT").is_file
    assert not read_model_name("vit:ViT").is_file
    assert not read_model_name("vit:ViT").is_saved


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vit.py", "`vit.py` does not name a model; write what is in the file, too: `vit.py:NAME`"),
        ("nets.vit.ViT", "`nets.vit.ViT` does not name a model; write `nets.vit:ViT`"),
        (
            "vit.rules",
            "`vit.rules` does not name a model; rules come before the options: "
            "`paramrules COMMAND vit.rules --model M`",
        ),
        (
            "vit.json:X",
            "`vit.json` is a saved inventory, which takes no `:NAME`: write `vit.json`",
        ),
        (
            "lost/vit.jsn",
            "`lost/vit.jsn` does not name a model; a saved inventory ends in `.json`: `lost/vit.json`",
        ),
        ("", f"`` does not name a model; {FORMS}"),
        (":model", f"`:model` does not name a model; {FORMS}"),
        ("f('a:b')", f"`f('a:b')` does not name a model; {FORMS}"),
        ("vit:", f"`` is not the name of a model; {FORMS}"),
        ("vit:a..b", f"`a..b` is not the name of a model; {FORMS}"),
        ("vit:models[0]", f"`models[0]` is not the name of a model; {FORMS}"),
        ("m:f(", f"the call in `m:f(` is not valid; {FORMS}"),
        ("m:f(\0)", f"the call in `m:f(\0)` is not valid; {FORMS}"),
        ("m:f(" + "(" * 500 + ")" * 500 + ")", None),
        ("m:f().to('cpu')", f"`m:f().to('cpu')` continues after the call; {WRAP}"),
        ("m:f(), 2", f"`m:f(), 2` continues after the call; {WRAP}"),
        ("m:f()(2)", f"`m:f()(2)` continues after the call; {WRAP}"),
        ("m:f(**{'a': 1})", "`**` is not supported in `m:f(**{'a': 1})`; write the arguments one by one"),
        (
            "m:f(dim=open('x'))",
            f"`open('x')` in `m:f(dim=open('x'))` {NO_LITERAL}",
        ),
        ("m:f(*a)", f"`*a` in `m:f(*a)` {NO_LITERAL}"),
        (
            "m:f({[]: 1})",
            f"`{{[]: 1}}` in `m:f({{[]: 1}})` {NO_LITERAL}",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, message: str | None) -> None:
    message = message or f"the call in `{text}` is not valid; {FORMS}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read_model_name(text)


def test_the_name_in_a_lock_is_relative_to_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    named = read_model_name("models/vit.py:ViT(depth=2)")
    assert named.relative_to("models") == "vit.py:ViT(depth=2)"
    assert named.relative_to("") == "models/vit.py:ViT(depth=2)"
    assert read_model_name("models/vit.json").relative_to("rules") == "../models/vit.json"
    assert read_model_name("models.vit:ViT").relative_to("models") == "models.vit:ViT"

    def on_another_drive(*_: object) -> str:
        raise ValueError

    monkeypatch.setattr(os.path, "relpath", on_another_drive)
    assert named.relative_to("models") == f"{os.path.abspath('models/vit.py')}:ViT(depth=2)"


def test_a_saved_inventory_beside_a_misspelt_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("small.json", "saved/small.json", "saved/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    for text in ("small.jsn", "saved/small.jsn", "smal.jsn"):
        with pytest.raises(ValueError, match=r"does not name a model; did you mean `small.json`"):
            read_model_name(text)
    with pytest.raises(ValueError, match=r"did you mean `small.json`"):
        read_model_name("small.save")  # nothing like `json`, beside the file that is meant
    with pytest.raises(ValueError, match=r"a saved inventory ends in `.json`: `x.json`"):
        read_model_name("x.jsn")
    with pytest.raises(ValueError, match="write `nets:vit`"):
        read_model_name("nets.vit")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("loop", f"`loop` names no function; {GROUPS}"),
        ("loop.py:", f"`` is not the name of a function; {GROUPS}"),
        ("loop.py:f(", f"the call in `loop.py:f(` is not valid; {GROUPS}"),
        ("groups.json:f", "`groups.json` is a file of groups, which takes no `:NAME`: write `groups.json`"),
    ],
)
def test_what_names_no_groups(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read_groups_name(text)
