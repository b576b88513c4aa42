"""What names mean at one place of a rule file."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from paramrules.diagnostics import Diagnostic, Place, Source, Span, did_you_mean
from paramrules.regex import Effort
from paramrules.rules.builtin_names import a
from paramrules.rules.model import Option
from paramrules.rules.terms import Attribute, Predicate, Truth, Value


@dataclass(frozen=True, slots=True)
class BrokenPredicate(Truth):
    """Stands where a predicate has an error, so that the rest is still looked at. It never leaves `resolve`.

    `value` says whether what was meant may have bound captures.
    """


@dataclass(frozen=True, slots=True)
class BrokenValue(Attribute):
    """Stands where a value has an error; it fits everywhere. It never leaves `resolve`."""


class Typed(NamedTuple):
    """A value and its type: `number`, `string`, `boolean`, `none`, `tuple`; `any` shows only with a model."""

    term: Value
    type: str


def broken(span: Span) -> Typed:
    """A value with an error that has been reported."""
    return Typed(BrokenValue(span, ()), "any")


class Let(NamedTuple):
    """A `let`: a predicate, a value, or both, as `attr(x)` is whichever is needed. `span` is its name's.

    `depth` and `number` count the expressions in it, the lets among them written out.
    """

    span: Span
    predicate: Predicate | None
    value: Typed | None
    depth: int = 0
    number: int = 1


class Declared(NamedTuple):
    """An option. `span` is its name's."""

    span: Span
    option: Option


@dataclass(slots=True)
class Scope:
    """The names of one file as far as it has been read, and the captures of the rule that is being read.

    Attributes:
        source: the file.
        findings: what was found wrong so far, in all files.
        effort: what has been spent on regexes so far, in all files.
        written_out: expressions so far that stand there by the name of a let.
        statement: the rule or the definition that is being read.
        names: its lets and options and those of its includes.
        own: where it defines each of its own names, be it further down.
        elsewhere: where an include that stands further down comes in, by the names that it brings.
        unread: the names of definitions that could not be understood.
        carriers: the lets that capture a group, by the group's name.
        open: an include could not be read: nobody knows what else is defined.
        capturing: something in the statement captures, or may have been meant to.
        captures: the named groups that are bound at this place, and whether they are numbers.
        unbound: the groups that are there but not bound on every way: where, why not, and the mend.
        guess: a part of the rule is broken that may have bound captures: nobody knows what else is bound.
        clashes: the groups whose names were found to be taken.
        far: keys of settings that are near to no known one.
    """

    source: Source
    findings: list[Diagnostic]
    effort: Effort
    statement: Span
    written_out: int = 0
    names: dict[str, Let | Declared] = field(default_factory=dict)
    own: dict[str, Span] = field(default_factory=dict)
    elsewhere: dict[str, Span] = field(default_factory=dict)
    carriers: dict[str, str] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    open: bool = False
    capturing: bool = False
    captures: dict[str, bool] = field(default_factory=dict)
    unbound: dict[str, tuple[Place, str]] = field(default_factory=dict)
    guess: bool = False
    clashes: set[tuple[Span, str]] = field(default_factory=set)
    far: set[str] = field(default_factory=set)

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        *,
        help: str = "",
        also: tuple[Place, ...] = (),
    ) -> None:
        """Keep a finding."""
        self.findings.append(Diagnostic(code, message, span, label, also, help))

    def suggest(self, word: str, known: Iterable[str]) -> str:
        """`did you mean ...?`; silent after so many findings that the search takes long and helps nobody."""
        return did_you_mean(word, known) if len(self.findings) < 50 else ""

    def begin(self, statement: Span) -> None:
        """Forget the captures of the statement before."""
        self.statement, self.capturing, self.guess = statement, False, False
        self.captures, self.unbound = {}, {}


def described(span: Span, type: str) -> str:
    """What stands there, and its type, as part of a message."""
    return f"`{shown(span)}` {'stands for no value' if type == 'none' else f'is {a(type)}'}"


def shown(span: Span) -> str:
    """What stands there, on one line and short enough for a message."""
    text = " ".join(span.text.split())
    return text if len(text) <= 40 else f"{text[:37]}..."
