"""The evaluator of predicates, a column at a time.

`holds(predicate, entries)` returns the entries for which the predicate holds, in no promised order. An entry
is a parameter under one of its names, and all tests but the negations look at that name alone: `not P`, `!=`,
`!~`, `not in` and `not like` hold only if P holds for none of the parameter's names.

A comparison that reads a capture takes it from the premises: see `paramrules.assignment.captured`.
"""

from collections.abc import Callable, Iterable, Sequence

from paramrules.assignment.captured import Captured, Entries, Premises, compared, in_order, uses_captures
from paramrules.assignment.entry_facts import FEW, Facts, SomeFacts
from paramrules.assignment.value_evaluator import NO_CAPTURES, Captures, Values, compare
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.display import value_text
from paramrules.globs import glob
from paramrules.inventories import ABSENT, Inventory
from paramrules.rules import terms
from paramrules.rules.terms import Predicate

_COMPOUND = terms.AnyOf | terms.AllOf | terms.Not | terms.LetPredicate
"""Predicates made of others; to evaluate any other again costs as little as to look it up."""


class Evaluator:
    """The evaluator of predicates over one inventory's facts.

    Attributes:
        alive: the branches of `or`, by identity, that have held for something so far.
    """

    def __init__(self, facts: Facts, values: Values) -> None:
        self.facts = facts
        self.values = values
        self.captured = Captured(facts, self.holds)
        self._lets: dict[int, tuple[set[int], set[int]]] = {}
        self.alive: set[int] = set()

    def among(self, inventory: Inventory, entries: Sequence[int]) -> "Evaluator":
        """Return an evaluator for some entries of the model, of which this is the inventory."""
        facts = SomeFacts(self.facts, inventory, entries)
        return Evaluator(facts, Values(facts, self.values.options))

    def holds(self, predicate: Predicate, entries: Entries, premises: Premises = ()) -> Entries:
        """Return the entries for which the predicate holds."""
        facts = self.facts
        match predicate:
            case terms.AnyOf():
                return self._any_of(predicate.items, entries, premises)
            case terms.AllOf():
                for item in in_order(predicate):
                    entries = self.holds(item, entries, premises)
                    premises = (*premises, item)
                return entries
            case terms.Not():
                return self._none(lambda some: self.holds(predicate.item, some, premises), entries)
            case terms.LetPredicate():
                return self._let(predicate.predicate, entries)
            case terms.ClassTest():
                return facts.with_class(predicate, entries)
            case terms.RegexTest():
                return self._signed(predicate, lambda some: facts.with_regex(predicate, some), entries)
            case terms.GlobTest():
                text = self._option(predicate.option, predicate) if predicate.option else predicate.glob
                matches = glob(text).match
                return self._texts(predicate, lambda text: matches(text) is not None, entries)
            case terms.TextTest():
                options = (self._option(option, predicate) for option in predicate.options)
                return self._texts(predicate, {*predicate.values, *options}.__contains__, entries)
            case terms.ConstantTest():
                return self._texts(predicate, frozenset(predicate.values).__contains__, entries)
            case terms.ShapeTest():
                return self._shape(predicate, entries, premises)
            case terms.Comparison():
                return self._comparison(predicate, predicate.operator == "!=", entries, premises)
            case terms.ValueAmong():
                return self._comparison(predicate, predicate.negated, entries, premises)
            case terms.AttributeTest():
                attribute, set_on = self.values.attribute, self.values.set_on(predicate)
                return [e for e in entries if set_on[e] is not ABSENT and is_set(attribute(predicate, e))]
            case terms.Flag(name="tied"):
                return [e for e in entries if facts.tied(e)]
            case terms.Flag():
                column = facts.column(predicate.name)
                return [e for e in entries if column[e]]
            case terms.Truth():
                return entries if predicate.value else []
            case _:
                return entries if self._flag(predicate) else []

    def _let(self, meaning: Predicate, entries: Entries) -> Entries:
        """Evaluate what a let stands for, which sees no captures but its own: once for each entry."""
        if not isinstance(meaning, _COMPOUND):
            return self.holds(meaning, entries)
        evaluated, hits = self._lets.setdefault(id(meaning), (set(), set()))
        new = [e for e in entries if e not in evaluated]
        if new:
            hits.update(self.holds(meaning, new))
            evaluated.update(new)
        return [e for e in entries if e in hits]

    def _flag(self, option: terms.OptionFlag) -> bool:
        value = self.values.options[option.name]
        if isinstance(value, bool):
            return value
        raise RulesError(
            Diagnostic(
                "E213",
                f"option `{option.name}` is used as a predicate here, and is {value_text(value)}",
                option.span,
                "true or false",
                help=f"give it a boolean, or compare it: `{option.name} == {value_text(value)}`",
            )
        )

    def _option(self, name: str, test: terms.GlobTest | terms.TextTest) -> str:
        """Return the value of an option that names are compared with."""
        value = self.values.options[name]
        if isinstance(value, str):
            return value
        raise RulesError(
            Diagnostic(
                "E213",
                f"`{test.subject}` is compared with option `{name}`, which is {value_text(value)}",
                test.span,
                "a string is needed",
                help=f'give the option a string, as in `{name}="head"`',
                cli_help=f"give the option a string, as in `--option {name}=head`",
            )
        )

    def _any_of(self, items: tuple[Predicate, ...], entries: Entries, premises: Premises) -> Entries:
        found: Entries = []
        rest = entries
        for item in items:
            hits = self.holds(item, rest, premises)
            if hits:
                self.alive.add(id(item))
                found = found + hits if found else hits
                rest = without(rest, hits)
        return found

    def _none(self, positive: Callable[[Entries], Entries], entries: Entries) -> Entries:
        """Return the entries of parameters without a name for which the positive form holds."""
        hits = positive(self.facts.with_siblings(entries))
        if not self.facts.extra:
            return without(entries, hits)
        lost = self.facts.parameters(hits)
        return [e for e in entries if self.facts.parameter(e) not in lost]

    def _signed(
        self,
        test: terms.RegexTest | terms.GlobTest | terms.TextTest | terms.ConstantTest,
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
        if test.subject not in ("name", "module") and len(entries) > FEW:  # few different texts
            accepts = {text for text in set(column) if accepts(text)}.__contains__
        return self._signed(test, lambda some: [e for e in some if accepts(column[e])], entries)

    def _shape(self, test: terms.ShapeTest, entries: Entries, premises: Premises) -> Entries:
        if not test.negated:
            return self._of_shape(test, entries, premises)
        read = [value for value in compared(test) if not isinstance(value, terms.Constant)]
        if read:  # `!=` does not hold where one of these is absent
            entries = [
                e
                for captures, some in self._apart(test, entries, premises)
                for e in some
                if all(self.values.of(value, e, captures) is not ABSENT for value in read)
            ]
        return self._none(lambda all_: self._of_shape(test, all_, premises), entries)

    def _of_shape(self, test: terms.ShapeTest, entries: Entries, premises: Premises) -> Entries:
        shapes = self.facts.column("shape")
        entries = [e for e in entries if len(shapes[e]) == len(test.extents)]

        def fits(entry: int, captures: Captures) -> bool:
            return all(
                wanted is None or compare(self.values.of(wanted, entry, captures), "==", extent)
                for wanted, extent in zip(test.extents, shapes[entry], strict=True)
            )

        return [
            e for captures, some in self._apart(test, entries, premises) for e in some if fits(e, captures)
        ]

    def _comparison(
        self, test: terms.Comparison | terms.ValueAmong, negated: bool, entries: Entries, premises: Premises
    ) -> Entries:
        if negated:
            some = self._each(test, self.values.applies, entries, premises)
            return self._none(lambda all_: self._each(test, self.values.holds, all_, premises), some)
        if (
            isinstance(test, terms.Comparison)
            and isinstance(test.left, terms.Field)
            and isinstance(test.right, terms.Constant)
        ):
            return self._field(test, test.left, entries)
        return self._each(test, self.values.holds, entries, premises)

    def _each(
        self,
        test: terms.Comparison | terms.ValueAmong,
        fits: Callable[[terms.Comparison | terms.ValueAmong, int, Captures], bool],
        entries: Entries,
        premises: Premises,
    ) -> Entries:
        """Return the entries that fit; those that cannot differ are looked at once."""
        hits: Entries = []
        alone = any(map(self.values.by_parameter, compared(test)))
        for captures, some in self._apart(test, entries, premises) if entries else ():
            if alone:
                hits += [e for e in some if fits(test, e, captures)]
            elif fits(test, some[0], captures):
                hits += some
        return hits

    def _apart(
        self,
        test: terms.Comparison | terms.ValueAmong | terms.ShapeTest,
        entries: Entries,
        premises: Premises,
    ) -> Iterable[tuple[Captures, Entries]]:
        return self.captured.apart(premises, entries) if uses_captures(test) else [(NO_CAPTURES, entries)]

    def _field(self, test: terms.Comparison, field: terms.Field, entries: Entries) -> Entries:
        """Compare a column with a constant. It has few distinct values, and each is compared once."""
        column = self.facts.column(field.name)
        if len(entries) <= FEW:
            return [e for e in entries if self.values.holds(test, e, NO_CAPTURES)]
        example: dict[object, int] = dict(zip(column, range(len(column)), strict=True))
        good = {fact for fact, e in example.items() if self.values.holds(test, e, NO_CAPTURES)}
        return [e for e in entries if column[e] in good]


def is_set(attribute: object) -> bool:
    """Return whether `attr(x)` holds: the attribute is present, and not false, none, 0 or an empty text."""
    if attribute is None or isinstance(attribute, bool | int | float | str):
        return bool(attribute)
    return attribute is not ABSENT


def without(entries: Entries, hits: Entries) -> Entries:
    """Return the entries that are not among the hits."""
    if not hits:
        return entries
    if len(hits) == len(entries):
        return []
    taken = set(hits)
    return [e for e in entries if e not in taken]
