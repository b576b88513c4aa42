"""The facts about a tree's parameters, a column at a time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from paramrules.backends import Class, Columns
from paramrules_optax.libraries.layouts import layouts

_ARRAY = Class("jax.Array")


class TreeColumns(Columns):
    """Answers from leaves.

    Args:
        leaves: the parameters.
        boxes: for each parameter the NNX variable or linen box that holds it, or None.
        modules: every module with the canonical name under which it stands.
        shapes: the shapes in one layer, where it is known which axes stacking layers has added.
    """

    notes = frozenset(("hijax", "ref", "eager_sharding"))  # in every flax variable's metadata

    def __init__(
        self,
        leaves: Sequence[Any],
        boxes: Sequence[Any],
        modules: Iterable[tuple[str, Any]],
        shapes: Sequence[tuple[int, ...]] | None = None,
    ) -> None:
        self._leaves = leaves
        self._boxes = boxes
        self._modules = modules
        self._shapes = shapes

    def stored(self) -> Sequence[tuple[int, ...]]:
        """The shapes of the leaves."""
        return [leaf.shape if hasattr(leaf, "shape") else () for leaf in self._leaves]

    def layer_shape(self) -> Sequence[tuple[int, ...]]:
        """The shapes in one layer where they are known, else the shapes as they are stored."""
        return self.column("stored") if self._shapes is None else self._shapes

    def dtype(self) -> Sequence[str]:
        """The dtypes; of a Python number the one that jax gives it."""
        names: dict[Any, str] = {}
        found = []
        for leaf in self._leaves:
            dtype = leaf.dtype if hasattr(leaf, "dtype") else jnp.result_type(leaf)
            if dtype not in names:
                names[dtype] = dtype.name
            found.append(names[dtype])
        return found

    def trainable(self) -> Sequence[bool]:
        """Every parameter of a tree takes part in training."""
        return [True] * len(self._leaves)

    def variable(self) -> Sequence[Class]:
        """The class of the NNX variable or linen box; `jax.Array` for a bare array."""
        classes: dict[type, Class] = {type(None): _ARRAY}
        for box in self._boxes:
            if type(box) not in classes:
                classes[type(box)] = Class.of(type(box))
        return [classes[type(box)] for box in self._boxes]

    def own_attributes(self) -> Sequence[Mapping[str, object]]:
        """The metadata of variables."""
        none: Mapping[str, object] = {}
        return [box.get_metadata() if hasattr(box, "get_metadata") else none for box in self._boxes]

    def modules(self) -> Iterable[tuple[str, object]]:
        """Every module, of which some may have a method `no_weight_decay`."""
        return self._modules

    def layouts(self) -> Mapping[str, tuple[str, ...]]:
        """The layouts that only the layer itself can tell."""
        return layouts(self._modules)
