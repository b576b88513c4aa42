"""labels, mask, masks: trees of the structure of the parameters."""

from typing import NamedTuple

import equinox as eqx
import flax
import jax
import numpy as np
import optax
import pytest
from flax import linen, nnx
from jax_models import NnxTransformer, Transformer, pure
from paramrules_optax import build, label_fn, labels, mask, mask_fn, masks
from paramrules_optax.inventory import inventory_of

import paramrules
from paramrules import RulesError, RulesWarning
from paramrules.rules import parse

TRANSFORMER = Transformer(key=jax.random.key(0))
ONE = np.ones(1, np.float32)
MATRIX = np.ones((2, 2), np.float32)
TREE = {
    "block_2": {"norm": {"scale": ONE}, "dense": {"kernel": MATRIX, "bias": ONE}},
    "block_10": {"norm": {"scale": ONE}, "dense": {"kernel": MATRIX, "bias": ONE}},
    "head": {"kernel": MATRIX},
}
ONE_AXIS = parse("no_decay: ndim <= 1\ndecay: else\n", "one.rules")
TWO_AXES = parse(
    """\
[decay]
no_decay: ndim <= 1 -> weight_decay = 0
other: else
[lr]
block_{i}: name ~ ^block_(?<i>\\d+) -> lr_scale = 0.5 ** i
wide?: size > 100
other: else
""",
    "two.rules",
)


@flax.struct.dataclass
class Record:
    weight: object
    inner: object


class Pair(NamedTuple):
    left: object
    right: object


def refused(call, *arguments, **how):
    with pytest.raises(RulesError) as caught:
        call(*arguments, **how)
    return str(caught.value)


def test_labels_of_one_axis():
    block = {"norm": {"scale": "no_decay"}, "dense": {"kernel": "decay", "bias": "no_decay"}}
    assert labels(TREE, ONE_AXIS) == {"block_2": block, "block_10": block, "head": {"kernel": "decay"}}


def test_labels_of_groups_are_those_of_all_axes():
    assert labels(TREE, TWO_AXES)["block_10"]["dense"] == {
        "bias": "no_decay/block_10",
        "kernel": "other/block_10",
    }
    assert labels(TREE, TWO_AXES)["head"] == {"kernel": "other/other"}


def test_labels_of_an_axis():
    assert labels(TREE, TWO_AXES, "lr")["block_2"]["norm"] == {"scale": "block_2"}
    assert labels(TREE, TWO_AXES, axis="decay")["block_2"]["norm"] == {"scale": "no_decay"}


def test_settings_that_differ_by_parameter_are_groups_but_not_labels():
    rules = parse("all: true -> lr_scale = 1 / size\n")
    assert labels({"a": ONE, "b": MATRIX}, rules) == {"a": "all#2", "b": "all#1"}
    assert labels({"a": ONE, "b": MATRIX}, rules, "") == {"a": "all", "b": "all"}
    assert mask({"a": ONE, "b": MATRIX}, rules, "all#2") == {"a": True, "b": False}
    assert mask({"a": ONE, "b": MATRIX}, rules, "all") == {"a": True, "b": True}


def test_masks():
    assert mask(TREE, ONE_AXIS, "decay")["block_2"] == {
        "norm": {"scale": False},
        "dense": {"kernel": True, "bias": False},
    }
    assert mask(TREE, TWO_AXES, "no_decay/block_10")["block_2"]["norm"] == {"scale": False}
    assert mask(TREE, TWO_AXES, "no_decay/block_10")["block_10"]["norm"] == {"scale": True}
    assert mask(TREE, TWO_AXES, "no_decay")["block_10"]["norm"] == {"scale": True}
    assert mask(TREE, TWO_AXES, "other", "lr")["head"] == {"kernel": True}
    assert mask(TREE, TWO_AXES, "other", axis="lr")["block_2"]["dense"] == {"kernel": False, "bias": False}


def test_a_label_that_no_parameter_has_is_an_empty_mask():
    assert not any(jax.tree.leaves(mask(TREE, TWO_AXES, "wide")))
    assert not any(jax.tree.leaves(mask(TREE, TWO_AXES, "wide", "lr")))
    assert not any(jax.tree.leaves(mask(TREE, parse("all: ndim >= 0"), "default")))


def test_masks_by_label_in_the_order_of_groups():
    found = masks(TREE, TWO_AXES)
    assert list(found) == [
        "no_decay/block_2",
        "no_decay/block_10",
        "other/block_2",
        "other/block_10",
        "other/other",
    ]
    assert list(masks(TREE, TWO_AXES, "lr")) == ["block_2", "block_10", "other"]
    together = jax.tree.map(lambda *values: sum(values), *found.values())
    assert set(jax.tree.leaves(together)) == {1}
    assert masks(TREE, TWO_AXES, "decay")["no_decay"] == mask(TREE, TWO_AXES, "no_decay")


@pytest.mark.parametrize(
    "tree",
    [
        flax.core.freeze(TREE),
        Record(ONE, Pair(MATRIX, {"k": [ONE, None, (MATRIX,)]})),
        {"a": None, "b": ONE},
        {"a": linen.Partitioned(MATRIX, names=("x", None)), "b": ONE},
        eqx.filter(TRANSFORMER, eqx.is_inexact_array),
        jax.eval_shape(lambda: TREE),
        ONE,
    ],
    ids=["FrozenDict", "dataclass", "None", "Partitioned", "Equinox", "abstract", "array"],
)
def test_the_structure_is_that_of_the_parameters(tree):
    structure = jax.tree.structure(tree)
    expected = ["no_decay" if np.ndim(leaf) <= 1 else "decay" for leaf in jax.tree.leaves(tree)]
    found = labels(tree, ONE_AXIS)
    assert jax.tree.structure(found) == structure
    assert jax.tree.leaves(found) == expected
    found = mask(tree, ONE_AXIS, "decay")
    assert jax.tree.structure(found) == structure
    assert jax.tree.leaves(found) == [label == "decay" for label in expected]


def test_labels_of_an_equinox_module_have_the_structure_of_its_parameters():
    model = TRANSFORMER
    found = labels(model, ONE_AXIS)
    assert jax.tree.structure(found) == jax.tree.structure(eqx.filter(model, eqx.is_inexact_array))
    assert found.length is None
    assert found.blocks[0].mlp.activation is None
    assert found.head.weight == "decay"


def test_labels_of_a_stateful_equinox_model_are_those_of_the_model():
    model, state = eqx.nn.make_with_state(lambda: eqx.nn.BatchNorm(3, "batch", mode="batch"))()
    assert labels((model, state), ONE_AXIS).weight == "no_decay"


@pytest.mark.parametrize("shape_of", [lambda s: s, pure, nnx.to_pure_dict], ids=["boxed", "pure", "dict"])
def test_labels_of_nnx_states(shape_of):
    model = NnxTransformer(rngs=nnx.Rngs(0))
    params = shape_of(nnx.state(model, nnx.Param))
    alone, told = labels(params, ONE_AXIS), labels(params, ONE_AXIS, model=model)
    assert jax.tree.structure(alone) == jax.tree.structure(told) == jax.tree.structure(params)
    assert jax.tree.leaves(told) == jax.tree.leaves(labels(model, ONE_AXIS))
    names = inventory_of(model).names
    differing = [n for n, a, b in zip(names, *map(jax.tree.leaves, (alone, told)), strict=True) if a != b]
    # Biases of two axes: only the model says that they are any.
    assert differing == [
        f"blocks.{b}.attention.{x}.bias" for b in range(3) for x in ("key", "query", "value")
    ]


def test_labels_of_an_nnx_module_have_the_structure_of_its_state():
    model = NnxTransformer(rngs=nnx.Rngs(0))
    assert jax.tree.structure(labels(model, ONE_AXIS)) == jax.tree.structure(nnx.state(model, nnx.Param))


def test_a_model_beside_bare_parameters_tells_the_types():
    rules = parse("norm: type(LayerNorm|RMSNorm|BatchNorm)\nrest: else\n")
    model = NnxTransformer(rngs=nnx.Rngs(0))
    found = labels(nnx.to_pure_dict(nnx.state(model, nnx.Param)), rules, model=model)
    assert found["norm"] == {"bias": "norm", "scale": "norm"}
    assert found["blocks"][1]["up"] == {"bias": "rest", "kernel": "rest"}
    assert labels(model, rules)["norm"]["bias"].get_value() == "norm"


def test_a_part_of_the_model_beside_the_model():
    rules = parse("norm: type(LayerNorm)\nrest: else\n")
    model = TRANSFORMER
    only_norm = eqx.tree_at(lambda t: t.norm, jax.tree.map(lambda _: None, model), model.norm)
    found = labels(only_norm, rules, model=model)
    assert jax.tree.leaves(found) == ["norm", "norm"]
    assert found.head.weight is None


def test_tied_names_have_one_label():
    class Tied(nnx.Module):
        def __init__(self):
            self.embed = nnx.Embed(3, 2, rngs=nnx.Rngs(0))
            self.head = self.embed

    rules = parse("head: name ~ ^head\nrest: else\n", "tied.rules")
    found = label_fn(Tied(), rules)
    assert found({"head": {"embedding": ONE}, "embed": {"embedding": ONE}}) == {
        "head": {"embedding": "head"},
        "embed": {"embedding": "head"},
    }


def test_an_assignment_in_place_of_rules():
    assignment = paramrules.assign(TWO_AXES, inventory_of(TREE))
    assert labels(TREE, assignment) == labels(TREE, TWO_AXES)
    assert mask(TREE, assignment, "no_decay") == mask(TREE, TWO_AXES, "no_decay")
    assert labels(flax.core.freeze(TREE), assignment).unfreeze() == labels(TREE, TWO_AXES)
    part = {"head": {"kernel": MATRIX}, "block_2": None}
    assert labels(part, assignment) == {"head": {"kernel": "other/other"}, "block_2": None}
    nested = {**TREE, "head": {"kernel": linen.Partitioned(MATRIX, names=("a", "b"))}}
    assert labels(nested, assignment)["head"]["kernel"].value == "other/other"


@pytest.mark.parametrize("how", [{"options": {}}, {"strict": True}, {"model": TREE}])
def test_what_an_assignment_has_settled(how):
    assignment = paramrules.assign(ONE_AXIS, inventory_of(TREE))
    with pytest.raises(ValueError, match="which made this assignment") as caught:
        labels(TREE, assignment, **how)
    assert str(caught.value) == (
        "pass `options`, `strict` and the model to `paramrules.assign`, which made this assignment"
    )


def test_an_inventory_that_was_not_made_of_a_tree_serves_by_name():
    class Other(paramrules.Inventory):
        pass

    made = inventory_of(TREE)
    other = Other("optax", made.names, made.owners, made._columns, unknown=made.unknown)
    assert labels(TREE, paramrules.assign(ONE_AXIS, other)) == labels(TREE, ONE_AXIS)


def test_rules_may_be_a_path_with_options(tmp_path):
    path = tmp_path / "a.rules"
    path.write_text("option least = 2\nsmall?: ndim < least\nlarge: else\n")
    assert labels({"a": ONE, "b": MATRIX}, path) == {"a": "small", "b": "large"}
    assert labels({"a": ONE, "b": MATRIX}, str(path), options={"least": 1}) == {"a": "large", "b": "large"}


def test_findings_are_warnings_at_the_callers_line():
    rules = parse("gone: name ~ nothing\nrest: else\n", "dead.rules")
    for call in (labels, label_fn, masks, lambda *a: mask(*a, "rest"), lambda *a: mask_fn(*a, "rest")):
        with pytest.warns(RulesWarning, match="W201") as caught:
            call(TREE, rules)
        assert caught[0].filename == __file__
    assert str(caught[0].message).startswith("W201: ")


def test_strict():
    rules = parse("gone: name ~ nothing\nrest: else\n", "dead.rules")
    assert "error[W201]" in refused(labels, TREE, rules, strict=True)


def test_a_label_that_the_rules_do_not_have():
    assert (
        refused(mask, TREE, TWO_AXES, "no_deacy")
        == """
error[E602]: `two.rules` gives no parameter the label `no_deacy`
  = help: did you mean `no_decay`?"""
    )
    assert (
        refused(mask, TREE, ONE_AXIS, "embedding")
        == """
error[E602]: `one.rules` gives no parameter the label `embedding`
  = help: its labels: `no_decay` and `decay`"""
    )
    assert (
        refused(mask, TREE, ONE_AXIS, None)
        == """
error[E602]: `one.rules` gives no parameter the label `None`
  = help: its labels: `no_decay` and `decay`"""
    )
    assert (
        refused(mask_fn, TREE, TWO_AXES, "no_decay", "lr")
        == """
error[E602]: the axis `lr` of `two.rules` gives no parameter the label `no_decay`
  = help: its labels: `block_2`, `block_10`, `other` and `wide`"""
    )


def test_a_label_of_two_axes():
    assert (
        refused(mask, TREE, TWO_AXES, "other")
        == """
error[E602]: the axes `decay` and `lr` of `two.rules` each have a label `other`
  = help: name the axis: `axis="decay"`"""
    )


def test_an_axis_that_the_rules_do_not_have():
    for call in (
        lambda: labels(TREE, TWO_AXES, "decy"),
        lambda: mask(TREE, TWO_AXES, "other", "decy"),
        lambda: masks(TREE, TWO_AXES, "decy"),
    ):
        assert (
            refused(call)
            == """
error[E603]: `two.rules` has no axis `decy`
  = help: did you mean `decay`?"""
        )


def test_parameters_of_another_model():
    assert (
        refused(labels, {"hed": {"kernel": ONE}}, ONE_AXIS, model=TREE)
        == """
error[E601]: `hed.kernel` is not a parameter of the model that the rules were assigned to
  = help: did you mean `head.kernel`?"""
    )
    assert (
        refused(labels, {"encoder": ONE}, ONE_AXIS, model=TREE)
        == """
error[E601]: `encoder` is not a parameter of the model that the rules were assigned to
  = help: pass the tree that is trained, or the model that it belongs to"""
    )


class Scaled(eqx.Module):
    """A norm that no table has."""

    amount: jax.Array = eqx.field(default_factory=lambda: np.ones(3))


def test_a_models_own_vocabulary(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(f'[families]\nRMSNorm = ["{__name__}.Scaled"]\n', "utf-8")
    rules = parse("no_decay?: type(RMSNorm) -> weight_decay = 0\ndecay: else\n")
    model = [Scaled(), eqx.nn.Linear(3, 2, key=jax.random.key(0))]
    how = {"model": model, "vocabulary": file}
    assert labels(model, rules, vocabulary=file)[0].amount == "no_decay"
    assert label_fn(model, rules, **how)(model)[0].amount == "no_decay"
    assert mask(model, rules, "no_decay", **how)[0].amount
    assert mask_fn(model, rules, "no_decay", **how)(model)[0].amount
    assert masks(model, rules, vocabulary=file)["no_decay"][0].amount
    assert build(model, rules, optax.adamw, learning_rate=0.1, vocabulary=file).init(model)
    assert labels(model, rules)[0].amount == "decay"
