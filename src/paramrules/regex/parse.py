"""Text to tree: the part of Python's `re` syntax that rule files may use.

What is accepted here is accepted by `re`, with the same groups, and the other way round for all that the
language does not leave out on purpose (see `atoms`). `(?<i>...)` is what `re` writes `(?P<i>...)`.
"""

import re
from typing import NamedTuple

from paramrules.regex import refusal
from paramrules.regex.atoms import read_class, read_escape, refuse_unsupported_escape, unsupported_group
from paramrules.regex.characters import CLASSES, DOT
from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.refusal import Refused

# Characters that stand for themselves. A quantifier takes the last one alone, so that one stays out.
_RUN = re.compile(r"(?:(?:[^\\\[(){|.*+?^$]|\\[^A-Za-z0-9])(?![*+?{]))+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_COUNT = re.compile(r"\{(?:([0-9]+)(?:(,)([0-9]*))?|,([0-9]*))\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ANCHORS = {"A": "^", "Z": "$", "b": "b", "B": "B"}


class Parsed(NamedTuple):
    """A regex as a tree.

    Attributes:
        tree: its root.
        ignore_case: it begins with `(?i)`.
        groups: its capturing groups, in order.
        python: its text as Python's `re` writes it.
    """

    tree: Node
    ignore_case: bool
    groups: tuple[Capture, ...]
    python: str


def parse(text: str) -> Parsed:
    """Parse a regex.

    Raises:
        Refused: it is not a regex, or uses what the language leaves out.
    """
    if len(text) > refusal.LENGTH:
        raise Refused(
            "E406",
            f"the regex has {len(text):,} characters, and {refusal.LENGTH:,} are allowed",
            0,
            len(text),
            "split it into several tests with `or`",
        )
    ignore_case = text.startswith("(?i)")
    parser = _Parser(text, 4 if ignore_case else 0, ignore_case)
    tree = parser.choice()
    if parser.at < len(text):
        at = parser.at
        raise Refused("E401", "this `)` has no `(`", at, at + 1, r"write `\)` for the character itself")
    groups = sorted(parser.groups, key=lambda group: group.number)
    python = text
    for group in reversed(groups):
        if text.startswith("(?<", group.start):
            python = f"{python[: group.start]}(?P<{python[group.start + 3 :]}"
    return Parsed(tree, ignore_case, tuple(groups), python)


class _Parser:
    def __init__(self, text: str, at: int, ignore_case: bool) -> None:
        self.text = text
        self.at = at
        self.ignore_case = ignore_case
        self.depth = 0
        self.opened = 0
        self.names: dict[str, int] = {}
        self.groups: list[Capture] = []

    def choice(self) -> Node:
        """`sequence ("|" sequence)*`."""
        start = self.at
        branches = [self.sequence()]
        while self.text.startswith("|", self.at):
            self.at += 1
            branches.append(self.sequence())
        return branches[0] if len(branches) == 1 else Choice(start, self.at, tuple(branches))

    def sequence(self) -> Node:
        """`(atom quantifier?)*`."""
        start = self.at
        items: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            run = _RUN.match(self.text, self.at)
            if run:
                self.at = run.end()
                raw = run.group()
                items.append(
                    Literal(run.start(), run.end(), _ESCAPED.sub(r"\1", raw) if "\\" in raw else raw)
                )
            else:
                at = self.at
                items.append(self.quantified(at, self.atom()))
        return items[0] if len(items) == 1 else Sequence(start, self.at, tuple(items))

    def atom(self) -> Node:
        """`character | class | anchor | group`."""
        text, start = self.text, self.at
        first = text[start]
        if first == "(":
            return self.group()
        if first == "\\":
            return self.escape()
        if first == "[":
            ranges, self.at = read_class(text, start, self.ignore_case)
            return Characters(start, self.at, ranges)
        self.at += 1
        if first == ".":
            return Characters(start, self.at, DOT)
        if first in "^$":
            return Anchor(start, self.at, first)
        count = _COUNT.match(text, start)
        if first in "*+?" or count:
            end = count.end() if count else self.at
            self._nothing_to_repeat(start, end)
        return Literal(start, self.at, first)

    def escape(self) -> Node:
        """`\\A`, `\\d`, `\\.`."""
        text, start = self.text, self.at
        letter = text[start + 1 : start + 2]
        refuse_unsupported_escape(text, start, in_class=False)
        if letter in _ANCHORS:
            self.at += 2
            return Anchor(start, self.at, _ANCHORS[letter])
        if letter in CLASSES:
            self.at += 2
            return Characters(start, self.at, CLASSES[letter])
        value, self.at = read_escape(text, start)
        return Literal(start, self.at, value)

    def group(self) -> Node:
        """`(a)`, `(?:a)`, `(?<i>a)`, `(?P<i>a)`."""
        text, start = self.text, self.at
        number, name = 0, None
        if text.startswith("(?:", start):
            self.at += 3
        elif text.startswith("(?P<", start) or (
            text.startswith("(?<", start) and text[start + 3 : start + 4] not in ("=", "!")
        ):
            name = self.name(text.index("<", start) + 1)
            self.opened = number = self.opened + 1
            self.names[name] = start
        elif text.startswith("(?", start):
            raise unsupported_group(text, start)
        else:
            self.at += 1
            self.opened = number = self.opened + 1
        self.depth += 1
        if self.depth > refusal.NESTING:
            raise Refused(
                "E406",
                f"brackets are nested more than {refusal.NESTING} deep",
                start,
                self.at,
                "take some out",
            )
        item = self.choice()
        self.depth -= 1
        if not text.startswith(")", self.at):
            raise Refused(
                "E401", "this `(` has no `)`", start, start + 1, r"write `\(` for the character itself"
            )
        self.at += 1
        if not number:
            return item
        capture = Capture(start, self.at, item, number, name)
        self.groups.append(capture)
        return capture

    def name(self, start: int) -> str:
        """`i>`: the name of a group and the sign after it."""
        text = self.text
        found = _NAME.match(text, start)
        end = found.end() if found else start
        if not text.startswith(">", end) or not found:
            close = text.find(">", start)
            close = len(text) if close < 0 else close
            raise Refused(
                "E401",
                f"`{text[start:close]}` is not a name for a group"
                if close > start
                else "a group without a name",
                start if close > start else start - 1,
                close,
                "write ASCII letters, digits and `_`, no digit first, then `>`, as in `(?<i>...)`",
            )
        if found.group() in self.names:
            raise Refused(
                "E401",
                f"two groups are named `{found.group()}`",
                start,
                end,
                "give each group its own name",
            )
        self.at = end + 1
        return found.group()

    def quantified(self, first: int, item: Node) -> Node:
        """`item`, which begins at `first`, and the `*`, `+`, `?` or `{m,n}` that may follow."""
        bounds = self.quantifier()
        if bounds is None:
            return item
        start, text = self.at, self.text
        least, most, end = bounds
        if (
            isinstance(item, Anchor) and item.start == first
        ):  # as in `re`, only one in brackets can be repeated
            self._nothing_to_repeat(start, end)
        if text.startswith("+", end):
            raise Refused(
                "E405",
                f"`{text[start : end + 1]}` is a possessive repeat, which the language leaves out",
                start,
                end + 1,
                f"write `{text[start:end]}`; no regex here is slow without",
            )
        lazy = text.startswith("?", end)
        self.at = end + 1 if lazy else end
        more = self.quantifier()
        if more:
            raise Refused(
                "E401",
                f"`{text[start : more[2]]}` repeats a repeat",
                start,
                more[2],
                "keep one of them, or put `(?:...)` around what the first repeats",
            )
        return Repeat(first, self.at, item, least, most, lazy)

    def quantifier(self) -> tuple[int, int | None, int] | None:
        """Return the bounds of the quantifier that stands here and where it ends, without consuming it."""
        start = self.at
        sign = self.text[start : start + 1]
        if sign in ("*", "+", "?"):
            return int(sign == "+"), 1 if sign == "?" else None, start + 1
        count = _COUNT.match(self.text, start) if sign == "{" else None
        if count is None:
            return None
        least, comma, most, only_most = count.groups()
        low = least or "0"
        high = least if least and not comma else most or only_most
        for number in (low, high or "0"):
            if len(number) > 9 or int(number) > refusal.COUNT:
                raise Refused(
                    "E406",
                    f"`{count.group()}` counts to more than {refusal.COUNT:,}",
                    start,
                    count.end(),
                    "write `*` or `+` where there is no real bound",
                )
        if high and int(high) < int(low):
            raise Refused(
                "E401",
                f"`{count.group()}` asks for at least {int(low)} and at most {int(high)}",
                start,
                count.end(),
                f"write `{{{int(high)},{int(low)}}}`",
            )
        return int(low), int(high) if high else None, count.end()

    def _nothing_to_repeat(self, start: int, end: int) -> None:
        sign = self.text[start:end]
        glob = ", or `like` in place of `~` for a glob" if start == 0 and sign == "*" else ""
        raise Refused(
            "E401",
            f"`{sign}` has nothing to repeat",
            start,
            end,
            rf"write `\{sign}` for the text itself{glob}",
        )
