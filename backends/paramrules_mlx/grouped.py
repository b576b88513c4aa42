"""The optimizers of several groups as one optimizer of MLX."""

from collections.abc import Iterable, Sequence
from typing import Any

import mlx.core as mx
from mlx.optimizers import MultiOptimizer, Optimizer
from mlx.utils import tree_flatten, tree_unflatten

from paramrules.backends import Diagnostic, RulesError, did_you_mean


class GroupedOptimizer(MultiOptimizer):  # type: ignore[misc]  # mypy skips mlx
    """The optimizers of a rule file's groups as one, which `build` makes.

    MLX's `MultiOptimizer` calls filters for every array at every update, and setting its `learning_rate`
    gives all members the same one. This looks arrays up by name, and members keep their ratio to the base.

    Attributes:
        optimizers: one per group, in the order of the rules.
        labels: the label of each.
        names: the canonical names of the arrays of each.
    """

    def __init__(
        self,
        optimizers: Sequence[Optimizer],
        labels: Sequence[str],
        names: Sequence[Sequence[Sequence[str]]],
        scales: Sequence[float | None],
        base: Any,
        skipped: Iterable[str] = (),
    ) -> None:
        """Join optimizers.

        Args:
            optimizers: one per group.
            labels: the label of each.
            names: of each, for each array its names; MLX computes the gradient of a tied array for the last.
            scales: the ratio of each to the base rate; None for one that has a rate of its own.
            base: the base rate, a number or a schedule.
            skipped: names of arrays that are left to another optimizer.
        """
        super().__init__(list(optimizers), [lambda name, array: False] * (len(optimizers) - 1))
        self.labels = tuple(labels)
        self.names = tuple(tuple(name for array in own for name in array) for own in names)
        self._scales = tuple(scales)
        self._base = base
        self._member = {array[-1]: member for member, own in enumerate(names) for array in own}
        self._passed_over = {name for own in names for array in own for name in array[:-1]} | set(skipped)

    def _split_dictionary(self, gradients: dict[str, Any]) -> list[Any]:
        """Return the arrays of each member, as a tree."""
        parts: list[list[tuple[str, mx.array]]] = [[] for _ in self.optimizers]
        for name, array in tree_flatten(gradients):
            if name in self._member:
                parts[self._member[name]].append((name, array))
            elif name not in self._passed_over:
                raise RulesError(_stranger(name, self._member))
        return [tree_unflatten(part) if part else {} for part in parts]

    @property
    def learning_rate(self) -> Any:
        """The base rate. Setting it gives each member its ratio of the new one, if it has one."""
        for optimizer, scale in zip(self.optimizers, self._scales, strict=True):
            if scale:
                return optimizer.learning_rate / scale
        return mx.array(self._base(self.optimizers[0].step) if callable(self._base) else self._base)

    @learning_rate.setter
    def learning_rate(self, rate: float | mx.array) -> None:
        self._base = rate
        for optimizer, scale in zip(self.optimizers, self._scales, strict=True):
            if scale is not None:
                optimizer.learning_rate = mx.array(rate) * scale


def _stranger(name: str, known: Iterable[str]) -> Diagnostic:
    return Diagnostic(
        "E601",
        f"`{name}` is not a parameter of the model that the optimizer was built for",
        help=did_you_mean(name, known) or "build the optimizer after the last change to the model",
    )
