"""The captures of a predicate's matches, as text; the use of a capture decides whether it is a number.

Captures depend on how a predicate holds: of the branches of an `or`, the first that holds gives them. A
comparison that reads a capture is evaluated under *premises*: the predicates beside it in an `and`, which
hold already and supply the captures.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator

from paramrules.assignment.entry_facts import Facts, Texts
from paramrules.assignment.value_evaluator import Captures, captures_of
from paramrules.rules import terms
from paramrules.rules.terms import Predicate, RegexTest, Value, carried

Entries = list[int]
Premises = tuple[Predicate, ...]


class Captured:
    """The captures of predicates over one inventory's facts. `holds` is the evaluator's."""

    def __init__(self, facts: Facts, holds: Callable[[Predicate, Entries, Premises], Entries]) -> None:
        self.facts = facts
        self._holds = holds

    def at(self, premises: Premises, entry: int) -> Captures:
        """Return the captures of premises that all hold at an entry."""
        captures: dict[str, str] = {}
        for place, predicate in enumerate(premises):
            captures |= self._of(predicate, entry, premises[:place])
        return captures

    def apart(self, premises: Premises, entries: Entries) -> Iterator[tuple[Captures, Entries]]:
        """Split entries, for which the premises all hold, by their captures."""
        binding = [predicate for predicate in premises if binds(predicate)]
        if not binding:
            yield {}, entries
            return
        match = _only_match(binding[0]) if len(binding) == 1 else None
        if match is not None:
            found = self.facts.found(match, entries)
            by_texts: dict[Texts | None, Entries] = defaultdict(list)
            for entry in entries:
                by_texts[found.get(entry)].append(entry)
            named = _named(match)
            yield from ((named(texts), some) for texts, some in by_texts.items())
            return
        made: dict[object, Captures] = {}
        apart: dict[object, Entries] = defaultdict(list)
        for entry in entries:
            captures = self.at(premises, entry)
            key = tuple(captures.items())
            made[key] = captures
            apart[key].append(entry)
        yield from ((made[key], some) for key, some in apart.items())

    def _of(self, predicate: Predicate, entry: int, premises: Premises) -> Captures:
        match predicate:
            case terms.RegexTest() | terms.LetPredicate():
                match = _seen(predicate)
                return _named(match)(self.facts.found(match, [entry]).get(entry)) if match else {}
            case terms.AllOf():
                return self.at((*premises, *in_order(predicate)), entry)
            case terms.AnyOf() if binds(predicate):
                first = next((i for i in predicate.items if self._holds(i, [entry], premises)), None)
                return {} if first is None else self._of(first, entry, premises)
            case _:
                return {}


def _named(match: RegexTest) -> Callable[[Texts | None], Captures]:
    """Return what gives the texts of a match's named groups that took part in it, none without a match."""
    names = [(at, group.name) for at, group in enumerate(match.regex.groups) if group.name is not None]
    return lambda texts: {name: text for at, name in names if texts and (text := texts[at]) is not None}


def _seen(predicate: Predicate) -> RegexTest | None:
    """Return the match whose captures a rule sees; a negated one captures nothing."""
    match = carried(predicate)
    return None if match is None or match.negated else match


def binds(predicate: Predicate) -> bool:
    """Return whether a match in the predicate names a group, outside of `not`."""
    match predicate:
        case terms.RegexTest() | terms.LetPredicate():
            match = _seen(predicate)
            return match is not None and bool(match.regex.names)
        case terms.AnyOf() | terms.AllOf():
            return any(map(binds, predicate.items))
        case _:
            return False


def uses_captures(predicate: Predicate) -> bool:
    """Return whether a comparison in the predicate reads a capture."""
    match predicate:
        case terms.AnyOf() | terms.AllOf():
            return any(map(uses_captures, predicate.items))
        case terms.Not():
            return uses_captures(predicate.item)
        case terms.Comparison() | terms.ValueAmong() | terms.ShapeTest():
            return any(map(captures_of, compared(predicate)))
        case _:
            return False


def compared(test: terms.Comparison | terms.ValueAmong | terms.ShapeTest) -> list[Value]:
    """Return the values that a comparison looks at, beside the shape."""
    match test:
        case terms.Comparison():
            return [test.left, test.right]
        case terms.ValueAmong():
            return [test.left, *test.items]
        case _:
            return [extent for extent in test.extents if extent is not None]


def in_order(predicate: terms.AllOf) -> Premises:
    """Return the items in the order of evaluation: those that bind captures before those that use them."""
    return tuple(sorted(predicate.items, key=uses_captures))


def _only_match(predicate: Predicate) -> RegexTest | None:
    """Return the match that alone binds the captures wherever the predicate holds, or None."""
    match predicate:
        case terms.RegexTest() | terms.LetPredicate():
            return _seen(predicate)
        case terms.AllOf():
            binding = [item for item in predicate.items if binds(item)]
            return _only_match(binding[0]) if len(binding) == 1 else None
        case _:
            return None
