"""Rates, norms, update ratios and bytes of state of an optimizer's groups."""

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import optax
from jax import Array
from jax import numpy as jnp

from paramrules.backends import AnyRules, Group, GroupStats, RulesWarning, group_rows, row_metrics
from paramrules_optax import libraries
from paramrules_optax.transforms.arrays import StackedLayers, arrays_of
from paramrules_optax.transforms.build_transform import build
from paramrules_optax.transforms.group_config import GroupConfig
from paramrules_optax.transforms.optax_factories import Factory
from paramrules_optax.transforms.plan import plan
from paramrules_optax.trees.leaves import is_array
from paramrules_optax.trees.tree_walk import Walk

_KINDS = ("gradients", "weights", "updates")


class GroupMonitor:
    """Measure what an optimizer of `build` does to each group.

    `measure` is a pure function for the jitted step; it returns three small arrays. `rows` makes plain
    values of them, outside. Layers of a stacked array count in their own groups.

    Args:
        params, rules, optimizer, **how: the arguments of `build`, which has warned of what there is to
            warn of.

    Raises what `build` raises for these arguments.

    >>> how = {"learning_rate": schedule, "weight_decay": 0.05}
    >>> tx = build(params, "vit.rules", optax.adamw, **how)
    >>> monitor = GroupMonitor(params, "vit.rules", optax.adamw, **how)
    >>> @jax.jit
    ... def step(params, state):
    ...     gradients = jax.grad(loss_of)(params)
    ...     updates, state = tx.update(gradients, state, params)
    ...     measured = monitor.measure(params, gradients, updates)
    ...     return optax.apply_updates(params, updates), state, measured
    >>> params, state, measured = step(params, state)
    >>> monitor.rows(measured, step=0, state=state)
    """

    def __init__(
        self,
        params: Any,
        rules: AnyRules,
        optimizer: Factory | Mapping[str, Factory] = optax.adamw,
        **how: Any,
    ) -> None:
        given: dict[str, Any] = {
            "learning_rate": None,
            "weight_decay": None,
            "decay": "scaled",
            "options": None,
            "strict": False,
            "model": None,
            "marks": (),
            "vocabulary": None,
        }
        settings = {key: value for key, value in how.items() if key not in given}
        own = {key: how.get(key, default) for key, default in given.items()}
        with warnings.catch_warnings(action="ignore", category=RulesWarning):
            planned = plan(params, rules, optimizer, **own, settings=settings, call=build, stacklevel=2)
        inventory = planned.bound.inventory
        self._groups: list[tuple[Group, GroupConfig]] = []
        self._place: dict[int, int] = {}
        for _, group, numbers in planned.bound.groups(untrained=True):
            self._place.update((number, len(self._groups)) for number in numbers)
            self._groups.append((group, planned.configs[numbers[0]]))
        elements = inventory.column("elements")
        self._elements = [sum(elements[number] for number in g.parameters) for g, _ in self._groups]
        self._arrays: dict[str, tuple[tuple[int, ...], StackedLayers | None]] = {}
        for array in arrays_of(inventory):
            self._arrays.update((name, (array.parameters, array.stack)) for name in array.names)

    def measure(self, params: Any, gradients: Any, updates: Any) -> dict[str, Array]:
        """Return sums of squares by group. It can be jitted; on sharded arrays it sums over all of them.

        Args:
            params: the parameters before the step.
            gradients: their gradients, in the same tree; with `None` where there are none.
            updates: what `tx.update` returned.

        Returns:
            Three float32 arrays of the shape (groups,): `gradients`, `weights` and `updates`.

        Raises:
            KeyError: a leaf is not a parameter of the model.
        """
        trees = (gradients, params, updates)
        return {kind: self._squares(tree) for kind, tree in zip(_KINDS, trees, strict=True)}

    def _squares(self, tree: Any) -> Array:
        sums = [jnp.zeros((), jnp.float32)] * len(self._groups)
        for name, leaf in _leaves(tree):
            numbers, stack = self._arrays[name]
            square = jnp.square(jnp.abs(leaf).astype(jnp.float32))
            if stack is None:
                each = [square.sum()]
            else:
                layers = square.sum(tuple(axis for axis in range(stack.ndim) if axis not in stack.axes))
                each = [layers[at] for at in stack.at]
            for number, value in zip(numbers, each, strict=True):
                if number in self._place:
                    place = self._place[number]
                    sums[place] = sums[place] + value
        return jnp.stack(sums)

    def rows(self, measured: Mapping[str, Array], *, step: int, state: Any = None) -> list[dict[str, Any]]:
        """Return a row of plain values for each trained group.

        The keys are `label`, `lr`, `weight_decay`, `tensors`, `parameters`, `grad_norm`, `weight_norm`,
        `update_norm`, `update_ratio` and `state_bytes`, the same as in PyTorch.

        Args:
            measured: what `measure` returned.
            step: the number of the step, from 0, at which schedules are evaluated.
            state: the optimizer's state, for `state_bytes`; they are None without.
        """
        squares = {kind: jax.device_get(measured[kind]) for kind in _KINDS}
        sizes = None if state is None else self._bytes(state)
        return group_rows(
            GroupStats(
                group.label,
                _at(step, config.schedule, config.rate),
                _at(step, config.decay_schedule, config.decay_scale) + float(config.weight),
                len(group.parameters),
                self._elements[number],
                **{kind: float(found[number]) for kind, found in squares.items()},
                state_bytes=None if sizes is None else sizes[number],
            )
            for number, (group, config) in enumerate(self._groups)
        )

    def metrics(self, measured: Mapping[str, Array], *, step: int, state: Any = None) -> dict[str, float]:
        """Return the values of `rows` under the names by which loggers keep them: `grad_norm/decay`."""
        return row_metrics(self.rows(measured, step=step, state=state))

    def _bytes(self, state: Any) -> list[int]:
        """Return the bytes of each group in a state: of the arrays whose path ends in a parameter's name.

        Counts of steps are not a parameter's.
        """
        sizes = [0] * len(self._groups)
        for name, leaf in _leaves(state):
            if leaf.ndim == 0 and jnp.issubdtype(leaf.dtype, jnp.integer):
                continue
            parts = name.split(".")
            ends = (".".join(parts[start:]) for start in range(1, len(parts) + 1))
            numbers, _ = self._arrays.get(next((e for e in ends if e in self._arrays), ""), ((), None))
            for number in numbers:
                if number in self._place:
                    sizes[self._place[number]] += leaf.size * leaf.dtype.itemsize // len(numbers)
        return sizes


def _leaves(tree: Any) -> Iterator[tuple[str, Any]]:
    """Yield the arrays of a tree with their canonical names."""
    walk = Walk(tree)
    if walk.graph:
        yield from _leaves(libraries.state_of_graph(tree))
        return
    for name, leaf in zip(walk.names, walk.flat[0], strict=True):
        if is_array(leaf):
            yield name, leaf


def _at(step: int, schedule: Any, scale: Any) -> float:
    """Return a rate at a step: a schedule's value times the scale, or a number."""
    return float(scale if schedule is None else schedule(step) * scale)
