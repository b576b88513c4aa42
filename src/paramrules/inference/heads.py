"""Heads: what the rules of an axis may set, and which of them an axis needs."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from paramrules.inference import costs
from paramrules.inference.forms import Form
from paramrules.inference.indexes import Index
from paramrules.rules.keys import IDLE

_MOST_JOINT: Final = 400
_MOST_HEADS: Final = 2_000
_MOST_FORCED: Final = 6
_MOST_PAIRED: Final = 4


@dataclass(frozen=True, slots=True)
class Head:
    """The settings of one rule.

    Attributes:
        forms: the form of each of the axis's keys.
        ok: the entries for which all are right.
        domain: the entries for which all can be computed.
        cost: what they take to read.
        index: the index by which the rule counts, None for any other rule.
        bonus: what `else` with these settings costs, or saves.
    """

    forms: Mapping[str, Form]
    ok: int
    domain: int
    cost: float
    index: Index | None = None
    bonus: float = 0.0

    @property
    def is_formula(self) -> bool:
        """True if a setting is more than a constant."""
        return any(form.kind != "constant" for form in self.forms.values())

    @property
    def is_lone_power(self) -> bool:
        """True if a setting is a power of a rate that no series has."""
        return any(form.kind == "power" and form.index is None for form in self.forms.values())


def heads_of(forms: Mapping[str, Sequence[Form]], cared: int) -> list[Head]:
    """Return the heads of an axis with these keys: each combination of forms that is right for some entry."""
    keys = list(forms)
    combinations = (
        combination
        for combination in _combinations([forms[key] for key in keys], cared)
        if len({id(form.index) for form in combination if form.kind == "series"}) <= 1
    )
    heads: list[Head] = []
    for combination in combinations:
        ok, domain, cost = -1, -1, 0.0
        for form in combination:
            ok &= form.ok
            domain &= form.domain
            cost += form.cost
        chosen = dict(zip(keys, combination, strict=True))
        index = next((form.index for form in combination if form.kind == "series"), None)
        heads.append(Head(chosen, ok, domain, cost, index, _bonus(chosen)))
    heads.sort(key=lambda head: (-(head.ok & cared).bit_count(), head.cost))
    return heads[:_MOST_HEADS]


def _combinations(forms: Sequence[Sequence[Form]], cared: int) -> Iterator[tuple[Form, ...]]:
    if len(forms) == 1:
        yield from ((form,) for form in forms[0])
        return
    found: list[tuple[tuple[Form, ...], int]] = [((), cared)]
    for each in forms:
        longer = []
        for (begin, mask), form in product(found, each):
            if mask & form.ok:
                longer.append(((*begin, form), mask & form.ok))
        found = longer[: 4 * _MOST_JOINT]
    yield from (combination for combination, _ in found)


def _bonus(forms: Mapping[str, Form]) -> float:
    """Return what `else` saves with these settings: those of the optimizer, or a scale of 1."""
    if any(form.beyond for form in forms.values()):
        return costs.ELSE_FAR
    if not forms.keys().isdisjoint(IDLE):
        return costs.ELSE_TRAINED if all(form.text == "" for form in forms.values()) else 0.0
    if all(form.text in ("", "1") for form in forms.values()):
        return 2 * costs.ELSE_DEFAULT
    weights = [form.value for key, form in forms.items() if key.startswith("weight_decay")]
    return costs.ELSE_DEFAULT if weights and weights[0] != 0 else 0.0


def written_cost(heads: Sequence[Head]) -> float:
    """Return what the heads of a list cost, with a formula for each rate that no series has."""
    series = {id(head.index) for head in heads if head.index is not None}
    alone = {
        id(form.index)
        for head in heads
        for form in head.forms.values()
        if form.kind == "power" and form.index is not None and id(form.index) not in series
    }
    return sum(head.cost for head in heads) + costs.RULE * len(heads) + costs.FORMULA * len(alone)


def selections(heads: Sequence[Head], cared: int) -> Iterator[list[Head]]:
    """Yield sets of heads that are together right for all, without superfluous ones, each once."""
    seen: set[tuple[int, ...]] = set()
    formulas = [at for at, head in enumerate(heads) if head.is_formula]
    ranked = formulas[:_MOST_FORCED]
    constants = [at for at, head in enumerate(heads) if not head.is_formula]
    starts: list[tuple[Sequence[int], Sequence[int] | None]] = [((at,), None) for at in ranked]
    starts += [(pair, None) for pair in itertools.combinations(ranked[:_MOST_PAIRED], 2)]
    lone = [at for at, head in enumerate(heads) if head.is_lone_power]
    if lone:
        neutral = [at for at in constants if all(form.text in ("", "1") for form in heads[at].forms.values())]
        starts.insert(0, ((), [*lone, *neutral]))
    for first, usable in (*starts, ((), None), ((), constants)):
        chosen = _greedy(heads, cared, first, usable)
        if chosen is not None:
            chosen = _complete(heads, chosen, constants)
        if chosen is not None and tuple(chosen) not in seen:
            seen.add(tuple(chosen))
            yield [heads[at] for at in chosen]


def _complete(heads: Sequence[Head], chosen: list[int], constants: Sequence[int]) -> list[int]:
    """Add a constant where all count blocks, for what is in none of them: `else` needs one."""
    total = [at for at in constants if not any(heads[each].domain == heads[at].domain for each in chosen)]
    return sorted([*chosen, *total[:1]])


def _greedy(
    heads: Sequence[Head], cared: int, first: Sequence[int], usable: Sequence[int] | None
) -> list[int] | None:
    chosen = list(first)
    left = cared
    for at in chosen:
        left &= ~heads[at].ok
    series = {id(heads[at].index) for at in chosen if heads[at].index}
    pool = range(len(heads)) if usable is None else usable
    while left:
        best = max(
            pool,
            key=lambda at: (_gain(heads[at], left, series), -at),
            default=None,
        )
        if best is None or not heads[best].ok & left:
            return None
        chosen.append(best)
        left &= ~heads[best].ok
        if heads[best].index:
            series.add(id(heads[best].index))
    for at in sorted(chosen, key=lambda each: -heads[each].cost):
        rest = 0
        for other in chosen:
            rest |= heads[other].ok if other != at else 0
        if not cared & ~rest:
            chosen.remove(at)
    return sorted(chosen)


def _gain(head: Head, left: int, series: set[int]) -> float:
    """Return how much a head explains for its cost.

    A power of a rate costs a formula where no series has the rate yet.
    """
    cost = head.cost + costs.RULE
    for form in head.forms.values():
        if form.kind == "power" and form.index is not None and id(form.index) not in series:
            cost += costs.FORMULA
    return (head.ok & left).bit_count() / cost
