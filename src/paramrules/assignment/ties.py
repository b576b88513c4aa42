"""W210: a tied parameter whose names alone would get different labels."""

from collections.abc import Iterator, Sequence
from typing import Any

from paramrules.assignment.evaluate import Evaluator
from paramrules.assignment.facts import Facts, Groups
from paramrules.assignment.labels import fill
from paramrules.assignment.partition import Partition, partition
from paramrules.assignment.values import Values
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.rules.model import Axis
from paramrules.rules.terms import RegexTest


class _Alone(Facts):
    """The same facts with every name a parameter of its own; what is counted is counted as before."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts.inventory)
        self._facts = facts
        self.count = len(facts.names)
        self.extra = []

    def column(self, fact: str) -> Sequence[Any]:
        return self._facts.column(fact)

    def tied(self, entry: int) -> bool:
        return self._facts.tied(entry)

    def positions(self, test: RegexTest) -> dict[Groups, int]:
        return self._facts.positions(test)

    def position(self, test: RegexTest, entry: int) -> int | None:
        return self._facts.position(test, entry)


def disagreements(axis: Axis, parts: Partition, facts: Facts, values: Values) -> Iterator[Diagnostic]:
    """One warning for each tied parameter of an axis whose names alone would get different labels."""
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
                help="for another label write a rule above for it, or for `tied`; if it is as meant, write "
                "`# allow: W210 -- why` above",
            )


def _labels_alone(axis: Axis, entries: list[int], values: Values) -> dict[int, str]:
    """The label that each of the entries would get if it were a parameter of its own, as it is shown."""
    try:
        parts = partition(axis, Evaluator(values.facts, values), entries)
        labels = dict.fromkeys(parts.left, "`default`")
        for taken in parts.taken:
            for text, _, some in fill(axis.rules[taken.rule].label, taken, values):
                labels |= dict.fromkeys(some, f"`{text}`")
    except RulesError:  # some name's own business: under its other names its parameter may well have a label
        if len(entries) == 1:
            return {entries[0]: "no label"}
        half = len(entries) // 2
        return _labels_alone(axis, entries[:half], values) | _labels_alone(axis, entries[half:], values)
    return labels
