"""Diagnostics as somebody types: of the file and what it includes."""

from pathlib import Path
from threading import Event
from typing import Any

import pytest
from lsp_editor import Editor
from lsprotocol import types

from paramrules.diagnostics import Source
from paramrules.language_server import document as document_module
from paramrules.rules.load import Understood
from paramrules.rules.shipped import file_of

PAGES = "https://github.com/paramrules/paramrules/blob/main/docs/diagnostics"
GRIN = "\N{GRINNING FACE}"


def at(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


def test_a_mistake_comes_and_goes_as_one_types(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "vit.rules", "no_decay: ndim <= 1\n")
    assert editor.diagnostics(uri) == []
    assert editor.change(uri, "no_decay: ndimm <= 1\n") == [
        types.Diagnostic(
            at(0, 10, 15),
            "`ndimm` is not defined\nhelp: did you mean `ndim`?",
            types.DiagnosticSeverity.Error,
            "E301",
            types.CodeDescription(f"{PAGES}/E301.md"),
            "paramrules",
        )
    ]
    assert editor.change(uri, "no_decay: ndim <= 1\n") == []
    editor.change(uri, "no_decay: ndimm <= 1\n")
    editor.close(uri)
    assert editor.diagnostics(uri) == []


def test_further_places_are_related(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "vit.rules", "let a = ndim <= 1\nlet a = ndim > 1\nb: a\n")
    (found,) = editor.diagnostics(uri)
    assert (found.range, found.message) == (
        at(1, 4, 5),
        "`a` is defined twice\nhelp: choose another name for one of the two",
    )
    assert found.related_information == (
        types.DiagnosticRelatedInformation(types.Location(uri, at(0, 4, 5)), "it is defined first here"),
    )


def test_warnings_are_warnings_and_several_codes_have_their_places(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "vit.rules", "a: name ~ blocks.1 -> lr_scal = 2\n")
    assert [(each.code, each.severity, each.range) for each in editor.diagnostics(uri)] == [
        ("W402", types.DiagnosticSeverity.Warning, at(0, 16, 17)),
        ("W316", types.DiagnosticSeverity.Warning, at(0, 22, 29)),
    ]


def test_places_are_counted_in_utf_16(editor: Editor, tmp_path: Path) -> None:
    text = f'let a = name == "{GRIN}é" and ndimm <= 1\r\nb: a\r\nc: nope\r\n'
    uri = editor.open(tmp_path / "vit.rules", text)
    assert [each.range for each in editor.diagnostics(uri)] == [at(0, 26, 31), at(2, 3, 7)]


def test_a_byte_order_mark_is_a_character_of_the_first_line(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "vit.rules", "\ufeffa: nope\nb: nope\n")
    assert [each.range for each in editor.diagnostics(uri)] == [at(0, 4, 8), at(1, 3, 7)]


def test_a_client_may_count_characters(tmp_path: Path, bare_editor: Editor) -> None:
    kinds = [types.PositionEncodingKind.Utf32]
    bare_editor.initialize(general=types.GeneralClientCapabilities(position_encodings=kinds))
    uri = bare_editor.open(tmp_path / "vit.rules", f'a: name == "{GRIN}" and nope\n')
    assert [each.range for each in bare_editor.diagnostics(uri)] == [at(0, 19, 23)]


def test_mistakes_of_an_included_file_stand_at_the_include(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "deep.rules").write_text("let b = nope\n")
    (tmp_path / "norms.rules").write_text('include "deep.rules"\nlet a = ndim <= 1\n')
    (tmp_path / "first.rules").write_text("let d = ndim <= 1\n")
    text = '# one\ninclude "first.rules"\ninclude "norms.rules"\nc: a\n'
    uri = editor.open(tmp_path / "vit.rules", text)
    (found,) = editor.diagnostics(uri)
    assert (found.range, found.message) == (
        at(2, 0, 21),
        "in `deep.rules`, line 1: `nope` is not defined\n"
        "help: define it above with `let nope = ...` or `option nope = ...`, or capture it: `(?<nope>\\d+)`",
    )
    assert found.related_information == (
        types.DiagnosticRelatedInformation(
            types.Location((tmp_path / "deep.rules").as_uri(), at(0, 8, 12)), "here"
        ),
    )


def test_an_open_include_is_read_as_it_is_typed(editor: Editor, tmp_path: Path) -> None:
    norms = tmp_path / "norms.rules"
    norms.write_text("let a = ndim <= 1\n")
    uri = editor.open(tmp_path / "vit.rules", 'include "norms.rules"\nc: a\n')
    included = editor.open(norms)
    editor.send(included, "let b = ndim <= 1\n")
    editor.until(lambda: editor.found(uri) == [("E301", "1:3")])
    editor.client.text_document_did_close(
        types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(included))
    )
    editor.until(lambda: not editor.diagnostics(uri))  # the file on the disk counts again


def test_a_place_in_a_shipped_file_is_that_of_the_installed_one(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "own.rules").write_text("let vit_block = ndim <= 1\n")
    uri = editor.open(tmp_path / "vit.rules", 'include "own.rules"\ninclude <timm>\na: vit_block\n')
    (found,) = editor.diagnostics(uri)
    assert found.message.partition("\n")[0] == "`vit_block` comes from two includes, and means two things"
    one, other = found.related_information or ()
    assert (one.location, one.message) == (
        types.Location((tmp_path / "own.rules").as_uri(), at(0, 4, 13)),
        "one is this",
    )
    assert (other.location.uri, other.message) == (Path(str(file_of("timm"))).as_uri(), "the other is this")


def test_what_is_not_on_the_disk_is_read_too(editor: Editor) -> None:
    for uri in ("untitled:Untitled-1", "git:/vit.rules?HEAD", "untitled:", "file:///a%00b.rules"):
        editor.open(uri, "a: nope\n")
        assert editor.found(uri) == [("E301", "0:3")]
    editor.change("untitled:Untitled-1", 'include "norms.rules"\na: ndim <= 1\n')
    (found,) = editor.diagnostics("untitled:Untitled-1")
    assert found.message == (
        "rules given as text have no folder to include from\n"
        "help: write the rules to a file, or include a file of the shipped library: `include <timm>`"
    )


def test_of_many_changes_at_once_the_last_one_counts(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "vit.rules", "a: ndim <= 1\n")
    before = len(editor.history)
    for number in range(30):
        editor.send(uri, f"a: nope{number}\n")
    found = editor.change(uri, "a: last\n")
    assert [each.message.partition("\n")[0] for each in found] == ["`last` is not defined"]
    assert len(editor.history) - before < 10


def test_a_text_that_changes_while_it_is_read_is_not_reported(
    editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = editor.open(tmp_path / "vit.rules", "a: ndim <= 1\n")
    go, begun, real = Event(), Event(), document_module.read_text

    def slow(source: Source, *rest: Any) -> Understood:
        if "slow" in source.text:
            begun.set()
            assert go.wait(60)
        return real(source, *rest)

    monkeypatch.setattr(document_module, "read_text", slow)
    history = len(editor.history)
    editor.send(uri, "a: slow\n")
    editor.until(begun.is_set)
    editor.send(uri, "a: fast\n")
    go.set()
    editor.until(lambda: editor.published[uri].version == 3)
    editor.send(uri, "a: slow\n")
    editor.close(uri)
    other = editor.open(tmp_path / "other.rules", "a: nope\n")
    assert (editor.found(uri), editor.found(other)) == ([], [("E301", "0:3")])
    assert [each.version for each in editor.history[history:] if each.uri == uri] == [3, None]


def test_a_client_that_can_is_asked_to_watch_files(bare_editor: Editor) -> None:
    able = types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
    bare_editor.initialize(workspace=types.WorkspaceClientCapabilities(did_change_watched_files=able))
    bare_editor.until(lambda: bool(bare_editor.registered))
    assert bare_editor.registered == ["workspace/didChangeWatchedFiles"]


def test_documents_that_are_not_open_are_empty(editor: Editor, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "vit.rules", "no_decay: ndimm <= 1\n")
    editor.close(uri)
    editor.close(uri)
    document = types.TextDocumentIdentifier(uri)
    hover = editor.client.text_document_hover_async(types.HoverParams(document, types.Position(9, 9)))
    hints = editor.client.text_document_inlay_hint_async(types.InlayHintParams(document, at(0, 0, 9)))
    symbols = editor.client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    assert editor.wait(hover) is None
    assert not editor.wait(hints)
    assert not editor.wait(symbols)
    assert editor.messages == []
