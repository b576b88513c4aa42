"""What names mean at one place of a rule file."""

from dataclasses import dataclass, field
from typing import NamedTuple

from paramrules.diagnostics import Diagnostic, Place, Source, Span
from paramrules.rules.model import Option
from paramrules.rules.terms import Attribute, Predicate, Truth, Value

NUMBERS = frozenset({"ndim", "squeezed_ndim", "size", "fan_in", "fan_out"})
TEXTS = frozenset({"name", "leaf", "module"})
CONSTANTS = frozenset({"dtype", "role"})
FLAGS = frozenset({"trainable", "tied"})
FIELDS = NUMBERS | TEXTS | CONSTANTS | {"shape"}
CLASS_TESTS = frozenset({"type", "within", "variable"})
ARITY: dict[str, tuple[int, int | None]] = {
    "count": (1, 1),
    "index": (1, 1),
    "min": (2, None),
    "max": (2, None),
    "sqrt": (1, 1),
    "log": (1, 1),
    "exp": (1, 1),
    "abs": (1, 1),
    "floor": (1, 1),
    "ceil": (1, 1),
}
FUNCTIONS = CLASS_TESTS | {"attr"} | ARITY.keys()


@dataclass(frozen=True, slots=True)
class BrokenPredicate(Truth):
    """Stands where a predicate has an error, so that the rest is still looked at. It never leaves `resolve`.

    `value` says whether what was meant may have bound captures.
    """


@dataclass(frozen=True, slots=True)
class BrokenValue(Attribute):
    """Stands where a value has an error; it fits everywhere. It never leaves `resolve`."""


class Typed(NamedTuple):
    """A value and what it is: `number`, `string`, `boolean`, `none`, `tuple`, or `any` until a model is at hand."""

    term: Value
    type: str


def broken(span: Span) -> Typed:
    """A value with an error that has been reported."""
    return Typed(BrokenValue(span, ()), "any")


@dataclass(frozen=True, slots=True)
class Let:
    """A `let`: a predicate, a value, or, as `attr(x)`, whichever is needed."""

    span: Span
    predicate: Predicate | None
    value: Typed | None


class Declared(NamedTuple):
    """An option, and where its name stands."""

    span: Span
    option: Option


@dataclass(slots=True)
class Scope:
    """The names of one file, as far as it has been read, and the captures of the rule that is being read.

    Attributes:
        source: the file.
        names: its lets and options and those of its includes.
        own: which of them it defines itself.
        later: where the file defines each name, be it further down.
        open: an include could not be read: nobody knows what else is defined.
        announced: the names of its statements that could not be parsed.
        captures: the named groups that are bound at this place, and whether they are numbers.
        unbound: the groups that are there but not bound on every way: where, and why not.
        guess: a part of the rule is broken that may have bound captures: nobody knows what else is bound.
        findings: what was found wrong so far, in all files.
    """

    source: Source
    findings: list[Diagnostic]
    names: dict[str, Let | Declared] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    later: dict[str, Span] = field(default_factory=dict)
    open: bool = False
    announced: frozenset[str] = frozenset()
    captures: dict[str, bool] = field(default_factory=dict)
    unbound: dict[str, tuple[Span, str]] = field(default_factory=dict)
    guess: bool = False

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        help: str = "",
        also: tuple[Place, ...] = (),
    ) -> None:
        """Keep a finding."""
        self.findings.append(Diagnostic(code, message, span, label=label, help=help, also=also))
