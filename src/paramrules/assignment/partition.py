"""One axis over one model: the first rule whose predicate holds takes the parameter."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from paramrules.assignment.evaluate import Evaluator, binds, without
from paramrules.assignment.facts import Facts
from paramrules.rules import terms
from paramrules.rules.model import Axis
from paramrules.rules.terms import Predicate, RegexTest

Key = tuple[int | str, ...]
"""The values of the captures that a rule bound, in the order of `Rule.captures`; absent ones are left out."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The entries that one rule took with the same captures; one entry a parameter."""

    rule: int
    captures: dict[str, Any]
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
        parts = by_captures(rule.predicate, rule.captures, chosen, evaluator)
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


def by_captures(
    predicate: Predicate | None, names: tuple[str, ...], entries: list[int], evaluator: Evaluator
) -> list[tuple[dict[str, Any], list[int]]]:
    """The entries for which a predicate holds, apart by what it captures under these names."""
    if predicate is None or not names:
        return [({}, entries)]
    apart: dict[object, list[int]] = defaultdict(list)
    match = only_match(predicate)
    if match is not None:
        found = evaluator.facts.found(match, entries)
        for entry in entries:
            apart[found[entry]].append(entry)
        return [(evaluator.captures(match, some[0]), some) for some in apart.values()]
    made: dict[object, dict[str, Any]] = {}
    for entry in entries:
        captures = evaluator.captures(predicate, entry)
        key = tuple(captures.items())
        made[key] = captures
        apart[key].append(entry)
    return [(made[key], some) for key, some in apart.items()]


def only_match(predicate: Predicate) -> RegexTest | None:
    """The match that alone binds the captures wherever the predicate holds, if there is one."""
    match predicate:
        case terms.RegexTest():
            return predicate
        case terms.LetPredicate():
            return only_match(predicate.predicate)
        case terms.AllOf():
            binding = [item for item in predicate.items if binds(item)]
            return only_match(binding[0]) if len(binding) == 1 else None
        case _:
            return None
