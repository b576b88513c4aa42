"""Many explanations at once: for each axis a table of which rule took which parameters, and why."""

from collections.abc import Sequence
from typing import NamedTuple

from paramrules.assignment.explanation import Explanation
from paramrules.display import Block, Table, counted, few
from paramrules.folded_names import fold


class _Reason(NamedTuple):
    """The place of a rule and the clause that decided, the same for all parameters of a row."""

    place: str
    clause: str


def explanation_table(explanations: Sequence[Explanation]) -> list[Block]:
    """Return a table for each axis: the parameters that one rule took for one reason, with names folded.

    A label or a fact that differs among them is left out; what the rule writes stands in place of the label.
    """
    blocks: list[Block] = [counted(len(explanations), "parameter")]
    untrained: dict[str, list[str]] = {}
    for each in explanations:
        for word, _ in each.untrained():
            untrained.setdefault(word, []).append(each.parameter.name)
    blocks += (f"{word}: {few(names)}" for word, names in untrained.items())
    for at, axis in enumerate(explanations[0].axes):
        rows = []
        for reason, names in _by_reason(explanations, at).items():
            for folded in fold(names):
                row = [names[name] for name in folded.names]
                rows.append((folded.name, *_label_and_clause(row, at, reason), reason.place))
        heads = ("parameter", "label", "because", "place")
        blocks += ["", *([f"[{axis.axis}]"] if axis.axis else []), Table(heads, rows)]
    return blocks


def _by_reason(explanations: Sequence[Explanation], at: int) -> dict[_Reason, dict[str, Explanation]]:
    found: dict[_Reason, dict[str, Explanation]] = {}
    for each in explanations:
        axis = each.axes[at]
        place = axis.rule.span.location if axis.rule else ""
        reason = _Reason(
            place, axis.clause.text if axis.clause else "else" if axis.rule else "no rule takes it"
        )
        found.setdefault(reason, {})[each.parameter.name] = each
    return found


def _label_and_clause(row: Sequence[Explanation], at: int, reason: _Reason) -> tuple[str, str]:
    axes = [each.axes[at] for each in row]
    first = axes[0]
    label = first.rule.label.text if first.rule and len({axis.label for axis in axes}) > 1 else first.label
    texts = {str(axis.clause or reason.clause) for axis in axes}
    return label, texts.pop() if len(texts) == 1 else reason.clause
