"""A statement that does not parse, and what hints ask about it."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property

from paramrules.diagnostics import Diagnostic, Help, Source, Span, helping, write
from paramrules.syntax.parser import Failure, parses
from paramrules.syntax.statements import Piece
from paramrules.syntax.tokens import Token

_WORD = re.compile(
    r""" "[^"\n]*" | '[^'\n]*' | [^\W\d]\w* | \d[\w.]*
    | -> | => | === | [=!<>]= | =[<~!] | <> | && | \|\| | := | !~ | // | \*\* | .""",
    re.VERBOSE | re.DOTALL,
)
_LABEL = re.compile(r"^([A-Za-z_]\w*)[ \t]*(?:\?[ \t]*)?:", re.MULTILINE)
_NEAR = 2_000
"""Characters above a statement that are searched for a label."""
_LONG = re.compile(r"`[^`]{100,}`")

_SHOWN = {
    "COLON": "`:`",
    "EQUAL": "`=`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "RBRACE": "`}`",
    "COMMA": "`,`",
    "VBAR": "`|`",
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a quoted string",
    "ALTERNATIVE": "a name",
    "BARE_REGEX": "a regex",
    "BARE_GLOB": "a glob",
    "IN": "`in`",
    "LIKE": "`like`",
    "LIBRARY": "`<name>`",
}

_CLOSES = {"(": ")", "[": "]", "{": "}"}

RULE = "a rule is written `label: predicate -> key = value`"


class Mistake:
    """Where a statement stopped making sense.

    Attributes:
        text: the statement.
        at: where in `text` the first thing stands that does not fit.
        after: the text from there on.
        ended: True if everything fits, but something is missing at the end.
        expected: the terminals that would have fitted.
        stack: what the parser had understood: nodes, and tokens that await the rest of their node.
    """

    def __init__(self, source: Source, piece: Piece, failure: Failure) -> None:
        self._source, self._base = source, piece.start
        self.text = source.text[piece.start : piece.end]
        self.at = failure.at - piece.start
        self.ended, self.expected, self.stack = failure.ended, failure.expected, failure.stack
        if self.stack and self.text[self.at - 1 : self.at + 1] == "->" and str(self.stack[-1]) == "-":
            # an arrow in place of a value was read as a minus
            self.at, self.stack = self.at - 1, self.stack[:-1]
        self.after = self.text[self.at :]

    @cached_property
    def found(self) -> str:
        """The word or sign that does not fit, "" at the end."""
        match = None if self.ended else _WORD.match(self.after)
        return match[0] if match else ""

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of what is on the stack: names of terminals, names of node classes."""
        return tuple(item.type if isinstance(item, Token) else type(item).__name__ for item in self.stack)

    @property
    def last(self) -> str:
        """The last of `kinds`, "" at the beginning."""
        return self.kinds[-1] if self.kinds else ""

    @property
    def before_last(self) -> str:
        """The last but one of `kinds`, "" if there is none."""
        return self.kinds[-2] if len(self.kinds) > 1 else ""

    @property
    def word(self) -> str:
        """The text of the last item, if it is a token."""
        return str(self.stack[-1]) if self.stack and isinstance(self.stack[-1], Token) else ""

    def operand(self, place: int) -> str:
        """Return the text of an item of the stack, "" if there is none at that place."""
        item = self.stack[place] if -len(self.stack) <= place < len(self.stack) else ""
        return item.span.text if hasattr(item, "span") else str(item)

    def start_of(self, place: int) -> int:
        """Return where in `text` an item of the stack begins."""
        item = self.stack[place]
        return item.start_pos if isinstance(item, Token) else int(item.span.start) - self._base

    @property
    def in_settings(self) -> bool:
        """True behind the arrow."""
        return "ARROW" in self.kinds

    @property
    def wants_operand(self) -> bool:
        """True where a predicate or a value is expected."""
        return "NUMBER" in self.expected and "LPAR" in self.expected

    @property
    def wants_operator(self) -> bool:
        """True right behind an operand."""
        return "AND" in self.expected or "PLUS" in self.expected

    @cached_property
    def open(self) -> tuple[Token, ...]:
        """The open brackets, outermost first, except the one around an axis's name."""
        found = (item for item in self.stack[1:] if isinstance(item, Token))
        return tuple(token for token in found if token in _CLOSES)

    def calls(self) -> Iterator[int]:
        """Yield the places in `stack` of the functions whose brackets are open, innermost first.

        What stands before a match that awaits its regex is left out.
        """
        following = ""
        for place in range(len(self.kinds) - 1, -1, -1):
            kind = self.kinds[place]
            if kind == "MATCH":
                return
            if (kind, following) == ("NAME", "LPAR"):
                yield place
            following = kind

    def place(self, start: int, end: int) -> Span:
        """Return the place of `text[start:end]` in the file."""
        return Span(self._source, self._base + start, self._base + end)

    def label(self) -> str:
        """Return a label of the file, for a help that needs one: the nearest above, or `no_decay`."""
        above = _LABEL.findall(self._source.text, max(0, self._base - _NEAR), self._base)
        return above[-1] if above else "no_decay"

    def rewritten(self, new: str, start: int, end: int, otherwise: str = RULE) -> str:
        """Return a help with `text[start:end]` replaced, or `otherwise` if that does not parse or is long."""
        help = self.statement(f"{self.text[:start]}{new}{self.text[end:]}", otherwise)
        place = self.place(start, end)
        return helping(help, new, at=place) if isinstance(help, Help) and help is not otherwise else help

    def statement(self, line: str, otherwise: str = RULE) -> str:
        """Return a help with a statement to write, or `otherwise` if it does not parse or is long."""
        line = line.strip()
        fits = "\n" not in line and "#" not in line and len(line) <= 90 and parses(line)
        whole = self.place(0, len(self.text.rstrip()))
        if not fits:
            return otherwise
        is_invented = "ndim <= 1" in line and "ndim" not in self.text  # an example, which nobody meant
        return f"write `{line}`" if is_invented else write(line).over(whole)

    def finding(
        self,
        code: str,
        message: str,
        *,
        help: str = "",
        label: str = "",
        start: int | None = None,
        end: int | None = None,
    ) -> Diagnostic:
        """Return a finding about `text[start:end]`, by default the word or sign that does not fit."""
        first = self.at if start is None else start
        last = first + len(self.found) if end is None else end
        place = self.place(first, last)
        return Diagnostic(
            code, _shortened(message), place, label, help=_shortened(help) if _LONG.search(help) else help
        )

    def unexpected(self) -> Diagnostic:
        """Return the finding for a mistake that no hint recognises."""
        label = f"expected {self._wanted()}"
        if self.ended:
            return self.finding("E104", "the statement ends too early", label=label)
        shown = self.found.strip() or "white space"
        if not shown.isascii() and not shown.isalnum():
            name = unicodedata.name(shown[0], "a character without a name").lower()
            return self.finding("E104", f"U+{ord(shown[0]):04X}, {name}, cannot stand here", label=label)
        return self.finding("E104", f"`{shown}` is not expected here", label=label)

    def _wanted(self) -> str:
        if not self.stack:
            return "a label, `[`, or a word that begins a statement"
        if self.wants_operand:
            return "a predicate or a value" if "NOT" in self.expected else "a value"
        if self.wants_operator:
            if self.open:
                return f"an operator or `{_CLOSES[self.open[-1]]}`"
            rule = self.kinds[0] == "Label" and not self.in_settings
            return "an operator, `->` or the end" if rule else "an operator or the end"
        names = sorted({_SHOWN[name] for name in self.expected if name in _SHOWN})
        return " or ".join(names) if names else "the end of the statement"


def _shortened(text: str) -> str:
    if not _LONG.search(text):
        return text  # a help with its edit stays one
    return _LONG.sub(lambda quoted: f"{quoted[0][:80]}...`", text)
