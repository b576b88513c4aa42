"""A regex as a nondeterministic program: what may be taken next, and what is captured on the way."""

from functools import reduce
from operator import or_
from typing import NamedTuple, TypeAlias

from paramrules.regex.characters import Ranges, fold, single
from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.parse import Parsed

START, ACCEPT = 0, 1
"""The places before the first character and after the last one; all others take a character."""


class Take(NamedTuple):
    """Take a character at this place."""

    place: int


class Fork(NamedTuple):
    """Go on in several ways, the first one first."""

    targets: tuple[int, ...]


class Guard(NamedTuple):
    """Go on if the anchor holds here."""

    anchor: str
    target: int


class Mark(NamedTuple):
    """Remember this position: `2n` begins group `n`, `2n + 1` ends it."""

    slot: int
    target: int


class Round(NamedTuple):
    """Begin a round of a repeat, or leave the repeat; which comes first depends on `lazy`."""

    item: int
    leave: int
    lazy: bool


class RoundEnd(NamedTuple):
    """End a round of a repeat. After one that took nothing the repeat is left, as in `re`."""

    begin: int
    again: int
    leave: int


State: TypeAlias = Take | Fork | Guard | Mark | Round | RoundEnd

Marks: TypeAlias = "tuple[Marks, int] | None"
"""Marks that were passed, the last one outermost."""

Way: TypeAlias = tuple[int, Marks]
"""The next place, and the marks on the way to it."""


class Program:
    """A regex as Thompson's construction builds it, counted repeats written out.

    Attributes:
        labels: for each place the characters that it takes.
        entries: for each place the state after it.
        anchors: the kinds of its anchors.
        steps: how many states were looked at so far.
    """

    def __init__(self, parsed: Parsed) -> None:
        self.ignore_case = parsed.ignore_case
        self.states: list[State] = []
        self.labels: list[Ranges] = [(), ()]
        self.entries: list[int] = [0, 0]
        self.anchors: set[str] = set()
        self.steps = 0
        self._next: dict[str, list[int]] = {}
        accept = self._add(Take(ACCEPT))
        self.entries[START] = self._build(parsed.tree, accept)

    def next_places(self, holding: str) -> list[int]:
        """Return for each state the places that can come next, as bits, where these anchors hold."""
        if holding not in self._next:
            bits = [0] * len(self.states)
            changed = True
            while changed:  # once more for each repeat around a repeat
                changed = False
                for number, state in enumerate(self.states):
                    self.steps += 1
                    match state:
                        case Take():
                            found = 1 << state.place
                        case Fork():
                            found = reduce(or_, (bits[target] for target in state.targets))
                        case Guard():
                            found = bits[state.target] if state.anchor in holding else 0
                        case Mark():
                            found = bits[state.target]
                        case Round():
                            found = bits[state.item] | bits[state.leave]
                        case _:
                            found = bits[state.again] | bits[state.leave]
                    changed = changed or found != bits[number]
                    bits[number] = found
            self._next[holding] = bits
        return self._next[holding]

    def way(self, place: int, holding: str, wanted: int) -> Way | None:
        """Return the first of the wanted places that can come next, in the order of `re`, or None."""
        bits = self.next_places(holding)
        # `begun`: the rounds that began here and have not ended. They are the innermost of those around a
        # state, so each state is looked at at most once for each repeat around it, and once more.
        todo: list[tuple[int, Marks, frozenset[int]]] = [(self.entries[place], None, frozenset())]
        seen: set[tuple[int, frozenset[int]]] = set()
        while todo:
            number, marks, begun = todo.pop()
            if not bits[number] & wanted or (number, begun) in seen:
                continue
            seen.add((number, begun))
            self.steps += 1
            state = self.states[number]
            match state:
                case Take():
                    return state.place, marks
                case Fork():
                    todo += [(target, marks, begun) for target in reversed(state.targets)]
                case Guard():
                    todo.append((state.target, marks, begun))
                case Mark():
                    todo.append((state.target, (marks, state.slot), begun))
                case Round():
                    leave, item = (state.leave, marks, begun), (state.item, marks, begun | {number})
                    todo += (item, leave) if state.lazy else (leave, item)
                case _:
                    took_nothing = state.begin in begun
                    target = state.leave if took_nothing else state.again
                    todo.append((target, marks, begun - {state.begin}))
        return None

    def _add(self, state: State) -> int:
        self.states.append(state)
        return len(self.states) - 1

    def _take(self, ranges: Ranges, then: int) -> int:
        self.labels.append(fold(ranges) if self.ignore_case else ranges)
        self.entries.append(then)
        return self._add(Take(len(self.labels) - 1))

    def _build(self, node: Node, then: int) -> int:
        """Add the states of a node that is followed by `then`, and return the first."""
        match node:
            case Literal():
                for letter in reversed(node.text):
                    then = self._take(single(letter), then)
                return then
            case Characters():
                return self._take(node.ranges, then)
            case Anchor():
                self.anchors.add(node.kind)
                return self._add(Guard(node.kind, then))
            case Sequence():
                for item in reversed(node.items):
                    then = self._build(item, then)
                return then
            case Choice():
                return self._add(Fork(tuple(self._build(branch, then) for branch in node.branches)))
            case Capture():
                end = self._add(Mark(2 * node.number + 1, then))
                return self._add(Mark(2 * node.number, self._build(node.item, end)))
            case _:
                return self._repeat(node, then)

    def _repeat(self, node: Repeat, leave: int) -> int:
        then = leave
        if node.most is None:
            then = self._round(node, None, leave)
        else:
            for _ in range(node.most - node.least):
                then = self._round(node, then, leave)
        for _ in range(node.least):
            then = self._build(node.item, then)
        return then

    def _round(self, node: Repeat, again: int | None, leave: int) -> int:
        """Add one optional round of a repeat, `again` (by default itself) after it."""
        end = self._add(RoundEnd(0, 0, leave))
        item = self._build(node.item, end)
        begin = self._add(Round(item, leave, node.lazy))
        self.states[end] = RoundEnd(begin, begin if again is None else again, leave)
        return begin
