"""Transformations of whole arrays, applied to each layer of a stack.

The trust ratio or factored moment of a stack differs from those of its layers. These run under `jax.vmap`
along the axes of the stack, so that a scanned model trains like the same model unrolled.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import optax

from paramrules_optax.trees.fit import fitted

Axes = Mapping[str, tuple[int, ...]]
"""The axes along which an array's layers lie, by canonical name; () for an array that is not a stack."""


def by_layer(inner: optax.GradientTransformation, axes: Axes) -> optax.GradientTransformation:
    """Apply a stateless transformation of single arrays to each layer of a stack."""
    if not any(axes.values()):
        return inner

    def alone(update: Any, param: Any) -> Any:
        return inner.update(update, optax.EmptyState(), param)[0]

    def update(updates: Any, state: optax.EmptyState, params: Any = None) -> tuple[Any, optax.EmptyState]:
        leaves, structure = _flat(updates)
        along = _along(axes, updates)
        done = [
            _over(stacked, alone, (True, True), True)(leaf, param)
            for leaf, param, stacked in zip(leaves, structure.flatten_up_to(params), along, strict=True)
        ]
        return structure.unflatten(done), state

    return optax.GradientTransformation(lambda params: optax.EmptyState(), update)


def factored_by_layer(inner: optax.GradientTransformation, axes: Axes) -> optax.GradientTransformation:
    """Apply `optax.scale_by_factored_rms` to each layer of a stack; moments have the stacked axes first."""
    if not any(axes.values()):
        return inner
    moments = optax.FactoredState(count=None, v_row=False, v_col=False, v=False)

    def init(params: Any) -> optax.FactoredState:
        leaves, structure = _flat(params)

        def alone(param: Any) -> optax.FactoredState:
            return inner.init(param)._replace(count=None)

        states = [
            _over(along, alone, (True,), moments)(leaf)
            for leaf, along in zip(leaves, _along(axes, params), strict=True)
        ]
        return _joined(structure, jax.numpy.zeros([], jax.numpy.int32), states)

    def update(
        updates: Any, state: optax.FactoredState, params: Any = None
    ) -> tuple[Any, optax.FactoredState]:
        leaves, structure = _flat(updates)
        rows, columns, whole, held = map(structure.flatten_up_to, (state.v_row, state.v_col, state.v, params))
        done, states = [], []
        for number, along in enumerate(_along(axes, updates)):
            own = optax.FactoredState(state.count, rows[number], columns[number], whole[number])
            one = _over(along, inner.update, (True, moments, True), (True, moments))
            scaled, after = one(leaves[number], own, held[number])
            done.append(scaled)
            states.append(after)
        return structure.unflatten(done), _joined(structure, optax.safe_increment(state.count), states)

    return optax.GradientTransformation(init, update)


def _along(axes: Axes, tree: Any) -> list[tuple[int, ...]]:
    """Return the axes of the stack in each leaf, in the order of leaves."""
    _, structure = _flat(tree)
    return list(structure.flatten_up_to(fitted(axes, tree)))


def _flat(tree: Any) -> tuple[list[Any], Any]:
    leaves, structure = jax.tree.flatten(tree)
    return leaves, structure


def _joined(structure: Any, count: Any, states: list[optax.FactoredState]) -> optax.FactoredState:
    columns = [structure.unflatten([state[field] for state in states]) for field in (1, 2, 3)]
    return optax.FactoredState(count, *columns)


def _over(
    axes: tuple[int, ...], function: Callable[..., Any], arguments: Any, results: Any
) -> Callable[..., Any]:
    """Map a function over the layers along some axes.

    In the trees of arguments and results, True stands for an array with the stack's axes where the stored
    array has them, False for one that has them in front, and None for a value that all layers share.

    Args:
        axes: the axes.
        function: a function of one layer.
        arguments: the tree of its arguments.
        results: the tree of its results.
    """
    for position, axis in reversed(list(enumerate(sorted(axes)))):
        place = {True: axis - position, False: 0, None: None}

        def placed(tree: Any, place: Mapping[Any, Any] = place) -> Any:
            return jax.tree.map(lambda kind: place[kind], tree, is_leaf=lambda kind: kind is None)

        function = jax.vmap(function, in_axes=placed(arguments), out_axes=placed(results))
    return function
