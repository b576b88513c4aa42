"""Edits of a rule file that keep its meaning.

An edit replaces a piece of the text. `equal_edits` yields all that apply to a file, and `changes` of
`proofs.changes` those that mostly change it; pairs of files are made of a few of them, drawn at random.
"""

import re
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from proofs.words import ROLES

from paramrules.rules import Rules, terms
from paramrules.rules.bound_captures import bound
from paramrules.rules.model import Axis, Rule
from paramrules.rules.terms import Predicate, Term, terms_in

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
TENSOR = ("ndim", "squeezed_ndim", "size")
"""Fields that every tensor has."""


class Edit(NamedTuple):
    """A piece of a text, and what replaces it."""

    start: int
    end: int
    text: str

    def applied(self, text: str) -> str:
        """Return a text with its piece replaced."""
        return text[: self.start] + self.text + text[self.end :]


def over(term: Term, text: str) -> Edit:
    """Return the edit that replaces a term."""
    return Edit(term.span.start, term.span.end, text)


def own_terms(rules: Rules) -> list[Term]:
    """Return the terms of all rules that stand in the file itself, each once.

    Those are left out of which a part begins or ends with parentheses that are not counted to it.
    """
    found = terms_in(*(rule for axis in rules.axes for rule in axis.rules))
    return [
        t
        for t in found
        if t.span.source is rules.source and all(is_whole(p) for p in terms_in(t, lets=False))
    ]


def is_whole(term: Term) -> bool:
    """Return whether all parentheses in the text of a term are closed in it."""
    depth = 0
    for character in term.span.text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def captures(term: Predicate) -> bool:
    """Return whether a predicate binds captures."""
    return bool(bound(term))


def quoted(text: str) -> str:
    """Return a regex as a rule file has it, whatever it holds."""
    return f'"{text}"' if '"' not in text else f"'{text}'"


def equal_edits(rules: Rules, random: Random) -> Iterator[Edit]:
    """Yield edits that change the group of no parameter, tied ones included."""
    for term in own_terms(rules):
        yield from _equal_term(term, random)
    for axis in rules.axes:
        yield from _equal_rules(rules, axis, random)


def joined(items: list[Predicate], operator: str) -> str:
    """Return predicates joined by `and` or `or`, each in parentheses, and all of them."""
    return "(" + f" {operator} ".join(f"({item.span.text})" for item in items) + ")"


def _equal_term(term: Term, random: Random) -> Iterator[Edit]:
    match term:
        case terms.AnyOf() if not captures(term):
            items = [*term.items]
            random.shuffle(items)
            yield over(term, joined(items, "or"))
            yield over(term, joined([*items, random.choice(items)], "or"))
        case terms.AllOf():
            items = [*term.items]
            random.shuffle(items)
            yield over(term, joined(items, "and"))
            for item in items:
                if isinstance(item, terms.AnyOf) and not captures(term):
                    others = [other for other in items if other is not item]
                    either = " or ".join(joined([*others, each], "and") for each in item.items)
                    yield over(term, f"({either})")
        case terms.Not():
            yield over(term, f"not (not (not ({term.item.span.text})))")
            if isinstance(term.item, terms.AnyOf):
                yield over(
                    term, "(" + " and ".join(f"not ({item.span.text})" for item in term.item.items) + ")"
                )
        case terms.LetPredicate() if term.predicate.span.source is term.span.source:
            yield over(term, f"({term.predicate.span.text})")
        case terms.LetValue() if term.value.span.source is term.span.source:
            yield over(term, f"({term.value.span.text})")
        case terms.ClassTest():
            names = [alternative.text for alternative in term.alternatives]
            random.shuffle(names)
            yield over(term, f"{term.function}({'|'.join(names)})")
            yield over(term, "(" + " or ".join(f"{term.function}({name})" for name in names) + ")")
        case terms.RegexTest():
            yield from _equal_regex(term, random)
        case terms.GlobTest() if not term.option and "[" not in term.glob:
            regex = re.escape(term.glob).replace(r"\*", ".*").replace(r"\?", ".")
            yield over(term, f"{term.subject} {'!~' if term.negated else '~'} {quoted(f'^{regex}$')}")
        case terms.TextTest() if not term.options:
            regex = "|".join(map(re.escape, term.values))
            if all(term.values):
                yield over(term, f"{term.subject} {'!~' if term.negated else '~'} {quoted(f'^(?:{regex})$')}")
            inside = ", ".join(f'"{value}"' for value in reversed(term.values))
            yield over(term, f"{'not ' * term.negated}({term.subject} in ({inside}))")
        case terms.ConstantTest():
            either = " or ".join(f"{term.subject} == {value}" for value in term.values)
            yield over(term, f"{'not ' * term.negated}({either})")
            yield over(term, f"not (not ({term.span.text}))")
            if term.subject == "role" and (others := [word for word in ROLES if word not in term.values]):
                yield over(term, f"role {'in' if term.negated else 'not in'} ({', '.join(others)})")
        case terms.Flag():
            yield over(term, f"not (not {term.name})")
        case terms.ShapeTest() if not term.negated:
            written = [(at, each.span.text) for at, each in enumerate(term.extents) if each is not None]
            tests = [f"ndim == {len(term.extents)}", *(f"shape[{at}] == {text}" for at, text in written)]
            yield over(term, f"({' and '.join(tests)})")
        case terms.ShapeTest() if term.negated and all(
            isinstance(extent, terms.Constant | None) for extent in term.extents
        ):
            yield over(term, f"not ({term.span.text.replace('!=', '==', 1)})")
        case terms.Comparison():
            left, right = term.left.span.text, term.right.span.text
            yield over(term, f"({right}) {MIRRORED[term.operator]} ({left})")
            if isinstance(term.left, terms.Field) and isinstance(term.right, terms.Constant):
                yield from _equal_number(term, term.left.name, term.right.value)
        case terms.ValueAmong() if not term.negated:
            either = " or ".join(f"{term.left.span.text} == {item.span.text}" for item in term.items)
            yield over(term, f"({either})")
        case terms.ValueAmong():
            both = " and ".join(f"{term.left.span.text} != {item.span.text}" for item in term.items)
            yield over(term, f"({both})")
        case terms.Arithmetic() if term.operator in ("+", "*") and len(term.arguments) == 2:
            one, two = (argument.span.text for argument in term.arguments)
            yield over(term, f"(({two}) {term.operator} ({one}))")


def _equal_number(term: terms.Comparison, field: str, number: object) -> Iterator[Edit]:
    if isinstance(number, int) and not isinstance(number, bool):
        nearby = {"<": ("<=", number - 1), "<=": ("<", number + 1)}
        nearby |= {">": (">=", number + 1), ">=": (">", number - 1)}
        if term.operator in nearby:
            operator, other = nearby[term.operator]
            yield over(term, f"{field} {operator} {other}")
        elif term.operator == "==":
            yield over(term, f"({field} <= {number} and {field} >= {number})")
    if field in TENSOR and term.operator == "!=":
        yield over(term, f"not ({term.span.text.replace('!=', '==', 1)})")


def _equal_regex(term: terms.RegexTest, random: Random) -> Iterator[Edit]:
    text = term.regex.text
    if term.negated:
        yield over(term, f"not ({term.subject} ~ {quoted(text)})")
    yield over(term, f"{term.subject} {'!~' if term.negated else '~'} {quoted(text)}")
    written = [re.sub(r"(?<!\\)\(\?P<", "(?<", text)]
    if "[" not in text:
        written += [text.replace(r"\d", "[0-9]"), text.replace(r"\.", "[.]")]
    if not (text.startswith("(?i)") or "[" in text or term.regex.groups):  # words in a group have an order
        written.append(re.sub(r"(?<![\\?<(\w])([a-z])(?=[a-z])", r"[\1]", text))
        written.append(re.sub(r"(?<![\\?<(\w{])([a-z]+)(?![*+?{>\w])", r"(?:\1)", text))
    if "|" in text and "(" not in text and "[" not in text:
        branches = text.split("|")
        random.shuffle(branches)
        written.append("|".join(branches))
        if all(branches) and not text.startswith("(?i)"):
            either = " or ".join(f"{term.subject} ~ {quoted(branch)}" for branch in branches)
            yield over(term, f"{'not ' * term.negated}({either})")
    for other in written:
        if other != text:
            yield over(term, f"{term.subject} {'!~' if term.negated else '~'} {quoted(other)}")


def head(rule: Rule) -> str:
    """Return a label as written, and whether it may be dead."""
    return rule.label.text + "?" * rule.optional


def arrow(rule: Rule) -> str:
    """Return the settings of a rule as written, after the arrow; empty without any."""
    written = [setting.span.text for setting in rule.settings or () if not setting.implied]
    return " -> " + ", ".join(written) if written else ""


def _equal_rules(rules: Rules, axis: Axis, random: Random) -> Iterator[Edit]:
    literals = [rule.label.literal for rule in axis.rules]
    for at, rule in enumerate(axis.rules):
        written = [setting.span.text for setting in rule.settings or () if not setting.implied]
        if written:
            random.shuffle(written)
            whole = "else" if rule.predicate is None else rule.predicate.span.text
            yield over(rule, f"{head(rule)}: {whole} -> {', '.join(written)}")
        if (
            rule.predicate is None
            or rule.captures
            or not all(map(is_whole, terms_in(rule.predicate, lets=False)))
        ):
            continue
        if any("attr(" in arrow(each) for each in axis.rules):
            continue  # of a tied parameter, it is read at the name that passes the test
        text = rule.predicate.span.text
        yield over(rule, f"{head(rule)}: not (not ({text})){arrow(rule)}")
        if isinstance(rule.predicate, terms.AnyOf) and (arrow(rule) or rule.label.literal):
            first, *others = rule.predicate.items
            rest = " or ".join(f"({item.span.text})" for item in others)
            lines = [f"{head(rule)}: {each}{arrow(rule)}" for each in (first.span.text, rest)]
            yield over(rule, "\n".join(lines))
        if at + 1 < len(axis.rules):
            yield from _two_rules(rule, axis.rules[at + 1], literals)
    last = axis.rules[-1]
    if last.predicate is not None and "default" not in literals and not axis.expectations:
        yield Edit(last.span.end, last.span.end, "\ndefault: else")


def _two_rules(one: Rule, two: Rule, literals: list[str | None]) -> Iterator[Edit]:
    """Yield edits of two rules that follow each other, the first of which binds no captures."""
    assert one.predicate is not None
    if not all(map(is_whole, terms_in(*filter(None, (one.predicate, two.predicate)), lets=False))):
        return
    plain = all(
        "(" not in arrow(each).replace("(0.9", "") and "attr" not in arrow(each) for each in (one, two)
    )
    alone = all(literals.count(each.label.literal) == 1 for each in (one, two))
    if two.predicate is None and plain and alone and two.label.literal != "default":
        before = f"{head(two)}: not ({one.predicate.span.text}){arrow(two)}"
        yield Edit(one.span.start, two.span.end, f"{before}\n{one.label.text}: else{arrow(one)}")
    same = one.label.literal == two.label.literal is not None and not (arrow(one) or arrow(two))
    if two.predicate is not None and not two.captures and same:
        turned = f"{head(two)}: {two.predicate.span.text}\n{head(one)}: {one.predicate.span.text}"
        yield Edit(one.span.start, two.span.end, turned)
