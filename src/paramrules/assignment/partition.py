"""The partition of a model by the rules of one axis: the first rule that holds takes the parameter."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter

from paramrules.assignment.alike import Alike, Blocks, without
from paramrules.assignment.entry_facts import Facts
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.assignment.value_evaluator import Captures
from paramrules.rules.model import Axis

Taken = tuple[int, Captures, list[int]]
"""The number of a rule, captures, and the entries that it took with them, one per parameter."""


@dataclass(frozen=True, slots=True)
class Partition:
    """The entries that each rule of an axis took, rule by rule, and those that no rule did."""

    taken: Sequence[Taken]
    left: list[int]

    def by_rule(self) -> Iterator[tuple[int, Iterator[Taken]]]:
        """Yield each rule that took something, and what it took."""
        return groupby(self.taken, itemgetter(0))


def partition(axis: Axis, evaluator: Evaluator, alike: Alike, blocks: Blocks) -> Partition:
    """Give each parameter to the first rule of the axis that holds for it.

    Args:
        axis: the axis.
        evaluator: the evaluator.
        alike: what decides the axis's rules.
        blocks: the entries, in blocks that are alike.
    """
    facts = evaluator.facts
    taken: list[Taken] = []
    for at, rule in enumerate(axis.rules):
        if not blocks:
            break
        if rule.predicate is None:
            hits, blocks = list(chain.from_iterable(blocks)), []
        else:
            hits, blocks = alike.split(rule.predicate, blocks, evaluator)
        if not hits:
            continue
        chosen = one_name(hits, facts)
        if facts.extra:
            blocks = without(blocks, facts.with_siblings(chosen))
        premises = () if rule.predicate is None else (rule.predicate,)
        parts = evaluator.captured.apart(premises, chosen)
        taken += ((at, captures, some) for captures, some in parts)
    return Partition(taken, one_name(list(chain.from_iterable(blocks)), facts))


def one_name(entries: list[int], facts: Facts) -> list[int]:
    """Return one entry per parameter: of several, the one whose name comes first in natural order."""
    if not facts.extra:
        return entries
    names: dict[int, list[int]] = defaultdict(list)
    for entry in entries:
        names[facts.parameter(entry)].append(entry)
    return [facts.first(some) if len(some) > 1 else some[0] for some in names.values()]
