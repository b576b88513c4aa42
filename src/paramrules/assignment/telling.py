"""An explanation in words, for a terminal or a notebook."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from paramrules.assignment.labels import written

if TYPE_CHECKING:
    from paramrules.assignment.explain import AxisExplanation, Clause, Explanation
    from paramrules.rules.model import Rule


def told(explanation: "Explanation") -> str:
    """Lines that say in which group a parameter is, and axis by axis why."""
    group = explanation.group
    lines = [f"`{explanation.parameter.name}` is in `{group.label}` with {written(group.settings)}"]
    for axis in explanation.axes:
        lines += _axis(axis)
    return "\n".join(lines)


def _axis(axis: "AxisExplanation") -> Iterator[str]:
    name = f"[{axis.axis}] " if axis.axis else ""
    yield f"  {name}`{axis.label}`: " + (_rule(axis.rule, axis.clause) if axis.rule else "no rule took it")
    yield from (f"    failed above: {_rule(verdict.rule, verdict.clause)}" for verdict in axis.earlier)
    yield from (f"    would hold too: {_rule(verdict.rule, verdict.clause)}" for verdict in axis.later)


def _rule(rule: "Rule", clause: "Clause | None") -> str:
    source = rule.span.source
    place = f"{source.name}:{source.position(rule.span.start)[0]}"
    if clause is None:
        return f"`else` at {place}"
    return f"`{clause.text}` at {place}" + (f": {clause.note}" if clause.note else "")
