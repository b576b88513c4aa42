"""The arguments of optimizers' constructors, which tell settings from what an optimizer counts."""

import inspect
from collections.abc import Iterator

SWITCHES = ("foreach", "fused", "capturable", "differentiable")
"""Switches for how to compute a step: they do not change what is kept, and not every device has them."""


def constructor_arguments(cls: type) -> set[str]:
    """Return the arguments of the constructors of a class and its bases: settings, not counters."""
    return {name for base in cls.__mro__ if "__init__" in vars(base) for name in _signature(base)}


def _signature(cls: type) -> Iterator[str]:
    return iter(inspect.signature(cls.__init__).parameters)  # type: ignore[misc]  # of this class, as meant
