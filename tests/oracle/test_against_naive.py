"""The evaluator and the naive one give the same answers, whatever the rules and the model."""

from typing import Any

from hypothesis import HealthCheck, assume, event, example, given, settings
from hypothesis import strategies as st
from oracle import naive
from oracle.models import marks, models
from oracle.strategies import rule_files
from support import examples, inventory_of

import paramrules
from paramrules.diagnostics import Diagnostic, RulesError, Source
from paramrules.inventories import Inventory
from paramrules.rules import Rules
from paramrules.syntax import read

PROFILE = settings(max_examples=examples(200), suppress_health_check=list(HealthCheck))
COMPUTING = {"E207", "E208", "E209"}
STATIC = {"E208", "E303", "E310", "E315"}
"""The codes that a well-typed file may still get before a model is seen."""


@PROFILE
@given(
    text=rule_files(),
    model=models(),
    modules=marks(),
    strict=st.sampled_from([False, False, False, True]),
    rate=st.sampled_from([None, 2, 0.5]),
)
@example(  # a number that the model shows to be a text: E317
    text="a: else -> lr = module_attr(lr_mult)\n",
    model=[{"name": "w"}],
    modules={"": {"lr_mult": "x"}},
    strict=False,
    rate=None,
)
@example(  # a tuple that the model shows to be a boolean: E317
    text="a: else -> betas = module_attr(lr_mult), tag = 1\n",
    model=[{"name": "w"}],
    modules={"": {"lr_mult": True}},
    strict=False,
    rate=None,
)
@example(  # a number that may be a tuple
    text="a: else -> eps = (1e-30, 1e-3)\n", model=[{"name": "w"}], modules={}, strict=False, rate=None
)
def test_agrees_with_the_naive_evaluator(
    text: str,
    model: list[dict[str, Any]],
    modules: dict[str, dict[str, object]],
    strict: bool,
    rate: float | None,
) -> None:
    rules, inventory = parsed(text), inventory_of(model, modules=modules)
    assume(rules is not None)
    options = {} if rate is None else {"rate": rate}
    expected = naive.assign(rules.file, inventory, options=options, strict=strict)
    event("errors" if expected.errors else "groups")
    assert answer(rules, inventory, options, strict) == wanted(expected)


@settings(PROFILE, max_examples=examples(100))
@given(text=rule_files(), model=models())
def test_a_rule_that_can_never_win_takes_nothing(text: str, model: list[dict[str, Any]]) -> None:
    lines = never_winning(text)
    file, _ = read(Source("<rules>", text))
    rules = {axis.name: axis.rules for axis in naive.axes_of(file)}
    for axis in naive.assign(file, inventory_of(model)).axes:
        taking = {naive.line(rules[axis.name][rule]) for rule in axis.rules if rule >= 0}
        assert not taking & lines


def never_winning(text: str) -> set[int]:
    """The lines of the rules that are said never to win on any model."""
    try:
        paramrules.parse(text)
    except RulesError as error:
        return {
            d.span.source.position(d.span.start)[0] for d in error.diagnostics if d.code == "E310" and d.span
        }
    return set()


def parsed(text: str) -> Rules | None:
    try:
        return paramrules.parse(text)
    except RulesError as error:
        codes = {d.code for d in error.diagnostics if d.is_error}
        if not codes <= STATIC:
            raise AssertionError(text) from error
        return None


def wanted(result: naive.Result) -> dict[str, object]:
    if result.errors & COMPUTING:
        return {"errors": "something cannot be computed"}
    if result.errors:
        return {"errors": result.errors, "findings": result.findings}
    return {
        "rules": [axis.rules for axis in result.axes],
        "groups": result.groups,
        "findings": result.findings,
    }


def answer(rules: Rules, inventory: Inventory, options: dict[str, float], strict: bool) -> dict[str, object]:
    try:
        assignment = paramrules.assign(rules, inventory, options=options, strict=strict)
    except RulesError as error:
        codes = {d.code for d in error.diagnostics if d.is_error}
        if codes & COMPUTING:
            return {"errors": "something cannot be computed"}
        return {"errors": codes, "findings": found(error.diagnostics)}
    return {
        "rules": [list(axis.rules) for axis in assignment.axes],
        "groups": [(g.label, g.labels, dict(g.settings), tuple(g.parameters)) for g in assignment.groups],
        "findings": found(assignment.findings),
    }


def found(findings: tuple[Diagnostic, ...]) -> set[tuple[str, int]]:
    """Codes and lines of what was found on the model; only the code of what no one line causes."""
    return {
        (d.code, 0 if d.code in ("N210", "E205") else d.span.source.position(d.span.start)[0])
        for d in findings
        if d.code[1] == "2" and d.span
    }
