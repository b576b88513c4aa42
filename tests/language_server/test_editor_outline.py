"""Symbols, folding, kinds of words, and what each rule takes."""

from pathlib import Path

import pytest
from lsp_editor import Editor
from lsprotocol import types

from paramrules.language_server.outline import TOKENS

GRIN = "\N{GRINNING FACE}"
TEXT = f"""edition 1
include "norms.rules"
option rate = 0.5  # beside
option width
let block = name ~ ^h\\.(?<i>\\d+)
# one
# two

# three
[decay]
no_decay: norm or name == "{GRIN}" or
    role == bias
decay: else
expect not decay?: norm
  # last
[lr]
b_{{i+1}}_c: block -> lr_scale = rate ** (count(block) - i)
rest: else
broken:
"""


@pytest.fixture
def uri(editor: Editor, project: Path) -> str:
    (project / "norms.rules").write_text("let norm = type(LayerNorm)\n")
    (project / "net.rules").write_text(TEXT)
    return editor.open(project / "net.rules")


def test_symbols(editor: Editor, uri: str) -> None:
    params = types.DocumentSymbolParams(types.TextDocumentIdentifier(uri))

    def lines(symbols: object, indent: str = "") -> list[str]:
        assert isinstance(symbols, list | tuple)
        found = []
        for each in symbols:
            places = f"{each.range} {each.selection_range}"
            found.append(f"{indent}{each.name} {each.kind.name} {places} {each.detail}")
            found += lines(each.children or (), indent + "  ")
        return found

    found = editor.wait(editor.client.text_document_document_symbol_async(params))
    assert lines(found) == [
        'include "norms.rules" File 1:0-1:21 1:0-1:21 None',
        "rate Constant 2:0-2:17 2:7-2:11 0.5",
        "width Constant 3:0-3:12 3:7-3:12 None",
        "block Variable 4:0-4:32 4:4-4:9 name ~ ^h\\.(?<i>\\d+)",
        "[decay] Namespace 9:0-13:23 9:0-9:7 None",
        f'  no_decay Class 10:0-11:16 10:0-10:8 norm or name == "{GRIN}" or role == bias',
        "  decay Class 12:0-12:11 12:0-12:5 else",
        "  expect not decay Event 13:0-13:23 13:11-13:16 norm",
        "[lr] Namespace 15:0-17:10 15:0-15:4 None",
        "  b_{i+1}_c Class 16:0-16:57 16:0-16:9 block",
        "  rest Class 17:0-17:10 17:0-17:4 else",
    ]


def test_folding(editor: Editor, uri: str) -> None:
    params = types.FoldingRangeParams(types.TextDocumentIdentifier(uri))
    found = editor.wait(editor.client.text_document_folding_range_async(params)) or ()
    assert [(each.start_line, each.end_line, each.kind) for each in found] == [
        (9, 13, "region"),
        (10, 11, None),
        (15, 17, "region"),
        (5, 6, "comment"),
    ]
    editor.change(uri, "a: else  # beside\n")
    assert not editor.wait(editor.client.text_document_folding_range_async(params))
    editor.change(uri, "a: else  # beside\n# one\n# two")
    found = editor.wait(editor.client.text_document_folding_range_async(params)) or ()
    assert [(each.start_line, each.end_line, each.kind) for each in found] == [(1, 2, "comment")]


def test_kinds_of_words(editor: Editor, uri: str) -> None:
    params = types.SemanticTokensParams(types.TextDocumentIdentifier(uri))
    tokens = editor.wait(editor.client.text_document_semantic_tokens_full_async(params))
    assert tokens is not None
    lines = [line.encode("utf-16-le") for line in TEXT.split("\n")]
    found, line, column = [], 0, 0
    for at in range(0, len(tokens.data), 5):
        down, right, length, kind, modifiers = tokens.data[at : at + 5]
        line, column = line + down, right + (column if not down else 0)
        word = lines[line][2 * column : 2 * (column + length)].decode("utf-16-le")
        found.append(f"{word} {TOKENS[kind]}{'*' * modifiers}")
    assert found == [
        *('"norms.rules" string', "rate parameter*", "width parameter*"),
        *("block variable*", "name property", "i parameter*"),
        *("decay namespace", "no_decay class", "norm variable", "name property", "role property"),
        *("bias enumMember", "decay class", "decay class", "norm variable"),
        *("lr namespace", "b_{ class", "i parameter", "+1}_c class", "block variable", "lr_scale property"),
        *("rate parameter", "count function", "block variable", "i parameter", "rest class"),
    ]


def hints(editor: Editor, uri: str, first: int, last: int) -> list[tuple[str, object, object]]:
    place = types.Range(types.Position(first, 0), types.Position(last, 0))
    params = types.InlayHintParams(types.TextDocumentIdentifier(uri), place)
    found = editor.wait(editor.client.text_document_inlay_hint_async(params)) or ()
    return [(str(each.position), each.label, each.tooltip) for each in found]


def test_what_each_rule_takes(editor: Editor, uri: str, project: Path) -> None:
    assert hints(editor, uri, 0, 99) == []  # the file has an error
    text = TEXT.replace("broken:", "").replace("role == bias", "type(Nope)")
    editor.change(uri, text.replace("option width", "# no option"))
    first = ("11:14", "1 tensor, 64", "net.json: 64 parameters in 1 tensor (norm.weight)")
    assert hints(editor, uri, 10, 10) == [first]
    assert [label for _, label, _ in hints(editor, uri, 12, 99)] == [
        "5 tensors, 97.3k",
        "4 tensors, 33.3k",
        "2 tensors, 64.1k",
    ]
    editor.change(uri, "a: tied\n")
    assert hints(editor, uri, 0, 9) == [("0:7", "nothing", "net.json: nothing")]
    (project / "small.json").write_text((project / "net.json").read_text())
    (project / "paramrules.toml").write_text(
        '[[targets]]\nrules = "net.rules"\nmodels = ["net.json", "small.json"]\n'
    )
    editor.save(uri)
    editor.until(lambda: bool(editor.diagnostics(uri)))
    ((_, label, _),) = hints(editor, uri, 0, 9)
    assert label == "net.json: nothing | small.json: nothing"


def test_an_editor_that_can_asks_for_hints_again(bare_editor: Editor, project: Path) -> None:
    again = types.InlayHintWorkspaceClientCapabilities(refresh_support=True)
    bare_editor.initialize(workspace=types.WorkspaceClientCapabilities(inlay_hint=again))
    uri = bare_editor.open(project / "net.rules", "a: tied\n")
    bare_editor.save(uri)
    bare_editor.until(lambda: bare_editor.refreshed == 1)
