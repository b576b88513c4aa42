"""Captures that several branches of an `or` bind: what is captured where the first of them holds.

Two such captures are one form if no name has different values of both, or a value of only one. A capture of
one match is such a capture with one branch.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from paramrules.proofs.conjunctions import ALWAYS, Conjunction, tests
from paramrules.proofs.expressions import Form, Forms
from paramrules.proofs.names import Names
from paramrules.proofs.search import Choice, Search, pinned
from paramrules.proofs.texts import Texts
from paramrules.rules.dnf import Budget, GaveUp


class Branch(NamedTuple):
    """Where a branch holds, and what it captures there."""

    cubes: list[Conjunction]
    form: Form


class Branches:
    """The captures of branches in two files."""

    def __init__(self, forms: Forms, budget: Budget) -> None:
        self._forms = forms
        self._budget = budget
        self._known: dict[object, list[tuple[Sequence[Branch], Form]]] = {}

    def form(self, branches: Sequence[Branch], otherwise: Form) -> Form:
        """Return a known form of what the first branch captures that holds, or this new one of it."""
        firsts = [self._forms.first_name(branch.form) for branch in branches]
        known = self._known.setdefault(min(filter(None, firsts), default=None), [])
        for others, form in known:
            if self._alike(branches, others):
                return form
        known.append((branches, otherwise))
        return otherwise

    def exclude_one_another(self, branches: Iterable[Branch]) -> bool:
        """Return whether no two branches hold at one name."""
        found = list(branches)
        names = self._names(found)
        try:
            return not any(
                names.find(a.here | b.here, frozenset())
                for one, other in combinations(found, 2)
                for a in one.cubes
                for b in other.cubes
            )
        except GaveUp:
            if self._budget.left < 0:
                raise
            return False

    def _alike(self, one: Sequence[Branch], other: Sequence[Branch]) -> bool:
        lists = [
            [*(Choice(list(map(pinned, cubes)), form) for cubes, form in branches), Choice([ALWAYS], -1)]
            for branches in (one, other)
        ]
        search = Search(self._names((*one, *other)), self._budget)
        try:
            return next(search.differing(lists, self._equal), None) is None
        except GaveUp:
            if self._budget.left < 0:
                raise
            return False

    def _equal(self, forms: Sequence[Form]) -> bool:
        one, other = forms
        return one == other or (-1 not in forms and self._forms.agree(one, other))

    def _names(self, branches: Iterable[Branch]) -> Names:
        found = tests([cube for branch in branches for cube in branch.cubes])
        return Names(sorted(found, key=repr), Texts(self._budget), (), self._budget)
