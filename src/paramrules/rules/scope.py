"""The place at which an expression is read.

A resolver takes a syntax node and a `Scope`, and returns a term. The scope is what it reads: the names known
so far and the captures bound at this place; nothing in it changes while a statement is read. What it finds
wrong goes to the scope's `findings`, the only thing that it writes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from paramrules.diagnostics import Diagnostic, Place, Source, Span, did_you_mean
from paramrules.regex import RegexBudget
from paramrules.rules.builtin_names import a
from paramrules.rules.model import Option
from paramrules.rules.terms import Attribute, Predicate, Truth, Value
from paramrules.syntax import nodes
from paramrules.syntax.tree import node

FEW = 50
"""Findings up to which a search for their causes is worth its time."""


@node
class BrokenPredicate(Truth):
    """Stands in for a predicate with an error, so that the rest is still checked. It never leaves `resolve`.

    `value` is True if the predicate may have been meant to bind captures.
    """


@node
class BrokenValue(Attribute):
    """Stands in for a value with an error; it fits everywhere. It never leaves `resolve`."""


class Typed(NamedTuple):
    """A value and its type: `number`, `string`, `boolean`, `none` or `tuple`; `any` if only a model tells."""

    term: Value
    type: str


def broken(span: Span) -> Typed:
    """Return a value whose error has been reported."""
    return Typed(BrokenValue(span, ()), "any")


class Let(NamedTuple):
    """A `let`: a predicate, a value, or both, as `attr(x)` is whichever is needed.

    `span` is that of its name. `depth` counts the expressions inside one another, through the lets it uses.
    """

    span: Span
    predicate: Predicate | None
    value: Typed | None
    depth: int = 0


class Declared(NamedTuple):
    """An option. `span` is that of its name."""

    span: Span
    option: Option

    @property
    def is_text(self) -> bool:
        """True if its value is a string, or may be one: that of an option without a default."""
        return self.option.type in ("string", "any")


@dataclass(slots=True)
class Findings:
    """Everything collected while a file and its includes are read.

    Attributes:
        all: the errors and warnings.
        budget: the size of the automata of all regexes so far.
        clashes: the groups whose names were reported to be taken, by their match.
        far: keys of settings that resemble no known one.
    """

    all: list[Diagnostic] = field(default_factory=list)
    budget: RegexBudget = field(default_factory=RegexBudget)
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
        """Add an error or a warning."""
        self.all.append(Diagnostic(code, message, span, label, also, help))

    @property
    def few(self) -> bool:
        """True if searching for the name that was meant is worth its time."""
        return len(self.all) < FEW

    def suggest(self, word: str, known: Iterable[str]) -> str:
        """Return `did you mean ...?`, or an empty string."""
        return did_you_mean(word, known) if self.few else ""


@dataclass(slots=True)
class Names:
    """The names of one file. They are defined from top to bottom, and read by the statements below.

    Attributes:
        source: the file.
        known: the lets and options defined so far, and those of the includes.
        own: the first definition of each of its own names, further down too.
        later: the include further down that brings a name.
        unread: the names of definitions that could not be understood.
        carriers: the let that captures a group, by the group's name.
        incomplete: True if an include could not be read, so that any name may be defined.
    """

    source: Source
    own: Mapping[str, nodes.Let | nodes.Option]
    later: Mapping[str, Span]
    unread: frozenset[str]
    incomplete: bool
    known: dict[str, Let | Declared] = field(default_factory=dict)
    carriers: dict[str, str] = field(default_factory=dict)


Unbound = tuple[Place, str]
"""Why a group may be unbound, where that shows, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that can be used at one place of a statement.

    Attributes:
        names: the names of the file.
        findings: where errors and warnings go.
        statement: the statement.
        captures: the groups that are bound here; True if one is a number.
        unbound: the groups that are not bound on every way to here.
        guess: True if a broken part may have bound captures of any name.
    """

    names: Names
    findings: Findings
    statement: Span
    captures: Mapping[str, bool] = field(default_factory=dict)
    unbound: Mapping[str, Unbound] = field(default_factory=dict)
    guess: bool = False

    def lookup(self, name: str) -> Let | Declared | None:
        """Return the let or the option of this name."""
        return self.names.known.get(name)

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
        """Add an error or a warning."""
        self.findings.report(code, message, span, label, help=help, also=also)

    def suggest(self, word: str, known: Iterable[str]) -> str:
        """Return `did you mean ...?`, or an empty string."""
        return self.findings.suggest(word, known)


def described(span: Span, type: str) -> str:
    """Return the text at a place with its type, as part of a message."""
    return f"`{shown(span)}` {'stands for no value' if type == 'none' else f'is {a(type)}'}"


def shown(span: Span) -> str:
    """Return the text at a place on one line, short enough for a message."""
    text = " ".join(span.text.split())
    return text if len(text) <= 40 else f"{text[:37]}..."
