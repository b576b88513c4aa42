"""E310: rules that can never win, whatever the model, because of the rules above them.

For each cube of a rule, take the smallest parameter that has it: one name at which no more is true than
necessary, and one more name for each "holds somewhere" that is needed. If an earlier rule takes even that
parameter, one of the facts which that rule needs must be otherwise: these are tried in turn. When none is
left, the earlier rules take every parameter that the rule could have had.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from paramrules.diagnostics import Diagnostic, Place
from paramrules.rules.dnf import Atom, Budget, Cube, GaveUp, Reader
from paramrules.rules.entailment import Known, consistent
from paramrules.rules.model import Axis, Rule

STEPS = 2_000
"""Steps for one rule. One that is not decided by then counts as one that can win."""

ALL_STEPS = 250_000
"""Steps for the rules of a file. Those that are left when they are spent are not analysed."""

SHOWN = 3
"""Earlier rules that a finding points at."""


def dead_rules(axes: Iterable[Axis]) -> Iterator[Diagnostic]:
    """Yield a finding for each rule of a file that can never win."""
    reader, total = Reader(), Budget(ALL_STEPS)
    for axis in axes:
        for rule, above in unreachable(axis.rules, reader, total):
            yield _finding(rule, above)


def unreachable(
    rules: Sequence[Rule], reader: Reader, total: Budget
) -> Iterator[tuple[Rule, tuple[Rule, ...]]]:
    """Yield the rules of an axis that can never win, each with the earlier ones that take what it could have.

    There are no earlier ones if the rule contradicts itself. `else` is never reported; `label?:` is: it says
    only that some models have nothing for the rule.
    """
    known, earlier = Known(), _Earlier()
    for rule in rules:
        if rule.predicate is None or total.left <= 0:
            continue
        given = min(STEPS, total.left)
        budget = Budget(given)
        try:
            cubes = reader.cubes(rule.predicate, budget)
        except GaveUp:
            cubes = []  # nothing is known of what it takes
        else:
            for atom in {atom for cube in cubes for atom in _atoms(cube)}:
                known.add(atom)
            search = _Search(known, earlier, budget)
            if not any(map(search.can_win, cubes)):
                yield rule, tuple(earlier.rules[number] for number in sorted(search.above))
                cubes = []  # it takes nothing
        earlier.add(rule, cubes)
        total.left -= given - max(budget.left, 0)


class _Earlier:
    """The cubes of the rules above, each filed under a test or a fact without which it wins nothing.

    A fact that is independent of others, such as `trainable`, and that no rule above wants false is a pure
    literal: it is taken to be false unless it is known to be true, and the cubes that want it are skipped.
    """

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.cubes: list[tuple[frozenset[Atom], dict[Atom, bool], int]] = []
        """The tests and facts of each cube, and the number of its rule, from top to bottom."""
        self.filed: dict[Atom | None, list[int]] = defaultdict(list)
        self.pure: dict[Atom, list[int]] = defaultdict(list)
        self.negated: set[Atom] = set()
        self.uses: Counter[Atom] = Counter()

    def add(self, rule: Rule, cubes: Sequence[Cube]) -> None:
        for cube in cubes:
            self.uses.update(cube.here)
            for atom, value in cube.facts.items():
                if not value:
                    self.negated.add(atom)
                    self.filed[None] += self.pure.pop(atom, ())
            self._file(cube).append(len(self.cubes))
            self.cubes.append((frozenset(cube.here), cube.facts, len(self.rules)))
        self.rules.append(rule)

    def _file(self, cube: Cube) -> list[int]:
        if cube.here:
            return self.filed[min(cube.here, key=self.uses.__getitem__)]
        pure = (atom for atom in cube.facts if atom.kind == "other" and atom not in self.negated)
        atom = next(pure, None)
        return self.filed[None] if atom is None else self.pure[atom]

    def at(
        self, name: frozenset[Atom], facts: dict[Atom, bool], budget: Budget
    ) -> Iterator[tuple[dict[Atom, bool], int]]:
        """Yield the facts of the cubes that may hold at a name, each with its rule, from top to bottom."""
        lists = [self.filed[atom] for atom in (None, *name) if atom in self.filed]
        lists += (self.pure[atom] for atom in facts if atom in self.pure)
        budget.spend(sum(map(len, lists)))
        for place in sorted(chain.from_iterable(lists)):
            here, wanted, rule = self.cubes[place]
            if here <= name:
                yield wanted, rule


class _Search:
    """Looks for a parameter that a rule wins."""

    def __init__(self, known: Known, earlier: _Earlier, budget: Budget) -> None:
        self.known = known
        self.earlier = earlier
        self.budget = budget
        self.above: set[int] = set()
        """The numbers of the rules that took what was tried."""

    def can_win(self, cube: Cube) -> bool:
        """Return whether some parameter has the cube that no earlier rule takes, or that is hard to say."""
        absent = [_set(atom) for atom, value in cube.facts.items() if atom.kind == "nowhere" and not value]
        try:
            return self._wins(cube.facts, [frozenset(cube.here), *absent])
        except GaveUp:
            return True

    def _wins(self, facts: dict[Atom, bool], somewhere: list[frozenset[Atom]]) -> bool:
        self.budget.spend(1 + len(facts))
        if not consistent(facts.items()):
            return False
        names = [self.known.closure(here, self.budget) for here in somewhere]
        nowhere = [_set(atom) for atom, value in facts.items() if atom.kind == "nowhere" and value]
        undecided: list[tuple[Atom, bool]] | None = None
        for name in names:
            if name is None or any(absent <= name for absent in nowhere):
                return False
            for wanted, rule in self.earlier.at(name, facts, self.budget):
                self.budget.spend(len(wanted))
                if any(facts.get(atom, value) != value for atom, value in wanted.items()):
                    continue
                left = [(atom, value) for atom, value in wanted.items() if atom not in facts]
                if undecided is None or len(left) < len(undecided):
                    if not consistent([*facts.items(), *left]):
                        continue
                    undecided = left
                self.above.add(rule)
                if not left:
                    return False
        if undecided is None:
            return True
        for atom, value in undecided:
            more = [_set(atom)] if atom.kind == "nowhere" and value else []
            if self._wins({**facts, atom: not value}, somewhere + more):
                return True
            facts = {**facts, atom: value}
            if atom.kind == "nowhere" and not value:
                somewhere = [*somewhere, _set(atom)]
        return False


def _set(nowhere: Atom) -> frozenset[Atom]:
    assert isinstance(nowhere.what, frozenset)
    return nowhere.what


def _atoms(cube: Cube) -> Iterator[Atom]:
    yield from cube.here
    for atom in cube.facts:
        if atom.kind == "nowhere":
            yield from _set(atom)


def _finding(rule: Rule, above: tuple[Rule, ...]) -> Diagnostic:
    label = f"`{rule.label.text}`"
    assert rule.predicate is not None  # `else` can always win
    if not above:
        return Diagnostic(
            "E310",
            f"{label} can never win: no parameter can satisfy this",
            rule.predicate.span,
            help="take the rule out, or the part that contradicts the others",
        )
    shown = tuple(Place(each.span, "this rule takes it first") for each in above[:SHOWN])
    takes = "a rule above it takes" if len(above) == 1 else "rules above it take"
    return Diagnostic(
        "E310",
        f"{label} can never win: {takes} all that it could",
        rule.predicate.span,
        also=shown,
        help="move it up, or take it out",
    )
