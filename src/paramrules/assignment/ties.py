"""The note N210: a tied parameter whose names, taken alone, would get different labels."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from paramrules.assignment.alike import Alike
from paramrules.assignment.entry_facts import Facts, SomeFacts
from paramrules.assignment.labelling import filled
from paramrules.assignment.partition import Partition, partition
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.assignment.value_evaluator import Values
from paramrules.diagnostics import Diagnostic, Place, RulesError
from paramrules.rules.model import Axis


class _Alone(SomeFacts):
    """The same facts with every name a parameter of its own. Counts and ranks stay those of the model."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts, facts.inventory, range(len(facts.names)))
        self.count = len(facts.names)
        self.extra = []

    def column(self, fact: str) -> Sequence[Any]:
        return self._facts.column(fact)

    def tied(self, entry: int) -> bool:
        return self._facts.tied(entry)


def disagreements(
    axes: Sequence[Axis], partitions: Sequence[Partition], facts: Facts, values: Values
) -> Iterator[Diagnostic]:
    """Yield one note for the tied parameters that the same rules take and whose names would get other labels.

    It stands where the first axis in which they disagree takes them, and shows the further ones.
    """
    tied = facts.inventory.aliases
    if not tied:
        return
    own = Values(_Alone(facts), values.options)
    entries = [entry for parameter in tied for entry in facts.inventory.entries(parameter)]
    labels = [_labels_alone(axis, entries, own) for axis in axes]
    takers = [_takers(parts, facts) for parts in partitions]
    alike: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for parameter in tied:
        names = facts.inventory.entries(parameter)
        rules = tuple(
            (number, takers[number].get(parameter, (-1, ""))[0])
            for number, of in enumerate(labels)
            if len({of[entry] for entry in names}) > 1
        )
        if rules:
            alike.setdefault(rules, []).append(parameter)
    for rules, (parameter, *more) in alike.items():
        alone = ", ".join(
            f"{_joined(of[entry] for of in labels)} as `{facts.names[entry]}`"
            for entry in sorted(facts.inventory.entries(parameter), key=facts.order)
        )
        first, *others = (
            Place(axes[number].rules[rule].span, _taken(takers[number].get(parameter)))
            for number, rule in rules
        )
        yield Diagnostic(
            "N210",
            f"a tied parameter would get different labels under its names: {alone}"
            + (f" (and {len(more)} more)" if more else ""),
            first.span,
            first.label,
            also=tuple(others),
            help="for another label, add a rule above for its name or for `tied`",
        )


def _takers(parts: Partition, facts: Facts) -> dict[int, tuple[int, str]]:
    """Return for each tied parameter the rule that takes it, and under which name."""
    return {
        facts.parameter(entry): (rule, facts.names[entry])
        for rule, _, entries in parts.taken
        for entry in entries
        if facts.tied(entry)
    }


def _taken(taker: tuple[int, str] | None) -> str:
    return f"takes it as `{taker[1]}`" if taker else "after this rule it is left over"


def _joined(labels: Iterable[str]) -> str:
    """Return the labels of all axes as one, in backticks; "no label" if an axis gives none."""
    parts = list(labels)
    return f"`{'/'.join(parts)}`" if all(parts) else "no label"


def _labels_alone(axis: Axis, entries: list[int], values: Values) -> dict[int, str]:
    """Return the label that each entry would get if it were a parameter of its own, "" if none."""
    try:
        alike = Alike([axis], values.facts)
        parts = partition(axis, Evaluator(values.facts, values), alike, [[entry] for entry in entries])
        labels = dict.fromkeys(parts.left, "default")
        for rule, some in parts.by_rule():
            for text, _, (_, _, having) in filled(axis.rules[rule].label, some, values):
                labels |= dict.fromkeys(having, text)
    except RulesError:  # one name has no label alone; the others may
        if len(entries) == 1:
            return {entries[0]: ""}
        half = len(entries) // 2
        return _labels_alone(axis, entries[:half], values) | _labels_alone(axis, entries[half:], values)
    return labels
