"""The shape of a document: its symbols, what can be folded, and the kinds of its words."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from lsprotocol import types

from paramrules.diagnostics import Span
from paramrules.language_server.document import Document
from paramrules.rules.mentions import Mention
from paramrules.syntax import nodes

TOKENS: Final = (
    *("namespace", "class", "variable", "parameter", "property"),
    *("function", "type", "enumMember", "string"),
)
"""The types of semantic tokens."""
_TOKEN_OF: Final = {
    "axis": "namespace",
    "label": "class",
    "let": "variable",
    "option": "parameter",
    "capture": "parameter",
    "field": "property",
    "flag": "property",
    "attribute": "property",
    "key": "property",
    "function": "function",
    "class": "type",
    "constant": "enumMember",
    "include": "string",
}
DEFINITION: Final = ("definition",)
"""The modifiers of semantic tokens: where a name is defined."""


def symbols(document: Document) -> list[types.DocumentSymbol]:
    """Return the axes with their rules and expectations, and above them the lets, options and includes."""

    def symbol(
        statement: nodes.Statement, kind: types.SymbolKind, place: Span, detail: str = ""
    ) -> types.DocumentSymbol:
        whole, own = document.lines.of(statement.span), document.lines.of(place)
        return types.DocumentSymbol(place.one_line, kind, whole, own, detail=detail or None)

    file = document.understood.loaded.file
    top: list[types.DocumentSymbol] = []
    level = top
    for statement in file.statements:
        match statement:
            case nodes.Axis():
                axis = symbol(statement, types.SymbolKind.Namespace, statement.span)
                axis.range = document.lines.range(statement.span.start, _axis_end(statement, file))
                axis.children = level = []
                top.append(axis)
            case nodes.Rule():
                of = statement.predicate.span.one_line if statement.predicate else "else"
                level.append(symbol(statement, types.SymbolKind.Class, statement.label.span, of))
            case nodes.Expect():
                expected = symbol(
                    statement, types.SymbolKind.Event, statement.label.span, statement.predicate.span.one_line
                )
                expected.name = f"expect {'not ' if statement.negated else ''}{expected.name}"
                level.append(expected)
            case nodes.Let():
                of = statement.value.span.one_line
                level.append(symbol(statement, types.SymbolKind.Variable, statement.name_span, of))
            case nodes.Option():
                of = statement.default.span.text if statement.default else ""
                level.append(symbol(statement, types.SymbolKind.Constant, statement.name_span, of))
            case nodes.Include():
                level.append(symbol(statement, types.SymbolKind.File, statement.span))
            case _:
                pass
    return top


def _axis_end(axis: nodes.Axis, file: nodes.File) -> int:
    """Return the end of the last statement of an axis."""
    end = axis.span.end
    for statement in file.statements:
        if statement.span.start > axis.span.start:
            if isinstance(statement, nodes.Axis):
                break
            end = statement.span.end
    return end


def folds(document: Document) -> list[types.FoldingRange]:
    """Return the axes, the statements and the blocks of comments that take more than a line."""
    file = document.understood.loaded.file
    found = []
    for statement in file.statements:
        is_axis = isinstance(statement, nodes.Axis)
        end = _axis_end(statement, file) if isinstance(statement, nodes.Axis) else statement.span.end
        found.append((statement.span.start, end, types.FoldingRangeKind.Region if is_axis else None))
    found += [(start, end, types.FoldingRangeKind.Comment) for start, end in _comment_blocks(file.comments)]
    ranges = []
    for start, end, kind in found:
        place = document.lines.range(start, end)
        if place.end.line > place.start.line:
            ranges.append(types.FoldingRange(place.start.line, place.end.line, kind=kind))
    return ranges


def _comment_blocks(comments: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Yield the blocks of comments that have lines of their own."""
    start = end = -1
    for comment in comments:
        before = comment.source.text.rfind("\n", 0, comment.start) + 1
        if comment.source.text[before : comment.start].strip():
            continue
        if end >= 0 and comment.source.text[end:before].strip(" \t") == "\n":
            end = comment.end
        else:
            if end >= 0:
                yield start, end
            start, end = comment.start, comment.end
    if end >= 0:
        yield start, end


def tokens(document: Document) -> types.SemanticTokens:
    """Return the kinds of the words that name something, as numbers: see the protocol."""
    data: list[int] = []
    line = column = 0
    for span, mention in sorted(_pieces(document), key=lambda each: each[0].start):
        kind = _kind(document, mention)
        place = document.lines.of(span)
        start = place.start
        column = start.character - (column if start.line == line else 0)
        data += (start.line - line, column, place.end.character - start.character, TOKENS.index(kind))
        data.append(int(mention.defines))
        line, column = start.line, start.character
    return types.SemanticTokens(data)


def _kind(document: Document, mention: Mention) -> str:
    if mention.kind == "name":
        found = document.known.get(mention.name)
        return _TOKEN_OF[found.kind if found else "capture"]
    return _TOKEN_OF[mention.kind]


def _pieces(document: Document) -> Iterator[tuple[Span, Mention]]:
    """Yield the words; a label with holes in the pieces between the words in these."""
    for number, mention in enumerate(document.mentions):
        at, (source, _, end) = mention.span.start, mention.span
        if mention.kind == "label":
            for inner in islice(document.mentions, number + 1, None):
                if inner.span.start >= end:
                    break
                yield Span(source, at, inner.span.start), mention
                at = inner.span.end
        yield Span(source, at, end), mention
