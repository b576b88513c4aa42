"""The primitive facts about a tree's parameters, a column at a time."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import jax.numpy as jnp

from paramrules.backends import Class, Columns
from paramrules_optax import libraries
from paramrules_optax.libraries.loaded import Layout
from paramrules_optax.trees.leaves import Shape, known_shapes

_ARRAY = Class("jax.Array")


class TreeColumns(Columns):
    """The facts about the leaves of a tree.

    Args:
        leaves: the parameters.
        boxes: for each parameter the NNX variable or linen box that holds it, or None.
        modules: the modules by canonical name that decide layouts or who does not decay.
        every: name and module of all modules, outer ones first.
        shapes: the shapes in one layer, if some parameters are stacked.
        groups: the groups of convolutions whose modules are not in `every`, by the name of the weight.
    """

    groups_help = (
        "nothing says how many groups the convolution of `{name}` has: pass the model as well, as in "
        "`labels(params, rules, model=model)`; a module of your own says it by an attribute `groups`"
    )

    # flax notes these in all metadata, the last three before 0.12.8
    notes = frozenset(("hijax", "ref", "eager_sharding", "has_ref", "is_hijax", "is_mutable"))

    module_notes = frozenset(("name", "parent", "scope", "_id", "_state", "_parent_ref"))  # of linen

    def __init__(
        self,
        leaves: Sequence[Any],
        boxes: Sequence[Any],
        modules: Iterable[tuple[str, Any]],
        every: Iterable[tuple[str, Any]],
        shapes: Sequence[Shape] | None = None,
        groups: Mapping[str, int] | None = None,
    ) -> None:
        self._leaves = leaves
        self._boxes = boxes
        self._modules = modules
        self._every = every
        self._shapes = shapes
        self._reported = groups or {}

    def stored(self) -> Sequence[Shape]:
        """Return the shapes of the leaves."""
        return known_shapes(self.names, self._leaves)

    def layer_shape(self) -> Sequence[Shape]:
        """Return the shapes in one layer."""
        return self.column("stored") if self._shapes is None else self._shapes

    def dtype(self) -> Sequence[str]:
        """Return the dtypes; for a Python number the one that jax gives it."""
        names: dict[Any, str] = {}
        found = []
        for leaf in self._leaves:
            dtype = leaf.dtype if hasattr(leaf, "dtype") else jnp.result_type(leaf)
            if dtype not in names:
                names[dtype] = dtype.name
            found.append(names[dtype])
        return found

    def trainable(self) -> Sequence[bool]:
        """Return True for each: a tree holds no flags."""
        return [True] * len(self._leaves)

    def variable(self) -> Sequence[Class]:
        """Return the classes of the NNX variables or linen boxes; `jax.Array` for a bare array."""
        classes: dict[type, Class] = {type(None): _ARRAY}
        for box in self._boxes:
            if type(box) not in classes:
                classes[type(box)] = Class.of(type(box))
        return [classes[type(box)] for box in self._boxes]

    def own_attributes(self) -> Sequence[Mapping[str, object]]:
        """Return the metadata of NNX variables."""
        none: Mapping[str, object] = {}
        return [box.get_metadata() if hasattr(box, "get_metadata") else none for box in self._boxes]

    def modules(self) -> Iterable[tuple[str, object]]:
        """Return the modules by canonical name."""
        return self._modules

    def every_module(self) -> Iterable[tuple[str, object]]:
        """Return all modules by canonical name."""
        return self._every

    def layouts(self) -> Mapping[str, Layout]:
        """Return by canonical name the layouts of kernels that only the layer itself knows."""
        return self._layouts

    def groups(self) -> Mapping[str, int]:
        """Return the groups of convolutions whose modules live only while the model runs."""
        return self._reported

    @cached_property
    def _layouts(self) -> Mapping[str, Layout]:
        found = {}
        for name, module in self._modules:
            layout = libraries.kernel_layout(module)
            if layout:
                found[f"{name}.kernel" if name else "kernel"] = layout
        return found
