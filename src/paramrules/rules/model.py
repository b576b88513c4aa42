"""Rules: a rule file that has been read, understood and checked. What everything after reading works on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from paramrules.diagnostics import Diagnostic, Source, Span
from paramrules.rules.terms import Predicate, Term, Value
from paramrules.syntax.nodes import Allow, File


@dataclass(frozen=True, slots=True)
class Template(Term):
    """A label: texts and values in turn. `default` and a label without holes have one text."""

    parts: tuple[str | Value, ...]

    @property
    def text(self) -> str:
        """The label as written, holes and all: `block_{i+1}`."""
        return self.span.text


@dataclass(frozen=True, slots=True)
class Setting(Term):
    """`key = value`; the span is the whole setting's, `key_span` the key's."""

    key: str
    key_span: Span = field(compare=False, repr=False)
    value: Value


@dataclass(frozen=True, slots=True)
class Rule(Term):
    """One rule of an axis.

    `predicate` is None for `else`. `settings` is None where no arrow was written: the rule then takes
    those of its label's first rule. `captures` names the groups that the predicate binds, in the order
    in which they are written.
    """

    label: Template
    optional: bool
    predicate: Predicate | None
    settings: tuple[Setting, ...] | None
    captures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expectation(Term):
    """`expect label: predicate`, a test about the axis it stands in; `captures` as those of a rule."""

    label: Template
    negated: bool
    optional: bool
    predicate: Predicate
    captures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Axis(Term):
    """A partition of the parameters. `name` is "" for the rules that stand before any `[axis]`."""

    name: str
    rules: tuple[Rule, ...]
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Option(Term):
    """A value that the caller may set. `type`: `number`, `string`, `boolean`, or `any` without a default."""

    name: str
    type: str
    default: int | float | str | bool | None
    required: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """A rule file, ready to be assigned to any model, any number of times.

    Attributes:
        source: the file's name and text.
        edition: the edition of the language that it is written in.
        axes: its axes in the order written; at least one.
        options: its options and those of its includes, by name.
        lets: its own lets, by name.
        findings: the warnings of reading and checking it.
        allows: the findings that comments in it silence.
        file: its syntax tree.
        included: the files that it includes, directly or not, as syntax trees, in the order read.
    """

    source: Source
    edition: int
    axes: tuple[Axis, ...]
    options: Mapping[str, Option]
    lets: Mapping[str, Term]
    findings: tuple[Diagnostic, ...] = field(compare=False)
    allows: tuple[Allow, ...] = field(compare=False)
    file: File = field(compare=False, repr=False)
    included: tuple[File, ...] = field(compare=False, repr=False)
