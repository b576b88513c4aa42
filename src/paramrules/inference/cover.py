"""Cover: the cheapest predicate that holds for some kinds and for none of others."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Final

from paramrules.inference import costs
from paramrules.inference.atoms import Atom
from paramrules.inference.kinds import Kinds
from paramrules.inference.space import bits_of

_MOST_IMPURE: Final = 120
_MOST_NODES: Final = 4_000
"""The number of literals that are combined, and of comparisons of blocks beyond these; and of steps of the
search for a cheaper cover."""

_MOST_BRANCHES: Final = 40
"""The number of branches beyond which no cheaper cover is searched for."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A test or its negation."""

    test: Atom
    positive: bool
    mask: int
    cost: float

    @property
    def text(self) -> str:
        """The literal as a rule writes it."""
        return self.test.text if self.positive else self.test.negation


@dataclass(frozen=True, slots=True)
class Branch:
    """Literals joined by `and`: one branch of an `or`."""

    literals: tuple[Literal, ...]
    mask: int
    cost: float

    @property
    def text(self) -> str:
        """The branch as a rule writes it."""
        return " and ".join(literal.text for literal in self.literals)

    @property
    def counts_blocks(self) -> bool:
        """True if it compares the number of a block."""
        return any(literal.test.index is not None for literal in self.literals)

    @property
    def is_fact(self) -> bool:
        """True if it neither looks at the name nor counts blocks."""
        return not any(literal.test.is_name or literal.test.index is not None for literal in self.literals)


@dataclass(frozen=True, slots=True)
class Cover:
    """Branches joined by `or`."""

    branches: tuple[Branch, ...]
    cost: float


class Covers:
    """The covers of one set of kinds, each found once."""

    def __init__(self, kinds: Kinds, tests: Sequence[Atom], style: str = "") -> None:
        self._kinds = kinds
        literals = []
        for test in tests:
            cost = test.cost
            is_strange = not test.is_name if style == "place" else "weight_decay" in test.text
            if style in ("place", "undecayed") and is_strange:
                cost += costs.ELSEWHERE
            elif style == "layer" and test.is_ndim:
                cost += costs.SEPARATE
            denial = test.denial * (2 if style == "place" else 1)
            literals.append(Literal(test, True, test.mask, cost))
            negative = kinds.without(test.mask)
            if negative and test.negation:
                literals.append(Literal(test, False, negative, cost + denial))
        cheapest: dict[int, Literal] = {}
        for literal in sorted(literals, key=lambda each: (each.cost, each.text)):
            cheapest.setdefault(literal.mask, literal)
        self._literals = list(cheapest.values())
        self._known: dict[tuple[int, int, int], Cover | None] = {}

    def cover(self, must: int, avoid: int, domain: int) -> Cover | None:
        """Return the cheapest cover found of the kinds in `must`, without any in `avoid`.

        Only `domain` counts: a literal need not be false outside, and takes nothing there. None if no tests
        tell them apart.
        """
        key = (must, avoid & domain, domain)
        if key not in self._known:
            self._known[key] = self._found(must, avoid & domain, domain)
        return self._known[key]

    def _found(self, must: int, avoid: int, domain: int) -> Cover | None:
        avoid = self._kinds.taken(avoid)
        branches = self._branches(must, avoid, domain)
        covered = 0
        for branch in branches:
            covered |= branch.mask
        while left := must & ~covered:
            names = bits_of(self._kinds.siblings[next(bits_of(left))] & domain)
            tried = (self._grown(name, must, avoid, domain) for name in names)
            grown = next((branch for branch in tried if branch), None)
            if grown is None:
                return None
            branches.append(grown)
            covered |= grown.mask
        return _cheapest(must, branches)

    def _branches(self, must: int, avoid: int, domain: int) -> list[Branch]:
        """Return branches of one and two literals that hold for nothing in `avoid`."""
        best: dict[int, Branch] = {}

        def offer(branch: Branch) -> None:
            known = best.get(branch.mask)
            if known is None or (branch.cost, branch.text) < (known.cost, known.text):
                best[branch.mask] = branch

        impure: dict[tuple[int, int], Literal] = {}
        for literal in self._literals:
            takes = self._kinds.taken(literal.mask & domain) & must
            if takes and not literal.mask & domain & avoid:
                offer(Branch((literal,), takes, literal.cost))
            elif takes:
                impure.setdefault((takes, literal.mask & domain & avoid), literal)
        ranked = list(impure.values())
        blocks = [literal for literal in ranked[_MOST_IMPURE:] if literal.test.index is not None]
        rivals = [*ranked[:_MOST_IMPURE], *blocks[:_MOST_IMPURE]]
        for at, one in enumerate(rivals):
            for two in rivals[at + 1 :]:
                both = one.mask & two.mask & domain
                if both & must and not both & avoid and (one.positive or two.positive):
                    pair = (one, two) if one.positive else (two, one)
                    takes = self._kinds.taken(both) & must
                    offer(Branch(pair, takes, one.cost + two.cost + costs.AND))
        return sorted(best.values(), key=lambda branch: (branch.cost, branch.text))

    def _grown(self, kind: int, must: int, avoid: int, domain: int) -> Branch | None:
        """Return a branch that holds for one kind, literal by literal: each the one that excludes most."""
        literals: list[Literal] = []
        mask, left = domain, avoid & domain
        fitting = [literal for literal in self._literals if literal.mask >> kind & 1]
        while left:
            ranked = [
                ((left & ~each.mask).bit_count() / (each.cost + costs.AND), -at)
                for at, each in enumerate(fitting)
            ]
            gain, at = max(ranked, default=(0.0, 0))
            if gain == 0:
                return None
            literals.append(fitting[-at])
            left &= fitting[-at].mask
            mask &= fitting[-at].mask
        cost = sum(literal.cost for literal in literals) + costs.AND * (len(literals) - 1)
        literals.sort(key=lambda literal: not literal.positive)
        return Branch(tuple(literals), self._kinds.taken(mask) & must, cost)


def _cheapest(must: int, branches: Sequence[Branch]) -> Cover:
    """Return the cheapest set of branches that covers all: a search that ends after a number of steps."""
    ranked = _undominated([branch for branch in branches if branch.mask & must])
    best = _greedy(must, ranked)
    if len(best.branches) > _MOST_BRANCHES:
        return best
    by_kind = {kind: [b for b in ranked if b.mask >> kind & 1] for kind in bits_of(must)}
    nodes = 0

    def descend(left: int, chosen: tuple[Branch, ...], cost: float) -> None:
        nonlocal best, nodes
        nodes += 1
        if not left:
            best = Cover(chosen, cost)
            return
        if nodes > _MOST_NODES:
            return
        hardest = min(bits_of(left), key=lambda kind: (len(by_kind[kind]), kind))
        for branch in by_kind[hardest][:40]:
            dearer = cost + _joined_cost(chosen, branch)
            if dearer < best.cost - 1e-9:
                descend(left & ~branch.mask, (*chosen, branch), dearer)

    descend(must, (), 0.0)
    return best


def _joined_cost(chosen: Sequence[Branch], branch: Branch) -> float:
    """Return what a branch adds to others: less if it can be written as one with one of them."""
    if not chosen:
        return branch.cost
    strangers = 0
    if branch.counts_blocks and not any(other.counts_blocks for other in chosen):
        strangers = sum(other.is_fact for other in chosen)
    elif branch.is_fact and any(other.counts_blocks for other in chosen):
        strangers = 1
    joins = {b.literals[0].test.join for b in chosen if len(b.literals) == 1 and b.literals[0].positive}
    alone = branch.literals[0]
    is_alternative = len(branch.literals) == 1 and alone.positive and alone.test.join in joins - {""}
    return branch.cost * (0.8 if is_alternative else 1.0) + costs.OR + costs.BESIDE * strangers


def _undominated(branches: Sequence[Branch]) -> list[Branch]:
    """Return the branches without those of which a cheaper one covers as much, cheapest first."""
    kept: list[Branch] = []
    for branch in sorted(branches, key=lambda each: (each.cost, each.text)):
        if not any(branch.mask & ~other.mask == 0 for other in kept):
            kept.append(branch)
    return kept


def _greedy(must: int, branches: Sequence[Branch]) -> Cover:
    """Return the branches that cover most for their cost, without those that others make superfluous."""

    def ratio(branch: Branch, left: int) -> float:
        return (branch.cost + costs.OR) / max((branch.mask & left).bit_count(), 1e-9)

    heap = [(ratio(branch, must), at) for at, branch in enumerate(branches)]
    heapify(heap)
    left, chosen = must, []
    while left:  # a ratio only grows while others cover more, so the least one is looked at again
        _, at = heappop(heap)
        now = (ratio(branches[at], left), at)
        if heap and now > heap[0]:
            heappush(heap, now)
        else:
            chosen.append(branches[at])
            left &= ~branches[at].mask
    counts = Counter(kind for branch in chosen for kind in bits_of(branch.mask & must))
    for branch in sorted(chosen, key=lambda each: -each.cost):
        if all(counts[kind] > 1 for kind in bits_of(branch.mask & must)):
            counts.subtract(bits_of(branch.mask & must))
            chosen.remove(branch)
    cost = 0.0
    for at, branch in enumerate(chosen):
        cost += _joined_cost(chosen[:at] if at < _MOST_BRANCHES else chosen[:1], branch)
    return Cover(tuple(chosen), cost)
