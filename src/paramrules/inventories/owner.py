"""Class, a class by its dotted name, and Owner, the classes around a parameter."""

import fnmatch
import re
from functools import cache
from typing import NamedTuple

from paramrules.inventories.own_vocabulary import current


class Class(NamedTuple):
    """A class by its dotted name, with the names of its bases in method resolution order."""

    name: str
    bases: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The name without the module: `LayerNorm`."""
        return self.name.rpartition(".")[2]

    @classmethod
    def of(cls, python_class: type) -> "Class":
        """Describe a Python class; `object` is left out."""
        bases = tuple(_dotted(base) for base in python_class.__mro__[1:] if base is not object)
        return cls(_dotted(python_class), bases)


def _dotted(python_class: type) -> str:
    return f"{python_class.__module__}.{python_class.__qualname__}"


@cache
def named(alternative: str, name: str) -> bool:
    """Return whether an alternative names the class of this dotted name, families aside.

    >>> named("torch.nn.Linear", "torch.nn.modules.linear.Linear"), named("*Norm", "flax.linen.LayerNorm")
    (True, True)
    """
    module, _, short = name.rpartition(".")
    inside, dot, wanted = alternative.rpartition(".")
    if not pattern(wanted).match(short):
        return False
    return not dot or bool(pattern(inside).match(module) or pattern(inside + ".*").match(module))


@cache
def pattern(glob: str) -> re.Pattern[str]:
    """Compile a glob of `*` and `?`, case-sensitive. Patterns of fnmatch do not backtrack."""
    return re.compile(fnmatch.translate(glob.replace("[", "[[]")))


class Owner:
    """The module that owns a parameter.

    Owners are compared by identity. A backend makes one for each combination of a module's class and the
    classes around it, and shares it between parameters, so that each is looked at once.

    Args:
        around: the classes from the model's root to the owner itself.

    Attributes:
        own: the model's own vocabulary, in which these classes are looked up first.
    """

    __slots__ = ("around", "own")

    def __init__(self, around: tuple[Class, ...]) -> None:
        self.around = around
        self.own = current()

    def __repr__(self) -> str:
        return f"Owner({' > '.join(c.short for c in self.around) or 'unknown'})"

    @property
    def known(self) -> bool:
        """True unless the parameter is a leaf of a bare tree, which does not know its modules."""
        return bool(self.around)

    @property
    def cls(self) -> Class:
        """The class of the owning module."""
        return self.around[-1]


UNKNOWN_OWNER = Owner(())
