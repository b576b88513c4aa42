"""The clauses that put one parameter into its group, found by the evaluator that made the assignment."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from paramrules.assignment.captured import Premises, compared, in_order
from paramrules.assignment.explanation import AxisExplanation, Clause, Verdict
from paramrules.assignment.label_settings import Decision
from paramrules.assignment.labelling import captured_values
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.assignment.value_evaluator import module_text
from paramrules.diagnostics import RulesError, a
from paramrules.display import value_text
from paramrules.inventories import ABSENT, Class
from paramrules.inventories.classes import Match, source
from paramrules.inventories.classes import match as class_match
from paramrules.inventories.vocabulary import Vocabulary
from paramrules.rules import terms
from paramrules.rules.model import Axis, Rule
from paramrules.rules.terms import Predicate, Value, meaning, terms_in


def deciding_clause(rule: Rule, parameter: int, evaluator: Evaluator) -> Clause | None:
    """Return the part of a rule's predicate that holds or fails for a parameter; None for `else`."""
    if rule.predicate is None:
        return None
    reader = _Reader(evaluator, list(evaluator.facts.inventory.entries(parameter)))
    if evaluator.holds(rule.predicate, reader.entries):
        return reader.held(rule.predicate)
    return reader.failed(rule.predicate)


def note_within(whole: Predicate, part: Predicate, parameter: int, evaluator: Evaluator) -> str:
    """Return the fact that a clause of a predicate looked at, where the predicate holds for a parameter.

    Args:
        whole: the predicate.
        part: the clause: all of it, or one that stands below its `and`s and lets and holds with it.
        parameter: the parameter, by its number in the inventory of the evaluator.
        evaluator: the evaluator.
    """
    return _Reader(evaluator, list(evaluator.facts.inventory.entries(parameter))).note_within(whole, part)


def explain_axis(axis: Axis, parameter: int, decision: Decision, evaluator: Evaluator) -> AxisExplanation:
    """Explain one axis for one parameter.

    Args:
        axis: the axis.
        parameter: the parameter, by its number in the inventory of the evaluator.
        decision: the decision.
        evaluator: the evaluator.
    """
    label, number, settings = decision
    reader = _Reader(evaluator, list(evaluator.facts.inventory.entries(parameter)))
    before = len(axis.rules) if number < 0 else number
    rule = None if number < 0 else axis.rules[number]
    return AxisExplanation(
        axis.name,
        label,
        rule,
        reader.held(rule.predicate) if rule and rule.predicate else None,
        reader.captures(rule) if rule else {},
        settings,
        {one.key: settings[one.key] for one in axis.implies(label) if one.key in settings},
        tuple(Verdict(r, reader.failed(r.predicate)) for r in axis.rules[:before] if r.predicate),
        tuple(
            Verdict(r, reader.held(r.predicate))
            for r in axis.rules[before + 1 :]
            if r.predicate and holds_too(r.predicate, reader.entries, evaluator)
        ),
    )


def holds_too(predicate: Predicate, entries: list[int], evaluator: Evaluator) -> bool:
    """Return whether the predicate of a rule below the one that won holds; one without a result does not.

    Nothing asks such a rule about these entries, so that its division by zero is no mistake.
    """
    try:
        return bool(evaluator.holds(predicate, entries))
    except RulesError:
        return False


def _named(let: terms.LetPredicate, clause: Clause) -> Clause:
    return replace(clause, text=f"{let.name}: {clause.text}")


class _Reader:
    """The deciding clauses for the entries of one parameter."""

    def __init__(self, evaluator: Evaluator, entries: list[int]) -> None:
        self.evaluator = evaluator
        self.entries = entries

    def captures(self, rule: Rule) -> Mapping[str, Any]:
        """Return the captures of a rule that holds."""
        if rule.predicate is None:
            return {}
        captures = self.evaluator.captured.at((rule.predicate,), self._entry(rule.predicate, ()))
        return captured_values(rule, captures)

    def held(self, predicate: Predicate) -> Clause:
        """Return the branch that held; of an `and`, the whole."""
        entry = self._entry(predicate, ())
        return self._held(predicate, entry, ())

    def failed(self, predicate: Predicate) -> Clause:
        """Return the first clause that failed; of an `or`, in which all failed, the whole."""
        return self._failed(predicate, self.entries, ())

    def note_within(self, whole: Predicate, part: Predicate) -> str:
        """Return the fact that a part of a predicate looked at, both of which hold."""
        return next(self._within(whole, part, self._entry(whole, ()), (), set()))

    def _within(
        self, predicate: Predicate, part: Predicate, entry: int, premises: Premises, seen: set[int]
    ) -> Iterator[str]:
        if predicate is part:
            yield self._facts(part, entry, premises)
        inner = meaning(predicate)
        if isinstance(inner, terms.AllOf) and id(inner) not in seen:
            seen.add(id(inner))
            premises = () if inner is not predicate else premises
            for item in in_order(inner):
                yield from self._within(item, part, entry, premises, seen)
                premises = (*premises, item)

    def _facts(self, predicate: Predicate, entry: int, premises: Premises) -> str:
        """Return the facts behind a predicate that holds, of an `or` those behind the branch that held.

        The others may have no result.
        """
        notes = self._each_fact(predicate, entry, premises, set())
        return "; ".join(dict.fromkeys(filter(None, notes)))

    def _each_fact(
        self, predicate: Predicate, entry: int, premises: Premises, told: set[int]
    ) -> Iterator[str]:
        """Yield the facts, those of a predicate once, however many lets name it."""
        if id(meaning(predicate)) in told:
            return
        told.add(id(meaning(predicate)))
        clause = self._held(predicate, entry, premises)
        both = meaning(clause.predicate)
        if not isinstance(both, terms.AllOf):
            yield clause.note
            return
        for item in in_order(both):
            yield from self._each_fact(item, entry, premises, told)
            premises = (*premises, item)

    def _failed(self, predicate: Predicate, entries: list[int], premises: Premises) -> Clause:
        match predicate:
            case terms.AllOf():
                first, *rest = in_order(predicate)
                while some := self.evaluator.holds(first, entries, premises):
                    entries, premises, (first, *rest) = some, (*premises, first), rest
                return self._failed(first, entries, premises)
            case terms.LetPredicate():
                return _named(predicate, self._failed(predicate.predicate, entries, premises))
            case _:
                return self._clause(predicate, self._failing(predicate, entries, premises), premises)

    def _failing(self, test: Predicate, entries: list[int], premises: Premises) -> int:
        """Return an entry at which a test fails: for a negated one, that of the name at which it shows."""
        positive = _positive(test)
        shown = self.evaluator.holds(positive, self.entries, premises) if positive else []
        return self.evaluator.facts.first(shown) if shown else entries[0]

    def _held(self, predicate: Predicate, entry: int, premises: Premises) -> Clause:
        match predicate:
            case terms.AnyOf():
                branch = next(i for i in predicate.items if self.evaluator.holds(i, [entry], premises))
                return self._held(branch, entry, premises)
            case terms.LetPredicate():
                return _named(predicate, self._held(predicate.predicate, entry, premises))
            case _:
                return self._clause(predicate, entry, premises)

    def _entry(self, predicate: Predicate, premises: Premises) -> int:
        """Return the entry for which a predicate holds that holds for one of them."""
        if len(self.entries) == 1:
            return self.entries[0]
        return self.evaluator.facts.first(self.evaluator.holds(predicate, self.entries, premises))

    def _clause(self, predicate: Predicate, entry: int, premises: Premises) -> Clause:
        text, name = predicate.span.one_line, self.evaluator.facts.names[entry]
        if isinstance(predicate, terms.Not):
            inner = self._inner(predicate, premises)
            return Clause(predicate, text, self._negated_note(predicate, inner), inner.name)
        return Clause(predicate, text, self._note(predicate, entry, premises), name)

    def _inner(self, negation: terms.Not, premises: Premises) -> Clause:
        """Return the clause that decided what stands behind `not`."""
        item = negation.item
        some = self.evaluator.holds(item, self.entries, premises)
        if some:
            entry = self.evaluator.facts.first(some)
            return replace(self._held(item, entry, premises), note=self._facts(item, entry, premises))
        return self._failed(item, self.entries, premises)

    def _negated_note(self, negation: terms.Not, inner: Clause) -> str:
        """Return the fact behind a negation, with its clause if that is not the whole."""
        if inner.predicate is negation.item or not inner.note:
            return inner.note
        return f"`{inner.text}`: {inner.note}"

    def _note(self, predicate: Predicate, entry: int, premises: Premises) -> str:
        """Return the fact that a test looked at, in a few words."""
        facts = self.evaluator.facts
        captures = self.evaluator.captured.at(premises, entry)
        match predicate:
            case terms.Not():
                return "" if _is_compound(predicate.item) else self._note(predicate.item, entry, premises)
            case terms.ClassTest():
                return self._class_note(predicate, entry)
            case terms.RegexTest():
                text = facts.texts(predicate.subject)[entry]
                found = predicate.regex.search(text)
                return f"finds `{found[0]}`" if found else f"not in `{text}`"
            case terms.GlobTest() | terms.TextTest():
                options = (
                    predicate.options
                    if isinstance(predicate, terms.TextTest)
                    else filter(None, (predicate.option,))
                )
                values = self.evaluator.values.options
                return ", ".join(
                    (
                        f"{predicate.subject} is `{facts.texts(predicate.subject)[entry]}`",
                        *(_value_note(option, values[option]) for option in options),
                    )
                )
            case terms.ConstantTest():
                return f"{predicate.subject} is {facts.column(predicate.subject)[entry]}"
            case terms.ShapeTest():
                shape = f"shape is {value_text(tuple(facts.column('shape')[entry]))}"
                note = self._values_note(compared(predicate), entry, captures)
                return f"{shape}, {note}" if note else shape
            case terms.Comparison() | terms.ValueAmong():
                return self._values_note(compared(predicate), entry, captures)
            case terms.AttributeTest():
                found = self.evaluator.values.attribute(predicate, entry)
                note = _attribute_note(terms.called(predicate), found)
                return note + self._holder((predicate,), entry)
            case terms.AnyOf():
                return self._notes(_branches(predicate), entry, premises)
            case terms.LetPredicate():
                return self._note(predicate.predicate, entry, premises)
            case terms.OptionFlag():
                return _value_note(predicate.name, self.evaluator.values.options[predicate.name])
            case _:
                return ""

    def _notes(self, items: Iterable[Predicate], entry: int, premises: Premises) -> str:
        notes = (self._note(item, entry, premises) for item in items)
        return "; ".join(dict.fromkeys(note for note in notes if note))

    def _values_note(self, values: list[Value], entry: int, captures: Mapping[str, Any]) -> str:
        notes = (
            (_attribute_note if isinstance(value, terms.Attribute) else _value_note)(
                value.span.text, self.evaluator.values.of(value, entry, captures)
            )
            for value in values
            if not isinstance(value, terms.Constant)
        )
        return ", ".join(dict.fromkeys(notes)) + self._holder(tuple(values), entry)

    def _holder(self, tests: tuple[terms.Term, ...], entry: int) -> str:
        """Return where the attributes of modules stand that these terms read."""
        read = {
            term.path[0]: path
            for term in terms_in(*tests)
            if isinstance(term, terms.Attribute | terms.AttributeTest) and term.function == "module_attr"
            if (path := self.evaluator.facts.inventory.marked_module(term.path[0])[entry]) is not None
        }
        several = len(read) > 1
        return "".join(
            f", `{name}` of {module_text(path)}" if several else f", of {module_text(path)}"
            for name, path in read.items()
        )

    def _class_note(self, test: terms.ClassTest, entry: int) -> str:
        facts = self.evaluator.facts
        if test.function == "variable":
            classes: tuple[Class, ...] = (facts.column("variable")[entry],)
        else:
            around = facts.inventory.owners[entry].around
            classes = tuple(reversed(around)) if test.function == "within" else around[-1:]
        for cls in classes:
            for alternative in test.alternatives:
                found = class_match(alternative.text, cls, facts.inventory.vocabulary)
                if found:
                    base = f" by its base `{found.name}`" if found.base else ""
                    through = _through(found, facts.inventory.vocabulary)
                    return f"`{cls.name}` is {a(alternative.text)}{base}{through}"
        if test.function == "within":
            return "around it: " + ", ".join(f"`{cls.short}`" for cls in reversed(classes))
        what = "it is" if test.function == "variable" else "its owner is"
        return f"{what} {a(classes[0].name)}"


def _value_note(text: str, value: object) -> str:
    return f"{text} does not apply" if value is ABSENT else f"{text} is {value_text(value)}"


def _attribute_note(text: str, value: object) -> str:
    return f"{text} is not set" if value is ABSENT else _value_note(text, value)


def _positive(test: Predicate) -> Predicate | None:
    """Return the positive form of a negated test, which fails if that holds for any name of a parameter."""
    match test:
        case terms.Comparison(operator="!="):
            return replace(test, operator="==")
        case (
            terms.RegexTest(negated=True)
            | terms.GlobTest(negated=True)
            | terms.TextTest(negated=True)
            | terms.ConstantTest(negated=True)
            | terms.ShapeTest(negated=True)
            | terms.ValueAmong(negated=True)
        ):
            return replace(test, negated=False)
        case _:
            return None


def _is_compound(predicate: Predicate) -> bool:
    """Return whether a predicate has parts, whose notes could double with each let inside."""
    return isinstance(meaning(predicate), terms.AnyOf | terms.AllOf | terms.Not)


def _branches(either: Predicate) -> Iterator[Predicate]:
    """Yield the branches of an `or`, and of each `or` among them once, however many lets name it."""
    seen: set[int] = set()
    stack = [either]
    while stack:
        predicate = stack.pop()
        inner = meaning(predicate)
        if not isinstance(inner, terms.AnyOf):
            yield predicate
        elif id(inner) not in seen:
            seen.add(id(inner))
            stack += reversed(inner.items)


def _through(found: Match, words: Vocabulary) -> str:
    """Return the vocabulary through which a class matched; nothing if its own name did."""
    if not found.family:
        return ""
    if found.by_name:
        return ", by its name"
    package = source(found.family, found.name, words)
    whose = "" if package == "paramrules" else f" of `{package}`"
    return f", which the vocabulary{whose} counts among them"
