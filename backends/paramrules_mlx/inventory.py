"""The inventory of an `mlx.nn.Module`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import mlx.core as mx
import mlx.nn as nn

from paramrules.backends import (
    Class,
    Columns,
    Inside,
    Inventory,
    Owner,
    Repeats,
    refuse_non_module,
    walk_inside,
)
from paramrules_mlx.freezing import frozen_by_rules

_ARRAY = Class("mlx.core.array")
_HIDDEN = "give a reference to an outer module a name that begins with `_`, which MLX does not see"
_SHARED = "let one module hold it, and others under a name that begins with `_`, which MLX does not see"
_STATISTICS = ("running_mean", "running_var")


class Slot(NamedTuple):
    """A place in a module that holds an array.

    Attributes:
        module: the module.
        key: the array's key there, with a dot before each index or key of a list or dict.
        name: the array's canonical name in the model.
        owner: the module's classes.
        array: the array.
        trainable: False if its key, or one around it, is frozen by other hands than rules.
    """

    module: nn.Module
    key: str
    name: str
    owner: Owner
    array: mx.array
    trainable: bool


class ModelSlots:
    """All slots of a model, in the order of `model.parameters()`. Each module is visited once per path.

    Attributes:
        slots: one per name of a parameter.
        modules: the modules by canonical name.
    """

    def __init__(self, model: nn.Module) -> None:
        self.slots: list[Slot] = []
        self.modules: list[tuple[str, nn.Module]] = []
        self._owners: dict[tuple[Class, ...], Owner] = {}
        walk_inside(model, self._visit(model, "", (), True), _HIDDEN, Repeats(_SHARED))

    def _visit(self, module: nn.Module, name: str, around: tuple[Class, ...], trainable: bool) -> Inside:
        around = (*around, Class.of(type(module)))
        owner = self._owners.setdefault(around, Owner(around))
        self.modules.append((name, module))
        place = _Place(module, f"{name}." if name else "", owner, trainable)
        yield from self._members(place, module.items())

    def _members(self, place: "_Place", members: Iterable[tuple[str, Any]]) -> Inside:
        """Walk what MLX sees in a module, or in a list or dict of it."""
        module, prefix, owner, trainable = place
        for key, value in members:
            if not nn.Module.valid_parameter_filter(module, key, value):
                continue
            if not isinstance(value, nn.Module | mx.array):
                inner = value.items() if isinstance(value, dict) else enumerate(value)
                yield value, prefix + key, self._members(place, _below(key, inner))
                continue
            trained = trainable and not _frozen(module, key)
            if isinstance(value, nn.Module):
                yield value, prefix + key, self._visit(value, prefix + key, owner.around, trained)
            elif not (isinstance(module, nn.BatchNorm) and key in _STATISTICS):
                self.slots.append(Slot(module, key, prefix + key, owner, value, trained))


class _Place(NamedTuple):
    """A module that is visited, the beginning of the names in it, its owner, and whether it may train."""

    module: nn.Module
    prefix: str
    owner: Owner
    trainable: bool


def _below(key: str, inner: Iterable[tuple[object, Any]]) -> Iterator[tuple[str, Any]]:
    return ((f"{key}.{each}", value) for each, value in inner)


def _frozen(module: nn.Module, key: str) -> bool:
    """Return whether other hands than rules froze a module's key, or one of a list or dict around it."""
    parts = key.split(".")
    keys = (".".join(parts[: count + 1]) for count in range(len(parts)))
    return any(each in module._no_grad and not frozen_by_rules(module, each) for each in keys)


class MLXColumns(Columns):
    """The facts about the arrays of a model."""

    module_notes = frozenset((*vars(nn.Module), *vars(nn.Module())))

    def __init__(self, slots: Sequence[Slot], modules: Sequence[tuple[str, nn.Module]]) -> None:
        self._slots = slots
        self._modules = modules

    def stored(self) -> Sequence[tuple[int, ...]]:
        """Return the shapes of the arrays."""
        return [tuple(slot.array.shape) for slot in self._slots]

    def dtype(self) -> Sequence[str]:
        """Return the dtypes without `mlx.core.`."""
        return [str(slot.array.dtype).removeprefix("mlx.core.") for slot in self._slots]

    def trainable(self) -> Sequence[bool]:
        """Return whether each array is trained, also if rules froze it, see `freezing`."""
        return [slot.trainable for slot in self._slots]

    def variable(self) -> Sequence[Class]:
        """Return the one class of all arrays."""
        return [_ARRAY] * len(self._slots)

    def modules(self) -> Sequence[tuple[str, nn.Module]]:
        """Return every module by canonical name."""
        return self._modules

    def on_module(self, module: nn.Module) -> Mapping[str, object]:
        """Return what is set on a module: MLX keeps lists, tuples and dicts beside arrays and submodules."""
        return {**vars(module), **{key: value for key, value in module.items() if _plain(value)}}


def _plain(value: object) -> bool:
    """Return whether a value holds no array and no module."""
    todo, seen = [value], set()
    while todo:
        one = todo.pop()
        if id(one) in seen:  # a list may hold itself
            continue
        seen.add(id(one))
        if isinstance(one, nn.Module | mx.array):
            return False
        todo += one.values() if isinstance(one, dict) else one if isinstance(one, list | tuple) else ()
    return True


def inventory(model: nn.Module) -> Inventory:
    """Return the parameters of a model, in the order of `model.parameters()`.

    A module that a model holds under several names has tied parameters. Arrays are values in MLX: two that
    were once the same object train apart, and are not tied. Running statistics of a `BatchNorm` are left out.

    >>> inventory(mlx.nn.Linear(3, 2)).names
    ['weight', 'bias']
    """
    return inventory_and_slots(model)[0]


def inventory_and_slots(model: nn.Module) -> tuple[Inventory, list[Slot]]:
    """Return the inventory of a model, and the slot of each of its parameters.

    Raises RulesError: E519 if it is not a module.
    """
    if not isinstance(model, nn.Module):
        raise refuse_non_module(model, "mlx.nn.Module")
    found = ModelSlots(model)
    numbers: dict[tuple[int, str], int] = {}
    own: list[Slot] = []
    further: list[tuple[int, Slot]] = []
    for slot in found.slots:
        number = numbers.setdefault((id(slot.module), slot.key), len(own))
        if number == len(own):
            own.append(slot)
        else:
            further.append((number, slot))
    aliases: dict[int, list[int]] = {}
    for entry, (number, _) in enumerate(further, len(own)):
        aliases.setdefault(number, []).append(entry)
    entries = [*own, *(slot for _, slot in further)]
    names, owners = [slot.name for slot in entries], [slot.owner for slot in entries]
    return Inventory("mlx", names, owners, MLXColumns(own, found.modules), aliases=aliases), own
