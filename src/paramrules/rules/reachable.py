"""E310: rules that can never win, whatever the model, because of the rules above them.

Each way in which a rule can hold (a cube) is given the smallest parameter that has it: one name at which no
more is true than has to be, and one more name for each "holds somewhere" that is needed. If an earlier rule
takes even that parameter, one of the facts that it needs must be otherwise: these are tried in turn. When
none is left, the earlier rules take every parameter that the rule could have had.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from paramrules.diagnostics import Diagnostic, Place
from paramrules.rules.dnf import Atom, Cube, TooLarge, cubes
from paramrules.rules.entailment import Known, consistent
from paramrules.rules.model import Axis, Rule

STEPS = 100
"""Looks at earlier rules, for one rule. If it is not decided by then, it counts as one that can win."""

SHOWN = 3
"""Earlier rules that a finding points at."""


def dead_rules(axis: Axis) -> list[Diagnostic]:
    """The findings about an axis whose rules have no other error."""
    return [_finding(rule, above) for rule, above in unreachable(axis.rules)]


def unreachable(rules: Sequence[Rule]) -> Iterator[tuple[Rule, tuple[Rule, ...]]]:
    """The rules that can never win, each with the earlier ones that take all it could have had.

    There are no earlier ones where the rule contradicts itself. `else` is never reported; `label?:` is:
    it says no more than that some models have nothing for the rule.
    """
    known, earlier = Known(), _Earlier()
    for rule in rules:
        if rule.predicate is None:
            continue
        try:
            ways = cubes(rule.predicate)
        except TooLarge:
            continue
        for atom in {atom for cube in ways for atom in _atoms(cube)}:
            known.add(atom)
        search = _Search(known, earlier)
        if any(map(search.can_win, ways)):
            earlier.add(rule, ways)
        else:
            yield rule, tuple(each for each in rules if id(each) in search.above)


class _Earlier:
    """The cubes of the rules above, each filed under a test or a fact without which it wins nothing.

    A fact that stands for itself, such as `trainable`, and that no rule above wants false, is free: it may be
    taken as false wherever it is not known to be true, and the cubes that want it true are out of the way.
    """

    def __init__(self) -> None:
        self.filed: dict[Atom | None, list[int]] = defaultdict(list)
        self.free: dict[Atom, list[int]] = defaultdict(list)
        self.bound: set[Atom] = set()
        self.uses: Counter[Atom] = Counter()
        self.cubes: list[tuple[Cube, Rule]] = []

    def add(self, rule: Rule, ways: Sequence[Cube]) -> None:
        for cube in ways:
            self.uses.update(cube.here)
            for atom, value in cube.facts:
                if not value and atom not in self.bound:
                    self.bound.add(atom)
                    self.filed[None] += self.free.pop(atom, ())
            self._file(cube).append(len(self.cubes))
            self.cubes.append((cube, rule))

    def _file(self, cube: Cube) -> list[int]:
        if cube.here:
            return self.filed[min(cube.here, key=self.uses.__getitem__)]
        for atom, _ in cube.facts:
            if atom.kind == "other" and atom not in self.bound:
                return self.free[atom]
        return self.filed[None]

    def at(self, name: frozenset[Atom], facts: dict[Atom, bool]) -> Iterator[tuple[Cube, Rule]]:
        """The cubes whose tests all hold at a name and that no free fact keeps away, from top to bottom."""
        places = [place for atom in (None, *name) for place in self.filed.get(atom, ())]
        places += (place for atom in self.free.keys() & facts.keys() for place in self.free[atom])
        for place in sorted(places):
            if self.cubes[place][0].here <= name:
                yield self.cubes[place]


class _Search:
    """Looks for a parameter that a rule wins."""

    def __init__(self, known: Known, earlier: _Earlier) -> None:
        self.known = known
        self.earlier = earlier
        self.steps = 0
        self.above: set[int] = set()
        """The rules, by identity, that took what was tried."""

    def can_win(self, cube: Cube) -> bool:
        """Whether some parameter has the cube and no earlier rule takes it, or that takes long to say."""
        somewhere = [
            cube.here,
            *(_set(atom) for atom, value in cube.facts if atom.kind == "nowhere" and not value),
        ]
        return self._wins(dict(cube.facts), somewhere)

    def _wins(self, facts: dict[Atom, bool], somewhere: list[frozenset[Atom]]) -> bool:
        if not consistent(facts.items()):
            return False
        names = [self.known.closure(here) for here in somewhere]
        nowhere = [_set(atom) for atom, value in facts.items() if atom.kind == "nowhere" and value]
        open_: list[tuple[Atom, bool]] | None = None
        for name in names:
            if name is None or any(absent <= name for absent in nowhere):
                return False
            for cube, rule in self.earlier.at(name, facts):
                self.steps += 1
                if self.steps > STEPS:
                    return True
                left = [(atom, value) for atom, value in cube.facts if atom not in facts]
                if any(facts.get(atom, value) != value for atom, value in cube.facts):
                    continue
                self.above.add(id(rule))
                if not left:
                    return False
                if open_ is None or len(left) < len(open_):
                    open_ = left
        if open_ is None:
            return True
        for atom, value in open_:
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
    for atom, _ in cube.facts:
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
