"""Rules that can never win are found, and no others."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples

from paramrules.diagnostics import RulesError
from paramrules.rules import terms
from paramrules.rules.dnf import Budget, Reader
from paramrules.rules.load import parse
from paramrules.rules.model import Axis, Rule
from paramrules.rules.reachable import ALL_STEPS, dead_rules, unreachable


def axis_of(*texts: str) -> Axis:
    """Return an axis with a rule for each predicate; as rules of a file they would be refused."""
    wanted = [f"expect r: {text}" for text in texts if text != "else"]
    known = parse(
        "\n".join(
            [
                "option flag = true",
                "option width = 2",
                "let two = 2",
                "let is_bias = name ~ bias",
                "let axes = ndim",
                "let wide = " + " or ".join(f"name ~ a{n}" for n in range(70)),
                "r: name ~ x",
                *wanted,
            ]
        )
    )
    (read,) = known.axes
    predicates = iter(each.predicate for each in read.expectations)
    label = read.rules[0].label
    rules = []
    for text in texts:
        predicate = None if text == "else" else next(predicates)
        span = predicate.span if predicate else label.span
        rules.append(Rule(span, label, False, predicate, None, ()))
    return Axis(read.span, "", tuple(rules), ())


def dead(*texts: str) -> list[int]:
    """Return the places of the rules that can never win."""
    axis = axis_of(*texts)
    found = {id(rule) for rule, _ in unreachable(axis.rules, Reader(), Budget(ALL_STEPS))}
    return [place for place, rule in enumerate(axis.rules) if id(rule) in found]


FOUND = [
    ("name ~ bias", "name ~ bias"),
    ("ndim <= 1", "ndim == 1"),
    ("ndim <= 1", "ndim < 2"),
    ("ndim <= 1", "1 >= ndim"),
    ("ndim <= 1", "axes < 1"),
    ("1 >= axes", "ndim in (0, 1)"),
    ("ndim <= 1", "ndim <= 2", "ndim == 2"),
    ("ndim <= 1", "ndim > 1", "name ~ x"),
    ("ndim == 1", "ndim != 1", "name ~ x"),
    ("ndim == 1", "ndim == 2", "ndim in (1, 2)"),
    ("ndim not in (1, 2)", "ndim == 3"),
    ("size > 2.5", "size >= 3"),
    ("shape[0] == 2", "shape[0] in (2,)"),
    ("shape[0] != 2", "shape[0] == 3"),
    ("shape[0] != 2", "shape[0] not in (2, 3)"),
    ("shape == (1, *)", "shape == (1, *)"),
    ("shape == (1, *)", "shape != (1, *)", "trainable"),
    ("shape == (width, *)", "shape == (width, *)"),
    ("fan_in <= 5", "fan_in == 3"),
    ("fan_in != 5", "fan_in != 5"),
    ("type(A|B)", "type(A)"),
    ("within(A)", "type(A)"),
    ("variable(A)", "not variable(A)", "ndim == 1"),
    ("not type(A)", "type(A)", "ndim <= 1"),
    ("name ~ bias", "name ~ bias and ndim <= 1"),
    ("name ~ bias", "name !~ bias", "ndim <= 3"),
    ("name ~ a and type(X)", "not (name ~ a and type(X))", "ndim == 1"),
    ("name ~ a and tied", "name ~ a and not tied", "name ~ a"),
    ("not (name ~ a and ndim <= 1)", "ndim > 1"),
    ("not (name ~ a and name !~ b)", "name ~ b"),
    ("not not name ~ a", "name ~ a"),
    ("name !~ b", "not name !~ b and tied", "name ~ x and not tied", "name ~ x"),
    ("name !~ b", "tied and not name !~ b", "name ~ x and not tied", "name ~ x"),
    ("true", "ndim == 1"),
    ("flag", "not flag", "ndim == 1"),
    ("role == bias", "role != bias", "ndim <= 1"),
    ("role in (bias, scale)", "role == scale"),
    ("dtype == float32", "dtype != float32", "ndim <= 1"),
    ("dtype in (float32, bfloat16)", "dtype == float32"),
    ("dtype != float32", "dtype == bfloat16"),
    ("attr(x) == 2", "attr(x) == 2"),
    ("attr(x)", "attr(x) and ndim == 1"),
    ("ndim == width", "ndim == width"),
    ("2 == width", "2 == width"),
    ("ndim == two", "ndim == 2"),
    ("ndim == two - 1 + max(0, 1)", "ndim == 2"),
    ("two == ndim", "ndim == 2"),
    ("is_bias", "name ~ bias"),
    ("ndim in (width, 1)", "ndim in (width, 1)"),
    (r"name ~ b(?<i>\d) and i < 3", r"name ~ b(?<i>\d) and i < 3"),
    ("name ~ bias", 'name == "a.bias"'),
    ("name like *bias", 'name == "a.bias"'),
    ("name ~ bias", 'leaf == "bias"'),
    ("name ~ ^bias", 'name == "bias.a"'),
    ("leaf ~ ^bias", 'leaf in ("bias", "bias_k")'),
    ("leaf ~ ^b", 'name in ("a.bias", "bias")'),
    ('module == "a"', 'name == "a.bias"'),
    ('leaf == "bias"', "name like *.bias"),
    ("name ~ bias", "name like *.bias"),
    ("name ~ ^blocks", "name like blocks.*"),
    ("not name like *.weight", "name like *.weight", "name ~ x"),
    ("name ~ bias", "leaf ~ ^bias"),
    ("name ~ ^a", "module ~ ^a"),
    ("name ~ bias", "name ~ q_bias|k_bias"),
    ("name ~ weight|bias", r"name ~ ^q.*weight$|(k\.bias)"),
    (r"name ~ ^blocks\.", r"name ~ ^blocks\.(?<i>\d+)\.weight"),
    ("name ~ (?i)BIAS", "name ~ bias"),
    ("name ~ (?i)bias", "name ~ (?i)Q_Bias"),
    ("name ~ (norm)", "name ~ layer(norm)"),
    ("name ~ é", "name ~ né"),
]


@pytest.mark.parametrize("predicates", FOUND)
def test_the_last_rule_is_dead(predicates: tuple[str, ...]) -> None:
    assert dead(*predicates) == [len(predicates) - 1]


CONTRADICTIONS = [
    "false",
    "ndim <= 1 and ndim >= 2",
    "size < 0",
    "shape[0] == 1 and shape[0] == 2",
    "fan_in == 1 and fan_in == 2",
    "dtype == float32 and dtype == bfloat16",
    "role == bias and role == scale",
    'name == "a" and name == "b"',
    'name == "a.b" and leaf == "c"',
    'name == "a.b" and name ~ c',
    'leaf == "bias" and name like *.weight',
    "name ~ a and name !~ a",
    "name ~ bias and not (name ~ bias or tied)",
    "trainable and not trainable",
    "ndim == 1 and ndim != 1",
]


@pytest.mark.parametrize("predicate", CONTRADICTIONS)
def test_a_contradiction_is_dead_alone(predicate: str) -> None:
    assert dead(predicate) == [0]


ALIVE = [
    ("name ~ bias and not type(A)", "name ~ bias and type(A)", "name ~ bias"),
    ("type(A)", "within(A)"),
    ("type(*Norm)", "type(LayerNorm)"),
    ("shape[0] <= 1", "shape[0] > 1", "name ~ x"),
    ("fan_in <= 1", "fan_in > 1", "name ~ x"),
    ("fan_in == 5", "fan_in != 5", "name ~ x"),
    ("attr(x) == 2", "attr(x) != 2", "name ~ x"),
    (r"name ~ b(?<i>\d) and i < 3", r"name ~ c(?<i>\d) and i < 3"),
    ("leaf ~ ^bias", "name ~ bias"),
    ("name ~ ^bias", "leaf ~ ^bias"),
    ("name ~ ^bias", 'leaf == "bias"'),
    ("name like *.bias", 'leaf == "bias"'),
    ("name ~ bias", "name ~ (?i)bias"),
    ("name ~ (?i)É", "name ~ É"),
    ("name ~ (?i)É", "name ~ é"),
    ("name ~ bias", 'name like "[b]ias"'),
    ("name ~ bias$", "name ~ bias"),
    ("name ~ bias", "name ~ b.as|bias"),
    ("leaf ~ b", 'module == "b"'),
    ("name ~ ab", "name ~ a(x|y)b"),
    ("ndim == width", "ndim == 2"),
    ("attr(x) == 1", "attr(x) == true"),
    ('attr(x) == "a"', 'attr(x) in ("a", "b")'),
    ("type(A) and type(B)", "type(A)", "type(B)"),
    ("name ~ a", "else"),
]


@pytest.mark.parametrize("predicates", ALIVE)
def test_all_can_win(predicates: tuple[str, ...]) -> None:
    assert dead(*predicates) == []


def test_too_large_a_predicate_is_left_alone() -> None:
    pairs = " and ".join(f"(name ~ a{n} or name ~ b{n})" for n in range(8))
    wide = " or ".join(f"name ~ a{n}" for n in range(70))
    assert dead(pairs, pairs, wide, wide, "wide", "wide") == []


def test_one_rule_takes_a_limited_number_of_steps() -> None:
    rules = [f"ndim == {n}" for n in range(200)]
    hard = " and ".join(f"ndim != {n}" for n in range(200))
    assert dead(*rules, "ndim == 150") == [200]
    assert dead(*rules, hard + " and ndim <= 199", "ndim == 150") == [201]


def test_the_rules_of_a_file_share_their_steps() -> None:
    rules = axis_of(*(f"ndim == {n % 20}" for n in range(40))).rules
    total = Budget(ALL_STEPS)
    assert len(list(unreachable(rules, Reader(), total))) == 20
    spent = ALL_STEPS - total.left
    few = Budget(spent // 2)
    found = [rule for rule, _ in unreachable(rules, Reader(), few)]
    assert 0 < len(found) < 20
    assert found == list(rules[20 : 20 + len(found)])
    assert few.left <= 0


def test_points_at_three_rules_at_most() -> None:
    rules = [f"ndim == {n}" for n in range(4)]
    (finding,) = dead_rules([axis_of(*rules, "ndim <= 3")])
    assert len(finding.also) == 3


# Soundness: every axis over a few tests, against every parameter that has up to three names.

NAMES = ["bias", "a.bias", "a.norm", "b.norm.bias"]
HERE = [
    "name ~ bias",
    'leaf == "bias"',
    "name ~ ^a",
    "name like *.bias",
    'module == "a"',
    "type(A)",
    "within(A)",
]
FACTS = ["ndim <= 1", "ndim == 1", "ndim == 2", "ndim != 1", "tied"]
NEGATED = ["name !~ bias", 'leaf != "bias"']


def predicates() -> st.SearchStrategy[str]:
    return st.recursive(
        st.sampled_from(HERE + FACTS + NEGATED),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda two: f"({two[0]} and {two[1]})"),
            st.tuples(inner, inner).map(lambda two: f"({two[0]} or {two[1]})"),
            inner.map(lambda one: f"not {one}"),
        ),
        max_leaves=4,
    )


Row = tuple[str, str]
"""A name and what its owner is: `A`, within an `A`, or neither."""
Model = tuple[int, tuple[Row, ...]]
ROWS = list(itertools.product(NAMES, ("type", "within", "")))
MODELS: list[Model] = [
    (ndim, rows) for ndim in (0, 1, 2) for n in (1, 2) for rows in itertools.combinations(ROWS, n)
]


def holds(predicate: terms.Predicate, model: Model, row: Row) -> bool:
    ndim, rows = model
    name, owner = row
    match predicate:
        case terms.AllOf():
            return all(holds(item, model, row) for item in predicate.items)
        case terms.AnyOf():
            return any(holds(item, model, row) for item in predicate.items)
        case terms.Not():
            return not any(holds(predicate.item, model, other) for other in rows)
        case terms.Flag():
            return len(rows) > 1
        case terms.ClassTest():
            return owner == "type" or owner == predicate.function
        case terms.Comparison(right=terms.Constant(value=int(number))):
            return {"<=": ndim <= number, "==": ndim == number, "!=": ndim != number}[predicate.operator]
        case terms.RegexTest(negated=True) | terms.TextTest(negated=True):
            return not any(text_holds(predicate, other[0]) for other in rows)
    return text_holds(predicate, name)


def text_holds(predicate: terms.Predicate, name: str) -> bool:
    module, _, leaf = name.rpartition(".")
    match predicate:
        case terms.RegexTest():
            return predicate.regex.search(name) is not None
        case terms.GlobTest():
            return name.endswith(".bias")
        case terms.TextTest():
            return {"leaf": leaf, "module": module}[predicate.subject] in predicate.values
    raise AssertionError(predicate)


def wins(rules: Sequence[Rule], rule: Rule) -> bool:
    """Return whether the rule wins some parameter."""

    def takes(one: Rule, model: Model) -> bool:
        assert one.predicate is not None
        return any(holds(one.predicate, model, row) for row in model[1])

    return any(next((one for one in rules if takes(one, model)), None) is rule for model in MODELS)


@settings(max_examples=examples(100))
@given(st.lists(predicates(), min_size=1, max_size=4))
def test_a_dead_rule_wins_nothing(texts: list[str]) -> None:
    rules = axis_of(*texts).rules
    for rule, above in unreachable(rules, Reader(), Budget(ALL_STEPS)):
        assert not wins(rules, rule)
        # The rules that are shown do it without the others.
        assert not wins([*above, rule], rule)


def test_a_name_that_is_longer_than_any_is_not_searched() -> None:
    long = "a" * 1001
    parse(f'x: name ~ ^a -> lr = 1\ny: name == "{long}" -> lr = 2\n')
    with pytest.raises(RulesError, match="E310"):
        parse(f'x: name ~ ^a -> lr = 1\ny: name == "{long[:1000]}" -> lr = 2\n')
