"""Generated stacks: names, shapes and order are those of the unrolled model, whatever axes were added."""

from itertools import product

import jax
import jax.numpy as jnp
from flax import linen as nn
from hypothesis import given, settings
from hypothesis import strategies as st
from paramrules_optax.stacks.layer_stacks import layer_name, layer_shapes
from paramrules_optax.stacks.seen_stacks import seen_stacks
from support import examples

import paramrules

AXES = st.integers(0, 1) | st.just(-1)
LENGTHS = st.integers(2, 3)


class Leaf(nn.Module):
    """A matrix and vectors, with extents that a stack may have as well."""

    features: int

    @nn.compact
    def __call__(self, x):
        h = nn.Dense(self.features, name="up")(nn.LayerNorm(name="norm")(x))
        return nn.Dense(x.shape[-1], name="down")(h)


class Level(nn.Module):
    """A level of modules with a layer of its own; each level but the last is a stack or a list of layers."""

    lengths: tuple[int, ...]
    axes: tuple[int, ...]
    mapped: tuple[bool, ...]
    features: int
    unrolled: bool

    @nn.compact
    def __call__(self, x, _=None):
        if not self.lengths:
            return Leaf(self.features, name="leaf")(x), None
        rest = (self.lengths[1:], self.axes[1:], self.mapped[1:], self.features, self.unrolled)
        if self.unrolled:
            for number in range(self.lengths[0]):
                x, _ = Level(*rest, name=f"below_{number}")(x)
        elif self.mapped[0]:
            how = {"variable_axes": {"params": self.axes[0]}, "split_rngs": {"params": True}}
            x = nn.vmap(Level, in_axes=None, axis_size=self.lengths[0], **how)(*rest, name="below")(x)[0][0]
        else:
            how = {"variable_axes": {"params": self.axes[0]}, "split_rngs": {"params": True}}
            x, _ = nn.scan(Level, length=self.lengths[0], **how)(*rest, name="below")(x, None)
        return nn.Dense(x.shape[-1], name="own")(x), None


@settings(max_examples=examples(12))
@given(st.data())
def test_stacks_of_linen_modules(data):
    depth = data.draw(st.integers(1, 2))
    lengths, axes, mapped = (
        tuple(data.draw(st.lists(values, min_size=depth, max_size=depth)))
        for values in (LENGTHS, AXES, st.booleans())
    )
    features = data.draw(st.integers(2, 7))
    x = jax.ShapeDtypeStruct((1, 5), "float32")  # an extent that no stack has
    stacked = paramrules.inventory(Level(lengths, axes, mapped, features, False), inputs=x)
    unrolled = paramrules.inventory(Level(lengths, axes, mapped, features, True), inputs=x)
    found = [(parameter.name, parameter.shape, parameter.role, parameter.fan_in) for parameter in stacked]
    assert found == [
        (parameter.name.replace("below_", "below."), parameter.shape, parameter.role, parameter.fan_in)
        for parameter in unrolled
    ]
    for parameter in stacked:
        if parameter.layer:
            inside = dict(zip(parameter.layer.axes, parameter.layer.at, strict=True))
            assert all(place < parameter.stored[axis] for axis, place in inside.items())
            assert parameter.shape == tuple(n for a, n in enumerate(parameter.stored) if a not in inside)


SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


@given(
    layers=st.dictionaries(st.sampled_from(["a.w", "a.b", "b.c.w", "s"]), SHAPES, min_size=1),
    lengths=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    data=st.data(),
)
def test_stacks_as_they_are_seen(layers, lengths, data):
    """Return nested stacks `s0.s1.s2`, each with its axis anywhere in the shape."""
    roots = [".".join(f"s{n}" for n in range(depth + 1)) for depth in range(len(lengths))]
    shortest = min(map(len, layers.values()))
    axes = [data.draw(st.integers(-1, shortest), label="axis") for _ in lengths]
    views = []
    stored = []
    for shape in layers.values():
        seen = {}
        for root, length, axis in reversed(list(zip(roots, lengths, axes, strict=True))):
            seen.setdefault(shape, root)
            at = len(shape) if axis == -1 else axis
            shape = (*shape[:at], length, *shape[at:])
        views.append(seen)
        stored.append(shape)
    stacks = seen_stacks(stored, views)
    assert layer_shapes(stored, stacks) == list(layers.values())
    for name, shape, own in zip(layers, stored, stacks, strict=True):
        assert [stack.root for stack in own] == roots
        assert [shape[stack.axis] for stack in own] == lengths
        for at in product(*map(range, lengths)):
            whole = layer_name(f"{roots[-1]}.{name}", own, at)
            assert whole == ".".join([*(f"s{n}.{place}" for n, place in enumerate(at)), name])


def test_a_zero_extent_is_not_a_stack():
    assert seen_stacks([(0, 3)], [{(3,): "layers"}]) == [()]


def test_shapes_that_do_not_contain_each_other():
    views = [{(3,): "a.b", (4, 3): "a", (3, 9): ""}]
    (own,) = seen_stacks([(5, 4, 3)], views)
    assert own == (("a", 0), ("a.b", 1))
    assert seen_stacks([jnp.ones((2, 3)).shape], [{(5,): "a"}]) == [()]


def test_arrays_of_one_stack_with_its_axis_at_different_places():
    """No place is the same in both, so each keeps its own."""
    first, second = seen_stacks([(3, 4), (4, 3)], [{(4,): "layers"}, {(4,): "layers"}])
    assert first == (("layers", 0),)
    assert second == (("layers", 1),)
