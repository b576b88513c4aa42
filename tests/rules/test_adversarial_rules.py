"""Rule files made to mislead the analyses, each compared with a brute force over many models."""

from functools import cache
from itertools import product

import pytest
from oracle import naive
from support import inventory_of

import paramrules
from paramrules.diagnostics import RulesError, Source
from paramrules.inventories import Inventory
from paramrules.syntax import read

NAMES = [
    "bias",
    "BIAS",
    "b.bias",
    "b.weight",
    "b1.Bias",
    "b7.weight",
    "blocks.0.norm.bias",
    "blocks.1.norm.weight",
    "blocks.11.weight",
    "head.bxas",
]
OWNERS = ("lab.A", "lab.B")
KINDS: list[tuple[str, str, dict[str, object]]] = [
    ("weight", "float32", {"x": 1}),
    ("bias", "bfloat16", {"x": 2}),
    ("bias", "float32", {}),
]
SHAPES = [(), (1,), (4,), (5, 2), (2, 3, 768)]


@cache
def models() -> list[Inventory]:
    """Return models with every name in all shapes and kinds; tied ones in each shape and each kind."""
    found = []
    for (s, shape), (k, (role, dtype, attributes)) in product(enumerate(SHAPES), enumerate(KINDS)):
        facts = {"shape": shape, "role": role, "dtype": dtype, "attributes": attributes}
        facts["fan_in"] = shape[-1] if len(shape) > 1 else None
        for owner, other in (OWNERS, OWNERS[::-1]):
            rows = [{"name": name, "owner": owner, **facts} for name in NAMES]
            found.append(inventory_of(rows))
            if s % len(KINDS) != k:
                continue
            for apart, second in ((1, owner), (5, other)):
                pairs = [(n, n - apart) for n in range(len(NAMES)) if n // apart % 2]
                found.append(
                    inventory_of([{**rows[n], "also": [{**rows[m], "owner": second}]} for n, m in pairs])
                )
    return found


def taking(text: str) -> set[int]:
    """Return the lines of the rules that take a parameter of some model."""
    file, _ = read(Source("<rules>", text))
    rules = {axis.name: axis.rules for axis in naive.axes_of(file)}
    return {
        naive.line(rules[axis.name][rule])
        for model in models()
        for axis in naive.assign(file, model).axes
        for rule in axis.rules
        if rule >= 0
    }


def reported(text: str, code: str) -> set[int]:
    """Return the lines of the errors of a text; all of them have this code."""
    try:
        paramrules.parse(text)
    except RulesError as error:
        found = [
            (d.code, d.span.source.position(d.span.start)[0])
            for d in error.diagnostics
            if d.span and d.is_error
        ]
        return {line if each == code else -1 for each, line in found}
    return set()


DOUBLING = "let a0 = name ~ bias\n" + "".join(f"let a{n + 1} = a{n} and a{n}\n" for n in range(3))

DEAD: dict[str, tuple[str, set[int], set[int]]] = {
    "literals": ("a: name ~ ^blocks\\.\nb: name ~ ^blocks\\.1\\.\nc: name ~ blocks", {2}, {3}),
    "both ways": ("a: name ~ bias\nb: not name ~ bias\nc: tied\nd: not tied", {3, 4}, set()),
    "two names": ("a: name ~ bias and type(A)\nb: name ~ bias and not type(A)\nc: name ~ bias", set(), set()),
    "numbers": (
        "a: ndim < 1\nb: ndim > 1\nc: ndim != 1\nd: ndim == 1\ne: ndim <= 100\nf: ndim == 0.5",
        {3, 5, 6},
        set(),
    ),
    "extents": ("a: shape[0] <= 4\nb: shape[0] > 4\nc: ndim == 0\nd: ndim >= 1", set(), {4}),
    "absent": ("a: fan_in >= 4\nb: fan_in < 4\nc: fan_in == 2\nd: ndim == 1", {3}, set()),
    "unequal": ("a: attr(x) == 1\nb: attr(x) != 1\nc: attr(x)\nd: not attr(x)\ne: tied", {5}, {3}),
    "options": ("option f = true\na: f\nb: not f\nc: tied", {4}, {3}),
    "lets": (DOUBLING + "x: a3\ny: a0\nz: not a3\nw: tied", {6, 8}, set()),
    "captures": (
        "a: name ~ b(?<i>\\d+) and i < 3\nb: name ~ b(?<i>\\d+) and i < 3\nc: name ~ b(?<i>\\d+)",
        {2},
        set(),
    ),
    "let captures": (
        "let early = name ~ b(?<i>\\d+) and i < 3\na: early\nb: early and tied\nc: name ~ b(?<i>\\d+)",
        {3},
        set(),
    ),
    "case": ('a: name ~ (?i)bias\nb: leaf == "Bias"\nc: name ~ BIAS\nd: name ~ b[xy]as', {2, 3}, set()),
    "globs": ('a: name like *.bias\nb: leaf == "bias"\nc: leaf like b?as\nd: leaf like bxas', set(), {4}),
    "whole names": (
        'a: name in ("bias", "b.bias")\nb: name == "b.bias"\nc: module == "b" and leaf == "bias"',
        {2},
        {3},
    ),
    "dtypes": ("a: dtype != float32\nb: dtype == float32\nc: tied", {3}, set()),
    "roles": ("a: role == bias\nb: role != bias\nc: role == weight and role == bias", {3}, set()),
    "shapes": ("a: shape == (4,)\nb: shape != (4,)\nc: ndim == 1", {3}, set()),
    "axes": ("a: ndim == 1\n[x]\nb: ndim == 1\n[y]\nc: ndim <= 1\nd: ndim == 1", {6}, set()),
    "de Morgan": (
        "a: not (name ~ bias and ndim == 1)\nb: name ~ bias and ndim == 1\nc: name !~ bias or ndim != 1",
        {3},
        set(),
    ),
    "a rule for each": (
        "a: not (tied and ndim == 1)\nb: tied and ndim == 1 and type(A)\nc: tied and not type(A)\n"
        "d: ndim == 1",
        {4},
        set(),
    ),
}


@pytest.mark.parametrize("case", DEAD)
def test_rules_that_can_never_win(case: str) -> None:
    """`undecided` are the lines of rules that take nothing either, which is not found."""
    text, dead, undecided = DEAD[case]
    assert reported(text, "E310") == dead
    rules = {n for n, line in enumerate(text.splitlines(), 1) if not line.startswith(("let", "option", "["))}
    assert rules - taking(text) == dead | undecided


CONFLICTS: dict[str, str] = {
    "value": "a: ndim == 1 -> lr = 1\na: ndim == 2 -> lr = 2",
    "folded": "a: ndim == 1 -> lr = 1\na: ndim == 2 -> lr = 1 + 1",
    "type": "a: ndim == 1 -> mark = 1\na: ndim == 2 -> mark = true",
    "string": 'a: ndim == 1 -> mark = "1"\na: ndim == 2 -> mark = 1',
    "none": "a: ndim == 1 -> mark = none\na: ndim == 2 -> mark = false",
    "more": "a: ndim == 1 -> lr = 1\na: ndim == 2 -> lr = 1, eps = 1",
    "fewer": "a: ndim == 1 -> lr = 1, eps = 1\na: ndim == 2 -> lr = 1",
    "first without": "a: ndim == 1\na: ndim == 2 -> lr = 1",
    "tuple": "a: ndim == 1 -> betas = (1, 2)\na: ndim == 2 -> betas = (1, 3)",
    "lengths": "a: ndim == 1 -> mark = (1, 2)\na: ndim == 2 -> mark = (1, 2, 3)",
    "third": "a: ndim == 1 -> lr = 1\nb: ndim == 0\na: ndim == 2 -> lr = 1.0\na: ndim == 3 -> lr = 3",
    "else": "a: ndim == 1 -> lr = 1\na: else -> lr = 2",
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_settings_that_contradict_each_other(case: str) -> None:
    """No model to which both rules apply can be assigned."""
    text = CONFLICTS[case]
    assert reported(text, "E315") == {len(text.splitlines())}
    model = inventory_of([{"name": f"a{n}", "shape": (2,) * n} for n in range(4)])
    file, _ = read(Source("<rules>", text))
    assert naive.assign(file, model).errors == {"E207"}
