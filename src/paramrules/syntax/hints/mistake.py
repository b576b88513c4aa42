"""A statement that cannot be understood, and what is known about it."""

import re
import unicodedata
from functools import cached_property

from lark import Token

from paramrules.diagnostics import Diagnostic, Source, Span
from paramrules.syntax.cut import Piece
from paramrules.syntax.parse import Failure

_WORD = re.compile(
    r""" "[^"\n]*" | '[^'\n]*' | [^\W\d]\w* | \d[\w.]*
    | -> | => | === | [=!<>]= | =[<~!] | <> | && | \|\| | := | !~ | // | \*\* | .""",
    re.VERBOSE | re.DOTALL,
)

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
    "STRING": "a quoted text",
    "ALTERNATIVE": "a name",
    "BARE_REGEX": "a regex",
    "BARE_GLOB": "a glob",
    "IN": "`in`",
    "LIKE": "`like`",
    "LIBRARY": "`<name>`",
}

_CLOSES = {"(": ")", "[": "]", "{": "}"}


class Mistake:
    """Where a statement stopped making sense, in the words in which hints ask for it.

    Attributes:
        text: the statement.
        at: where in `text` the first thing stands that does not fit.
        ended: nothing does not fit, but something is missing at the end.
        expected: the terminals that would have fitted.
        stack: what had been understood: nodes, and tokens that await what belongs to them.
    """

    def __init__(self, source: Source, piece: Piece, failure: Failure) -> None:
        self._source, self._base = source, piece.start
        self.text = source.text[piece.start : piece.end]
        self.at = failure.at - piece.start
        self.ended, self.expected, self.stack = failure.ended, failure.expected, failure.stack
        if self.stack and self.text[self.at - 1 : self.at + 1] == "->" and str(self.stack[-1]) == "-":
            # an arrow where a value should stand was read as a minus
            self.at, self.stack = self.at - 1, self.stack[:-1]
        self.after = self.text[self.at :]

    @cached_property
    def found(self) -> str:
        """The word or sign that does not fit, "" at the end."""
        match = None if self.ended else _WORD.match(self.after)
        return match[0] if match else ""

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """What is on the stack: the terminals' names, and the classes of nodes."""
        return tuple(item.type if isinstance(item, Token) else type(item).__name__ for item in self.stack)

    @property
    def last(self) -> str:
        """What was understood last, as in `kinds`, "" at the beginning."""
        return self.kinds[-1] if self.kinds else ""

    @property
    def before_last(self) -> str:
        """What was understood before that."""
        return self.kinds[-2] if len(self.kinds) > 1 else ""

    @property
    def word(self) -> str:
        """The text of the last token."""
        return str(self.stack[-1]) if self.stack and isinstance(self.stack[-1], Token) else ""

    def operand(self, place: int) -> str:
        """The text of what was understood, counted as in `stack`; "" where there is none."""
        item = self.stack[place] if -len(self.stack) <= place < len(self.stack) else ""
        return item.span.text if hasattr(item, "span") else str(item)

    @property
    def in_settings(self) -> bool:
        """Whether an arrow has been read."""
        return "ARROW" in self.kinds

    @property
    def wants_operand(self) -> bool:
        """Whether a predicate or a value should stand here."""
        return "NUMBER" in self.expected and "LPAR" in self.expected

    @property
    def wants_operator(self) -> bool:
        """Whether an operand has just ended."""
        return "AND" in self.expected or "PLUS" in self.expected

    @cached_property
    def open(self) -> tuple[Token, ...]:
        """The brackets that are not closed, outermost first; those around an axis's name are none."""
        found = (item for item in self.stack[1:] if isinstance(item, Token))
        return tuple(token for token in found if token in _CLOSES)

    def finding(
        self,
        message: str,
        *,
        help: str = "",
        label: str = "",
        start: int | None = None,
        end: int | None = None,
        code: str = "E104",
    ) -> Diagnostic:
        """A finding about `text[start:end]`, which is what does not fit where nothing else is said."""
        first = self.at if start is None else start
        last = first + len(self.found) if end is None else end
        place = Span(self._source, self._base + first, self._base + last)
        return Diagnostic(code, message, place, label, help=help)

    def unexpected(self) -> Diagnostic:
        """The finding for a mistake that no hint knows."""
        if self.ended:
            return self.finding("the statement ends too early", label=f"expected {self._wanted()}")
        shown = self.found.strip() or "white space"
        if not shown.isascii() and not shown.isalnum():
            name = unicodedata.name(shown[0], "a character without a name").lower()
            return self.finding(
                f"U+{ord(shown[0]):04X}, {name}, cannot stand here", label=f"expected {self._wanted()}"
            )
        return self.finding(f"`{shown}` is not expected here", label=f"expected {self._wanted()}")

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
        if "ARROW" in self.expected:
            return "`->` or the end"
        names = sorted({_SHOWN[name] for name in self.expected if name in _SHOWN})
        return " or ".join(names) if names else "the end of the statement"
