"""Edits of a rule file: those that keep its meaning, and those that mostly change it.

An edit replaces a piece of the text. `equal_edits` and `changes` yield all that apply to a file; pairs of
files are made of a few of them, drawn at random.
"""

import re
from collections.abc import Iterator
from math import inf, isfinite, nextafter
from random import Random
from typing import NamedTuple

from oracle.strategies import COUNTED
from proofs.brute_force import parsed
from proofs.words import CLASS_WORDS, CONSTANT_WORDS, DTYPES, EXACT, ROLES

from paramrules.rules import Rules, terms
from paramrules.rules.bound_captures import bound
from paramrules.rules.model import Axis, Rule
from paramrules.rules.terms import Predicate, Term, terms_in

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
VALUES = ("0", "1", "0.5", "2", "true", "1.0", "none", "(1, true)", "(1, 1)", *EXACT[:4])
"""Settings."""
BINARY = ("+", "-", "*", "//", "%")
TENSOR = ("ndim", "squeezed_ndim", "size")
"""Fields that every tensor has."""
TESTS = (
    terms.ClassTest | terms.RegexTest | terms.GlobTest | terms.TextTest | terms.ConstantTest | terms.ShapeTest
) | (terms.Comparison | terms.ValueAmong | terms.AttributeTest | terms.Flag)


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


def _joined(items: list[Predicate], operator: str) -> str:
    return "(" + f" {operator} ".join(f"({item.span.text})" for item in items) + ")"


def _equal_term(term: Term, random: Random) -> Iterator[Edit]:
    match term:
        case terms.AnyOf() if not captures(term):
            items = [*term.items]
            random.shuffle(items)
            yield over(term, _joined(items, "or"))
            yield over(term, _joined([*items, random.choice(items)], "or"))
        case terms.AllOf():
            items = [*term.items]
            random.shuffle(items)
            yield over(term, _joined(items, "and"))
            for item in items:
                if isinstance(item, terms.AnyOf) and not captures(term):
                    others = [other for other in items if other is not item]
                    either = " or ".join(_joined([*others, each], "and") for each in item.items)
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
    written = [
        text.replace(r"\d", "[0-9]"),
        text.replace(r"\.", "[.]"),
        re.sub(r"(?<!\\)\(\?P<", "(?<", text),
    ]
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


def changes(rules: Rules, random: Random) -> Iterator[Edit]:
    """Yield edits that mostly change the group of some parameter."""
    for term in own_terms(rules):
        yield from _changed_term(term, random)
    for axis in rules.axes:
        for at, rule in enumerate(axis.rules):
            yield over(rule.label, random.choice(("a", "b", "rest", "no_decay")))
            if len(axis.rules) > 1:
                yield over(rule, "")
            if rule.predicate is not None and at + 1 < len(axis.rules):
                two = axis.rules[at + 1]
                if two.predicate is not None:
                    both = f"{two.span.text}\n{rule.span.text}"
                    yield Edit(rule.span.start, two.span.end, both)
            for setting in rule.settings or ():
                if not setting.implied:
                    yield over(setting, f"{setting.key_span.text} = {random.choice(VALUES)}")
    for statement in rules.file.statements:
        text = statement.span.text
        if text.startswith("option") and "=" in text:
            number = random.choice(("0.5", "2", "1", "true", "false", '"bias"', *EXACT[:4]))
            yield Edit(statement.span.start, statement.span.end, text.partition("=")[0] + f"= {number}")


def _changed_term(term: Term, random: Random) -> Iterator[Edit]:
    pick = random.choice
    if isinstance(term, TESTS):
        yield over(term, pick(("true", "true", "false")))
    match term:
        case terms.AnyOf() | terms.AllOf():
            items = [*term.items]
            mine, other = ("or", "and") if isinstance(term, terms.AnyOf) else ("and", "or")
            yield over(term, _joined(items, other))
            items.remove(pick(items))
            yield over(term, _joined(items, mine))
        case terms.Not():
            yield over(term, f"({term.item.span.text})")
            if isinstance(term.item, terms.AllOf):  # equal, but for tied parameters
                yield over(
                    term, "(" + " or ".join(f"not ({item.span.text})" for item in term.item.items) + ")"
                )
        case terms.ClassTest():
            names = [alternative.text for alternative in term.alternatives]
            names[random.randrange(len(names))] = pick(CLASS_WORDS)
            yield over(term, f"{term.function}({'|'.join(names)})")
            other = pick(
                [function for function in ("type", "within", "variable") if function != term.function]
            )
            yield over(term, term.span.text.replace(term.function, other, 1))
        case terms.RegexTest():
            text = term.regex.text
            at = random.randrange(len(text))
            shorter = text[:at] + text[at + 1 :]
            for changed in (
                shorter,
                text.replace(r"\d+", r"\d", 1),
                text.replace(r"\d+", r"\d*", 1),
                text.removeprefix("^"),
                text.removesuffix("$"),
                text.replace(r"\.", ".", 1),
                "(?i)" + text.removeprefix("(?i)"),
            ):
                if changed != text and _kinds(changed) == _kinds(text):
                    yield over(term, f"{term.subject} {'!~' if term.negated else '~'} {quoted(changed)}")
            yield over(term, f"{pick(('leaf', 'module', 'name'))} ~ {quoted(text)}")
        case terms.GlobTest() if not term.option and "[" not in term.glob:
            yield over(term, f"{term.subject} like {quoted(term.glob.replace('*', '?', 1))}")
            yield over(term, f"{term.subject} like {quoted(term.glob + '*')}")
        case terms.TextTest() if term.values:
            yield over(term, f"{pick(('leaf', 'module', 'name'))} == {quoted(pick(term.values))}")
        case terms.Comparison():
            operator = pick(("<", "<=", "==", "!=", ">", ">="))
            yield over(term, f"{term.left.span.text} {operator} {term.right.span.text}")
        case terms.Constant():
            yield from _changed_constant(term, random)
        case terms.ConstantTest():
            words = [*term.values, pick(DTYPES if term.subject == "dtype" else ROLES)]
            del words[random.randrange(len(words)) if len(words) > 2 else 0]
            yield over(term, f"{term.subject} {'not in' if term.negated else 'in'} ({', '.join(words)})")
            yield over(term, f"not ({term.span.text})")
        case terms.ShapeTest():
            extents = ["*" if each is None else each.span.text for each in term.extents]
            extents[random.randrange(len(extents))] = pick(("*", "1", "2", "ndim"))
            inside = ", ".join(extents) + "," * (len(extents) == 1)
            yield over(term, f"shape {'!=' if term.negated else '=='} ({inside})")
        case terms.ValueAmong():
            items = [item.span.text for item in term.items]
            del items[random.randrange(len(items))]
            if items:
                operator = "not in" if term.negated else "in"
                yield over(term, f"{term.left.span.text} {operator} ({', '.join(items)})")
        case terms.Extent():
            yield over(term, f"shape[{pick((0, 1, 2, -1, term.position + 1))}]")
            yield over(term, f"index(name ~ {pick(COUNTED)})")
        case terms.Arithmetic() if len(term.arguments) == 2 and term.operator in BINARY:
            one, two = (argument.span.text for argument in term.arguments)
            yield over(term, f"(({one}) {pick(BINARY)} ({two}))")
        case terms.Field():
            yield over(term, pick(("ndim", "squeezed_ndim", "size", "fan_in", "shape[0]", "layer_fan_in")))
        case terms.Capture():
            yield over(term, pick(("1", "2", "ndim")))
        case terms.Flag():
            yield over(term, "trainable" if term.name == "tied" else "tied")
        case terms.Attribute() | terms.AttributeTest():
            other = "module_attr" if term.function == "attr" else "attr"
            yield over(term, f"{other}({'.'.join(term.path)})")
            yield over(term, f"{term.function}({pick(('lr_mult', 'kind', '_optim', '_optim.inner.deep'))})")
        case terms.Count() | terms.Position():
            other = "index" if isinstance(term, terms.Count) else "count"
            yield over(term, f"shape[{random.randrange(10)}]")
            yield over(term, term.span.text.replace("count" if other == "index" else "index", other, 1))


def _kinds(regex: str) -> list[bool] | None:
    """Return for each group whether it is a number; None if the regex is refused.

    The second evaluator has no one kind for a group that is a number in only one branch of an `or`.
    """
    rules = parsed(f"a: name ~ {quoted(regex)}")
    found = terms_in(rules.axes[0].rules[0]) if rules else ()
    return next(
        ([group.numeric for group in t.regex.groups] for t in found if isinstance(t, terms.RegexTest)), None
    )


def _changed_constant(term: terms.Constant, random: Random) -> Iterator[Edit]:
    """Yield edits that put another constant in the place of one: a neighbour, or one of another kind."""
    value = term.value
    yield over(term, random.choice(CONSTANT_WORDS))
    if isinstance(value, bool):
        yield over(term, str(int(value)))
    elif isinstance(value, int | float):
        yield over(term, str(random.choice((abs(value - 1), value + 1, 1, 0.5))))
        near = nextafter(value, random.choice((-inf, inf)))
        if isfinite(near):
            yield over(term, repr(near))
        yield over(term, random.choice((repr(float(value)), *EXACT)))
        if value in (0, 1):
            yield over(term, str(bool(value)).lower())


def spiced(text: str, random: Random) -> str:
    """Return a file as hypothesis draws it with settings and facts that its strategy does not use."""
    for old, new in (
        ("skip = ", "freeze = "),
        ('"late"', "1"),
        ("fan_in", "layer_fan_in"),
        ("fan_out", "layer_kernel"),
        ("tag = 1", 'optimizer = "muon"'),
        ('tag = "a"', 'optimizer = "adam"'),
    ):
        if random.random() < 0.3:
            text = text.replace(old, new)
    return text


def without_expectations(text: str) -> str:
    """Return a file without its tests, which fail on most models and say nothing of groups."""
    return re.sub(r"^expect .*$", "", text, flags=re.MULTILINE)
