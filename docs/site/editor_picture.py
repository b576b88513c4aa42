"""Draw docs/pictures/editor.svg, by `python docs/site/editor_picture.py`.

The picture shows a rule file in an editor, with real answers of `paramrules lsp`: semantic tokens, inlay
hints, a diagnostic and a hover.
"""

import asyncio
import re
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lsprotocol import types
from pictures import DOCS, EDGE, HEIGHT, PICTURES, WIDTH, framed, runs
from pygls.lsp.client import LanguageClient
from pygments.token import Comment, Keyword, Literal, Operator
from rich.text import Text

from paramrules.highlighting.pygments_lexer import RulesLexer

_TITLE = (
    "An editor underlines a misspelt class, and shows what each rule takes and the groups that one rule makes"
)

_EDITED = r"""let block = name ~ ^blocks\.(?<i>\d+)\.

[decay]
no_decay: type(LayrNorm) or role == bias -> weight_decay = 0
decay:    else

[lr]
rest:      not block
block_{i}: block -> lr_scale = 0.5 ** (count(block) - i)
"""
"""The rules in the editor; the pointer is on the label of the last one."""

_SETTINGS = """[[tool.paramrules.targets]]
rules = "vit.rules"
models = ["vit.json"]
"""

_LEXED = {Keyword: "red", Operator.Word: "red", Literal: "green", Literal.Number: "blue", Comment: "dim"}
"""The colours of the lexer's tokens, from general to special."""

_NAMED = {
    "namespace": "bold blue",
    "class": "cyan",
    "variable": "yellow",
    "parameter": "yellow",
    "property": "blue",
    "function": "blue",
    "type": "green",
    "enumMember": "blue",
}
"""The colours of the types of semantic tokens."""

_GUTTER = 4
"""The columns of the line numbers."""


class Answers(NamedTuple):
    """The language server's answers about a file, as the protocol defines them."""

    kinds: Sequence[str]
    tokens: Sequence[int]
    hints: Sequence[types.InlayHint]
    finding: types.Diagnostic
    hover: types.Hover


_STYLE = """
.mark { fill: var(--line); fill-opacity: .5; stroke: none } .popup { fill: var(--bg); stroke: var(--dim) }
path { fill: none; stroke: var(--line) } .squiggle { stroke: var(--yellow); stroke-width: 1.4 }"""


def drawn() -> str:
    """Open a rule file beside a saved model, and return the SVG of the editor."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        (folder / "vit.json").symlink_to(DOCS / "models" / "vit.json")
        (folder / "pyproject.toml").write_text(_SETTINGS, "utf-8")
        (folder / "vit.rules").write_text(_EDITED, "utf-8")
        answers = asyncio.run(_answers(folder))
    code = _colored(answers)
    popup = _popup(str(getattr(answers.hover.contents, "value", "")))
    return _window(code, popup, answers)


async def _answers(folder: Path) -> Answers:
    """Start the server in a folder, and ask what an editor asks about `vit.rules`."""
    client = LanguageClient("pictures", "1")
    found: asyncio.Future[types.Diagnostic] = asyncio.get_running_loop().create_future()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def published(params: types.PublishDiagnosticsParams) -> None:
        if params.diagnostics and not found.done():
            found.set_result(params.diagnostics[0])

    await client.start_io(sys.executable, "-m", "paramrules", "lsp", cwd=folder)
    started = await client.initialize_async(types.InitializeParams(types.ClientCapabilities()))
    client.initialized(types.InitializedParams())
    item = types.TextDocumentItem((folder / "vit.rules").as_uri(), "paramrules", 1, _EDITED)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    finding = await asyncio.wait_for(found, 60)
    file = types.TextDocumentIdentifier(item.uri)
    pointer = types.Position(_EDITED.count("\n") - 1, 0)
    whole = types.Range(types.Position(0, 0), pointer)
    tokens = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(file))
    hints = await client.text_document_inlay_hint_async(types.InlayHintParams(file, whole))
    hover = await client.text_document_hover_async(types.HoverParams(file, pointer))
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    provider = started.capabilities.semantic_tokens_provider
    assert provider
    assert tokens
    assert hints
    assert hover
    return Answers(provider.legend.token_types, tokens.data, hints, finding, hover)


def _colored(answers: Answers) -> list[Text]:
    """Return the lines of the rules, coloured by the lexer and then by the semantic tokens."""
    text = Text(_EDITED)
    for at, token, value in RulesLexer().get_tokens_unprocessed(_EDITED):
        for kind, color in _LEXED.items():
            if token in kind:
                text.stylize(color, at, at + len(value))
    starts = [0, *(match.end() for match in re.finditer("\n", _EDITED))]
    line = column = 0
    for number in range(0, len(answers.tokens), 5):
        down, right, length, kind_number, _ = answers.tokens[number : number + 5]
        line, column = line + down, right if down else column + right
        at = starts[line] + column
        text.stylize(_NAMED[answers.kinds[kind_number]], at, at + length)
    return list(text.split("\n"))


def _popup(markdown: str) -> list[Text]:
    """Return the lines of a hover's Markdown, wrapped."""
    lines = []
    for line in markdown.splitlines():
        shown = re.sub("^- ", "\u2022 ", line)
        indent = "  " if shown != line else ""
        for wrapped in textwrap.wrap(shown, 74, subsequent_indent=indent) or [""]:
            pieces = re.split(r"\*\*(.*?)\*\*", wrapped)
            lines.append(Text.assemble(*((piece, "bold" if n % 2 else "") for n, piece in enumerate(pieces))))
    return lines


def _window(code: Sequence[Text], popup: Sequence[Text], answers: Answers) -> str:
    """Return the SVG: numbered lines with hints, a squiggle and the hover, and below them the finding."""
    body = list(_marked(answers.hover.range))
    for number, line in enumerate(code):
        body += runs(Text.assemble((f"{number + 1:2}  ", "dim"), line), _top(number) + 14)
    for hint in answers.hints:
        body += _hint(hint)
    body.append(_squiggle(answers.finding.range))
    below = len(code) + 0.4
    width, height = max(line.cell_len for line in popup), len(popup) + 0.8
    body.append(_box(_left(0), _top(below), WIDTH * (width + 3), HEIGHT * height, "popup"))
    for number, line in enumerate(popup):
        body += runs(Text(" " * (_GUTTER + 1)) + line, _top(below + 0.4 + number) + 14)
    below += height + 0.6
    finding = _described(answers.finding)
    columns = max(_GUTTER + width + 3, *(line.cell_len for line in finding), *map(_end, answers.hints))
    whole = round(2 * EDGE + WIDTH * columns)
    body.append(f'<path d="M1 {_top(below)}H{whole - 1}"/>')
    for number, line in enumerate(finding):
        body += runs(line, _top(below + 0.5 + number) + 14)
    return framed(_TITLE, whole, _top(below + 0.5 + len(finding)) + EDGE, body, _STYLE)


def _left(column: float) -> float:
    return EDGE + WIDTH * (_GUTTER + column)


def _top(row: float) -> int:
    return round(EDGE + HEIGHT * row)


def _end(hint: types.InlayHint) -> int:
    return _GUTTER + hint.position.character + 3 + len(str(hint.label))


def _box(x: float, y: float, width: float, height: float, kind: str) -> str:
    size = f'width="{width:.1f}" height="{height:.1f}"'
    return f'<rect x="{x:.1f}" y="{y}" {size} rx="3" class="{kind}"/>'


def _marked(word: types.Range | None) -> Iterator[str]:
    """Yield the background of the word below the pointer."""
    if word is not None:
        length = word.end.character - word.start.character
        yield _box(_left(word.start.character), _top(word.start.line), WIDTH * length, HEIGHT, "mark")


def _hint(hint: types.InlayHint) -> Iterator[str]:
    column, row, label = hint.position.character, hint.position.line, str(hint.label)
    yield _box(_left(column + 1.5), _top(row) + 1, WIDTH * (len(label) + 1), HEIGHT - 2, "mark")
    yield from runs(Text(" " * (_GUTTER + column + 2)).append(label, "dim"), _top(row) + 14)


def _squiggle(place: types.Range) -> str:
    start = f"M{_left(place.start.character):.1f} {_top(place.start.line) + 17}"
    waves = "q2.1-4 4.2 0t4.2 0" * (place.end.character - place.start.character)
    return f'<path d="{start}{waves}" class="squiggle"/>'


def _described(finding: types.Diagnostic) -> list[Text]:
    """Return the finding as a list of problems shows it."""
    severity = (finding.severity or types.DiagnosticSeverity.Error).name.lower()
    first, *more = finding.message.splitlines()
    place = (
        f"{finding.source}({finding.code}) {finding.range.start.line + 1}:{finding.range.start.character + 1}"
    )
    head = Text.assemble((severity, "bold yellow"), f"  {first}  ", (place, "dim"))
    return [head, *(Text(" " * (len(severity) + 2) + line) for line in more)]


if __name__ == "__main__":
    (PICTURES / "editor.svg").write_text(drawn(), "utf-8")
