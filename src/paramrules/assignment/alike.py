"""Entries that are alike: nothing that decides the rules tells them apart, so one is looked at for all.

A mixture of experts has tens of thousands of tensors and a few dozen kinds of them. Most predicates look at a
few facts, and a regex such as `\\.experts\\.(\\d+)\\.` takes every digit for the same. Whatever else a
predicate needs, such as an attribute or a number in a name, is looked at entry by entry.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from paramrules.assignment.captured import compared, in_order
from paramrules.assignment.entry_facts import Facts
from paramrules.assignment.facts_read import facts_read
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.rules import terms
from paramrules.rules.model import Axis
from paramrules.rules.terms import Predicate, Value, meaning, terms_in

Blocks = list[list[int]]
"""Entries that are alike, block by block, in the order of their first entries."""


class Alike:
    """The facts that decide the predicates of some axes, and the entries that are alike for them.

    A predicate, or each branch of an `or`, is evaluated in steps: each is a test with None if facts decide it
    for all alike entries, or with the text that a name begins with wherever it holds. No step follows one of
    the latter kind.

    Args:
        axes: the axes.
        facts: the facts about the model.
    """

    def __init__(self, axes: Iterable[Axis], facts: Facts) -> None:
        self.facts = facts
        self._lets: dict[int, frozenset[str] | None] = {}
        self._branches: dict[int, Sequence[Predicate]] = {}
        self._steps: dict[int, list[tuple[Predicate, str | None]]] = {}
        self._needed: set[str] = set()
        self._prefixes: set[str] = set()
        for predicate in (rule.predicate for axis in axes for rule in axis.rules):
            if predicate is None:
                continue
            branches = self._branches[id(predicate)] = self._apart(predicate)
            for branch in branches:
                self._steps[id(branch)] = list(self._in_steps(branch))

    def _apart(self, predicate: Predicate) -> Sequence[Predicate]:
        """Return the branches of an `or` that facts do not decide as a whole, and else the predicate."""
        either = meaning(predicate)
        if isinstance(either, terms.AnyOf) and self.deciding(either) is None:
            return either.items
        return (predicate,)

    def _in_steps(self, predicate: Predicate) -> Iterator[tuple[Predicate, str | None]]:
        """Yield the steps of a predicate, and note the facts and beginnings that they need."""
        for item in _items(predicate):
            facts_read = self.deciding(item)
            if facts_read is None:
                start = _prefix(item)
                self._prefixes.add(start)
                yield item, start
                return
            self._needed |= facts_read
            yield item, None

    def blocks(self) -> Blocks:
        """Return all entries of the model in blocks.

        Each name of a tied parameter is a block of its own, since a negation looks at the other names too.
        """
        names = self.facts.names
        columns = [self.facts.read(fact) for fact in sorted(self._needed)]
        columns.append(_longest(self._prefixes - {""}, names))
        alike: dict[Any, list[int]] = defaultdict(list)
        for entry, key in enumerate(zip(*columns, strict=True)):
            alike[key].append(entry)
        tied = self.facts.inventory.aliases
        alone = [entry for number in tied for entry in self.facts.inventory.entries(number)]
        return _in_order([*without(list(alike.values()), alone), *([entry] for entry in alone)])

    def split(self, predicate: Predicate, blocks: Blocks, evaluator: Evaluator) -> tuple[list[int], Blocks]:
        """Return the entries for which the predicate of a rule holds, and the blocks of the others."""
        hits: list[int] = []
        for branch in self._branches[id(predicate)]:
            some, blocks = self._split(branch, blocks, evaluator)
            hits += some
            if some:
                evaluator.alive.add(id(branch))
        return hits, blocks

    def _split(self, predicate: Predicate, blocks: Blocks, evaluator: Evaluator) -> tuple[list[int], Blocks]:
        names = self.facts.names
        possible = {block[0]: block for block in blocks}
        start = None
        for item, start in self._steps[id(predicate)]:
            if start is None:
                kept = evaluator.holds(item, list(possible))
            else:
                kept = [entry for entry in possible if names[entry].startswith(start)]
            possible = {entry: possible[entry] for entry in sorted(kept)}
        entries = list(chain.from_iterable(possible.values()))
        if start is None:
            return entries, [block for block in blocks if block[0] not in possible]
        hits = evaluator.holds(predicate, entries)
        if not hits:
            return hits, blocks
        rest = [block for block in blocks if block[0] not in possible]
        return hits, _in_order([*rest, *without(list(possible.values()), hits)])

    def deciding(self, predicate: Predicate) -> frozenset[str] | None:
        """Return the facts that decide whether a predicate holds for an entry; None if it takes more."""
        match predicate:
            case terms.AnyOf() | terms.AllOf():
                return _all(map(self.deciding, predicate.items))
            case terms.Not():
                return self.deciding(predicate.item)
            case terms.LetPredicate():
                inner = predicate.predicate
                if id(inner) not in self._lets:
                    self._lets[id(inner)] = self.deciding(inner)
                return self._lets[id(inner)]
            case terms.ShapeTest() | terms.Comparison() | terms.ValueAmong():
                return _all((facts_read(predicate), *map(self.read, compared(predicate))))
            case _:
                return facts_read(predicate)

    def read(self, value: Value) -> frozenset[str] | None:
        """Return the facts that a value is computed from; None if it takes more than a parameter's facts."""
        found: frozenset[str] | None = frozenset()
        for part in terms_in(value, lets=False):
            match part:
                case terms.LetValue():
                    if id(part.value) not in self._lets:
                        self._lets[id(part.value)] = self.read(part.value)
                    found = _all((found, self._lets[id(part.value)]))
                case terms.RegexTest():
                    pass  # the match that is counted, in all of the model
                case _:
                    found = _all((found, facts_read(part)))
        return found


def without(blocks: Blocks, taken: Iterable[int]) -> Blocks:
    """Return the blocks without some entries, in their order before."""
    gone = set(taken)
    if not gone:
        return blocks
    left = ([entry for entry in block if entry not in gone] for block in blocks)
    return [block for block in left if block]


def _in_order(blocks: Blocks) -> Blocks:
    return sorted(blocks, key=lambda block: block[0])


def _items(predicate: Predicate) -> Sequence[Predicate]:
    """Return what has to hold wherever a predicate holds, in the order of evaluation.

    That one may keep a zero from the division of the next.
    """
    whole = meaning(predicate)
    return in_order(whole) if isinstance(whole, terms.AllOf) else (predicate,)


def _all(read: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    together: frozenset[str] = frozenset()
    for facts in read:
        if facts is None:
            return None
        together |= facts
    return together


def _prefix(predicate: Predicate) -> str:
    """Return a text with which the name begins wherever the predicate holds, "" if none is known."""
    test = meaning(predicate)
    if isinstance(test, terms.RegexTest) and test.subject != "leaf" and not test.negated:
        return test.regex.prefix
    return ""


def _longest(prefixes: Iterable[str], names: Sequence[str]) -> Sequence[str]:
    """Return the longest of the prefixes that each name has, which decides all of them; "" for none."""
    wanted = frozenset(prefixes)
    found = [""] * len(names)
    for length in sorted(set(map(len, wanted))):
        found = [
            start if (start := name[:length]) in wanted else shorter
            for name, shorter in zip(names, found, strict=True)
        ]
    return found
