"""One axis over one model: the first rule whose predicate holds takes the parameter."""

from collections import defaultdict
from dataclasses import dataclass

from paramrules.assignment.evaluate import Evaluator, without
from paramrules.assignment.facts import Facts
from paramrules.assignment.values import Captures
from paramrules.rules.model import Axis


@dataclass(frozen=True, slots=True)
class Taken:
    """The entries that one rule took with the same captures; one entry a parameter."""

    rule: int
    captures: Captures
    entries: list[int]


@dataclass(frozen=True, slots=True)
class Partition:
    """What each rule of an axis took, rule by rule, and the parameters that none did."""

    taken: tuple[Taken, ...]
    left: list[int]


def partition(axis: Axis, evaluator: Evaluator, entries: list[int] | None = None) -> Partition:
    """Every parameter (or those of the entries), to the first rule of the axis that holds for it."""
    facts = evaluator.facts
    rest = list(range(len(facts.names))) if entries is None else entries
    taken: list[Taken] = []
    for number, rule in enumerate(axis.rules):
        if not rest:
            break
        hits = rest if rule.predicate is None else evaluator.holds(rule.predicate, rest)
        if not hits:
            continue
        chosen = one_name(hits, facts)
        known = () if rule.predicate is None else (rule.predicate,)
        parts = evaluator.captured.apart(known, chosen)
        taken += (Taken(number, captures, some) for captures, some in parts)
        rest = without(rest, hits if chosen is hits else facts.with_siblings(chosen))
    return Partition(tuple(taken), one_name(rest, facts))


def one_name(entries: list[int], facts: Facts) -> list[int]:
    """One entry a parameter: of several that hold, the one whose name comes first in natural order."""
    if not facts.extra:
        return entries
    names: dict[int, list[int]] = defaultdict(list)
    for entry in entries:
        names[facts.parameter(entry)].append(entry)
    return [facts.first(some) if len(some) > 1 else some[0] for some in names.values()]
