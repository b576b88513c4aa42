"""Texts with and without given properties, each a regex: names of parameters, and names of classes.

All automata read one text side by side. A text is well-formed: components joined with dots, none empty, of
printable characters. The shortest one is found first, and plain characters before others.
"""

from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count, islice, pairwise
from typing import Final

from paramrules.regex.automaton import Automaton, State
from paramrules.regex.parse import Parsed, parse
from paramrules.regex.program import ACCEPT
from paramrules.regex.refusal import Refused
from paramrules.rules.dnf import Budget, GaveUp

Tests = frozenset[int]
"""Tests by number."""

_NICE: Final = "abcdefghijklmnopqrstuvwxyz0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ODD: Final = 8
"""Plain characters that are better than one of another kind."""
_FOUND: Final = 1 << ACCEPT
"""The places of an automaton that has found its match."""
_Reading = tuple[State, bool]
"""The state of a test; of a module also whether what stands before the last dot is accepted."""


def made(regex: str) -> Parsed:
    """Return a regex that stands for a text or a glob, parsed.

    Raises:
        GaveUp: it is larger than a regex of a rule may be.
    """
    try:
        return parse(regex)
    except Refused:
        raise GaveUp("a text or a pattern in it is too long to compare") from None


class _Test:
    """One test of a text, or of its part before or after the last dot."""

    def __init__(self, subject: str, automaton: Automaton) -> None:
        self.subject = subject
        self.automaton = automaton
        self.initial: _Reading = automaton.initial, subject == "module" and automaton.initial.accepts
        self.characters = _characters(automaton)

    def step(self, reading: _Reading, character: str) -> _Reading:
        state, before = reading
        if character == "." and self.subject == "leaf":
            return self.automaton.initial, False
        if character == "." and self.subject == "module":
            before = state.accepts
        return state[character], before

    def holds(self, reading: _Reading) -> bool:
        return reading[1] if self.subject == "module" else reading[0].accepts


class Texts:
    """The tests of texts in two files, by number, and the texts found so far."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._numbers: dict[tuple[str, str], int] = {}
        self._tests: list[_Test] = []
        self._pool: dict[str, dict[int, bool]] = {}
        self._found: dict[tuple[Tests, frozenset[Tests]], str | None] = {}

    def test(self, subject: str, regex: str) -> int:
        """Return the number of a test. `subject` is `name`, `leaf` or `module`."""
        key = subject, regex
        if key not in self._numbers:
            self._numbers[key] = len(self._tests)
            self._tests.append(_Test(subject, Automaton(made(regex))))
        return self._numbers[key]

    def holds(self, test: int, text: str) -> bool:
        """Return whether a test holds for a text."""
        known = self._pool.setdefault(text, {})
        if test not in known:
            self._budget.spend(len(text) // 16)
            each = self._tests[test]
            reading = each.initial
            for character in text:
                reading = each.step(reading, character)
            known[test] = each.holds(reading)
        return known[test]

    def find(self, wanted: Tests, blocked: frozenset[Tests]) -> str | None:
        """Return a text for which all wanted tests hold, and of each blocked set not all.

        Return None if there is no such text.

        Raises:
            GaveUp: the automata together have too many states.
        """
        key = wanted, blocked
        if key not in self._found:
            self._found[key] = self._search(wanted, blocked)
        return self._found[key]

    def _search(self, wanted: Tests, blocked: frozenset[Tests]) -> str | None:
        if any(tests <= wanted for tests in blocked):
            return None
        single = [frozenset((tests,)) for tests in sorted(blocked, key=sorted)]
        easier = [frozenset[Tests](), *(single if len(single) > 1 else ())] if blocked else []
        found, seen = self._known(wanted, blocked, 0), len(self._pool)
        for less in easier:  # what is found for less may do for all, or there is nothing
            if found is not None:
                return found
            if self.find(wanted, less) is None:
                return None
            found, seen = self._known(wanted, blocked, seen), len(self._pool)
        if found is None:
            found = self._shortest(wanted, blocked)
        if found is not None:
            self._pool.setdefault(found, {})
        return found

    def _known(self, wanted: Tests, blocked: frozenset[Tests], seen: int) -> str | None:
        """Return a text that was found already, after the first `seen`, if it has these tests."""
        for text in islice(list(self._pool), seen, None):
            self._budget.spend()
            if all(self.holds(test, text) for test in wanted) and not any(
                all(self.holds(test, text) for test in tests) for tests in blocked
            ):
                return text
        return None

    def _shortest(self, wanted: Tests, blocked: frozenset[Tests]) -> str | None:
        numbers = sorted(wanted.union(*blocked))
        tests = [self._tests[number] for number in numbers]
        needed = [at for at, number in enumerate(numbers) if number in wanted]
        without = [[at for at, number in enumerate(numbers) if number in each - wanted] for each in blocked]
        plain = all(test.subject == "name" for test in tests)
        settling = [each for each in without if all(tests[at].subject == "name" for at in each)]
        characters = _together(tests)
        cost = 1 + len(tests) * len(characters) // 16
        start = tuple(test.initial for test in tests)
        seen, ties = {(_key(start), True)}, count()
        todo: list[tuple[int, int, tuple[_Reading, ...], bool, str]] = [(0, next(ties), start, True, "")]
        while todo:
            self._budget.spend(cost)
            length, _, readings, at_dot, text = heappop(todo)
            if not at_dot:
                holding = [test.holds(reading) for test, reading in zip(tests, readings, strict=True)]
                if all(holding[at] for at in needed) and not any(
                    all(holding[at] for at in each) for each in without
                ):
                    return text
            for character in characters:
                if at_dot and character == ".":
                    continue
                if plain:
                    after = tuple([(state[character], False) for state, _ in readings])
                else:
                    after = tuple(
                        test.step(reading, character) for test, reading in zip(tests, readings, strict=True)
                    )
                key = _key(after), character == "."
                if key not in seen:
                    seen.add(key)
                    if any(all(after[at][0].places == _FOUND for at in each) for each in settling):
                        continue  # these hold whatever follows
                    longer = length + (1 if character == "." or character in _NICE else _ODD)
                    heappush(todo, (longer, next(ties), after, character == ".", text + character))
        return None


def _key(readings: Iterable[_Reading]) -> tuple[object, ...]:
    return tuple([(state.places, state.kind, before) for state, before in readings])


def _characters(automaton: Automaton) -> list[str]:
    """Return a printable character of each class that an automaton treats alike, plain ones apart."""
    found: list[str] = []
    for first, after in pairwise([*map(ord, automaton.alphabet), 0x110000]):
        characters = map(chr, range(first, after))
        found += islice((c for c in characters if c.isprintable() and c != "." and c not in _NICE), 1)
    return found


def _together(tests: list[_Test]) -> list[str]:
    """Return one character of each class that all automata treat alike, the nicest of it, and the dot."""
    candidates = dict.fromkeys([*_NICE, *(character for test in tests for character in test.characters)])
    kinds: dict[object, str] = {}
    for character in candidates:
        kinds.setdefault(tuple(test.automaton.classify(character) for test in tests), character)
    return [".", *kinds.values()]
