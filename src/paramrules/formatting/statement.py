"""The layout of one statement: on one line if it fits, else broken at operators, then inside brackets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from paramrules.formatting.tokens import Token
from paramrules.formatting.writer import CONTINUED, LIMIT, Line, Writer

_STEP: Final = 4
_DEPTH: Final = 20
"""Brackets inside brackets that lines are broken in. Deeper ones stay on one line."""

_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}


@dataclass(slots=True)
class Brackets:
    """A pair of brackets with the items between its commas or bars.

    Attributes:
        size: the columns that it takes on one line, with its gap.
        is_commented: True if comments stand inside.
    """

    opening: Token
    items: "list[list[Token | Brackets]]" = field(default_factory=lambda: [[]])
    separators: list[Token] = field(default_factory=list)
    closing: Token = field(default_factory=lambda: Token("", ""))
    size: int = 0
    is_commented: bool = False

    @property
    def gap(self) -> str:
        """The white space in front of it on one line."""
        return self.opening.gap


Nodes = Sequence[Token | Brackets]


class Statement:
    """A statement in parts: `label: predicate -> settings`, or `let name = value`.

    Attributes:
        head: up to the colon; of a definition up to its name.
        body: the predicate, or the value with its `=`.
        arrow: the arrow, if there is one.
        settings: what follows it.
        is_plain: True if no comment keeps it from being one line.
    """

    def __init__(self, tokens: list[Token], head: int) -> None:
        self.head = tokens[:head]
        nested = _nested(tokens[head:])
        at = next((n for n, node in enumerate(nested) if _is(node, "->")), len(nested))
        self.body: Nodes = nested[:at]
        self.arrow = nested[at] if at < len(nested) else None
        self.settings: Nodes = nested[at + 1 :]
        self.is_plain = _is_plain([*self.head, *nested])
        self.head_width = _width(self.head) if _is_plain(self.head) else 0
        self.body_width = _width(self.body)

    def fits(self, head: int) -> bool:
        """Return whether it is one line if its head takes so many columns."""
        return self.is_plain and self.columns(head, self.body_width) <= LIMIT

    def columns(self, head: int, body: int) -> int:
        """Return how many columns one line takes."""
        arrow = f" -> {'':{_width(self.settings)}}" if self.arrow else ""
        return head + (1 + body if self.body else 0) + len(arrow)

    def lines(self, head: int, body: int) -> list[Line]:
        """Return its lines, with the head and the body padded to so many columns."""
        writer = _Layout()
        writer.flat(self.head)
        if self.body:
            writer.pad(head)
        if self.fits(head):
            writer.flat(self.body)
            if self.arrow:
                if self.columns(head, body) <= LIMIT:
                    writer.pad(head + 1 + body)
                writer.flat([self.arrow, *self.settings])
            return writer.finish()
        if self.body:
            writer.chain(self.body, CONTINUED)
        if self.arrow:
            writer.settings(self.arrow, self.settings)
        return writer.finish()


class _Layout(Writer):
    """Writes expressions, broken where they do not fit."""

    def flat(self, nodes: Nodes) -> None:
        """Write nodes without breaking a line, but for comments."""
        for token in _tokens(nodes):
            self.token(token)

    def fits(self, nodes: Nodes, after: int = 0) -> bool:
        """Return whether nodes fit on the line with so many columns after them."""
        if not _is_plain(nodes):
            return False
        return self.has_room(next(_tokens(nodes)), sum(node.size for node in nodes) + after)

    def chain(self, nodes: Nodes, indent: int, after: int = 0) -> None:
        """Write operands, each `or` on a line, or else each `and`."""
        if not nodes or self.fits(nodes, after):
            self.flat(nodes)
            return
        branches = _split(nodes, "or")
        inner = indent + _STEP if len(branches) > 1 else indent
        for number, branch in enumerate(branches):
            if number:
                self.newline(indent)
            if self.fits(branch, after):
                self.flat(branch)
                continue
            for place, operand in enumerate(_split(branch, "and")):
                if place:
                    self.newline(inner)
                self._operand(operand, inner if place else indent, after)

    def settings(self, arrow: Token | Brackets, nodes: Nodes) -> None:
        """Write the arrow and the settings, each on a line if they do not fit on one."""
        self.newline(CONTINUED)
        if self.fits([arrow, *nodes]):
            self.flat([arrow, *nodes])
            return
        self.flat([arrow])
        indent = CONTINUED + len("-> ")
        for number, setting in enumerate(_split(nodes, ",", behind=True)):
            if number:
                self.newline(indent)
            self._operand(setting, indent)

    def _operand(self, nodes: Nodes, indent: int, after: int = 0) -> None:
        """Write an operand, with its brackets broken where they do not fit."""
        rests = []
        for node in reversed(nodes):
            rests.append(after)
            after = after + node.size if isinstance(node, Token) else 0
        for node, rest in zip(nodes, reversed(rests), strict=True):
            if isinstance(node, Token) or self.fits([node], rest):
                self.flat([node])
            else:
                self._brackets(node, indent)

    def _brackets(self, brackets: Brackets, indent: int) -> None:
        self.token(brackets.opening)
        for number, item in enumerate(brackets.items):
            separator = brackets.separators[number] if number < len(brackets.separators) else None
            if not number or not brackets.separators[number - 1].is_sign("|"):
                self.newline(indent + _STEP)
            if separator and separator.is_sign(","):
                self.chain(item, indent + _STEP, 1)
                self.token(separator)
            else:
                self.chain(item, indent + _STEP)
                if separator:
                    self.newline(indent + _STEP)
                    self.token(separator)
        self.newline(indent)
        self.token(brackets.closing)


def _nested(tokens: Iterable[Token]) -> list[Token | Brackets]:
    """Return tokens with brackets as nodes of their own."""
    nodes: list[Token | Brackets] = []
    around: list[tuple[list[Token | Brackets], Brackets]] = []
    deeper = 0
    for token in tokens:
        if token.is_sign(*_CLOSING):
            if len(around) < _DEPTH:
                brackets = Brackets(token)
                around.append((nodes, brackets))
                nodes = brackets.items[0]
                continue
            deeper += 1
        elif token.is_sign(*_CLOSING.values()):
            if not deeper:
                nodes, brackets = around.pop()
                _close(brackets, token)
                nodes.append(brackets)
                continue
            deeper -= 1
        elif around and not deeper and token.is_sign(",", "|"):
            brackets = around[-1][1]
            brackets.separators.append(token)
            nodes = []
            brackets.items.append(nodes)
            continue
        nodes.append(token)
    return nodes


def _close(brackets: Brackets, closing: Token) -> None:
    brackets.closing = closing
    inside = [node for item in brackets.items for node in item]
    ends = (brackets.opening, *brackets.separators, closing)
    brackets.size = sum(node.size for node in (*ends, *inside))
    brackets.is_commented = (
        brackets.opening.behind is not None
        or bool(closing.before)
        or any(_first(node).before or _last(node).behind for node in (*brackets.separators, *inside))
        or any(isinstance(node, Brackets) and node.is_commented for node in inside)
    )


def _first(node: Token | Brackets) -> Token:
    return node if isinstance(node, Token) else node.opening


def _last(node: Token | Brackets) -> Token:
    return node if isinstance(node, Token) else node.closing


def _is_plain(nodes: Nodes) -> bool:
    """Return whether no comment stands between the beginning and the end of nodes."""
    return (
        not any(_last(node).behind for node in nodes[:-1])
        and not any(_first(node).before for node in nodes[1:])
        and not any(isinstance(node, Brackets) and node.is_commented for node in nodes)
    )


def _width(nodes: Nodes) -> int:
    """Return how many columns nodes take on one line, without the first gap."""
    return sum(node.size for node in nodes) - (len(nodes[0].gap) if nodes else 0)


def _tokens(nodes: Nodes) -> Iterator[Token]:
    for node in nodes:
        if isinstance(node, Token):
            yield node
            continue
        yield node.opening
        for number, item in enumerate(node.items):
            yield from _tokens(item)
            yield from node.separators[number : number + 1]
        yield node.closing


def _is(node: Token | Brackets, *texts: str) -> bool:
    return isinstance(node, Token) and (node.is_sign(*texts) or node.is_word(*texts))


def _split(nodes: Nodes, text: str, *, behind: bool = False) -> list[Nodes]:
    """Return the parts of nodes that begin with a word or sign, or that end with it."""
    starts = [at + behind for at, node in enumerate(nodes) if at + behind and _is(node, text)]
    bounds = [0, *starts, len(nodes)]
    return [nodes[start:end] for start, end in pairwise(bounds)]
