"""Every case of the language's meaning, on modules of Equinox and NNX and on trees, made of its rows."""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import pytest
from compliance.jax_modules import equinox_model, nnx_model, tree, typed_tree
from compliance.warned import warned
from flax import nnx
from paramrules_optax import labels, masks

import paramrules
from paramrules import Assignment, Inventory
from paramrules.testing.models import differing, model_of
from paramrules.testing.outcome import difference, expected_of, run, write
from paramrules.testing.suite import cases

CASES = list(cases())

_TRAINS = "jax's trees hold nothing that is not trained"
_KNOWS = "modules know every fact about their parameters"
_ONCE = "a tree has one name for each array"
REASONS = {
    "equinox": {
        "trainable": _TRAINS,
        "known": _KNOWS,
        "variable": "Equinox's arrays have no class of their own",
        "attr": "nothing can be set on an array",
    },
    "nnx": {"trainable": _TRAINS, "known": _KNOWS},
    "tree": {
        "trainable": _TRAINS,
        "tied": _ONCE,
        "unknown": "a tree knows no modules and variables",
        "shape": "a tree does not know which of its arrays are biases",
    },
    "typed tree": {
        "trainable": _TRAINS,
        "tied": _ONCE,
        "unknown": "the types of a tree say nothing about variables and attributes",
        "known": "who tells a tree's types tells roles and fans",
        "layer_groups": "the types of a tree say nothing about a layer's instance",
        **dict.fromkeys(
            ("shape", "role", "fan_in"), "a tree that does not know of a tie takes each name alone"
        ),
    },
}
"""The facts that a kind of model cannot show, each with the reason. A difference that is not listed fails."""


@cache
def built(kind: str, number: int) -> tuple[Any, Inventory]:
    """A case's model, and what is known of it."""
    described = model_of(CASES[number])
    if kind == "typed tree":
        model, types = typed_tree(described)
        return model, paramrules.inventory(model, types=types)
    model = {"equinox": equinox_model, "nnx": nnx_model, "tree": tree}[kind](described)
    return model, paramrules.inventory(model)


def unshown(kind: str, number: int) -> list[str]:
    """The facts for which a case is not for this kind of model."""
    return differing(CASES[number], built(kind, number)[1])


@pytest.mark.parametrize("kind", REASONS)
@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.id for case in CASES])
def test_case(kind: str, number: int, tmp_path: Path) -> None:
    if facts := unshown(kind, number):
        pytest.skip(" and ".join(REASONS[kind][fact] for fact in facts))
    case = CASES[number]
    model, inventory = built(kind, number)
    assignment, got = run(case, write(case, tmp_path), inventory)
    assert not difference(expected_of(case, inventory), got)
    if assignment:
        _check_trees(assignment, got["groups"], model)


def _check_trees(assignment: Assignment, groups: list[dict[str, Any]], model: Any) -> None:
    """Labels and masks have the structure of what is trained, and a leaf a parameter."""
    if isinstance(model, nnx.Module):
        params = nnx.state(model, nnx.Param)
    else:
        params = eqx.filter(model, lambda leaf: isinstance(leaf, jax.ShapeDtypeStruct))
    label = {name: group["label"] for group in groups for name in group["parameters"]}
    names = assignment.inventory.names[: len(assignment.inventory)]
    with warned(assignment):
        found = labels(model, assignment)
    assert jax.tree.structure(found) == jax.tree.structure(params)
    assert jax.tree.leaves(found) == [label[name] for name in names]
    with warned(assignment):
        found = masks(params, assignment)
    assert {text: jax.tree.leaves(mask) for text, mask in found.items()} == {
        group["label"]: [name in group["parameters"] for name in names] for group in groups
    }


@pytest.mark.parametrize(
    ("kind", "left_out", "at_least"),
    [
        ("equinox", {"trainable": 7, "known": 4, "variable": 5, "attr": 21}, 363),
        ("nnx", {"trainable": 7, "known": 4}, 388),
        ("tree", {"trainable": 7, "tied": 87, "unknown": 142, "shape": 6}, 215),
        (
            "typed tree",
            {
                "trainable": 7,
                "tied": 87,
                "unknown": 47,
                "known": 2,
                "shape": 1,
                "role": 1,
                "fan_in": 4,
                "layer_groups": 1,
            },
            273,
        ),
    ],
)
def test_how_many_cases_run(kind: str, left_out: dict[str, int], at_least: int) -> None:
    """A case that can be shown no more is noticed here; a new one for which nothing differs is welcome."""
    facts = [unshown(kind, number) for number in range(len(CASES))]
    assert Counter(fact for some in facts for fact in some) == left_out
    assert facts.count([]) >= at_least
