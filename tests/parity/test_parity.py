"""One rule file on two models: counts, differences with their reasons, and what has no partner."""

from pathlib import Path

import pytest
from support import inventory_of

import paramrules
from paramrules import Inventory, Parity
from paramrules.comparison import Count, Pair, Unpaired

LINEAR, NORM = "torch.nn.modules.linear.Linear", "torch.nn.modules.normalization.LayerNorm"
DENSE, FLAX_NORM = "flax.linen.linear.Dense", "flax.linen.normalization.LayerNorm"


def torch_model(width: int = 4) -> Inventory:
    return inventory_of(
        [
            {"name": "norm.weight", "owner": NORM, "shape": [width], "role": "scale"},
            {"name": "fc.weight", "owner": LINEAR, "shape": [8, width], "fan_in": width, "fan_out": 8},
            {"name": "fc.bias", "owner": LINEAR, "shape": [8], "role": "bias"},
        ]
    )


def flax_model(width: int = 4) -> Inventory:
    return inventory_of(
        [
            {"name": "fc.bias", "owner": DENSE, "shape": [8], "role": "bias"},
            {"name": "fc.kernel", "owner": DENSE, "shape": [width, 8], "fan_in": width, "fan_out": 8},
            {"name": "norm.scale", "owner": FLAX_NORM, "shape": [width], "role": "scale"},
        ],
        framework="optax",
    )


def compared(text: str) -> Parity:
    return paramrules.parity(paramrules.parse(text, "a.rules"), torch_model(), flax_model())


def test_the_same_groups() -> None:
    found = compared("no_decay: ndim <= 1 -> weight_decay = 0\ndecay: else")
    assert found.same
    assert found.pairs == (
        Pair(("norm.weight",), ("norm.scale",), "normalised name"),
        Pair(("fc.weight",), ("fc.kernel",), "normalised name"),
        Pair(("fc.bias",), ("fc.bias",), "name"),
    )
    assert found.found == {"name": 1, "normalised name": 2}
    assert found.unpaired == ((), ())
    assert found.counts == (Count(None, "no_decay", (2, 2), (12, 12)), Count(None, "decay", (1, 1), (32, 32)))
    assert repr(found) == "<Parity of 3 pairs: 0 differ, 0 and 0 without a partner>"


def test_a_difference_is_told_with_the_clauses_that_decided() -> None:
    found = compared(
        "no_decay: role == bias or leaf == 'weight' and ndim <= 1 -> weight_decay = 0\ndecay: else"
    )
    assert not found.same
    (difference,) = found.differences
    assert (difference.a, difference.b, difference.axis) == ("norm.weight", "norm.scale", "")
    assert difference.labels == ("no_decay", "decay")
    assert difference.settings == ({"weight_decay": 0}, {})
    assert [(r.held, r.clause and r.clause.text) for r in difference.reasons] == [
        (True, "leaf == 'weight' and ndim <= 1"),
        (False, "role == bias or leaf == 'weight' and ndim <= 1"),
    ]
    assert (
        str(found)
        == """\
Parity of 3 pairs: 1 differ, 0 and 0 without a partner; found 2 by normalised name, 1 by name
  no_decay: 2 and 1 tensors, 12 and 8 parameters
  decay: 1 and 2 tensors, 32 and 36 parameters
  `norm.weight` is in `no_decay`, its partner `norm.scale` in `decay`"""
    )
    (finding,) = found.findings
    assert (
        paramrules.render(finding)
        == """\
error[E801]: `norm.weight` is in `no_decay`, its partner `norm.scale` in `decay`
  --> a.rules:1:27
   |
 1 | no_decay: role == bias or leaf == 'weight' and ndim <= 1 -> weight_decay = 0
   |                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ holds for `norm.weight`: leaf is `weight`
  --> a.rules:1:11
   |
 1 | no_decay: role == bias or leaf == 'weight' and ndim <= 1 -> weight_decay = 0
   |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ fails for `norm.scale`: \
role is scale; leaf is `scale`"""
    )


def test_a_clause_that_decides_for_many_is_told_once() -> None:
    """A note about it names the first of them, and does not tell it from itself."""
    torch_names, flax_names = (
        inventory_of([{"name": f"{layer}.{leaf}", "shape": [size]} for layer, size in (("a", 3), ("b", 5))])
        for leaf in ("gamma", "scale")
    )
    rules = paramrules.parse("gains: name ~ gamma$ -> weight_decay = 0\nothers: else", "a.rules")
    found = paramrules.parity(rules, torch_names, flax_names)
    assert len(found.differences) == 2
    (finding,) = found.findings
    assert (
        paramrules.render(finding)
        == """\
error[E801]: `a.gamma` is in `gains`, its partner `a.scale` in `others` (and 1 more)
  --> a.rules:1:8
   |
 1 | gains: name ~ gamma$ -> weight_decay = 0
   |        ^^^^^^^^^^^^^ holds for `a.gamma`: finds `gamma`
  --> a.rules:1:8
   |
 1 | gains: name ~ gamma$ -> weight_decay = 0
   |        ^^^^^^^^^^^^^ fails for `a.scale`: not in `a.scale`"""
    )


def test_settings_may_differ_under_one_label() -> None:
    found = compared("[lr]\nall: else -> lr_scale = shape[0]")
    assert [(d.a, d.axis, d.labels) for d in found.differences] == [("fc.weight", "lr", ("all", "all"))]
    (finding,) = found.findings
    assert (
        paramrules.render(finding)
        == """\
error[E801]: `fc.weight` is in `all` with lr_scale = 8, its partner `fc.kernel` in `all` with lr_scale = 4
  --> a.rules:2:14
   |
 2 | all: else -> lr_scale = shape[0]
   |              ^^^^^^^^^^^^^^^^^^^ for `fc.weight`, shape[0] is 8
  --> a.rules:2:14
   |
 2 | all: else -> lr_scale = shape[0]
   |              ^^^^^^^^^^^^^^^^^^^ for `fc.kernel`, shape[0] is 4"""
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_what_is_in_one_model_alone(swapped: bool) -> None:
    less = inventory_of([{"name": "fc.weight", "shape": [8, 4]}])
    models = (torch_model(), less) if not swapped else (less, torch_model())
    found = paramrules.parity(paramrules.parse("all: else"), *models)
    alone = (Unpaired("norm.weight", ()), Unpaired("fc.bias", ()))
    assert found.unpaired == (((), alone) if swapped else (alone, ()))
    assert not found.same
    which, line = ("second", "- = norm.weight") if swapped else ("first", "norm.weight = -")
    assert [paramrules.render(finding) for finding in found.findings] == [
        f"error[E802]: `norm.weight` and 1 more of the {which} model have no partner in the other\n"
        f"  = help: if it has none on purpose, write `{line}` in a mapping file"
    ]


def test_a_frozen_parameter_needs_no_partner() -> None:
    """Sinusoidal positions are a frozen embedding in one framework, and a constant in another."""
    positions = {"name": "positions.weight", "owner": "torch.nn.modules.sparse.Embedding", "shape": [9, 4]}
    norm = {"name": "norm.weight", "owner": NORM, "shape": [4], "role": "scale"}
    rules = paramrules.parse("no_decay: ndim <= 1\ndecay: else")
    frozen = inventory_of([{**positions, "trainable": False}, norm])
    assert paramrules.parity(rules, frozen, inventory_of([norm])).same
    trained = inventory_of([positions, norm])
    assert paramrules.parity(rules, trained, inventory_of([norm])).unpaired == (
        (Unpaired("positions.weight", ()),),
        (),
    )


def test_rules_may_be_a_path(tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_text("option rate = 1\nall: else -> lr_scale = rate")
    found = paramrules.parity(tmp_path / "a.rules", torch_model(), flax_model(), options={"rate": 0.5})
    assert found.same
    assert found.assignments[0].options == {"rate": 0.5}


@pytest.mark.parametrize("compare", ["labels", "settings", "both"])
def test_one_is_not_true(compare: str) -> None:
    rules = paramrules.parse("a: ndim > 0 -> x = attr(k)\n", "a.rules")
    models = [inventory_of([{"name": "w", "shape": [2], "attributes": {"k": k}}]) for k in (1, True)]
    found = paramrules.parity(rules, *models, compare=compare)
    assert not found.same
    (finding,) = found.findings
    assert [finding.label, *(place.label for place in finding.also)] == [
        "in the first model, x = 1",
        "in the second, x = true",
    ]
    assert paramrules.parity(rules, models[0], models[0], compare=compare).same
