"""`Rules`: a rule file that has been parsed, resolved and checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from paramrules.diagnostics import Diagnostic, Source, Span, printable
from paramrules.display import counted
from paramrules.rules.terms import Predicate, Term, Value, terms_in
from paramrules.syntax.nodes import Allow, File
from paramrules.syntax.tree import node


@node
class Template(Term):
    """A label: strings, and the values of its holes."""

    parts: tuple[str | Value, ...]

    @property
    def text(self) -> str:
        """The label as written, with its holes: `block_{i+1}`."""
        return self.span.text

    @property
    def begin(self) -> str:
        """The text before the first hole."""
        return str(self.parts[0])

    @property
    def literal(self) -> str | None:
        """The text of a label without holes; None for any other."""
        return self.begin if len(self.parts) == 1 else None


@node
class Setting(Term):
    """`key = value`. `span` is the place of all of it, `key_span` that of the key.

    One that is `implied` by the label `no_decay` has the label's place.
    """

    key: str
    key_span: Span = field(compare=False, repr=False)
    value: Value
    implied: bool = field(default=False, compare=False, repr=False)


@node
class Rule(Term):
    """One rule of an axis.

    Attributes:
        predicate: None for `else`.
        settings: None without an arrow: the rule takes the settings of its label's first rule.
        captures: the groups that the predicate binds, in the order written.
    """

    label: Template
    optional: bool
    predicate: Predicate | None
    settings: tuple[Setting, ...] | None
    captures: tuple[str, ...]


@node
class Expectation(Term):
    """`expect label: predicate`, a test of the axis in which it stands. `captures` are as in a rule."""

    label: Template
    negated: bool
    optional: bool
    predicate: Predicate
    captures: tuple[str, ...]


@node
class Axis(Term):
    """A partition of the parameters. `name` is "" for the rules before any `[axis]`."""

    name: str
    rules: tuple[Rule, ...]
    expectations: tuple[Expectation, ...]

    def implies(self, label: str) -> tuple[Setting, ...]:
        """Return the settings that a label has here because of its name, which rules do not write."""
        settings = (s for rule in self.rules if rule.label.literal == label for s in rule.settings or ())
        return tuple({setting.key: setting for setting in settings if setting.implied}.values())


@node
class Option(Term):
    """A value that the caller may set. `type`: `number`, `string`, `boolean`, or `any` without a default."""

    name: str
    type: str
    default: int | float | str | bool | None
    required: bool


@dataclass(frozen=True, repr=False)
class Rules:
    """A rule file, ready to be assigned to any model, any number of times.

    Attributes:
        source: the file's name and text.
        edition: the edition of the language.
        axes: the axes in the order written, at least one.
        options: the options of the file and its includes, by name.
        lets: the file's own lets, by name.
        findings: the warnings.
        allows: the comments that silence warnings, those of its includes among them.
        file: the syntax tree.
        included: the syntax trees of the files included, directly or not, in the order read.
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

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """All terms of the axes, in the order written; what a let stands for comes once."""
        return tuple(terms_in(*self.axes))

    @property
    def settings(self) -> Iterator[Setting]:
        """The settings of all rules, axis by axis, those that a label implies among them."""
        return (s for axis in self.axes for rule in axis.rules for s in rule.settings or ())

    def __repr__(self) -> str:
        axes = ", ".join(f"[{axis.name}]" for axis in self.axes if axis.name)
        count = sum(len(axis.rules) for axis in self.axes)
        return f"<Rules {self.source.name}: {counted(count, 'rule')}{f' in {axes}' if axes else ''}>"

    def _repr_html_(self) -> str:
        """Return the file's text, for notebooks."""
        from html import escape

        lines = "\n".join(map(printable, self.source.text.splitlines()))
        return f"<div>{escape(printable(self.source.name))}</div><pre>{escape(lines)}</pre>"
