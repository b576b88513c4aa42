"""Adafactor, which keeps the rows and columns of a matrix of second moments."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from paramrules_optax.pytorch.factories import Slots, factory_of_stages
from paramrules_optax.transforms.arrays import Matrix
from paramrules_optax.trees.fit import fitted


@factory_of_stages(learning_rate=1e-2)
def adafactor(
    slots: Slots,
    *,
    beta2_decay: Any = -0.8,
    eps: Sequence[Any] = (None, 1e-3),
    clipping_threshold: Any = 1.0,
) -> list[optax.GradientTransformation]:
    """Return PyTorch's Adafactor, whose rate is `min(lr, 1 / sqrt(t)) * max(eps[1], rms(p))`.

    `optax.adafactor` follows the code of the paper: see docs/optimizers.md.

    Args:
        learning_rate, lr: a number or a schedule; 1e-2 by default. It bounds the relative step and scales
            the decay.
        weight_decay: multiplies the parameter, and decays beside the step as in AdamW; 0 by default.
        beta2_decay: the second moments are averaged with the weight `t**beta2_decay` of the newest.
        eps: the least root of a second moment, None for the precision of the parameter's type; and the least
            root mean square of a parameter.
        clipping_threshold, d: the largest root mean square of a step.

    An array of two axes or more keeps its second moments along the last two as rows and columns. In `build`,
    a matrix that is stored with more axes is one matrix, and each layer of a stack is an array of its own.

    Raises:
        ValueError: `eps` other than two numbers.

    References:
        Shazeer and Stern, Adafactor, 2018, https://arxiv.org/abs/1804.04235
        https://docs.pytorch.org/docs/stable/generated/torch.optim.Adafactor.html

    >>> tx = adafactor(lr=1e-2, eps=(1e-16, 1e-3), d=1.0)
    """
    if not isinstance(eps, Sequence) or len(eps) != 2:
        raise ValueError(f"`eps` is {eps!r} and should be two numbers, such as (None, 1e-3)")
    return [
        _scale_by_factored_moments(beta2_decay, eps, clipping_threshold, slots),
        _at_most_by_root_of_step(slots),
    ]


def _scale_by_factored_moments(
    beta2_decay: Any, eps: Sequence[Any], threshold: Any, slots: Slots
) -> optax.GradientTransformation:
    """Divide by the root of second moments, clip the result, and scale it by the parameter's own size."""
    least_root, least_size = eps

    def init(params: Any) -> optax.FactoredState:
        def moments(param: Any, form: "_Form") -> tuple[Any, Any, Any]:
            shape, none = form.shape(param), jnp.zeros((1,), param.dtype)
            if not form.factored(param):
                return none, none, jnp.zeros(shape, param.dtype)
            rows, columns = (*shape[:-1], 1), (*shape[:-2], 1, shape[-1])
            return jnp.zeros(rows, param.dtype), jnp.zeros(columns, param.dtype), none

        return optax.FactoredState(
            jnp.zeros([], jnp.int32), *_apart(params, jax.tree.map(moments, params, _forms(slots, params)), 3)
        )

    def update(
        updates: Any, state: optax.FactoredState, params: Any = None
    ) -> tuple[Any, optax.FactoredState]:
        count = optax.safe_increment(state.count)
        newest = jnp.asarray(count, jnp.result_type(float)) ** beta2_decay

        def step(
            update: Any, param: Any, row: Any, column: Any, whole: Any, form: "_Form"
        ) -> tuple[Any, Any, Any, Any]:
            gradient, squares = form.apply(update), form.apply(update) ** 2
            least = _precision(param.dtype) if least_root is None else least_root
            weight = newest.astype(gradient.dtype)
            if form.factored(update):
                row += weight * (squares.mean(-1, keepdims=True) - row)
                column += weight * (squares.mean(-2, keepdims=True) - column)
                moment = row * column / jnp.maximum(row.mean(-2, keepdims=True), least)
            else:
                whole += weight * (squares - whole)
                moment = whole
            scaled = gradient / jnp.sqrt(jnp.maximum(moment, least * least))
            clipped = scaled / jnp.maximum(1.0, form.rms(scaled) / threshold)
            sized = clipped * jnp.maximum(least_size, form.rms(form.apply(param)))
            return form.undo(sized, update), row, column, whole

        stepped = jax.tree.map(
            step, updates, params, state.v_row, state.v_col, state.v, _forms(slots, updates)
        )
        scaled, *moments = _apart(updates, stepped, 4)
        return scaled, optax.FactoredState(count, *moments)

    return optax.GradientTransformation(init, update)


def _precision(dtype: Any) -> float:
    return float(jnp.finfo(dtype).eps)  # type: ignore[no-untyped-call]  # jax has no types for it


class StepAndRateState(NamedTuple):
    """The number of steps so far, and the states of the stages that apply decay and rate."""

    count: Any
    decay: Any
    rate: Any


def _at_most_by_root_of_step(slots: Slots) -> optax.GradientTransformation:
    """Scale by the rate, which is at most `1 / sqrt(t)`, and negate; add decay scaled by the whole rate."""

    def init(params: Any) -> StepAndRateState:
        return StepAndRateState(jnp.zeros([], jnp.int32), slots.decay.init(params), slots.rate.init(params))

    def update(updates: Any, state: StepAndRateState, params: Any = None) -> tuple[Any, StepAndRateState]:
        count = optax.safe_increment(state.count)
        zeros, ones = (jax.tree.map(fill, updates) for fill in (jnp.zeros_like, jnp.ones_like))
        decays, decay = slots.decay.update(zeros, state.decay, params)
        rates, rate = slots.rate.update(ones, state.rate, params)
        largest = 1 / jnp.sqrt(jnp.asarray(count, jnp.result_type(float)))

        def step(update: Any, decay: Any, rate: Any) -> Any:
            return rate * decay + jnp.maximum(rate, -largest.astype(rate.dtype)) * update

        return jax.tree.map(step, updates, decays, rates), StepAndRateState(count, decay, rate)

    return optax.GradientTransformation(init, update)


class _Form(NamedTuple):
    """The layout in which an array holds what Adafactor takes for one parameter.

    Attributes:
        layers: the axes along which layers lie.
        matrix: the axes of a matrix; None for an array that is taken as it is stored.
        vector: whether the array is a vector in each layer, whatever axes it is stored with.
    """

    layers: tuple[int, ...] = ()
    matrix: Matrix | None = None
    vector: bool = False

    def order(self, ndim: int) -> list[int]:
        """Return the axes with those of layers in front, and those of a matrix last."""
        last = (
            [axis % ndim for axis in (*self.matrix.contracted, *self.matrix.produced)] if self.matrix else []
        )
        others = [axis for axis in range(ndim) if axis not in (*self.layers, *last)]
        return [*self.layers, *others, *last]

    def shape(self, array: Any) -> list[int]:
        """Return the shape of an array in this form."""
        extents = [array.shape[axis] for axis in self.order(array.ndim)]
        if self.vector:
            return [*extents[: len(self.layers)], math.prod(extents[len(self.layers) :])]
        if self.matrix is None:
            return extents
        contracted, produced = len(self.matrix.contracted), len(self.matrix.produced)
        first = array.ndim - contracted - produced
        middle = first + contracted
        return [*extents[:first], math.prod(extents[first:middle]), math.prod(extents[middle:])]

    def apply(self, array: Any) -> Any:
        """Return an array in this form."""
        return array.transpose(self.order(array.ndim)).reshape(self.shape(array))

    def undo(self, formed: Any, array: Any) -> Any:
        """Return an array of this form as it is stored, like another."""
        order = self.order(array.ndim)
        back = sorted(range(array.ndim), key=order.__getitem__)
        return formed.reshape([array.shape[axis] for axis in order]).transpose(back)

    def factored(self, array: Any) -> bool:
        """Return whether an array has rows and columns in each layer."""
        return not self.vector and array.ndim - len(self.layers) > 1

    def rms(self, formed: Any) -> Any:
        """Return the root mean square of each layer."""
        return jnp.sqrt(jnp.mean(formed**2, range(len(self.layers), formed.ndim), keepdims=True))


def _forms(slots: Slots, tree: Any) -> Any:
    """Return the form of each array in a tree."""
    if not slots.axes:
        return jax.tree.map(lambda _: _Form(), tree)
    forms = {
        name: _Form(axes, slots.matrices[name], len(slots.shapes[name]) <= 1)
        for name, axes in slots.axes.items()
    }
    return fitted(forms, tree)


def _apart(tree: Any, tuples: Any, length: int) -> list[Any]:
    """Return a tree of tuples as trees of their members.

    Args:
        tree: a tree of the same structure.
        tuples: the tree of tuples.
        length: the length of each.
    """
    structure: Any = jax.tree.structure(tree)
    found = structure.flatten_up_to(tuples)
    return [structure.unflatten([each[place] for each in found]) for place in range(length)]
