"""Arguments that a function does not have, or in the wrong order: each is told what to type."""

from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from gpt import GPT

import paramrules
from paramrules.argument_types import rest_by_name
from paramrules.assignment.unknown_keywords import refuse_unknown

RULES = paramrules.parse("option rate = 0.5\nlow: ndim <= 1 -> lr_scale = rate\nrest: else", "m.rules")
IS_OPTION = 'it is an option of the rules, so pass `options={"rate": 0.8}`'
TAKES = "it takes `rules`, `model`, `options`, `strict`, `vocabulary`"


@pytest.mark.parametrize("function", [paramrules.assign, paramrules.examine, paramrules.expectations])
@pytest.mark.parametrize(
    ("keyword", "value", "help"),
    [
        ("rate", 0.8, IS_OPTION),
        ("optoins", {}, "did you mean `options`?"),
        ("inputs", 3, "pass `paramrules.inventory(model, inputs=...)` as the model"),
        ("frobnicate", 1, TAKES),
    ],
)
def test_a_keyword_that_it_does_not_have(function: Any, keyword: str, value: object, help: str) -> None:
    with pytest.raises(TypeError) as raised:
        function(RULES, GPT, **{keyword: value})
    assert str(raised.value) == f"`{function.__name__}` takes no argument `{keyword}`: {help}"


def test_options_of_parity_are_not_keywords_either() -> None:
    with pytest.raises(TypeError) as raised:
        paramrules.parity(RULES, GPT, GPT, rate=0.8)  # type: ignore[arg-type]
    assert str(raised.value) == f"`parity` takes no argument `rate`: {IS_OPTION}"


def function(rules: Any, *, lr: float = 0.1) -> None:
    """Take what the backends' functions take."""


@pytest.mark.parametrize("how", ["rules", "an assignment", "a path"])
def test_an_option_is_found_in_whatever_holds_the_rules(how: str, tmp_path: Path) -> None:
    path = tmp_path / "m.rules"
    path.write_text(RULES.source.text)
    rules = {"rules": RULES, "an assignment": paramrules.assign(RULES, GPT), "a path": path}[how]
    with pytest.raises(TypeError, match="it is an option of the rules"):
        refuse_unknown(function, {"rate": 0.8}, rules)


def test_what_other_libraries_call_it_and_what_goes_elsewhere() -> None:
    with pytest.raises(TypeError, match=r"takes no argument `learning_rate`: did you mean `lr`\?$"):
        refuse_unknown(function, {"learning_rate": 0.8}, RULES)
    with pytest.raises(TypeError, match=r"takes no argument `betas`: pass it to the optimizer$"):
        refuse_unknown(function, {"betas": (0.9, 0.95)}, RULES, "pass it to the optimizer")
    with pytest.raises(TypeError, match=r"takes no argument `rate`: it takes `rules`, `lr`$"):
        refuse_unknown(function, {"rate": 0.8}, GPT)  # type: ignore[arg-type]  # in the wrong order too
    refuse_unknown(function, {}, RULES)


@pytest.mark.parametrize("options", [["rate"], "rate=0.8", 0.8])
def test_options_that_are_not_a_mapping(options: Any) -> None:
    with pytest.raises(TypeError) as raised:
        paramrules.assign(RULES, GPT, options=options)
    assert str(raised.value) == (
        f'`options` is {options!r} and should be a mapping: `options={{"rate": ...}}`'
    )


@pytest.mark.parametrize("function", [paramrules.assign, paramrules.examine, paramrules.expectations])
@pytest.mark.parametrize("strict", ["false", None, 1])
def test_strict_that_is_no_boolean(function: Any, strict: object) -> None:
    with pytest.raises(TypeError) as raised:
        function(RULES, GPT, strict=strict)
    assert str(raised.value) == f"`strict` is {strict!r} and should be True or False"


def test_arguments_that_go_by_name() -> None:
    with pytest.raises(TypeError) as raised:
        paramrules.assign(RULES, GPT, {"rate": 0.8})  # type: ignore[call-arg]
    assert str(raised.value) == (
        "`assign` takes 2 arguments by position, and the others by name, such as `options=...`"
    )
    with pytest.raises(TypeError) as raised:
        paramrules.inventory(GPT, 3)  # type: ignore[call-arg]
    assert str(raised.value) == (
        "`inventory` takes 1 argument by position, and the others by name, such as `inputs=...`"
    )


def test_a_function_whose_arguments_go_by_name_is_itself() -> None:
    wrapped = rest_by_name(function)
    assert (wrapped.__name__, wrapped.__doc__) == ("function", function.__doc__)
    assert signature(wrapped) == signature(function)
