"""Canonical names of leaves, in jax's order, for trees of every kind of node."""

import sys
from collections import OrderedDict, defaultdict
from typing import NamedTuple

import flax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx
from hypothesis import given, settings
from hypothesis import strategies as st
from paramrules_optax.inventory import inventory_of
from paramrules_optax.trees import plain_trees
from paramrules_optax.trees.param_tree import flatten_params
from support import examples

from paramrules import RulesError
from paramrules.inventories import nesting

ONE = np.ones(1, np.float32)


class Pair(NamedTuple):
    left: object
    right: object


@flax.struct.dataclass
class Record:
    weight: object
    inner: object


def names(tree):
    return list(inventory_of(tree).names)


def test_dicts_give_their_keys_and_sequences_their_indexes():
    tree = {"blocks": [{"w": ONE, "b": ONE}, {"w": ONE}], "head": (ONE, ONE)}
    assert names(tree) == ["blocks.0.b", "blocks.0.w", "blocks.1.w", "head.0", "head.1"]


def test_keys_sort_as_jax_sorts_them():
    assert names({f"layer_{i}": ONE for i in (1, 2, 10)}) == ["layer_1", "layer_10", "layer_2"]
    assert names({2: ONE, 10: ONE, 1: ONE}) == ["1", "2", "10"]


def test_named_tuples_and_dataclasses_give_their_fields():
    assert names(Pair(ONE, Record(ONE, {"k": ONE}))) == ["left", "right.weight", "right.inner.k"]


def test_ordered_and_default_dicts_keep_the_order_that_jax_keeps():
    tree = OrderedDict(b=ONE, a=defaultdict(list, z=ONE, y=ONE))
    assert names(tree) == ["b", "a.y", "a.z"]


def test_none_is_structure_and_not_a_parameter():
    assert names({"a": None, "b": [None, ONE], "c": ()}) == ["b.1"]
    assert names({}) == []


@pytest.mark.parametrize("freeze", [dict, flax.core.freeze])
def test_a_params_collection_has_no_part_in_names(freeze):
    assert names(freeze({"params": {"dense": {"kernel": ONE}}})) == ["dense.kernel"]
    assert names(freeze({"params": {"dense": {"params": ONE}}})) == ["dense.params"]
    assert names(freeze({"params": ONE})) == ["params"]
    assert names(freeze({"params": {"a": ONE}, "other": {"b": ONE}})) == ["other.b", "params.a"]


def test_slashes_are_dots():
    assert names({"vit/~/block_1/linear": {"w": ONE}, "mlp/kernel": ONE}) == [
        "mlp.kernel",
        "vit.~.block_1.linear.w",
    ]


def test_boxes_have_no_part_in_names():
    partitioned = linen.Partitioned(ONE, names=("x",))
    logical = linen.LogicallyPartitioned(ONE, names=("embed",))
    assert names({"a": partitioned, "b": {"value": logical}, "c": Record(partitioned, ())}) == [
        "a",
        "b.value",
        "c.weight",
    ]
    assert names({"a": nnx.Param(jnp.ones(1)), "b": nnx.Param({"x": jnp.ones(1)})}) == ["a", "b.x"]


def test_a_single_array_has_an_empty_name():
    assert names(ONE) == [""]


def test_a_node_that_jax_knows_without_keys_gives_indexes():
    class Opaque:
        def __init__(self, *items):
            self.items = items

    jax.tree_util.register_pytree_node(Opaque, lambda o: (o.items, None), lambda _, items: Opaque(*items))
    assert names({"o": Opaque(ONE, {"k": ONE})}) == ["o.0", "o.1.k"]


@pytest.mark.parametrize("key", [int, jax.tree_util.SequenceKey, jax.tree_util.DictKey])
def test_a_node_that_gives_keys_has_them_in_its_names(key):
    class Slots:
        def __init__(self, items):
            self.items = items

    jax.tree_util.register_pytree_with_keys(
        Slots,
        lambda slots: (tuple((key(n), item) for n, item in enumerate(slots.items)), None),
        lambda _, items: Slots(items),
    )
    assert names({"o": Slots([ONE, {"k": ONE}])}) == ["o.0", "o.1.k"]
    assert names(Slots([ONE])) == ["0"]


KEYS = st.text("ab/_0", min_size=1, max_size=3)
TREES = st.recursive(
    st.just(ONE) | st.none(),
    lambda inner: (
        st.dictionaries(KEYS, inner, max_size=4)
        | st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.builds(Pair, inner, inner)
        | st.builds(Record, inner, inner)
        | st.dictionaries(KEYS, inner, max_size=3).map(flax.core.freeze)
        | st.dictionaries(KEYS, inner, max_size=3).map(OrderedDict)
    ),
    max_leaves=12,
)

PLAIN = st.recursive(
    st.just(ONE),
    lambda inner: (
        st.dictionaries(KEYS, inner, max_size=4)
        | st.dictionaries(st.integers(0, 20), inner, max_size=3)
        | st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | inner.map(lambda layer: {f"layer_{n}": layer for n in range(3)})
    ),
    max_leaves=12,
)


def component(key):
    return str(next(getattr(key, a) for a in ("key", "idx", "name") if hasattr(key, a)))


@settings(max_examples=examples(100))
@given(TREES | PLAIN)
def test_names_are_jax_key_paths_in_jax_order(tree):
    paths = [path for path, _ in jax.tree_util.tree_flatten_with_path({"root": tree})[0]]
    expected = [".".join(map(component, path)).replace("/", ".") for path in paths]
    if len(set(expected)) < len(expected):
        with pytest.raises(RulesError, match="E502"):
            flatten_params({"root": tree})
    else:
        assert flatten_params({"root": tree}).walk.names == expected


def test_nodes_whose_keys_are_equal_and_not_written_alike():
    assert names([{1: ONE}, {True: ONE}, {1.0: ONE}]) == ["0.1", "1.True", "2.1.0"]


@pytest.mark.parametrize("count", [3, 2000])
def test_nodes_that_differ_in_their_keys_alone(count):
    keys = [f"a{n:04}" for n in range(count)]
    assert names({key: {f"{key}_w": ONE, "b": [ONE]} for key in keys}) == [
        name for key in keys for name in (f"{key}.{key}_w", f"{key}.b.0")
    ]


def test_two_leaves_with_one_name():
    with pytest.raises(RulesError) as caught:
        inventory_of({"a": {"b": ONE}, "a.b": ONE})
    assert (
        str(caught.value)
        == """
error[E502]: two parameters are called `a.b`
  = help: they are `['a']['b']` and `['a.b']`: rename one"""
    )


def test_keys_that_cannot_be_sorted():
    with pytest.raises(RulesError) as caught:
        inventory_of({"a": ONE, 1: ONE})
    assert (
        str(caught.value)
        == """
error[E536]: jax cannot flatten the tree: '<' not supported between instances of 'int' and 'str'"""
    )


def test_a_tree_that_holds_itself():
    tree = {"a": ONE}
    tree["b"] = tree
    with pytest.raises(RulesError) as caught:
        inventory_of(tree)
    assert (
        str(caught.value)
        == """
error[E518]: the `dict` at `b` contains itself
  = help: take it out: no optimizer trains a tree without an end"""
    )


@pytest.mark.parametrize("innermost", [{"w": ONE}, Record(ONE, ONE)], ids=["plain", "with a module"])
def test_what_is_shared_without_an_end(innermost, monkeypatch):
    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 1_000)
    monkeypatch.setattr(plain_trees, "_MOST_AGAIN", 100)
    tree = innermost
    for _ in range(40):
        tree = {"a": tree, "b": tree}
    with pytest.raises(RulesError) as caught:
        inventory_of(tree)
    (finding,) = caught.value.diagnostics
    assert finding.code == "E549"
    assert finding.message.startswith(f"the `{type(innermost).__name__}` at `{'a.' * 30}")
    assert finding.help == "hold it in one place: under each name jax trains other arrays"


def test_what_is_shared_a_little_is_named_alike(monkeypatch):
    tree = {f"layer{number}": layer for layer in [{"w": ONE}] for number in range(5)}
    names = inventory_of(tree).names
    monkeypatch.setattr(plain_trees, "_MOST_AGAIN", 3)
    assert inventory_of(tree).names == names == [f"layer{number}.w" for number in range(5)]


def test_a_tree_as_deep_as_jax_can_flatten():
    def nested(depth):
        tree = {"w": ONE}
        for number in range(depth):
            tree = [tree] if number % 3 else {"a": tree}
        return tree

    limit = sys.getrecursionlimit()
    (name,) = inventory_of(nested(limit - 150)).names
    assert name.count(".") == limit - 150
    with pytest.raises(RulesError) as caught:
        inventory_of(nested(2 * limit))
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.help) == (
        "E518",
        "`sys.setrecursionlimit` lets Python, and the framework, go deeper",
    )
