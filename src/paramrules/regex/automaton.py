"""A regex as an automaton that counts: its states are the places in the regex where a character is taken.

It is Glushkov's construction with a number on every edge: in how many ways a backtracking matcher gets from
one character to the next without taking another (`(a*)*` has two from `a` to `a`). An anchor is passed as if
it always held, so the ways are counted from above. State 0 is the beginning of the name; state 1 takes the
characters before a match that begins later, the `.*` that a search puts in front.
"""

from bisect import bisect_left
from typing import NamedTuple

from paramrules.regex import limits
from paramrules.regex.characters import ANY, Ranges, fold, single
from paramrules.regex.facts import nullable
from paramrules.regex.nodes import Anchor, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.parse import Parsed

Ways = dict[int, int]
"""A state, and in how many ways it is reached."""

BEGINNING, BEFORE = 0, 1


class Automaton(NamedTuple):
    """What a regex does.

    Attributes:
        labels: for each state the characters that it takes, as bits; two states can take one character if
            their labels have a bit in common.
        edges: for each state the states after it.
        ends: the states that the whole match may end after, with the number of ways.
        open_ends: those after which nothing can fail any more, not even an anchor.
        loops: for each state in a loop the outermost repeat that makes it one.
    """

    labels: list[int]
    edges: list[Ways]
    ends: Ways
    open_ends: set[int]
    loops: dict[int, Repeat]


class _Part(NamedTuple):
    """A piece of the regex: its first and last states, and in how many ways it takes nothing at all.

    `late` are those first states that may stand after the beginning of the name, `bare` says whether it can
    take nothing without a `^`; `sure` are the last states with no anchor after them, `open` says whether it
    can take nothing without any anchor.
    """

    empty: int
    bare: bool
    open: bool
    first: Ways
    last: Ways
    late: set[int]
    sure: set[int]


_NOTHING = _Part(1, True, True, {}, {}, set(), set())


def build(parsed: Parsed) -> Automaton:
    """The automaton of a tree."""
    builder = _Builder(parsed.ignore_case)
    whole = builder.part(parsed.tree)
    edges = builder.edges
    edges[BEGINNING] = dict(whole.first)
    late = {state: ways for state, ways in whole.first.items() if state in whole.late}
    if late:
        edges[BEGINNING] |= {BEFORE: 1}
        edges[BEFORE] = {BEFORE: 1, **late}
    return Automaton(_bits(builder.labels), edges, whole.last, whole.sure, builder.loops)


def size(node: Node) -> int:
    """How many states it becomes."""
    match node:
        case Literal():
            return len(node.text)
        case Characters():
            return 1
        case Anchor():
            return 0
        case Sequence():
            return sum(map(size, node.items))
        case Choice():
            return sum(map(size, node.branches))
        case Repeat():
            return size(node.item) * _copies(node)
        case _:
            return size(node.item)


def _copies(node: Repeat) -> int:
    """How often a repeat's item is written out; 1 for what is taken for an unbounded repeat."""
    return _most_copies(node) if _written_out(node) else min(1, _most_copies(node))


def _most_copies(node: Repeat) -> int:
    return max(node.least, 1) if node.most is None else node.most


def _written_out(node: Repeat) -> bool:
    """Whether the copies of a repeat's item are few enough to look at one by one."""
    copies = _most_copies(node)
    return copies <= 1 or copies * size(node.item) <= limits.UNROLLED


class _Builder:
    def __init__(self, ignore_case: bool) -> None:
        self.ignore_case = ignore_case
        self.labels: list[Ranges] = [(), ANY]
        self.edges: list[Ways] = [{}, {}]
        self.loops: dict[int, Repeat] = {}

    def part(self, node: Node) -> _Part:
        """Add the states and inner edges of a node."""
        match node:
            case Literal():
                part = _NOTHING
                for letter in node.text:
                    ranges = fold(single(letter)) if self.ignore_case else single(letter)
                    part = self.then(part, self.state(ranges))
                return part
            case Characters():
                return self.state(node.ranges)
            case Anchor():
                return _NOTHING._replace(bare=node.kind != "^", open=False)
            case Sequence():
                part = _NOTHING
                for item in node.items:
                    part = self.then(part, self.part(item))
                return part
            case Choice():
                return _either([self.part(branch) for branch in node.branches])
            case Repeat():
                return self.repeat(node)
            case _:
                return self.part(node.item)

    def state(self, ranges: Ranges) -> _Part:
        """A new state that takes one of these characters."""
        number = len(self.labels)
        self.labels.append(ranges)
        self.edges.append({})
        return _Part(0, False, False, {number: 1}, {number: 1}, {number}, {number})

    def connect(self, last: Ways, first: Ways, times: int = 1) -> None:
        """Edges from each of these to each of those."""
        for source, ways in last.items():
            edges = self.edges[source]
            for target, more in first.items():
                edges[target] = edges.get(target, 0) + ways * more * times

    def then(self, a: _Part, b: _Part) -> _Part:
        """`ab`."""
        self.connect(a.last, b.first)
        return _Part(
            a.empty * b.empty,
            a.bare and b.bare,
            a.open and b.open,
            _plus(a.first, b.first, a.empty),
            _plus(b.last, a.last, b.empty),
            a.late | b.late if a.bare else a.late,
            a.sure | b.sure if b.open else b.sure,
        )

    def repeat(self, node: Repeat) -> _Part:
        """Copies of the item, those beyond `least` optional; the last one loops where there is no end."""
        if node.most == 0:
            return _NOTHING
        if not _written_out(node):
            # One copy stands for many: with an empty item they could be passed over in more than one way.
            part = self.loop(node, 2 if nullable(node.item) else 1)
            return _optional(part) if node.least == 0 else part
        if node.most is None:
            part, copies = self.loop(node, 1), node.least - 1
            part = _optional(part) if node.least == 0 else part
        else:
            part, copies = _NOTHING, node.least
            for _ in range(node.most - node.least):
                part = _optional(self.then(self.part(node.item), part))
        for _ in range(copies):
            part = self.then(self.part(node.item), part)
        return part

    def loop(self, node: Repeat, times: int) -> _Part:
        """The item once or more. Python's `re` ends a repeat after a round that took nothing."""
        first_state = len(self.labels)
        part = self.part(node.item)
        self.loops |= dict.fromkeys(range(first_state, len(self.labels)), node)
        self.connect(part.last, part.first, times)
        again = 1 + part.empty
        return part._replace(
            empty=part.empty * again,
            first={state: ways * again for state, ways in part.first.items()},
            last={state: ways * again for state, ways in part.last.items()},
        )


def _either(parts: list[_Part]) -> _Part:
    """`a|b|c`; no state is in two of them."""
    first: Ways = {}
    last: Ways = {}
    for part in parts:
        first |= part.first
        last |= part.last
    return _Part(
        sum(part.empty for part in parts),
        any(part.bare for part in parts),
        any(part.open for part in parts),
        first,
        last,
        set().union(*(part.late for part in parts)),
        set().union(*(part.sure for part in parts)),
    )


def _optional(part: _Part) -> _Part:
    """`a?`."""
    return part._replace(empty=part.empty + 1, bare=True, open=True)


def _plus(ways: Ways, more: Ways, times: int) -> Ways:
    """The states of both, which have none in common, the second ones `times` as often."""
    return ways | {state: count * times for state, count in more.items()} if times else ways


def _bits(labels: list[Ranges]) -> list[int]:
    """Sets of characters as bits, one for each stretch of characters that no set tells apart."""
    starts = sorted(
        {first for ranges in labels for first, _ in ranges}
        | {last + 1 for ranges in labels for _, last in ranges}
    )
    bits = []
    for ranges in labels:
        mask = 0
        for first, last in ranges:
            mask |= (1 << bisect_left(starts, last + 1)) - (1 << bisect_left(starts, first))
        bits.append(mask)
    return bits
