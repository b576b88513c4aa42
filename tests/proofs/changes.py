"""Edits of a rule file that mostly change the group of some parameter."""

from collections.abc import Iterator
from math import inf, isfinite, nextafter
from random import Random

from oracle.strategies import COUNTED
from proofs.edits import Edit, joined, over, own_terms, quoted
from proofs.words import CLASS_WORDS, CONSTANT_WORDS, DTYPES, EXACT, ROLES

from paramrules.regex.analysis import groups
from paramrules.regex.parse import parse
from paramrules.regex.refusal import Refused
from paramrules.rules import Rules, terms
from paramrules.rules.terms import Term

VALUES = ("0", "1", "0.5", "2", "true", "1.0", "none", "(1, true)", "(1, 1)", *EXACT[:4])
"""Settings."""
BINARY = ("+", "-", "*", "//", "%")
TESTS = (
    terms.ClassTest | terms.RegexTest | terms.GlobTest | terms.TextTest | terms.ConstantTest | terms.ShapeTest
) | (terms.Comparison | terms.ValueAmong | terms.AttributeTest | terms.Flag)


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
            yield over(term, joined(items, other))
            items.remove(pick(items))
            yield over(term, joined(items, mine))
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
                if changed and changed != text and _kinds(changed) == _kinds(text):
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
            if term.operator == "!=":  # equal, but where a fact is absent
                yield over(term, f"not ({term.left.span.text} == {term.right.span.text})")
            yield from _beside(term)
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
            if term.negated:  # equal, but where a fact is absent
                yield over(term, f"not ({term.span.text.replace('!=', '==', 1)})")
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
            yield over(term, f"shape[{random.randrange(6)}]")
            yield over(term, term.span.text.replace("count" if other == "index" else "index", other, 1))


def _kinds(regex: str) -> list[bool] | None:
    """Return for each group whether it is a number; None if the regex is refused."""
    if "(" not in regex:
        return []
    try:
        return [group.numeric for group in groups(parse(regex))]
    except Refused:
        return None


def _beside(term: terms.Comparison) -> Iterator[Edit]:
    """Yield a comparison with the next float: only a whole number between the two can make a difference."""
    ends = {">": (">=", inf), ">=": (">", -inf), "<": ("<=", -inf), "<=": ("<", inf)}
    value = term.right.value if isinstance(term.right, terms.Constant) else None
    if term.operator in ends and isinstance(value, float) and 2**53 <= value < 2**63:
        operator, end = ends[term.operator]
        yield from 4 * [over(term, f"{term.left.span.text} {operator} {nextafter(value, end)!r}")]


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


def neighbours(random: Random) -> tuple[str, str]:
    """Draw two tests that differ for few parameters, of kinds that single edits seldom make."""
    if random.random() < 0.5:
        value = random.choice((2.0**53, 1e16, 2.0**54, 1e17))
        read = random.choice(("attr(x)", "module_attr(x)"))
        above = (f"{read} > {value!r}", f"{read} >= {nextafter(value, inf)!r}")
        return random.choice((above, (f"{read} < {nextafter(value, inf)!r}", f"{read} <= {value!r}")))
    rest = f"* 0 + {random.choice(('size', 'ndim'))} {random.choice(('> 1', '!= 2', '<= 4'))}"
    one, other = random.sample(
        (f"shape[{random.randrange(8)}]", f"index(name ~ {random.choice(COUNTED)})"), 2
    )
    return f"{one} {rest}", f"{other} {rest}"
