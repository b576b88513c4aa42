"""Einsums of flax that are linear layers, which depends on the equation and not on the class."""

from collections.abc import Mapping, Sequence

from paramrules.backends import Class, Owner, named
from paramrules_optax.libraries.loaded import Layout

LINEAR = "paramrules_optax.LinearEinsum"
"""The base that a class gets, which the vocabulary has in the family `Linear`."""

_EINSUMS = ("flax.linen.Einsum", "flax.nnx.Einsum")


def with_linear_einsums(
    names: Sequence[str], owners: Sequence[Owner], layouts: Mapping[str, Layout]
) -> list[Owner]:
    """Return the owners, in which an einsum without batch axes has the base `LINEAR`.

    Args:
        names: the canonical name of each parameter.
        owners: the owner of each.
        layouts: the layouts of kernels by name.
    """
    kernels = {name.removesuffix("kernel") for name, layout in layouts.items() if "_" not in layout}
    found = list(owners)
    if not kernels:
        return found
    linear: dict[Owner, Owner] = {}
    for number, (name, owner) in enumerate(zip(names, owners, strict=True)):
        if owner.known and name[: name.rfind(".") + 1] in kernels and _is_einsum(owner.cls):
            if owner not in linear:
                cls = Class(owner.cls.name, (*owner.cls.bases, LINEAR))
                linear[owner] = Owner((*owner.around[:-1], cls))
            found[number] = linear[owner]
    return found


def _is_einsum(cls: Class) -> bool:
    return any(named(einsum, name) for einsum in _EINSUMS for name in (cls.name, *cls.bases))
