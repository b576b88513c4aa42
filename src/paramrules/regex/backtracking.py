"""Decide which regexes may run on Python's `re`: those that backtracking searches in linear time.

A backtracking matcher follows one path through the regex after another. It is linear if the number of paths
that are alive at one position of the name has a bound that does not depend on the name (finite ambiguity).
The regex is walked from left to right; `_Reach` says how paths arrive at one point of it. A repeat keeps a
path alive over a run of its characters, so it may stand where a bounded number of paths can enter one run:

- where few paths arrive in all, as after `^`: `^.*head`;
- where they are spread over a run of characters that the repeat cannot begin with: `^\\w+(\\.\\w+)*$`;
- where they have just taken a character that the repeat cannot take, and so are where its run begins:
  `blocks\\.(\\d+)\\.`, but not `blocks.*weight`, which reads on to the end from every `blocks`.

Some harmless regexes fail this test. They run on the automaton, which is slower and finds the same.

References:
    Weber and Seidl, On the degree of ambiguity of finite automata, Theoretical Computer Science 88, 1991.
"""

from collections.abc import Iterable
from typing import NamedTuple

from paramrules.regex.analysis import children, size
from paramrules.regex.characters import ANY, Ranges, disjoint, fold, single, union
from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.parse import Parsed
from paramrules.regex.refusal import STEPS

VISITS = 8
"""The average number of looks at each place of the regex that a search may take at one place of the name."""

WRITTEN_OUT = 100
"""A counted repeat of at most this size is judged copy by copy."""


def is_linear(parsed: Parsed) -> bool:
    """Return whether `re` searches a name in time linear in its length."""
    walk = _Walk(parsed.ignore_case)
    try:
        walk.through(parsed.tree, _Reach(1, 1, ANY, ANY), last=True)
    except _Superlinear:
        return False
    return walk.visits <= min(VISITS * walk.places, STEPS)


class _Superlinear(Exception):  # noqa: N818  ends the walk
    """Too many paths may be alive at one place."""


class _Reach(NamedTuple):
    """The paths that arrive at one point of the regex.

    Attributes:
        mean: how many arrive for each place of the name, on average.
        most: how many arrive at one place at most.
        spread: where they arrive: at any place of a run of these characters. Empty: at a bounded number of
            places in all, and then `mean` and `most` count the paths of the whole search.
        taken: the characters that each path may have matched last; unused if `spread` is empty.
    """

    mean: int
    most: int
    spread: Ranges
    taken: Ranges

    def take(self, ranges: Ranges) -> "_Reach":
        """Return the paths after one of these characters."""
        if disjoint(self.spread, ranges):  # only at the end of the run
            return self.few()
        return self._replace(spread=_both(self.spread, ranges), taken=ranges)

    def few(self) -> "_Reach":
        """Return the paths at the one end of a run."""
        return _Reach(self.most, self.most, (), ANY)


class _Walk:
    """A walk through the tree.

    Attributes:
        places: the places of the regex that take a character, as far as they were written out.
        visits: how often they are looked at for each character of the name.
    """

    def __init__(self, ignore_case: bool) -> None:
        self.ignore_case = ignore_case
        self.places = 0
        self.visits = 0
        self._inside: dict[int, Ranges] = {}
        self._leading: dict[int, tuple[Ranges, bool]] = {}

    def through(self, node: Node, reach: _Reach, *, last: bool = False) -> _Reach:
        """Return the paths after the node. `last`: nothing that could fail comes after it."""
        match node:
            case Literal():
                self._look(reach, len(node.text))
                if disjoint(reach.spread, self.leading(node)[0]):
                    return reach.few()
                spread = reach.spread if reach.spread == ANY else _both(reach.spread, self.inside(node))
                return reach._replace(spread=spread, taken=self.letter(node.text[-1]))
            case Characters():
                self._look(reach, 1)
                return reach.take(node.ranges)
            case Anchor():
                self._look(reach, 1)
                return reach.few() if node.kind in "^$" else reach
            case Capture():
                return self.through(node.item, reach, last=last)
            case Sequence():
                for item in node.items:
                    reach = self.through(item, reach, last=last and item is node.items[-1])
                return reach
            case Choice():
                after = [self.through(branch, reach, last=last) for branch in node.branches]
                mean = self._at_once(node.branches, after)
                return _join(after, mean, None if reach.spread else mean)
            case _:
                return self.repeat(node, reach, last)

    def repeat(self, node: Repeat, reach: _Reach, last: bool) -> _Reach:
        """Return the paths after a repeat."""
        item, fixed = node.item, _takes_one(node.item)
        if node.most == 0:
            return reach
        if node.most == 1:
            after = self.through(item, reach, last=last)
            return after if node.least else _join([reach, after])
        if fixed and (node.most == node.least or (last and node.most is None)):
            # The rest of a last `.*` cannot fail: once there, the search is at its end.
            self._look(reach, node.least)
            return reach.take(self.inside(item)) if node.least else reach
        small = node.most is not None and size(node) <= WRITTEN_OUT
        entered = None if small and node.most == node.least else self.enter(item, reach)
        if entered is not None:
            return self.loop(node, reach, entered)
        if node.most is None or not small:
            raise _Superlinear
        for _ in range(node.least):
            reach = self.through(item, reach)
        ends = [reach]
        for _ in range(node.most - node.least):
            ends.append(self.through(item, ends[-1]))
        return _join(ends)

    def enter(self, item: Node, reach: _Reach) -> _Reach | None:
        """Return the paths that may be alive inside a repeat, None if their number has no bound."""
        first, empty = self.leading(item)
        if empty:
            return None
        if disjoint(reach.spread, first):
            return reach.few()
        if disjoint(reach.taken, self.inside(item)):
            return reach._replace(mean=reach.most)
        return None

    def loop(self, node: Repeat, reach: _Reach, entered: _Reach) -> _Reach:
        """Return the paths after a repeat whose every round ends in one way only."""
        self._look(entered, 1)
        if not _takes_one(node.item):
            round_ = self.through(node.item, entered.few())
            if round_.most > entered.most or not disjoint(round_.spread, self.leading(node.item)[0]):
                raise _Superlinear
        inside = self.inside(node.item)
        after = entered._replace(spread=_both(entered.spread, inside), taken=inside)
        if node.least:
            return after
        if reach.spread and not entered.spread:
            return _join([reach, after])
        return _join([reach, after], after.mean, after.most)  # each path enters, or stays where it is

    def _look(self, reach: _Reach, places: int) -> None:
        self.places += places
        self.visits += places * reach.mean

    def inside(self, node: Node) -> Ranges:
        """Return all characters that the node can take."""
        if isinstance(node, Characters):
            return node.ranges
        if isinstance(node, Repeat | Capture):
            return self.inside(node.item)
        if id(node) not in self._inside:
            if isinstance(node, Literal):
                found = union(pair for letter in set(node.text) for pair in self.letter(letter))
            else:
                found = union(pair for child in children(node) for pair in self.inside(child))
            self._inside[id(node)] = found
        return self._inside[id(node)]

    def leading(self, node: Node) -> tuple[Ranges, bool]:
        """Return the characters that the node can take first, and whether it can take none."""
        match node:
            case Characters():
                return node.ranges, False
            case Literal():
                return self.letter(node.text[0]), False
            case Anchor():
                return (), True
            case Capture():
                return self.leading(node.item)
            case Repeat():
                first, empty = self.leading(node.item)
                return first, empty or node.least == 0
        if id(node) not in self._leading:
            parts = [self.leading(child) for child in children(node)]
            if isinstance(node, Choice):
                empty = any(empty for _, empty in parts)
            else:
                empty = all(empty for _, empty in parts)
                parts = parts[: 1 + next((at for at, part in enumerate(parts) if not part[1]), len(parts))]
            self._leading[id(node)] = union(pair for first, _ in parts for pair in first), empty
        return self._leading[id(node)]

    def letter(self, letter: str) -> Ranges:
        """Return the set of a letter, and of its other case if that is ignored."""
        return fold(single(letter)) if self.ignore_case else single(letter)

    def _at_once(self, branches: Iterable[Node], after: list[_Reach]) -> int:
        """Return how many paths at most come out of the branches that can begin with one character."""
        common, changes = 0, []
        for branch, reach in zip(branches, after, strict=True):
            first, empty = self.leading(branch)
            if empty:
                common += reach.mean
            else:
                for low, high in first:
                    changes += [(low, reach.mean), (high + 1, -reach.mean)]
        most = now = 0
        for _, change in sorted(changes):
            now += change
            most = max(most, now)
        return common + most


def _takes_one(node: Node) -> bool:
    """Return whether the node takes one character of a set, and does nothing else."""
    while isinstance(node, Capture):
        node = node.item
    return isinstance(node, Characters) or (isinstance(node, Literal) and len(node.text) == 1)


def _both(one: Ranges, other: Ranges) -> Ranges:
    """Return the characters of two sets, of which the first is often none or all."""
    return one if one == ANY else union((*one, *other)) if one else other


def _join(ends: list[_Reach], mean: int | None = None, most: int | None = None) -> _Reach:
    """Return the paths that arrive in one of several ways; `mean` and `most` are sums if not given."""
    spread = [end for end in ends if end.spread]
    return _Reach(
        sum(end.mean for end in ends) if mean is None else mean,
        sum(end.most for end in ends) if most is None else most,
        union(r for end in spread for r in end.spread),
        union(r for end in spread for r in end.taken),
    )
