"""A stack of layers has the names, facts, labels and settings of the unrolled layers."""

from math import prod

import haiku as hk
import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn
from flax import nnx
from jax_models import facts
from paramrules_optax import label_fn, labels, mask, mask_fn, masks
from paramrules_optax.stacks.slices import Slice
from stacked_models import IDS, LAYERS, equinox, haiku, linen, nnx_model

import paramrules
from paramrules import Inventory, RulesError, assign
from paramrules.rules import parse

X = jnp.ones((2, 4))
BOTH = {"variable_axes": {"params": 0}, "split_rngs": {"params": True}}

LLRD = parse(
    r"""
let block = name ~ ^blocks[._](?<i>\d+)\.

[decay]
no_decay: type(LayerNorm|RMSNorm|Embedding) or role == bias -> weight_decay = 0
decay: else

[lr]
stem: type(Embedding) -> lr_scale = 0.75 ** (count(block) + 1)
block_{i}: block -> lr_scale = 0.75 ** (count(block) - index(block))
head: else

[width]
wide: role == weight and fan_in > 8 -> eps = 1e-8 / fan_in
rest: else
""",
    "llrd.rules",
)


def described(make, stacked):
    if make is linen:
        return paramrules.inventory(linen(stacked), inputs=(IDS, True))
    if make is haiku:
        return paramrules.inventory(haiku(stacked), inputs=IDS)
    return paramrules.inventory(make(stacked), stacked={"blocks": 1} if stacked else None)


def by_name(assignment, inventory):
    """Return labels and settings by name, the same for stacked and unrolled layers."""
    return {
        plain(inventory.names[number]): (group.label, dict(group.settings))
        for group in assignment.groups
        for number in group.parameters
    }


def plain(name):
    return name.replace("blocks_", "blocks.").replace(".layer.", ".")


@pytest.mark.parametrize("make", [linen, haiku, equinox, nnx_model])
def test_layer_wise_rules_hold_as_on_the_unrolled_model(make):
    stacked, unrolled = described(make, True), described(make, False)
    assert sorted(map(plain, stacked.names)) == sorted(map(plain, unrolled.names))
    assert len(stacked) == len(unrolled) > 12 * LAYERS
    one, other = assign(LLRD, stacked), assign(LLRD, unrolled)
    assert by_name(one, stacked) == by_name(other, unrolled)
    assert [group.label for group in one.groups] == [group.label for group in other.groups]
    assert {f"decay/block_{n}/rest" for n in range(LAYERS)} <= {group.label for group in one.groups}
    assert sum(stacked.column("elements")) == sum(unrolled.column("elements"))
    for name in ("role", "fan_in", "fan_out", "dtype", "shape", "ndim", "size"):
        assert dict(zip(map(plain, stacked.names), stacked.column(name), strict=True)) == dict(
            zip(map(plain, unrolled.names), unrolled.column(name), strict=True)
        )
    assert [finding.code for finding in one.findings] == [finding.code for finding in other.findings]
    assert "W509" not in {finding.code for finding in one.findings}


@pytest.mark.parametrize("make", [linen, haiku, equinox, nnx_model])
def test_a_stack_comes_layer_by_layer(make):
    inventory = described(make, True)
    places = [layer.at[0] for layer in inventory.column("layer") if layer]
    assert places == sorted(places)
    assert len(set(places)) == LAYERS


@pytest.mark.parametrize("make", [linen, haiku, equinox, nnx_model])
def test_slices_locate_each_layer(make):
    inventory = described(make, True)
    arrays = [inventory.tree.leaves[number] for number in inventory.tree.trained]
    assert len(inventory.slices) == len(inventory)
    for one, shape, stored, layer in zip(
        inventory.slices,
        inventory.column("shape"),
        inventory.column("stored"),
        inventory.column("layer"),
        strict=True,
    ):
        assert isinstance(one, Slice)
        assert stored == arrays[one.array].shape
        layer_of_it = tuple(n for axis, n in enumerate(stored) if axis not in one.axes)
        assert prod(shape) == prod(layer_of_it)
        # A bias is a vector, and an attention kernel a matrix, however it is stored.
        assert len(shape) == {1: 1, 2: 1 if len(shape) == 1 else 2, 3: 2}[len(layer_of_it)]
        assert (layer.axes, layer.at) == one[1:] if layer else one[1:] == ((), ())
    assert described(make, False).slices is None


@pytest.mark.parametrize("make", [linen, haiku, equinox, nnx_model])
def test_a_saved_stack_is_read_back(make):
    inventory = described(make, True)
    read = Inventory.from_json(inventory.to_json())
    assert facts(read) == facts(inventory)
    assert read.to_json() == inventory.to_json()
    assert [g.label for g in assign(LLRD, read).groups] == [g.label for g in assign(LLRD, inventory).groups]


def scanned_parameters():
    return jax.eval_shape(lambda: linen(True).init(jax.random.key(0), jnp.zeros((2, 6), int), False))[
        "params"
    ]


def test_labels_have_one_value_an_array_where_layers_agree():
    inventory, params = described(linen, True), scanned_parameters()
    found = labels(params, LLRD, "decay", model=inventory)
    assert jax.tree.structure(found) == jax.tree.structure(params)
    assert found["blocks"]["up"] == {"kernel": "decay", "bias": "no_decay"}
    assert label_fn(params, LLRD, "decay", model=inventory)(params) == found
    assert labels(inventory, LLRD, "decay") == found
    assert labels(params, assign(LLRD, inventory), "decay") == found
    decay = mask(params, LLRD, "decay", model=inventory)
    assert decay["blocks"]["up"] == {"kernel": True, "bias": False}
    assert mask_fn(params, LLRD, "decay", model=inventory)(params) == decay
    assert masks(params, LLRD, "decay", model=inventory)["decay"] == decay
    saved = Inventory.from_json(inventory.to_json())
    assert labels(params, LLRD, "decay", model=saved) == found


def test_masks_of_equinox_and_nnx_modules():
    for make, at in ((equinox, lambda tree: tree.blocks.norm1), (nnx_model, lambda tree: tree.blocks.norm1)):
        model, inventory = make(True), described(make, True)
        found = mask(model, LLRD, "decay", model=inventory)
        assert jax.tree.leaves(at(found)) == [False, False]
        assert mask_fn(model, LLRD, "decay", model=inventory)(found) == found


DIFFERENT = """
error[E605]: `blocks.attention.key.bias` is one array, and its layers have different labels: \
`blocks.0.attention.key.bias` has `{}`, `blocks.1.attention.key.bias` has `{}`
  = help: labels and masks have one value per array: train with `paramrules_optax.build`, which knows \
layers{}"""
OR_DECAY = ', or pass an axis in which layers do not differ: `axis="decay"`'


@pytest.mark.parametrize(
    ("call", "arguments", "one", "other"),
    [
        (labels, (), "no_decay/block_0/rest", "no_decay/block_1/rest"),
        (labels, ("lr",), "block_0", "block_1"),
        (label_fn, (), "no_decay/block_0/rest", "no_decay/block_1/rest"),
        (mask, ("block_0",), "block_0", "block_1"),
        (mask, ("no_decay/block_0/rest",), "no_decay/block_0/rest", "no_decay/block_1/rest"),
        (mask_fn, ("block_0", "lr"), "block_0", "block_1"),
        (masks, (), "no_decay/block_0/rest", "no_decay/block_1/rest"),
        (masks, ("lr",), "block_0", "block_1"),
    ],
)
def test_layers_with_different_labels_are_refused(call, arguments, one, other):
    inventory, params = described(linen, True), scanned_parameters()
    for model in (inventory, Inventory.from_json(inventory.to_json())):
        with pytest.raises(RulesError) as caught:
            call(params, LLRD, *arguments, model=model)
        assert str(caught.value) == DIFFERENT.format(one, other, OR_DECAY)


def test_no_axis_is_named_where_layers_differ_in_all():
    inventory, params = described(linen, True), scanned_parameters()
    rules = parse("first: name ~ ^blocks\\.0\\.\nrest: else\n")
    with pytest.raises(RulesError) as caught:
        labels(params, rules, model=inventory)
    assert str(caught.value) == DIFFERENT.format("first", "rest", "")


def test_a_tree_with_other_layers_than_the_model():
    inventory = described(linen, True)
    params = jax.tree.map(lambda leaf: leaf, scanned_parameters())
    params["blocks"]["up"]["kernel"] = jax.ShapeDtypeStruct((6, 8, 32), "float32")
    for call in (labels, label_fn):
        with pytest.raises(RulesError) as caught:
            call(params, LLRD, "decay", model=inventory)
        assert (
            str(caught.value)
            == """
error[E601]: `blocks.up.kernel` has the shape (6, 8, 32), and the model stacks it to (12, 8, 32)
  = help: pass the parameters and the inventory of the same model"""
        )


def test_nnx_parameters_with_other_layers_than_the_model():
    class Small(nnx.Module):
        def __init__(self):
            self.blocks = nnx.Dict(w=nnx.Param(jnp.ones((3, 4))), v=nnx.Param(jnp.ones((3, 4, 4))))

    inventory = paramrules.inventory(
        {"blocks": {"w": jnp.ones((2, 4)), "v": jnp.ones((2, 4, 4))}}, stacked={"blocks": 1}
    )
    with pytest.raises(RulesError) as caught:
        labels(Small(), parse("a: ndim <= 1\nb: else\n"), model=inventory)
    assert (
        str(caught.value)
        == """
error[E601]: `blocks.v` has the shape (3, 4, 4), and the model stacks it to (2, 4, 4)
  = help: pass the parameters and the inventory of the same model"""
    )


class Dense(nn.Module):
    @nn.compact
    def __call__(self, x, _=None):
        return nn.Dense(4, name="dense")(x)


class Carry(nn.Module):
    @nn.compact
    def __call__(self, x, _=None):
        return nn.LayerNorm(name="norm")(nn.Dense(4, name="dense")(x)), None


def shapes(model, inputs=X):
    inventory = paramrules.inventory(model, inputs=inputs)
    return {
        name: (p.shape, p.layer and p.layer[1:]) for name, p in zip(inventory.names, inventory, strict=True)
    }


def test_a_function_that_is_scanned_is_a_stack_below_the_modules_that_it_calls():
    class Scanned(nn.Module):
        @nn.compact
        def __call__(self, x):
            def body(module, carry, _):
                return module(carry)

            x, _ = nn.scan(body, length=3, **BOTH)(Carry(name="layer"), x, None)
            return nn.Dense(4, name="head")(x)

    assert shapes(Scanned()) == {
        "head.bias": ((4,), None),
        "head.kernel": ((4, 4), None),
        **{
            f"layer.{n}.{leaf}": ((4, 4) if leaf == "dense.kernel" else (4,), ((0,), (n,)))
            for n in range(3)
            for leaf in ("dense.bias", "dense.kernel", "norm.bias", "norm.scale")
        },
    }


def test_remat_scan_counts_along_two_axes():
    class Scanned(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.remat_scan(Dense, lengths=(2, 3))(name="layers")(x)

    found = shapes(Scanned())
    assert len(found) == 12
    assert found["layers.1.2.dense.kernel"] == ((4, 4), ((0, 1), (1, 2)))


def test_the_axis_may_be_counted_from_the_end():
    class Mapped(nn.Module):
        @nn.compact
        def __call__(self, x):
            last = {"variable_axes": {"params": -1}, "split_rngs": {"params": True}}
            return nn.vmap(Dense, in_axes=None, axis_size=3, **last)(name="members")(x)

    found = shapes(Mapped())
    assert found["members.2.dense.kernel"] == ((4, 4), ((2,), (2,)))
    assert found["members.2.dense.bias"] == ((4,), ((1,), (2,)))


def test_stacks_along_different_axes_each_with_its_own_place():
    class Group(nn.Module):
        @nn.compact
        def __call__(self, x, _):
            x, _ = nn.scan(Carry, length=2, **BOTH)(name="inner")(x, None)
            return nn.Dense(4, name="post")(x), None

    class Groups(nn.Module):
        @nn.compact
        def __call__(self, x):
            second = {"variable_axes": {"params": 1}, "split_rngs": {"params": True}}
            return nn.scan(Group, length=3, **second)(name="groups")(x, None)

    found = shapes(Groups())
    assert found["groups.2.inner.1.dense.kernel"] == ((4, 4), ((1, 0), (2, 1)))
    assert found["groups.2.post.kernel"] == ((4, 4), ((1,), (2,)))
    assert list(found)[:4] == [
        f"groups.0.inner.0.{leaf}" for leaf in ("dense.bias", "dense.kernel", "norm.bias", "norm.scale")
    ]
    assert list(found)[8:10] == ["groups.0.post.bias", "groups.0.post.kernel"]


def test_a_model_that_is_a_stack_itself():
    assert list(shapes(nn.scan(Carry, length=2, **BOTH)(), (X, None))) == [
        f"{n}.{leaf}" for n in (0, 1) for leaf in ("dense.bias", "dense.kernel", "norm.bias", "norm.scale")
    ]


def test_an_unambiguous_array_decides_for_the_stack():
    class Square(nn.Module):
        features: int

        @nn.compact
        def __call__(self, x, _):
            x = nn.Dense(4, name="square")(x)
            return nn.Dense(4, name="down")(nn.Dense(self.features, name="up")(x)), None

    class Scanned(nn.Module):
        features: int

        @nn.compact
        def __call__(self, x):
            second = {"variable_axes": {"params": 1}, "split_rngs": {"params": True}}
            return nn.scan(Square, length=4, **second)(self.features, name="layers")(x, None)

    assert shapes(Scanned(7))["layers.3.square.kernel"] == ((4, 4), ((1,), (3,)))
    assert shapes(Scanned(4))["layers.3.square.kernel"] == (
        (4, 4),
        ((0,), (3,)),
    )  # no array decides otherwise


def test_a_shape_that_stacking_cannot_explain_is_kept():
    class Transposed(nn.Module):
        @nn.compact
        def __call__(self, x):
            def flat(variables):
                return jax.tree.map(lambda v: v.reshape((4, 4) if v.size == 16 else (4,)), variables)

            def back(variables):
                return jax.tree.map(lambda v: v.reshape(2, 2, -1), variables)

            return nn.map_variables(Dense, "params", flat, back, init=True, mutable=True)(name="mapped")(x)

    inventory = paramrules.inventory(Transposed(), inputs=X)
    assert {p.name: (p.shape, p.layer) for p in inventory} == {
        "mapped.dense.bias": ((4,), None),  # a bias, which is a vector, and not a stack
        "mapped.dense.kernel": ((2, 2, 4), None),
    }


def test_haiku_stacks_without_a_name():
    def model(x):
        for _ in range(2):
            x = hk.layer_stack(2)(lambda y: hk.Linear(4)(y))(x)
        return hk.layer_stack(3, with_per_layer_inputs=True)(lambda y, z: (hk.Linear(4)(y), z))(
            x, jnp.ones(3)
        )[0]

    inventory = paramrules.inventory(model, inputs=X)
    assert inventory.names == [
        f"{stack}.{n}.linear.{leaf}"
        for stack, count in (("layer_stack", 2), ("layer_stack_1", 2), ("layer_stack_with_per_layer", 3))
        for n in range(count)
        for leaf in ("b", "w")
    ]
    params = jax.eval_shape(hk.transform(model).init, jax.random.key(0), X)
    rules = parse("no_decay: role == bias\ndecay: else\n")
    found = labels(params, rules, model=inventory)
    assert found["__layer_stack_with_per_layer/linear"] == {"b": "no_decay", "w": "decay"}


def test_haiku_members_that_are_lifted_from_a_vmap_and_what_is_lifted_as_it_is():
    def model(x):
        def keys(count):
            return hk.next_rng_keys(count) if hk.running_init() else None

        member = hk.transform(lambda y: hk.nets.MLP([3, 4], name="mlp")(y))
        params = hk.lift(jax.vmap(member.init, in_axes=(0, None)), name="members")(keys(5), x)
        x = jax.vmap(member.apply, in_axes=(0, None, None))(params, None, x).mean(0)
        alone = hk.lift(member.init, name="alone")(hk.next_rng_key() if hk.running_init() else None, x)
        return member.apply(alone, None, x)

    found = shapes(model)
    assert found["members.4.mlp.~.linear_0.w"] == ((4, 3), ((0,), (4,)))
    assert found["alone.mlp.~.linear_0.w"] == ((4, 3), None)


def test_a_layers_name_that_is_another_parameters():
    tree = {"layers": {"w": jnp.ones((2, 3))}, "layers.1": {"w": jnp.ones(3)}}
    with pytest.raises(RulesError) as caught:
        paramrules.inventory(tree, stacked={"layers.w": 1})
    assert (
        str(caught.value)
        == """
error[E502]: two parameters are called `layers.1.w`
  = help: they are of `layers.w` and `layers.1.w`: rename one"""
    )


def test_explain_shows_where_a_layer_is_stored():
    why = assign(parse("no_decay: ndim <= 1\ndecay: else\n", "d.rules"), described(linen, True))
    assert str(why.explain("blocks.3.up.bias")).splitlines()[:2] == [
        "`blocks.3.up.bias` is in `no_decay` with no settings",
        "  shape (32,), stored (12, 32), layer 3 of axis 0",
    ]
    assert "stored" not in str(why.explain("norm.bias"))
