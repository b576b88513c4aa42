"""The partition of a model by the rules of one axis: the first rule that holds takes the parameter."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from paramrules.assignment.alike import Alike, Blocks, without
from paramrules.assignment.entry_facts import Facts
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.assignment.value_evaluator import Captures
from paramrules.rules.model import Axis

Part = tuple[Captures, list[int]]
"""Captures, and the entries that a rule took with them, one per parameter."""


@dataclass(frozen=True, slots=True)
class Partition:
    """The entries that an axis's rules took, by the numbers of the rules, and those that none did."""

    taken: Mapping[int, Sequence[Part]]
    left: list[int]


def partition(axis: Axis, evaluator: Evaluator, alike: Alike, blocks: Blocks) -> Partition:
    """Give each parameter to the first rule of the axis that holds for it.

    Args:
        axis: the axis.
        evaluator: the evaluator.
        alike: what decides the axis's rules.
        blocks: the entries, in blocks that are alike.
    """
    facts = evaluator.facts
    taken: dict[int, list[Part]] = {}
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
        taken[at] = list(evaluator.captured.apart(premises, chosen))
    return Partition(taken, one_name(list(chain.from_iterable(blocks)), facts))


def one_name(entries: list[int], facts: Facts) -> list[int]:
    """Return one entry per parameter: of several, the one whose name comes first in natural order."""
    if not facts.extra:
        return entries
    names: dict[int, list[int]] = defaultdict(list)
    for entry in entries:
        names[facts.parameter(entry)].append(entry)
    return [facts.first(some) if len(some) > 1 else some[0] for some in names.values()]
