"""The exact terms that expressions become."""

import pytest

from paramrules import regex
from paramrules.diagnostics import Source, Span
from paramrules.rules import parse
from paramrules.rules.model import Rule
from paramrules.rules.terms import (
    AllOf,
    Alternative,
    AnyOf,
    Arithmetic,
    Attribute,
    AttributeTest,
    Capture,
    ClassTest,
    Comparison,
    Constant,
    ConstantTest,
    Count,
    Extent,
    Field,
    Flag,
    GlobTest,
    LetPredicate,
    LetValue,
    Not,
    OptionFlag,
    OptionValue,
    Position,
    Predicate,
    RegexTest,
    ShapeTest,
    TextTest,
    Truth,
    TupleValue,
    Value,
    ValueAmong,
)

AT = Span(Source("<test>", ""), 0, 0)
"""Spans do not count when terms are compared."""

NAMES = r"""
option rate = 0.75
option mode = "fast"
option on = true
option width
let depth = 12
let last = -1
let norm = type(LayerNorm)
let block = name ~ ^h\.(?<i>\d+)\.
let same = block
let tag = attr(tag)
let yes = true
let wide = width
let switch = on
"""


def number(value: int | float) -> Constant:
    return Constant(AT, value)


def found(text: str, subject: str = "name", *, negated: bool = False) -> RegexTest:
    read, _ = regex.read(text, AT)
    assert read is not None
    return RegexTest(AT, subject, read, negated)


def at_least_one(name: str = "ndim") -> Comparison:
    return Comparison(AT, Field(AT, name), ">=", number(1))


BLOCK = found(r"^h\.(?<i>\d+)\.")
NORM = LetPredicate(AT, "norm", ClassTest(AT, "type", (Alternative(AT, "LayerNorm"),)))

PREDICATES: dict[str, Predicate] = {
    "ndim >= 1 or squeezed_ndim >= 1": AnyOf(AT, (at_least_one(), at_least_one("squeezed_ndim"))),
    "ndim >= 1 and not size >= 1": AllOf(AT, (at_least_one(), Not(AT, at_least_one("size")))),
    "true": Truth(AT, True),
    "false or ndim >= 1": AnyOf(AT, (Truth(AT, False), at_least_one())),
    "on": OptionFlag(AT, "on"),
    "width": OptionFlag(AT, "width"),
    "yes": LetPredicate(AT, "yes", Truth(AT, True)),
    "wide": LetPredicate(AT, "wide", OptionFlag(AT, "width")),
    "switch": LetPredicate(AT, "switch", OptionFlag(AT, "on")),
    "norm": NORM,
    "tag": LetPredicate(AT, "tag", AttributeTest(AT, ("tag",))),
    "trainable": Flag(AT, "trainable"),
    "tied": Flag(AT, "tied"),
    "type(*Norm|torch.nn.Linear)": ClassTest(
        AT, "type", (Alternative(AT, "*Norm"), Alternative(AT, "torch.nn.Linear"))
    ),
    "within(Attention)": ClassTest(AT, "within", (Alternative(AT, "Attention"),)),
    "variable(LoRAParam)": ClassTest(AT, "variable", (Alternative(AT, "LoRAParam"),)),
    "name ~ bias|norm": found("bias|norm"),
    'leaf !~ "^b"': found("^b", "leaf", negated=True),
    "module like *.attn": GlobTest(AT, "module", "*.attn", False),
    "name not like *.bias": GlobTest(AT, "name", "*.bias", True),
    'leaf == "bias"': TextTest(AT, "leaf", ("bias",), False),
    'leaf != "bias"': TextTest(AT, "leaf", ("bias",), True),
    'name in ("a.b", "c")': TextTest(AT, "name", ("a.b", "c"), False),
    'module not in ("",)': TextTest(AT, "module", ("",), True),
    "dtype == bfloat16": ConstantTest(AT, "dtype", ("bfloat16",), False),
    "dtype not in (float16, float32)": ConstantTest(AT, "dtype", ("float16", "float32"), True),
    "role in (bias, scale)": ConstantTest(AT, "role", ("bias", "scale"), False),
    "role != weight": ConstantTest(AT, "role", ("weight",), True),
    "shape == (1, *, depth)": ShapeTest(AT, (number(1), None, LetValue(AT, "depth", number(12))), False),
    "shape != (ndim + 1,)": ShapeTest(AT, (Arithmetic(AT, "+", (Field(AT, "ndim"), number(1))),), True),
    "shape[last] < shape[0]": Comparison(AT, Extent(AT, -1), "<", Extent(AT, 0)),
    "shape[-1] < shape[0]": Comparison(AT, Extent(AT, -1), "<", Extent(AT, 0)),
    "attr(no_decay)": AttributeTest(AT, ("no_decay",)),
    "attr(_optim.lr) == 2": Comparison(AT, Attribute(AT, ("_optim", "lr")), "==", number(2)),
    "attr(kind) == none": Comparison(AT, Attribute(AT, ("kind",)), "==", Constant(AT, None)),
    'attr(kind) in ("a", 2)': ValueAmong(AT, Attribute(AT, ("kind",)), (Constant(AT, "a"), number(2)), False),
    "ndim not in (2, depth)": ValueAmong(
        AT, Field(AT, "ndim"), (number(2), LetValue(AT, "depth", number(12))), True
    ),
    'mode == "fast"': Comparison(AT, OptionValue(AT, "mode"), "==", Constant(AT, "fast")),
    "on != false": Comparison(AT, OptionValue(AT, "on"), "!=", Constant(AT, False)),
    "width == 3": Comparison(AT, OptionValue(AT, "width"), "==", number(3)),
    "block and i >= 1": AllOf(
        AT, (LetPredicate(AT, "block", BLOCK), Comparison(AT, Capture(AT, "i", True), ">=", number(1)))
    ),
    'name ~ ^(?<part>[a-z]+)\\. and part == "h"': AllOf(
        AT,
        (
            found(r"^(?<part>[a-z]+)\."),
            Comparison(AT, Capture(AT, "part", False), "==", Constant(AT, "h")),
        ),
    ),
    "(block or type(Head)) and (block and i >= 1 or tied)": AllOf(
        AT,
        (
            AnyOf(
                AT,
                (
                    LetPredicate(AT, "block", BLOCK),
                    ClassTest(AT, "type", (Alternative(AT, "Head"),)),
                ),
            ),
            AnyOf(
                AT,
                (
                    AllOf(
                        AT,
                        (
                            LetPredicate(AT, "block", BLOCK),
                            Comparison(AT, Capture(AT, "i", True), ">=", number(1)),
                        ),
                    ),
                    Flag(AT, "tied"),
                ),
            ),
        ),
    ),
}


VALUES: dict[str, Value] = {
    "1_000": number(1000),
    "1e-4": number(1e-4),
    "-1": number(-1),
    "-ndim": Arithmetic(AT, "neg", (Field(AT, "ndim"),)),
    '"adamw"': Constant(AT, "adamw"),
    "true": Constant(AT, True),
    "none": Constant(AT, None),
    "(0.9, rate)": TupleValue(AT, (number(0.9), OptionValue(AT, "rate"))),
    "width": OptionValue(AT, "width"),
    "yes": LetValue(AT, "yes", Constant(AT, True)),
    "tag": LetValue(AT, "tag", Attribute(AT, ("tag",))),
    "wide": LetValue(AT, "wide", OptionValue(AT, "width")),
    "switch": LetValue(AT, "switch", OptionValue(AT, "on")),
    "fan_in": Field(AT, "fan_in"),
    "fan_out": Field(AT, "fan_out"),
    "i": Capture(AT, "i", True),
    "rate ** (depth - i)": Arithmetic(
        AT,
        "**",
        (
            OptionValue(AT, "rate"),
            Arithmetic(AT, "-", (LetValue(AT, "depth", number(12)), Capture(AT, "i", True))),
        ),
    ),
    "max(1, ndim, depth)": Arithmetic(
        AT, "max", (number(1), Field(AT, "ndim"), LetValue(AT, "depth", number(12)))
    ),
    "sqrt(256 / fan_in)": Arithmetic(AT, "sqrt", (Arithmetic(AT, "/", (number(256), Field(AT, "fan_in"))),)),
    "count(block)": Count(AT, BLOCK),
    "index(same)": Position(AT, BLOCK),
    r"count(leaf ~ (\d+))": Count(AT, found(r"(\d+)", "leaf")),
}


def rule_of(text: str) -> Rule:
    return parse(NAMES + text).axes[0].rules[0]


@pytest.mark.parametrize("text", PREDICATES)
def test_predicate(text: str) -> None:
    assert rule_of(f"label: {text}").predicate == PREDICATES[text]


@pytest.mark.parametrize("text", VALUES)
def test_value(text: str) -> None:
    (setting,) = rule_of(f"label: same -> key = {text}").settings or ()
    assert (setting.key, setting.value) == ("key", VALUES[text])
    assert setting.span.text == f"key = {text}"
    assert setting.key_span.text == "key"


def test_label_with_holes() -> None:
    label = rule_of("block_{i + 1}_of_{depth}: block").label
    assert label.parts == (
        "block_",
        Arithmetic(AT, "+", (Capture(AT, "i", True), number(1))),
        "_of_",
        LetValue(AT, "depth", number(12)),
    )
    assert label.text == "block_{i + 1}_of_{depth}"


def test_a_rule_without_an_arrow_has_no_settings_and_else_has_no_predicate() -> None:
    rule = rule_of("rest?: else")
    assert (rule.label.parts, rule.optional, rule.predicate) == (("rest",), True, None)
    assert (rule.settings, rule.captures) == (None, ())


def test_spans_are_those_of_what_was_written() -> None:
    rule = rule_of("label: norm and ndim <= 1")
    assert isinstance(rule.predicate, AllOf)
    assert [item.span.text for item in rule.predicate.items] == ["norm", "ndim <= 1"]
    let = rule.predicate.items[0]
    assert isinstance(let, LetPredicate)
    assert let.predicate.span.text == "type(LayerNorm)"
