"""The VS Code extension: its own tests, its snippets, and files that name each other."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from highlighting.lark_words import ROOT
from highlighting.test_textmate import needs_node

import paramrules

EXTENSION = ROOT / "grammar" / "editors" / "vscode"


def read(name: str) -> Any:
    return json.loads((EXTENSION / name).read_text("utf-8"))


PACKAGE = read("package.json")
SNIPPETS = read("snippets.json")
AROUND = {
    "Expect": "no_decay: type(LayerNorm)\n{}",
    "Allow": "{}head: name ~ head.weight\n",
}
"""A file for a snippet that is a part of one."""


@needs_node
def test_the_extension_starts_the_server() -> None:
    """See `test/extension.test.js` and `test/markdown.test.js`."""
    ran = subprocess.run(["npm", "test"], cwd=EXTENSION, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "\n# fail 0\n" in ran.stdout


def typed(body: list[str]) -> str:
    """Return the text of a snippet whose user accepts every default."""
    text = "\n".join(body)
    text = re.sub(r"\$\{\d+\|([^,|]*)[^|]*\|\}", r"\1", text)  # the first of some choices
    text = re.sub(r"\$\{\d+:((?:\\.|[^}\\])*)\}|\$\d", r"\1", text)
    return re.sub(r"\\([\\$}])", r"\1", text)


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_snippet_is_a_formatted_file_without_findings(name: str, tmp_path: Path) -> None:
    text = AROUND.get(name, "{}").replace("{}", typed(SNIPPETS[name]["body"]))
    path = tmp_path / "snippet.rules"
    path.write_text(text, "utf-8")
    assert [found.code for found in paramrules.check(path)] == []
    assert paramrules.format_rules(text) == text


def test_a_capture_survives_its_snippet() -> None:
    text = typed(SNIPPETS["Layer-wise learning rates"]["body"])
    assert r"let block = name ~ ^blocks\.(?<i>\d+)\." in text
    assert "\nblock_{i+1}:" in text


def test_every_file_that_the_extension_names_is_there() -> None:
    contributed = PACKAGE["contributes"]
    named = [
        PACKAGE["main"],
        *(each["configuration"] for each in contributed["languages"]),
        *(each["path"] for each in (*contributed["grammars"], *contributed["snippets"])),
    ]
    for name in named:
        assert (EXTENSION / name).is_file(), name


def test_the_extension_has_the_version_and_the_license_of_the_package() -> None:
    assert PACKAGE["version"] == paramrules.__version__
    assert (EXTENSION / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_lock_names_no_host() -> None:
    assert "resolved" not in (EXTENSION / "package-lock.json").read_text("utf-8")


def test_enter_indents_after_what_asks_for_more() -> None:
    (rule,) = read("language-configuration.json")["onEnterRules"]
    for line in ("no_decay:", "a: type(B) or", "a: b ->", "a: b -> c = 1,", "let x ="):
        assert re.search(rule["beforeText"], line), line
    for line in ("rest: else", "[lr]", "# note:", "a: floor", "    b and"):
        assert not re.search(rule["beforeText"], line), line
