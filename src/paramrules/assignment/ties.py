"""W210: a tied parameter whose names alone would get different labels."""

from collections.abc import Iterator

from paramrules.assignment.evaluate import Evaluator
from paramrules.assignment.facts import Facts, Groups
from paramrules.assignment.labels import fill
from paramrules.assignment.order import natural
from paramrules.assignment.partition import partition
from paramrules.assignment.values import Values
from paramrules.diagnostics import Diagnostic
from paramrules.rules.model import Axis
from paramrules.rules.terms import RegexTest


class _Alone(Facts):
    """The same facts with every name a parameter of its own; what is counted is counted as before."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts.inventory)
        self._facts = facts
        self.count = len(facts.names)
        self.extra = []

    def column(self, fact: str) -> object:  # type: ignore[override]
        return self._facts.column(fact)

    def tied(self, entry: int) -> bool:
        return self._facts.tied(entry)

    def positions(self, test: RegexTest) -> dict[Groups, int]:
        return self._facts.positions(test)

    def position(self, test: RegexTest, entry: int) -> int | None:
        return self._facts.position(test, entry)


def disagreements(axis: Axis, facts: Facts, values: Values) -> Iterator[Diagnostic]:
    """One warning for each tied parameter and axis whose names alone would get different labels."""
    entries = [entry for parameter in facts.inventory.also for entry in facts.inventory.entries(parameter)]
    if not entries:
        return
    alone = _Alone(facts)
    own = Values(alone, values.options)
    parts = partition(axis, Evaluator(alone, own), entries)
    labels = dict.fromkeys(parts.left, ("default", axis.rules[-1]))
    for taken in parts.taken:
        rule = axis.rules[taken.rule]
        for text, _, some in fill(rule.label, taken, own):
            labels.update((entry, (text, rule)) for entry in some)
    for parameter in facts.inventory.also:
        names = sorted(facts.inventory.entries(parameter), key=lambda entry: natural(facts.names[entry]))
        if len({labels[entry][0] for entry in names}) > 1:
            each = ", ".join(f"`{facts.names[entry]}` `{labels[entry][0]}`" for entry in names)
            yield Diagnostic(
                "W210",
                f"the names of one tied parameter disagree: alone they would get {each}",
                labels[names[0]][1].span,
                f"takes `{facts.names[names[0]]}`",
                help="a rule takes a tied parameter by any of its names; `explain` says which it was",
            )
