"""Which entries satisfy a predicate: the one evaluator, a column at a time.

`holds(predicate, entries)` gives those of the entries for which it holds, in no promised order. An
entry is a parameter under one of its names, and all but the negations ask about that name alone;
`not P`, `!=`, `!~`, `not in` and `not like` hold only if P holds for none of the parameter's names.

Captures travel as `known`: the predicates that are known to hold at these entries, because they stand
beside this one under an `and`. A comparison that uses a capture asks them for its value.
"""

from collections.abc import Callable
from fnmatch import translate
from functools import cache
from re import Pattern, compile

from paramrules.assignment.facts import Facts, number
from paramrules.assignment.values import NO_CAPTURES, Captures, Values, captures_of
from paramrules.inventory import ABSENT
from paramrules.rules import terms
from paramrules.rules.terms import Predicate

Entries = list[int]
Known = tuple[Predicate, ...]


@cache
def glob(text: str) -> Pattern[str]:
    """A glob as `fnmatch` has it, case-sensitive."""
    return compile(translate(text))


def binds(predicate: Predicate) -> bool:
    """Whether a match in it names a group, outside of `not`."""
    match predicate:
        case terms.RegexTest():
            return not predicate.negated and bool(predicate.regex.names)
        case terms.LetPredicate():
            return binds(predicate.predicate)
        case terms.AnyOf() | terms.AllOf():
            return any(map(binds, predicate.items))
        case _:
            return False


def uses_captures(predicate: Predicate) -> bool:
    """Whether a comparison in it reads a capture."""
    match predicate:
        case terms.AnyOf() | terms.AllOf():
            return any(map(uses_captures, predicate.items))
        case terms.Not():
            return uses_captures(predicate.item)
        case terms.Comparison():
            return bool(captures_of(predicate.left) | captures_of(predicate.right))
        case terms.ValueAmong():
            return any(captures_of(value) for value in (predicate.left, *predicate.items))
        case terms.ShapeTest():
            return any(extent is not None and captures_of(extent) for extent in predicate.extents)
        case _:
            return False


class Evaluator:
    """Evaluates predicates against one inventory's facts."""

    def __init__(self, facts: Facts, values: Values) -> None:
        self.facts = facts
        self.values = values
        self.alive: set[int] = set()
        """The branches of `or`, by identity, that held for something so far."""

    def holds(self, predicate: Predicate, entries: Entries, known: Known = ()) -> Entries:
        """Those of the entries for which the predicate holds."""
        facts = self.facts
        match predicate:
            case terms.AnyOf():
                return self._any_of(predicate.items, entries, known)
            case terms.AllOf():
                for item in in_order(predicate):
                    entries = self.holds(item, entries, known)
                    known = (*known, item)
                return entries
            case terms.Not():
                return self._none(lambda some: self.holds(predicate.item, some, known), entries)
            case terms.LetPredicate():
                return self.holds(predicate.predicate, entries, known)
            case terms.ClassTest():
                return facts.with_class(predicate, entries)
            case terms.RegexTest():
                return self._signed(predicate, lambda some: facts.with_regex(predicate, some), entries)
            case terms.GlobTest():
                matches = glob(predicate.glob).match
                return self._texts(predicate, lambda text: matches(text) is not None, entries)
            case terms.TextTest():
                return self._texts(predicate, frozenset(predicate.values).__contains__, entries)
            case terms.ConstantTest():
                return self._texts(predicate, frozenset(predicate.values).__contains__, entries)
            case terms.ShapeTest():
                return self._signed(predicate, lambda some: self._shape(predicate, some, known), entries)
            case terms.Comparison():
                return self._comparison(predicate, predicate.operator == "!=", entries, known)
            case terms.ValueAmong():
                return self._comparison(predicate, predicate.negated, entries, known)
            case terms.AttributeTest():
                attribute = self.values.attribute
                return [e for e in entries if is_set(attribute(predicate.path, e))]
            case terms.Flag(name="tied"):
                return [e for e in entries if facts.tied(e)]
            case terms.Flag():
                column = facts.column(predicate.name)
                return [e for e in entries if column[e]]
            case terms.Truth():
                return entries if predicate.value else []
            case terms.OptionFlag():
                return entries if self.values.options[predicate.name] else []

    def captures(self, predicate: Predicate, entry: int, known: Known = ()) -> dict[str, int | str]:
        """The captures of a predicate that holds at the entry; of a branch, those of the first that holds."""
        match predicate:
            case terms.RegexTest() if binds(predicate):
                texts = self.facts.found(predicate, [entry]).get(entry)
                if texts is None:
                    return {}
                pairs = zip(predicate.regex.groups, texts, strict=True)
                return {
                    group.name: number(text) if group.numeric else text
                    for group, text in pairs
                    if group.name is not None and text is not None
                }
            case terms.LetPredicate():
                return self.captures(predicate.predicate, entry, known)
            case terms.AllOf():
                found: dict[str, int | str] = {}
                for item in in_order(predicate):
                    found |= self.captures(item, entry, known)
                    known = (*known, item)
                return found
            case terms.AnyOf() if binds(predicate):
                first = next((i for i in predicate.items if self.holds(i, [entry], known)), None)
                return self.captures(first, entry, known) if first is not None else {}
            case _:
                return {}

    def _any_of(self, items: tuple[Predicate, ...], entries: Entries, known: Known) -> Entries:
        found: Entries = []
        rest = entries
        for item in items:
            hits = self.holds(item, rest, known)
            if hits:
                self.alive.add(id(item))
                found = found + hits if found else hits
                rest = without(rest, hits)
        return found

    def _none(self, positive: Callable[[Entries], Entries], entries: Entries) -> Entries:
        """Those of the entries whose parameters have no name for which the positive form holds."""
        hits = positive(self.facts.with_siblings(entries))
        if not self.facts.extra:
            return without(entries, hits)
        lost = self.facts.parameters(hits)
        return [e for e in entries if self.facts.parameter(e) not in lost]

    def _signed(
        self,
        test: terms.RegexTest | terms.GlobTest | terms.TextTest | terms.ConstantTest | terms.ShapeTest,
        positive: Callable[[Entries], Entries],
        entries: Entries,
    ) -> Entries:
        return self._none(positive, entries) if test.negated else positive(entries)

    def _texts(
        self,
        test: terms.GlobTest | terms.TextTest | terms.ConstantTest,
        accepts: Callable[[str], bool],
        entries: Entries,
    ) -> Entries:
        column = (
            self.facts.column(test.subject)
            if isinstance(test, terms.ConstantTest)
            else self.facts.texts(test.subject)
        )
        if test.subject not in ("name", "module"):  # few different texts
            accepts = {text for text in set(column) if accepts(text)}.__contains__
        return self._signed(test, lambda some: [e for e in some if accepts(column[e])], entries)

    def _shape(self, test: terms.ShapeTest, entries: Entries, known: Known) -> Entries:
        shapes, asks = self.facts.column("shape"), uses_captures(test)

        def fits(entry: int) -> bool:
            shape = shapes[entry]
            captures = self.known(known, entry) if asks else NO_CAPTURES
            return len(shape) == len(test.extents) and all(
                wanted is None or self.values.of(wanted, entry, captures) == extent
                for wanted, extent in zip(test.extents, shape, strict=True)
            )

        return [e for e in entries if fits(e)]

    def _comparison(
        self, test: terms.Comparison | terms.ValueAmong, negated: bool, entries: Entries, known: Known
    ) -> Entries:
        asks = uses_captures(test)

        def captures(entry: int) -> Captures:
            return self.known(known, entry) if asks else NO_CAPTURES

        if negated:
            some = [e for e in entries if self.values.applies(test, e, captures(e))]
            return self._none(lambda all_: [e for e in all_ if self._equal(test, e, captures(e))], some)
        if isinstance(test, terms.Comparison) and isinstance(test.left, terms.Field) and not asks:
            return self._field(test, test.left, entries)
        return [e for e in entries if self.values.holds(test, e, captures(e))]

    def _equal(self, test: terms.Comparison | terms.ValueAmong, entry: int, captures: Captures) -> bool:
        return self.values.holds(test, entry, captures)

    def _field(self, test: terms.Comparison, field: terms.Field, entries: Entries) -> Entries:
        """A fact against a value. Few facts are different, so each is compared once."""
        column = self.facts.column(field.name)
        example: dict[object, int] = dict(zip(column, range(len(column)), strict=True))
        if len(example) * 4 > len(entries) or not isinstance(test.right, terms.Constant):
            return [e for e in entries if self.values.holds(test, e, NO_CAPTURES)]
        good = {fact for fact, e in example.items() if self.values.holds(test, e, NO_CAPTURES)}
        return [e for e in entries if column[e] in good]

    def known(self, known: Known, entry: int) -> Captures:
        """The captures of predicates that are known to hold at the entry."""
        captures: dict[str, int | str] = {}
        for place, predicate in enumerate(known):
            captures |= self.captures(predicate, entry, known[:place])
        return captures


def in_order(predicate: terms.AllOf) -> tuple[Predicate, ...]:
    """The items in the order of evaluation: those that use captures after those that bind them."""
    return tuple(sorted(predicate.items, key=uses_captures))


def is_set(attribute: object) -> bool:
    """What `attr(x)` asks as a predicate: it is there, and is neither false, none, 0 nor an empty text."""
    if attribute is None or isinstance(attribute, bool | int | float | str):
        return bool(attribute)
    return attribute is not ABSENT


def without(entries: Entries, hits: Entries) -> Entries:
    """The entries that are not among the hits."""
    if not hits:
        return entries
    if len(hits) == len(entries):
        return []
    taken = set(hits)
    return [e for e in entries if e not in taken]
