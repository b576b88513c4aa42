"""What is told of one parameter: why it is in its group, as values and in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from paramrules.assignment.groups import Group
from paramrules.assignment.labels import written
from paramrules.inventories import Parameter
from paramrules.inventories.parameter import stored_text
from paramrules.rules.model import Rule
from paramrules.rules.terms import Predicate


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a predicate, and what it found.

    Attributes:
        predicate: the part.
        text: it as written, after the name of the `let` that it stands in.
        note: the fact that decided, in a few words; may be empty.
        name: the name of the parameter that was looked at.
    """

    predicate: Predicate
    text: str
    note: str
    name: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule that did not take the parameter, and the clause of it that failed, or for later rules held."""

    rule: Rule
    clause: Clause | None


@dataclass(frozen=True, slots=True)
class AxisExplanation:
    """One axis's answer.

    Attributes:
        axis: its name, "" for the one without a name.
        label: the label that the parameter has there.
        rule: the rule that won; None where no rule did and the label is `default`.
        clause: the part of its predicate that held; None for `else` and `default`.
        captures: what it captured, by name.
        settings: what the label gives the parameter.
        earlier: the rules before it, each with the first clause that failed.
        later: the rules after it that would have held too, each with the clause that does.
    """

    axis: str
    label: str
    rule: Rule | None
    clause: Clause | None
    captures: Mapping[str, Any]
    settings: Mapping[str, Any]
    earlier: tuple[Verdict, ...]
    later: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a parameter is in its group, axis by axis. `print` says it in words."""

    parameter: Parameter
    group: Group
    axes: tuple[AxisExplanation, ...]

    def __str__(self) -> str:
        group = self.group
        parameter = self.parameter
        lines = [f"`{parameter.name}` is in `{group.label}` with {written(group.settings)}"]
        if parameter.stored != parameter.shape:
            stored = stored_text(parameter.stored, parameter.layer)
            lines.append(f"  shape {parameter.shape}, stored {stored}")
        for axis in self.axes:
            lines += _told(axis)
        return "\n".join(lines)


def _told(axis: AxisExplanation) -> Iterator[str]:
    name = f"[{axis.axis}] " if axis.axis else ""
    yield f"  {name}`{axis.label}`: " + (_rule(axis.rule, axis.clause) if axis.rule else "no rule took it")
    yield from (f"    failed above: {_rule(verdict.rule, verdict.clause)}" for verdict in axis.earlier)
    yield from (f"    would hold too: {_rule(verdict.rule, verdict.clause)}" for verdict in axis.later)


def _rule(rule: Rule, clause: Clause | None) -> str:
    source = rule.span.source
    place = f"{source.name}:{source.position(rule.span.start)[0]}"
    if clause is None:
        return f"`else` at {place}"
    return f"`{clause.text}` at {place}" + (f": {clause.note}" if clause.note else "")
