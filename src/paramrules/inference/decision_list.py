"""Decision lists: heads (what a rule sets) in an order, each with the predicate that it needs there."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations, product
from math import inf
from typing import Final

from paramrules.inference import costs
from paramrules.inference.cover import Branch, Cover, Covers
from paramrules.inference.heads import Head, written_cost
from paramrules.inference.kinds import Kinds

_MOST_ORDERED: Final = 4
"""The most heads, `else` aside, of which all orders are tried."""

_EVERYTHING: Final = Cover((), 0.0)
"""The cover of all that an index numbers."""

_MANY: Final = 8
"""The number of heads beyond which one order is tried, the rarest first."""


@dataclass(frozen=True, slots=True)
class Line:
    """A rule: its head, and its predicate; None for `else`, and no branches where the index alone decides."""

    head: Head
    cover: Cover | None

    @property
    def branches(self) -> tuple[Branch, ...]:
        """The branches of its predicate."""
        return self.cover.branches if self.cover else ()


@dataclass(frozen=True, slots=True)
class DecisionList:
    """Rules in their order."""

    lines: tuple[Line, ...]
    cost: float


def _is_shared(head: Head, above: Sequence[Line]) -> bool:
    """Return whether a head counts blocks which a rule above counts by another match."""
    others = [line.head.index for line in above if line.head.index not in (None, head.index)]
    return head.index is not None and any(index and index.mask & head.index.mask for index in others)


class Search:
    """The search for the cheapest decision list of one axis."""

    def __init__(self, kinds: Kinds, covers: Covers, cared: int) -> None:
        self._kinds = kinds
        self._covers = covers
        self._cared = cared

    def best(self, heads: Sequence[Head], ok: Sequence[int], domains: Sequence[int]) -> DecisionList | None:
        """Return the cheapest list of these heads; None if no tests tell apart what they are right for.

        Args:
            heads: the heads.
            ok: for each head, the kinds for which it is right.
            domains: for each head, the kinds for which it can be computed.
        """
        best: DecisionList | None = None
        by_size = sorted(range(len(heads)), key=lambda at: (-(ok[at] & self._cared).bit_count(), at))
        for last in by_size[: 1 if len(heads) > _MANY else _MOST_ORDERED + 1]:
            if domains[last] != self._kinds.everything:
                continue
            rest = [at for at in by_size if at != last]
            few = len(rest) <= _MOST_ORDERED
            for order in permutations(rest) if few else (tuple(reversed(rest)), tuple(rest)):
                found = self._ordered((*order, last), heads, ok, domains, best)
                best = found or best
                if found and not few and len(heads) <= _MANY:
                    best = self._moved((*order, last), heads, ok, domains, found)
        return best

    def _moved(
        self,
        order: tuple[int, ...],
        heads: Sequence[Head],
        ok: Sequence[int],
        domains: Sequence[int],
        best: DecisionList,
    ) -> DecisionList:
        """Return the list after moving one rule at a time to where it makes the list cheaper."""
        improved = True
        while improved:
            improved, rest = False, order[:-1]
            for at, to in product(range(len(rest)), repeat=2):
                others = [*rest[:at], *rest[at + 1 :]]
                moved = (*others[:to], rest[at], *others[to:], order[-1])
                found = self._ordered(moved, heads, ok, domains, best)
                if found:
                    improved, order, best = True, moved, found
                    break
        return best

    def _ordered(
        self,
        order: Sequence[int],
        heads: Sequence[Head],
        ok: Sequence[int],
        domains: Sequence[int],
        best: DecisionList | None,
    ) -> DecisionList | None:
        """Return the list in this order; None if there is none, or none cheaper than the best."""
        bound = best.cost - 1e-9 if best else inf
        rest, cared = self._kinds.everything, self._cared
        lines: list[Line] = []
        cost = written_cost([heads[at] for at in order])
        for position, at in enumerate(order[:-1]):
            later = 0
            for other in order[position + 1 :]:
                later |= ok[other]
            must, domain = rest & cared & ~later, domains[at]
            avoid = rest & (cared & ~ok[at] | ~domain)
            counts = heads[at].index is not None
            within = domain if counts else self._kinds.everything
            cover = self._covers.cover(must, avoid, within) if avoid & within else _EVERYTHING
            if cover is None or not must or not (cover.branches or counts):
                return None
            taken = within if not cover.branches else 0
            for branch in cover.branches:
                mask = within
                for literal in branch.literals:
                    mask &= literal.mask
                taken |= mask
            rest &= ~self._kinds.taken(taken)
            lines.append(Line(heads[at], cover))
            cost += cover.cost + costs.LATE * position * counts
            cost += costs.SHARED * _is_shared(heads[at], lines[:-1])
            if cost + 2 * costs.ELSE_DEFAULT >= bound:
                return None
        last = order[-1]
        blocks_only = all(heads[at].index is not None for at in order[:-1])
        cost += min(heads[last].bonus, 0.0) if blocks_only else heads[last].bonus
        rest_of = None if heads[last].index is None else _EVERYTHING  # all are blocks: there is no `else`
        return DecisionList((*lines, Line(heads[last], rest_of)), cost) if cost < bound else None
