"""The finding W210: a tied parameter whose names, taken alone, would get different labels."""

from collections.abc import Iterator, Sequence
from typing import Any

from paramrules.assignment.entry_facts import Facts, GroupValues
from paramrules.assignment.labelling import Partition, fill, partition
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.assignment.value_evaluator import Values
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.rules.model import Axis
from paramrules.rules.terms import RegexTest


class _Alone(Facts):
    """The same facts with every name a parameter of its own. Counts and ranks stay those of the model."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts.inventory)
        self._facts = facts
        self.count = len(facts.names)
        self.extra = []

    def column(self, fact: str) -> Sequence[Any]:
        return self._facts.column(fact)

    def tied(self, entry: int) -> bool:
        return self._facts.tied(entry)

    def positions(self, test: RegexTest) -> dict[GroupValues, int]:
        return self._facts.positions(test)

    def position(self, test: RegexTest, entry: int) -> int | None:
        return self._facts.position(test, entry)


def disagreements(axis: Axis, parts: Partition, facts: Facts, values: Values) -> Iterator[Diagnostic]:
    """Yield a warning for each tied parameter whose names alone would get different labels in an axis."""
    tied = facts.inventory.aliases
    if not tied:
        return
    own = Values(_Alone(facts), values.options)
    labels = _labels_alone(axis, [entry for p in tied for entry in facts.inventory.entries(p)], own)
    takers = {
        facts.parameter(entry): (taken.rule, facts.names[entry])
        for taken in parts.taken
        for entry in taken.entries
        if facts.tied(entry)
    }
    for parameter in tied:
        entries = sorted(facts.inventory.entries(parameter), key=facts.order)
        if len({labels[entry] for entry in entries}) > 1:
            rule, name = takers.get(parameter, (-1, ""))
            alone = ", ".join(f"{labels[entry]} as `{facts.names[entry]}`" for entry in entries)
            yield Diagnostic(
                "W210",
                f"a tied parameter would get different labels under its names: {alone}",
                axis.rules[rule].span,
                f"takes it as `{name}`" if name else "after this rule it is left over",
                help="for another label, add a rule above for its name or for `tied`; if this is intended, "
                "write `# allow: W210 -- why` above",
            )


def _labels_alone(axis: Axis, entries: list[int], values: Values) -> dict[int, str]:
    """Return the label, in backticks, that each entry would get if it were a parameter of its own."""
    try:
        parts = partition(axis, Evaluator(values.facts, values), entries)
        labels = dict.fromkeys(parts.left, "`default`")
        for taken in parts.taken:
            for text, _, some in fill(axis.rules[taken.rule].label, taken, values):
                labels |= dict.fromkeys(some, f"`{text}`")
    except RulesError:  # one name has no label alone; the others may
        if len(entries) == 1:
            return {entries[0]: "no label"}
        half = len(entries) // 2
        return _labels_alone(axis, entries[:half], values) | _labels_alone(axis, entries[half:], values)
    return labels
