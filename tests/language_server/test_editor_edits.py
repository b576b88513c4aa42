"""Formatting, and the fixes of what is found."""

from pathlib import Path

import pytest
from lsp_editor import Editor
from lsprotocol import types

import paramrules.language_server.text_edits as text_edits
from paramrules import Diagnostic, RulesError
from paramrules.diagnostics import Fix, Source, Span

GRIN = "\N{GRINNING FACE}"


def at(line: int, start: int, end_line: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(end_line, end))


def formatted(editor: Editor, uri: str) -> list[types.TextEdit] | None:
    params = types.DocumentFormattingParams(
        types.TextDocumentIdentifier(uri), types.FormattingOptions(4, True)
    )
    edits = editor.wait(editor.client.text_document_formatting_async(params))
    return None if edits is None else list(edits)


def actions(
    editor: Editor, uri: str, range: types.Range, *only: str
) -> list[tuple[str, str, str | None, list[types.TextEdit]]]:
    """Return the title, the kind, what it fixes and the edits of each action."""
    context = types.CodeActionContext([], only=list(only) or None)
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), range, context)
    found = []
    for action in editor.wait(editor.client.text_document_code_action_async(params)) or ():
        assert isinstance(action, types.CodeAction)
        assert action.edit is not None
        assert action.edit.changes is not None
        assert list(action.edit.changes) == [uri]
        codes = [str(each.code) for each in action.diagnostics or ()]
        edits = list(action.edit.changes[uri])
        kind = action.kind.value if isinstance(action.kind, types.CodeActionKind) else str(action.kind)
        found.append((action.title, kind, next(iter(codes), None), edits))
    return found


def test_formatting_edits_what_differs(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "vit.rules", "# é\nno_decay:ndim<=1\ndecay: else\n")
    assert formatted(editor, uri) == [types.TextEdit(at(1, 9, 2, 6), " ndim <= 1\ndecay:   ")]
    editor.change(uri, "# é\nno_decay: ndim <= 1\ndecay:    else\n")
    assert formatted(editor, uri) == []


def test_formatting_keeps_line_ends(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "vit.rules", f'\ufeffa: name=="{GRIN}"\r\nb:  else\r\n')
    assert formatted(editor, uri) == [types.TextEdit(at(0, 8, 1, 3), f' == "{GRIN}"\r\nb:')]


def test_a_file_with_errors_is_not_formatted(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "vit.rules", "a:ndim<=\n")
    assert formatted(editor, uri) is None
    assert editor.messages == []


def test_why_else_a_file_cannot_be_formatted_is_a_message(
    editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(text: str, name: str) -> str:
        raise RulesError(Diagnostic("E711", f"`{name}` would hold too much", help="divide the file"))

    monkeypatch.setattr(text_edits, "format_rules", refuse)
    uri = editor.open(tmp_path / "vit.rules", "a:ndim<=1\n")
    assert formatted(editor, uri) is None
    editor.until(lambda: bool(editor.messages))
    assert editor.messages == ["E711: `vit.rules` would hold too much\nhelp: divide the file"]


def test_a_fix_is_offered_where_its_finding_is(editor: Editor, tmp_path: Path) -> None:
    text = f'a: name == "{GRIN}" && tied\nb: ndim <= 1 && tied\nc: ndimm <= 1\n'
    uri = editor.open(tmp_path / "vit.rules", text)
    operator = types.TextEdit(at(0, 16, 0, 18), "and")
    assert actions(editor, uri, at(0, 18, 0, 18), "quickfix") == [
        ("Replace `&&` with `and`", "quickfix", "E132", [operator])
    ]
    assert actions(editor, uri, at(2, 3, 2, 8)) == [
        ("Replace `ndimm` with `ndim`", "quickfix", "E301", [types.TextEdit(at(2, 7, 2, 8), "")]),
        (
            "Apply all safe fixes",
            "source.fixAll.paramrules",
            None,
            [types.TextEdit(at(0, 16, 2, 7), "and tied\nb: ndim <= 1 and tied\nc: ndi")],
        ),
    ]
    assert [title for title, *_ in actions(editor, uri, at(0, 0, 3, 0), "source")] == ["Apply all safe fixes"]
    assert actions(editor, uri, at(0, 0, 3, 0), "refactor") == []
    assert actions(editor, uri, at(3, 0, 9, 9), "quickfix") == []


def test_several_fixes_in_one_statement_are_one_action(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "vit.rules", "a: ndim <= 1 && tied && trainable\n")
    ((_, _, _, edits),) = actions(editor, uri, at(0, 13, 0, 13), "quickfix")
    assert edits == [types.TextEdit(at(0, 13, 0, 23), "and tied and")]


def test_a_fix_that_makes_nothing_better_is_not_offered(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "vit.rules", "a: elsewhere && within\n")
    assert [(each.code, each.message) for each in editor.diagnostics(uri)] == [
        ("E132", "`&&` is not an operator\nhelp: write `and`")
    ]
    assert actions(editor, uri, at(0, 0, 0, 30)) == []


def test_a_text_without_a_path_has_fixes(editor: Editor) -> None:
    uri = editor.open("untitled:Untitled-1", "a: ndim <= 1 && tied\n")
    assert [title for title, *_ in actions(editor, uri, at(0, 13, 0, 13))] == [
        "Replace `&&` with `and`",
        "Apply all safe fixes",
    ]


def test_what_is_inserted_and_removed_is_called_so() -> None:
    source = Source("a.rules", "abc")
    assert [
        text_edits._title(Fix(Span(source, 0, end), text, True))
        for end, text in ((0, "x"), (2, ""), (2, "x"))
    ] == ["Insert `x`", "Remove `ab`", "Replace `ab` with `x`"]
