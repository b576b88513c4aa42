"""The facts about a tree's parameters, a column at a time."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from math import prod
from typing import Any

import jax.numpy as jnp

from paramrules.inventories import ABSENT, Class, Columns, Layer, Owner
from paramrules.inventories.fans import fans
from paramrules.inventories.logical import vector_parameters
from paramrules.inventories.roles import role
from paramrules_optax.libraries.layouts import layouts

_ARRAY = Class("jax.Array")
_FLAGS = frozenset(("hijax", "ref", "eager_sharding"))
"""What flax notes down in every variable's metadata."""


class TreeColumns(Columns):
    """Answers from leaves.

    Args:
        leaves: the parameters.
        boxes: for each parameter the NNX variable or linen box that holds it, or None.
        names: for each entry its canonical name.
        owners: for each entry its module.
        parameter: for each entry the number of its parameter.
        modules: every module with the canonical name under which it stands.
        shapes: the logical shapes, where it is known which axes stacking layers has added.
    """

    def __init__(
        self,
        leaves: Sequence[Any],
        boxes: Sequence[Any],
        names: Sequence[str],
        owners: Sequence[Owner],
        parameter: Sequence[int],
        modules: Iterable[tuple[str, Any]],
        shapes: Sequence[tuple[int, ...]] | None = None,
    ) -> None:
        self._leaves = leaves
        self._boxes = boxes
        self._names = names
        self._owners = owners
        self._parameter = parameter
        self._modules = modules
        self._logical = shapes

    @cached_property
    def _shapes(self) -> Sequence[tuple[int, ...]]:
        shapes = self._laid_out
        leaves = [name.rpartition(".")[2] for name in self._names]
        found = vector_parameters(self._owners, leaves, self._parameter, [len(shape) for shape in shapes])
        return (
            [(prod(shape),) if n in found else shape for n, shape in enumerate(shapes)] if found else shapes
        )

    @property
    def _laid_out(self) -> Sequence[tuple[int, ...]]:
        return self._stored if self._logical is None else self._logical

    @cached_property
    def _stored(self) -> Sequence[tuple[int, ...]]:
        return [leaf.shape if hasattr(leaf, "shape") else () for leaf in self._leaves]

    def shape(self) -> Sequence[tuple[int, ...]]:
        """The logical shapes where they are known, else the shapes as they are stored."""
        return self._shapes

    def stored(self) -> Sequence[tuple[int, ...]]:
        """The shapes of the leaves."""
        return self._stored

    def layer(self) -> Sequence[Layer | None]:
        """Every array counts as a whole here."""
        return [None] * len(self._leaves)

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

    def role(self) -> Sequence[str]:
        """The roles, by the owner's class and the name."""
        return [role(owner, name) for owner, name in zip(self._owners, self._names, strict=True)]

    def fan_in(self) -> Sequence[int | None]:
        """What the layer contracts."""
        return [found for found, _ in self._fans]

    def fan_out(self) -> Sequence[int | None]:
        """What the layer produces."""
        return [found for _, found in self._fans]

    @cached_property
    def _fans(self) -> Sequence[tuple[int | None, int | None]]:
        entries = zip(self._owners, self._names, self._parameter, strict=True)
        told = layouts(self._modules)
        return [
            fans(owner, name, self._laid_out[parameter], told.get(name)) for owner, name, parameter in entries
        ]

    def attribute(self, name: str) -> Sequence[object]:
        """A variable's metadata; `no_weight_decay` also for what a module's method of that name lists."""
        found = [_metadata(self._boxes[parameter]).get(name, ABSENT) for parameter in self._parameter]
        if name == "no_weight_decay":
            for entry in self._listed():
                found[entry] = True
        return found

    def attributes(self) -> Sequence[Mapping[str, object]]:
        """The metadata that can be written down."""
        found = [
            {key: value for key, value in _metadata(self._boxes[p]).items() if _plain(value)}
            for p in self._parameter
        ]
        for entry in self._listed():
            found[entry]["no_weight_decay"] = True
        return found

    def _listed(self) -> list[int]:
        """The entries that a module's `no_weight_decay()` lists, whole or by a glob, relative to it."""
        found: set[int] = set()
        for module_name, module in self._modules:
            listed = getattr(module, "no_weight_decay", None)
            if callable(listed):
                prefix = module_name + "." if module_name else ""
                patterns = tuple(listed())
                for entry, name in enumerate(self._names):
                    own = name[len(prefix) :] if name.startswith(prefix) else None
                    if own and (own in patterns or any(fnmatchcase(own, pattern) for pattern in patterns)):
                        found.add(entry)
        return sorted(found)


def _metadata(box: Any) -> Mapping[str, object]:
    if not hasattr(box, "get_metadata"):
        return {}
    return {key: value for key, value in box.get_metadata().items() if key not in _FLAGS}


def _plain(value: object) -> bool:
    """Whether JSON can say it."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) for key in value) and all(map(_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
