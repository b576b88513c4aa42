"""Definitions, references and other names."""

from pathlib import Path

import pytest
from lsp_editor import Editor
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from paramrules.language_server import renaming
from paramrules.rules.shipped import file_of

NORMS = "let norm = type(LayerNorm)\noption rate = 0.5\n"
TEXT = r"""include "norms.rules"
include <timm>
option rate = 0.5
let block = name ~ "^h\.(?<i>\d+)"  # allow: W402 -- ok

[decay]
no_decay: norm or ndim <= 1
decay: else
expect no_decay: norm
[lr]
b_{i}: block -> lr_scale = rate ** (count(block) - i)
vit: vit_block or type(Linear)
rest: else
"""


@pytest.fixture
def uri(editor: Editor, tmp_path: Path) -> str:
    (tmp_path / ".git").mkdir()
    (tmp_path / "norms.rules").write_text(NORMS)
    (tmp_path / "b.rules").write_text('include "norms.rules"\na: norm\nb: else\n')
    targets = ("a.rules", "b.rules", "gone.rules", "<nanogpt@1>")
    for file in targets[:3]:
        (tmp_path / file).touch()
    (tmp_path / "paramrules.toml").write_text("".join(f'[[targets]]\nrules = "{each}"\n' for each in targets))
    return editor.open(tmp_path / "a.rules", TEXT)


def at(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


def place(text: str, word: str, number: int = 0) -> types.Position:
    """Return the position of a word's second character."""
    offset = -1
    for _ in range(number + 1):
        offset = text.index(word, offset + 1)
    before = text[: offset + 1]
    return types.Position(before.count("\n"), len(before) - before.rfind("\n") - 1)


def definition(editor: Editor, uri: str, position: types.Position) -> tuple[str, types.Range] | None:
    params = types.DefinitionParams(types.TextDocumentIdentifier(uri), position)
    found = editor.wait(editor.client.text_document_definition_async(params))
    assert found is None or isinstance(found, types.Location)
    return found and (found.uri.rpartition("/")[2], found.range)


def references(editor: Editor, uri: str, position: types.Position, *, declared: bool = True) -> list[str]:
    context = types.ReferenceContext(declared)
    params = types.ReferenceParams(context, types.TextDocumentIdentifier(uri), position)
    found = editor.wait(editor.client.text_document_references_async(params)) or ()
    return [f"{each.uri.rpartition('/')[2]}:{each.range.start}" for each in found]


def prepared(editor: Editor, uri: str, position: types.Position) -> object:
    params = types.PrepareRenameParams(types.TextDocumentIdentifier(uri), position)
    return editor.wait(editor.client.text_document_prepare_rename_async(params))


def rename(editor: Editor, uri: str, position: types.Position, name: str) -> types.WorkspaceEdit:
    params = types.RenameParams(types.TextDocumentIdentifier(uri), position, name)
    edit = editor.wait(editor.client.text_document_rename_async(params))
    assert edit is not None
    return edit


def renamed(editor: Editor, uri: str, position: types.Position, name: str) -> dict[str, list[str]]:
    changes = rename(editor, uri, position, name).changes or {}
    return {
        at.rpartition("/")[2]: [f"{each.range}: {each.new_text}" for each in edits]
        for at, edits in changes.items()
    }


def test_definitions(editor: Editor, uri: str) -> None:
    def found(word: str, number: int = 0) -> tuple[str, types.Range] | None:
        return definition(editor, uri, place(TEXT, word, number))

    assert found("norms") == ("norms.rules", at(0, 0, 0))
    assert found("timm") == ("timm.rules", at(0, 0, 0))
    assert found("rate", 1) == ("a.rules", at(2, 7, 11))
    assert found("norm or") == ("norms.rules", at(0, 4, 8))
    assert found("block", 1) == ("a.rules", at(3, 4, 9))
    assert found("i}") == ("a.rules", at(3, 27, 28))
    assert found("no_decay", 1) == ("a.rules", at(6, 0, 8))
    line = file_of("timm").read_text(encoding="utf-8").partition("let vit_block")[0].count("\n")
    assert found("vit_block") == ("timm.rules", at(line, 4, 13))
    assert found("ndim") is None
    assert definition(editor, uri, types.Position(4, 0)) is None
    editor.change(uri, 'include "none.rules"\n' + TEXT)
    assert found("norms") is None


def test_references(editor: Editor, uri: str) -> None:
    def found(word: str, number: int = 0, *, declared: bool = True) -> list[str]:
        return references(editor, uri, place(TEXT, word, number), declared=declared)

    norm = ["a.rules:6:10", "a.rules:8:17", "norms.rules:0:4", "b.rules:1:3"]
    assert found("norm or") == norm
    assert found("norm or", declared=False) == [each for each in norm if "norms" not in each]
    assert found("rate", 1)[:3] == ["a.rules:2:7", "a.rules:10:27", "norms.rules:1:7"]
    assert found("no_decay", declared=False) == ["a.rules:8:7"]
    assert found("i}") == ["a.rules:3:27", "a.rules:10:3", "a.rules:10:51"]
    assert found("ndim") == []
    assert references(editor, uri, types.Position(4, 0)) == []


def test_references_of_what_is_not_saved(editor: Editor) -> None:
    text = "let a = tied\nb: a\nc: else\n"
    uri = editor.open("untitled:Untitled-1", text)
    editor.open("untitled:Untitled-2", text)
    assert references(editor, uri, types.Position(1, 3)) == [
        "untitled:Untitled-1:0:4",
        "untitled:Untitled-1:1:3",
    ]
    assert renamed(editor, uri, types.Position(1, 3), "aa") == {
        "untitled:Untitled-1": ["0:4-0:5: aa", "1:3-1:4: aa"]
    }


def test_renaming(editor: Editor, uri: str) -> None:
    def done(word: str, name: str) -> dict[str, list[str]]:
        return renamed(editor, uri, place(TEXT, word), name)

    assert done("norm or", "nrm") == {
        "a.rules": ["6:10-6:14: nrm", "8:17-8:21: nrm"],
        "norms.rules": ["0:4-0:8: nrm"],
        "b.rules": ["1:3-1:7: nrm"],
    }
    assert done("no_decay", "nd") == {"a.rules": ["6:0-6:8: nd", "8:7-8:15: nd"]}
    assert done("i}", "j") == {"a.rules": ["3:27-3:28: j", "10:3-10:4: j", "10:51-10:52: j"]}
    assert done("b_", "c_{i}") == {"a.rules": ["10:0-10:5: c_{i}"]}
    editor.change(uri, TEXT.replace("include <timm>", "").replace("vit_block", "tied"))
    position = types.Position(10, 27)
    assert renamed(editor, uri, position, "speed") == {
        "a.rules": ["2:7-2:11: speed", "10:27-10:31: speed"],
        "norms.rules": ["1:7-1:11: speed"],
    }
    assert prepared(editor, uri, position) == types.PrepareRenamePlaceholder(at(10, 27, 31), "rate")
    include = types.PrepareRenamePlaceholder(at(0, 9, 20), "norms.rules")
    assert prepared(editor, uri, types.Position(0, 12)) == include


@pytest.mark.parametrize(
    ("word", "name", "reason"),
    [
        ("ndim", "x", "`ndim` is a fact about the parameter, and cannot be renamed"),
        ("count", "x", "`count` is a function, and cannot be renamed"),
        ("Linear", "x", "`Linear` is a class of the model, and cannot be renamed"),
        (
            "lr_scale",
            "x",
            "`lr_scale` is a setting, which the optimizer knows by this name, and cannot be renamed",
        ),
        ("lr]", "x", "`lr` is an axis, whose name is part of locks and of calls, and cannot be renamed"),
        ("timm", "x", "`<timm>` is shipped and keeps its name"),
        ("vit_block", "x", "`vit_block` is defined in `<timm>`, which is shipped"),
        ("rate", "x", "`rate` is also an option of `<timm>`, which is shipped"),
        ("block", "norm", "`norm` is already defined at norms.rules:1"),
        ("block", "else", "it cannot be renamed to `else`: `else` is a reserved word and cannot be a name"),
        ("block", "a b", "it cannot be renamed to `a b`: a `=` is missing behind `a`"),
        ("block", "ndim", "it cannot be renamed to `ndim`: `ndim` is already a fact about the parameter"),
        ("no_decay", "decay", "`decay` is already a label of this axis"),
        ("b_", "c", "`c` has to keep the holes of `b_{i}`"),
        ("norms", "../n.rules", "`a.rules` includes it, and takes only files beside it or below"),
        ("norms", "a.rules", "there is already a file `a.rules`"),
        ("# allow", "x", "there is no name here"),
    ],
)
def test_why_something_cannot_be_renamed(
    editor: Editor, uri: str, word: str, name: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The editor shows the reason, and the log of the server has no traceback of it."""
    with pytest.raises(JsonRpcException) as refused:
        rename(editor, uri, place(TEXT, word), name)
    assert (str(refused.value), refused.value.code) == (reason, -32803)
    assert not [record for record in caplog.records if record.name.startswith("pygls.server")]
    assert not [record for record in caplog.records if record.exc_info]


def test_a_failure_of_the_server_is_still_logged(
    editor: Editor, uri: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(renaming, "rename", lambda *_: 1 / 0)
    with pytest.raises(JsonRpcException):
        rename(editor, uri, place(TEXT, "block"), "x")
    assert [record.name for record in caplog.records if record.exc_info] == ["pygls.protocol.json_rpc"]


def test_what_has_no_definition_cannot_be_renamed(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "a.rules", 'include "none.rules"\na: nope\n')
    for position, reason in (
        (types.Position(1, 4), "`nope` is not defined, and cannot be renamed"),
        (types.Position(0, 12), "there is no file `none.rules`"),
    ):
        with pytest.raises(JsonRpcException) as refused:
            rename(editor, uri, position, "x")
        assert str(refused.value) == reason


def test_renaming_an_include_renames_the_file(editor: Editor, uri: str, tmp_path: Path) -> None:
    edit = rename(editor, uri, types.Position(0, 12), "below/n.rules")
    own, other, moved = edit.document_changes or ()
    assert isinstance(own, types.TextDocumentEdit)
    assert isinstance(other, types.TextDocumentEdit)
    assert (own.text_document.uri, own.text_document.version) == (uri, 1)
    assert list(own.edits) == list(other.edits) == [types.TextEdit(at(0, 9, 20), "below/n.rules")]
    assert (other.text_document.uri, other.text_document.version) == ((tmp_path / "b.rules").as_uri(), None)
    assert moved == types.RenameFile(
        (tmp_path / "norms.rules").as_uri(), (tmp_path / "below" / "n.rules").as_uri()
    )
