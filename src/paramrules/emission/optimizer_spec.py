"""An optimizer as plain data: all that the core has to know about one that a backend was given."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

_NONE: Mapping[str, Any] = MappingProxyType({})


class Aliases(NamedTuple):
    """Keys that people know from other libraries: the one table of a backend.

    Attributes:
        renamed: accepted under the optimizer's own name. With several names, those that the optimizer has
            share out a tuple: `{"betas": ("b1", "b2", "b3")}`.
        suggested: refused with "did you mean `betas`?", if the optimizer has that.
        help: refused with a help line of its own.
    """

    renamed: Mapping[str, tuple[str, ...]] = _NONE
    suggested: Mapping[str, str] = _NONE
    help: Mapping[str, str] = _NONE


class OptimizerSpec(NamedTuple):
    """One of the optimizers that a backend was given.

    Attributes:
        name: its name in rules; "" for one that was given by itself.
        called: its name in messages.
        keys: the settings that it has, under its own names.
        takes_any: whether it takes any other setting too.
        rates: the base rates that it has, under their portable names.
        bound: arguments that are bound to it already, as by `functools.partial`: rates under their portable
            names, settings under its own or their aliases.
        lr: its default learning rate; None if it has none.
        weight_decay: its default weight decay, likewise.
        aliases: the backend's table.
    """

    name: str
    called: str
    keys: tuple[str, ...]
    takes_any: bool = False
    rates: tuple[str, ...] = ("lr", "weight_decay")
    bound: Mapping[str, Any] = _NONE
    lr: Any = None
    weight_decay: Any = None
    aliases: Aliases = Aliases()


OptimizerSpecs = Mapping[str, OptimizerSpec]
"""Optimizers by their names in rules, in the order given; a single one by itself is under ""."""
