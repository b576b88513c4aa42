"""Whose a parameter is: the class of its module, and the classes of the modules around it."""

from typing import NamedTuple


class Class(NamedTuple):
    """A class by its dotted name, with those of its bases in the order in which Python looks them up."""

    name: str
    bases: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The name without the module: `LayerNorm`."""
        return self.name.rpartition(".")[2]

    @classmethod
    def of(cls, python_class: type) -> "Class":
        """The description of a Python class; `object` is left out."""
        bases = tuple(_dotted(base) for base in python_class.__mro__[1:] if base is not object)
        return cls(_dotted(python_class), bases)


def _dotted(python_class: type) -> str:
    return f"{python_class.__module__}.{python_class.__qualname__}"


class Owner:
    """The module that owns a parameter. `around` goes from the model's root to the owner itself.

    Owners are compared by identity: a backend makes one for each module class and surroundings that it
    meets, shares it between parameters, and what is found out about an owner is found out once.
    """

    __slots__ = ("around",)

    def __init__(self, around: tuple[Class, ...]) -> None:
        self.around = around

    def __repr__(self) -> str:
        return f"Owner({' > '.join(c.short for c in self.around) or 'unknown'})"

    @property
    def known(self) -> bool:
        """False for a leaf of a bare tree, whose module nobody knows."""
        return bool(self.around)

    @property
    def cls(self) -> Class:
        """The class of the owning module."""
        return self.around[-1]


UNKNOWN_OWNER = Owner(())
