"""Matches that capture the same text of every name, though their regexes are written differently.

Two matches capture the same in a group if no name has one match of the first and one of the second in which
the group begins or ends at different places. To find such a name, the group is marked by two characters that
no name has, and both automata read one name, each with marks of its own.
"""

import re
from collections import deque
from typing import Any, Final

from paramrules.proofs import numbers
from paramrules.proofs.texts import made
from paramrules.regex.analysis import children
from paramrules.regex.automaton import Automaton, State
from paramrules.regex.characters import Ranges, complement, single, union
from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.parse import Parsed
from paramrules.rules.dnf import Atom, Budget
from paramrules.rules.terms import RegexTest

_BEGIN: Final = "\ue000"
_END: Final = "\ue001"
_UNMARKED: Final = complement(union(single(_BEGIN) + single(_END)))

First = tuple[str, int, str]
"""A subject, and the shortest text of it in which a match is found, after its length."""


class Matches:
    """The matches of two files: those that capture the same of every name share a number."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._tests: list[RegexTest] = []
        self._shapes: dict[object, int] = {}
        self._counted: list[int] = []
        self._captures: dict[First, list[tuple[int, int]]] = {}
        self._automata: dict[int, Automaton] = {}
        self._firsts: dict[int, First] = {}
        self._found_alike: dict[tuple[int, int], bool] = {}

    def of(self, test: RegexTest) -> int:
        """Return the number of a match; regexes with one tree, groups' names aside, have one number."""
        parsed = test.regex.parsed
        key = test.subject, parsed.ignore_case, shape(parsed.tree), _kinds(test)
        number = self._shapes.setdefault(key, len(self._tests))
        if number == len(self._tests):
            self._tests.append(test)
        return number

    def of_test(self, test: RegexTest) -> int:
        """Return what is equal for matches of the same names that capture the same in all groups."""
        number = self.of(test)
        for other in self._counted:
            if other == number or self._count_alike(other, number):
                return other
        self._counted.append(number)
        return number

    def capture(self, match: int, group: int) -> tuple[int, int]:
        """Return the first known match and group that capture the same of every name that both match."""
        known = self._captures.setdefault(self.first_name(match), [])
        if (match, group) in known:
            return match, group
        for other, another in known:
            if self._agree((match, group), (other, another)):
                return other, another
        known.append((match, group))
        return match, group

    def test(self, match: int) -> Atom:
        """Return the test that a match is found."""
        test = self._tests[match]
        return Atom("regex", test.subject, test.regex)

    def restricted(self, match: int, group: int, relation: str, constant: int | str) -> list[Atom] | None:
        """Return the test that a match is found and captures what compares with a constant; none for never.

        Return None if what is captured depends on more than that.
        """
        test = self._tests[match]
        parsed, text = test.regex.parsed, test.regex.text
        item = _item(parsed.tree, group)
        if isinstance(constant, int):
            inside = numbers.among(item, relation, constant)
        else:
            inside = None if parsed.ignore_case else _one_text(text[item.start : item.end], constant)
        if inside is None or not self._agree((match, group), (match, group)):
            return None
        regex = f"{text[: item.start]}(?:{inside}){text[item.end :]}"
        return [Atom("numbers", test.subject, regex)] if inside else []

    def _agree(self, one: tuple[int, int], two: tuple[int, int]) -> bool:
        # captures that agree only where both match are not transitive: of other names both may differ
        return self._same_names(one[0], two[0]) and self.agree_where_both(one, two)

    def agree_where_both(self, one: tuple[int, int], two: tuple[int, int]) -> bool:
        """Return whether no name has two matches between which two groups differ."""
        tests = self._tests[one[0]], self._tests[two[0]]
        if tests[0].subject != tests[1].subject:
            return False
        first, second = (
            _marked(test.regex.parsed, at) for test, (_, at) in zip(tests, (one, two), strict=True)
        )
        return first is not None and second is not None and self._same_places(first, second)

    def _count_alike(self, one: int, two: int) -> bool:
        a, b = self._tests[one], self._tests[two]
        return (
            _kinds(a) == _kinds(b)
            and all(group.always for group in (*a.regex.groups, *b.regex.groups))
            and all(self._agree((one, group.number), (two, group.number)) for group in a.regex.groups)
        )

    def _same_names(self, one: int, two: int) -> bool:
        """Return whether two matches are found in the same names."""
        if self.first_name(one) != self.first_name(two):
            return False
        if (one, two) not in self._found_alike:
            self._found_alike[one, two] = self._same_language(self._automaton(one), self._automaton(two))
        return self._found_alike[one, two]

    def _automaton(self, match: int) -> Automaton:
        if match not in self._automata:
            self._automata[match] = Automaton(self._tests[match].regex.parsed)
        return self._automata[match]

    def first_name(self, match: int) -> First:
        """Return the shortest text in which a match is found, the first one in order: it tells most apart."""
        if match not in self._firsts:
            automaton = self._automaton(match)
            todo = deque([(automaton.initial, "")])
            seen = {(automaton.initial.places, automaton.initial.kind)}
            while todo and not todo[0][0].accepts:
                state, text = todo.popleft()
                for character in automaton.alphabet:
                    after = state[character]
                    if (key := (after.places, after.kind)) not in seen:
                        self._budget.spend()
                        seen.add(key)
                        todo.append((after, text + character))
            text = todo[0][1] if todo else ""
            self._firsts[match] = self._tests[match].subject, len(text), text
        return self._firsts[match]

    def _same_language(self, one: Automaton, two: Automaton) -> bool:
        """Return whether two regexes are found in the same texts."""
        characters = _characters(one, two)
        seen = {(one.initial.places, one.initial.kind, two.initial.places, two.initial.kind)}
        todo = [(one.initial, two.initial)]
        for a, b in todo:
            if a.accepts != b.accepts:
                return False
            for character in characters:
                after = a[character], b[character]
                key = after[0].places, after[0].kind, after[1].places, after[1].kind
                if key not in seen:
                    self._budget.spend()
                    seen.add(key)
                    todo.append(after)
        return True

    def _same_places(self, one: Automaton, two: Automaton) -> bool:
        """Return whether no name is marked by both in different places."""
        characters = _characters(one, two)
        start = (one.initial, 0, two.initial, 0, False)
        seen, todo = {_key(start)}, deque([start])
        while todo:
            a, marks_a, b, marks_b, apart = todo.popleft()
            for after_a, now_a in _marks(a, marks_a):
                for after_b, now_b in _marks(b, marks_b):
                    differ = apart or now_a != now_b
                    if after_a.accepts and after_b.accepts and now_a == now_b == 2 and differ:
                        return False
                    for character in characters:
                        after = (after_a[character], now_a, after_b[character], now_b, differ)
                        key = _key(after)
                        if key not in seen:
                            self._budget.spend()
                            seen.add(key)
                            todo.append(after)
        return True


def _kinds(test: RegexTest) -> tuple[object, ...]:
    """Return what the groups of a match can be: numbers, or words in the order written."""
    return tuple((group.numeric, group.words) for group in test.regex.groups)


def _key(state: tuple[State, int, State, int, bool]) -> tuple[Any, ...]:
    a, marks_a, b, marks_b, apart = state
    return a.places, a.kind, marks_a, b.places, b.kind, marks_b, apart


def _marks(state: State, marks: int) -> list[tuple[State, int]]:
    """Return a state with as many marks more as there may be here, and the number of marks then."""
    found = [(state, marks)]
    for number, mark in enumerate((_BEGIN, _END)[marks:], marks + 1):
        state = state[mark]
        found.append((state, number))
    return found


def _characters(one: Automaton, two: Automaton) -> list[str]:
    """Return one character of each class that both automata treat alike, without the marks."""
    every = dict.fromkeys((*one.alphabet, *two.alphabet))
    kinds = {(one.classify(c), two.classify(c)): c for c in every if c not in (_BEGIN, _END)}
    return list(kinds.values())


def shape(node: Node, groups: bool = True) -> object:
    """Return a tree without places and names, its literals and sequences joined.

    Without `groups` it is that of a regex that captures nothing.
    """
    match node:
        case Literal():
            return node.text
        case Characters():
            first, last = node.ranges[0] if len(node.ranges) == 1 else (0, 1)
            return chr(first) if first == last else node.ranges
        case Anchor():
            return ("anchor", node.kind)
        case Choice():
            return ("choice", *(shape(branch, groups) for branch in node.branches))
        case Repeat():
            return ("repeat", shape(node.item, groups), node.least, node.most, node.lazy)
        case Capture():
            item = shape(node.item, groups)
            return ("capture", node.number, item) if groups else item
        case _:
            items: list[object] = []
            for child in node.items:
                item = shape(child, groups)
                more = item[1:] if isinstance(item, tuple) and item[:1] == ("sequence",) else (item,)
                for each in more:
                    if isinstance(each, str) and items and isinstance(items[-1], str):
                        items[-1] += each
                    else:
                        items.append(each)
            return items[0] if len(items) == 1 else ("sequence", *items)


def _marked(parsed: Parsed, group: int) -> Automaton | None:
    """Return an automaton for whole names with a group marked, or None where marks would change the match."""
    if not _markable(parsed.tree, group, False):
        return None
    other = Repeat(0, 0, Characters(0, 0, _UNMARKED), 0, None, False)
    begin, end = Anchor(0, 0, "^"), Anchor(0, 0, "$")
    tree = Sequence(0, 0, (begin, other, _with_marks(parsed.tree, group), other, end))
    return Automaton(Parsed(tree, parsed.ignore_case, (), ""))


def _markable(node: Node, group: int, inside: bool) -> bool:
    """Return whether no word boundary, no repeat around the group and no anchor in it is in the way."""
    if isinstance(node, Anchor):
        return not inside and node.kind in "^$"
    if isinstance(node, Repeat) and _has_group(node, group):
        return False
    inside = inside or (isinstance(node, Capture) and node.number == group)
    return all(_markable(child, group, inside) for child in children(node))


def _item(node: Node, group: int) -> Node:
    """Return what a group captures."""
    while not (isinstance(node, Capture) and node.number == group):
        node = next(child for child in children(node) if _has_group(child, group))
    return node.item


def _one_text(regex: str, text: str) -> str | None:
    """Return a regex for a text if it is one that a regex matches whole, `""` if not."""
    if not text:
        return None
    return re.escape(text) if Automaton(made(f"^(?:{regex})$")).search(text) else ""


def _has_group(node: Node, group: int) -> bool:
    own = isinstance(node, Capture) and node.number == group
    return own or any(_has_group(child, group) for child in children(node))


def _with_marks(node: Node, group: int) -> Node:
    match node:
        case Characters():
            return node._replace(ranges=_without_marks(node.ranges))
        case Sequence():
            return node._replace(items=tuple(_with_marks(item, group) for item in node.items))
        case Choice():
            return node._replace(branches=tuple(_with_marks(branch, group) for branch in node.branches))
        case Repeat():
            return node._replace(item=_with_marks(node.item, group))
        case Capture():
            item = _with_marks(node.item, group)
            if node.number != group:
                return item
            return Sequence(0, 0, (Literal(0, 0, _BEGIN), item, Literal(0, 0, _END)))
        case _:
            return node


def _without_marks(ranges: Ranges) -> Ranges:
    marks = union(single(_BEGIN) + single(_END))
    return complement(union((*complement(ranges), *marks)))
