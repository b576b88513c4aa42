"""Search in linear time, whatever the regex: a deterministic automaton that is built while it runs.

A state stands for the set of places in the program that the characters so far can lead to, kept as bits. It
is a dictionary from a character to the next state, filled when a character is first seen there, so most
characters of most names cost one look-up.

Captures take two more passes over the name. The first runs from its end and finds, for each position, the
places from which the match can be completed. The second follows the program from the beginning of the match,
always to the first such place, and so never has to go back.

References:
    Cox, Regular expression matching in the wild, 2010, https://swtch.com/~rsc/regexp/regexp3.html.
    Frisch and Cardelli, Greedy regular expression matching, ICALP 2004.
"""

from bisect import bisect_right
from collections import defaultdict
from functools import cached_property, reduce
from itertools import accumulate, compress
from operator import getitem, or_, xor

from paramrules.regex.characters import WORD
from paramrules.regex.parse import Parsed
from paramrules.regex.program import ACCEPT, START, Program, Way

KEPT = 10_000
"""States and transitions that an automaton caches in each direction before it starts afresh."""

SETS = 20_000
"""Sets of places for which it caches, in each direction, what comes next. One regex rarely has as many."""

_EDGE, _WORD, _OTHER = range(3)
"""The neighbour of a position: the edge of the name, a character of `\\w` (if `\\b` asks), any other."""


class Automaton:
    """Searches names for a regex.

    Attributes:
        alphabet: one character of each class that the regex treats alike. Two automata together need the
            characters of both.
    """

    def __init__(self, parsed: Parsed) -> None:
        self.program = program = Program(parsed)
        self.groups = len(parsed.groups)
        asks = bool(program.anchors & {"b", "B"})
        edges: dict[int, int] = defaultdict(int, {0: 1 << START})
        for place, ranges in enumerate([*program.labels, *([WORD] if asks else [])]):
            for low, high in ranges:
                edges[low] ^= 1 << place
                edges[high + 1] ^= 1 << place
        self._starts = sorted(edges)
        self._masks = [*accumulate((edges[start] for start in self._starts), xor)]
        self._word = 1 << len(program.labels)
        self.alphabet = [chr(start) for start in self._starts if start <= 0x10FFFF]
        kinds = (_EDGE, _WORD, _OTHER)
        self.holding = [[_holding(program.anchors, before, after) for after in kinds] for before in kinds]
        self._classes: dict[str, tuple[int, int]] = {}
        self._ways: dict[tuple[int, str, int], Way | None] = {}
        self._forward = _Direction(self, forward=True)
        self._backward = _Direction(self, forward=False)

    @property
    def initial(self) -> "State":
        """The state before the first character."""
        return self._forward.initial

    @property
    def steps(self) -> int:
        """The work done so far, in steps, apart from one look-up for each character."""
        return self.program.steps + self._forward.steps + self._backward.steps

    def search(self, text: str) -> "Found | None":
        """Return the match that `re` finds, or None."""
        state = self._forward.initial
        for character in text:
            state = state[character]
        return Found(self, text) if state.accepts else None

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where the match in a text that has one begins and ends, and where each group does."""
        states = [self._backward.initial]
        for character in reversed(text):
            states.append(states[-1][character])
        states.reverse()
        slots = [-1] * (2 * self.groups + 2)
        at, way = 0, self._way(START, states, 0)
        while way is None:
            at += 1
            if states[at - 1].places >> START & 1:
                way = self._way(START, states, at)
        slots[0] = at
        while True:
            place, marks = way
            while marks is not None:
                marks, slot = marks
                slots[slot] = at
            if place == ACCEPT:
                break
            at += 1
            way = self._way(place, states, at)
            assert way is not None, "a place is only taken if the match can be completed from there"
        slots[1] = at
        return [
            (begin, end) if end >= 0 else (-1, -1) for begin, end in zip(slots[::2], slots[1::2], strict=True)
        ]

    def _way(self, place: int, states: list["State"], at: int) -> Way | None:
        """Return the way from a place to the first one from which the match can be completed."""
        before = states[at - 1].kind if at else _EDGE
        key = place, self.holding[before][states[at].kind], states[at].places
        if key not in self._ways:
            if len(self._ways) > KEPT:
                self._ways.clear()
            self._ways[key] = self.program.way(*key)
        return self._ways[key]

    def next_places(self, place: int, holding: str) -> int:
        """Return the places that can come after one, as bits, where these anchors hold."""
        return self.program.next_places(holding)[self.program.entries[place]]

    def classify(self, character: str) -> tuple[int, int]:
        """Return the places that take a character (START among them), and its kind."""
        found = self._classes.get(character)
        if found is None:
            if len(self._classes) > KEPT:
                self._classes.clear()
            mask = self._masks[bisect_right(self._starts, ord(character)) - 1]
            found = self._classes[character] = mask, _WORD if mask & self._word else _OTHER
        return found


def _holding(anchors: set[str], before: int, after: int) -> str:
    """Return those of the anchors that hold between two characters, by their kinds."""
    holds = {
        "^": before == _EDGE,
        "$": after == _EDGE,
        "b": (before == _WORD) != (after == _WORD),
        "B": (before == _WORD) == (after == _WORD),
    }
    return "".join(anchor for anchor in sorted(anchors) if holds[anchor])


class State(dict[str, "State"]):
    """The places that a search may stand at; `state[character]` is the state after one more character.

    In the forward direction these are the places that were taken last, START among them because a match may
    begin anywhere. In the other one they are the places that can be taken next so that a match is completed;
    START then says that a match can begin after the next character.
    """

    __slots__ = ("_accepts", "direction", "kind", "places")

    def __init__(self, direction: "_Direction", places: int, kind: int) -> None:
        super().__init__()
        self.direction = direction
        self.places = places
        self.kind = kind
        self._accepts: bool | None = None

    def __missing__(self, character: str) -> "State":
        after = self.direction.step(self, character)
        self[character] = after
        return after

    @property
    def accepts(self) -> bool:
        """True if the regex is found in a name that ends here."""
        if self._accepts is None:
            self._accepts = bool(self.direction.reach(self, _EDGE) >> ACCEPT & 1)
        return self._accepts


class _Direction:
    """The states of an automaton that reads names forward, or backward."""

    def __init__(self, automaton: Automaton, *, forward: bool) -> None:
        self.automaton = automaton
        self.forward = forward
        self.seed = 1 << (START if forward else ACCEPT)
        self.bytes = len(automaton.program.labels) // 8 + 1
        self.steps = 0
        self.sets = 0
        self.rows: dict[str, list[int]] = {}
        self.eights: dict[str, _Eights] = {}
        self._start_afresh()

    def _start_afresh(self) -> None:
        self.kept = 0
        self.initial = State(self, self.seed, _EDGE)
        self.states: dict[tuple[int, int], State] = {}

    def step(self, state: State, character: str) -> State:
        """Return the state after one more character."""
        mask, kind = self.automaton.classify(character)
        reached = self.reach(state, kind)
        places = self.seed | reached & mask
        if reached >> ACCEPT & 1:  # found, whatever follows
            places, kind = 1 << ACCEPT, _EDGE
        self.kept += 1
        if self.kept > KEPT:
            self._start_afresh()
        if self.sets > SETS:
            self.sets, self.eights = 0, {}
        after = self.states.get((places, kind))
        if after is None:
            self.kept += 1
            after = self.states[places, kind] = State(self, places, kind)
        return after

    def reach(self, state: State, kind: int) -> int:
        """Return the places next to those of a state, as bits, if a character of this kind is next."""
        before, after = (state.kind, kind) if self.forward else (kind, state.kind)
        holding = self.automaton.holding[before][after]
        straight, needed, eights = self.eights.get(holding) or self._eights(holding)
        self.steps += self.bytes
        on = state.places & straight
        places = compress(state.places.to_bytes(self.bytes, "little"), needed)
        return reduce(or_, map(getitem, eights, places), on >> 1 if self.forward else on << 1)

    def _eights(self, holding: str) -> "_Eights":
        if holding not in self.rows:
            count = len(self.automaton.program.labels)
            rows = [self.automaton.next_places(place, holding) for place in range(count)]
            rows[ACCEPT] = 1 << ACCEPT if self.forward else 0
            self.rows[holding] = rows if self.forward else _transposed(rows)
        rows = self.rows[holding]
        # a program is built from its end, so most places lead to the one before them
        beside = [1 << place >> 1 if self.forward else 1 << place + 1 for place in range(len(rows))]
        straight = sum(
            1 << place for place, (row, one) in enumerate(zip(rows, beside, strict=True)) if row & one
        )
        others = [row & ~one for row, one in zip(rows, beside, strict=True)]
        eights = [others[at : at + 8] for at in range(0, 8 * self.bytes, 8)]
        needed = [any(eight) for eight in eights]
        self.eights[holding] = straight, needed, [_Eight(self, eight) for eight in compress(eights, needed)]
        return self.eights[holding]


_Eights = tuple[int, list[bool], list["_Eight"]]
"""The places that lead to the one beside them, as bits; which eights lead to others too; and these eights."""


class _Eight(dict[int, int]):
    """The places next to each set of eight places, both as bits; filled when a set is first seen."""

    def __init__(self, direction: _Direction, rows: list[int]) -> None:
        super().__init__({0: 0})
        self.direction = direction
        self.rows = rows

    def __missing__(self, places: int) -> int:
        self.direction.steps += 1
        self.direction.sets += 1
        others = places & places - 1
        reached = self.rows[(places ^ others).bit_length() - 1]
        if others:
            reached |= self[others]
        self[places] = reached
        return reached


def _transposed(rows: list[int]) -> list[int]:
    """Return for each place the places that have it in their row."""
    columns = [0] * len(rows)
    for place, row in enumerate(rows):
        while row:
            columns[(row & -row).bit_length() - 1] |= 1 << place
            row &= row - 1
    return columns


class Found:
    """A match, as much of `re.Match` as is needed here."""

    def __init__(self, automaton: Automaton, text: str) -> None:
        self.automaton = automaton
        self.text = text

    def __getitem__(self, group: int) -> str | None:
        begin, end = self._spans[group]
        return self.text[begin:end] if end >= 0 else None

    def groups(self) -> tuple[str | None, ...]:
        """Return what each group captured, None for one that took no part."""
        return tuple(self[group] for group in range(1, len(self._spans)))

    def span(self, group: int) -> tuple[int, int]:
        """Return where a group begins and ends, (-1, -1) for one that took no part."""
        return self._spans[group]

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        return self.automaton.spans(self.text)
