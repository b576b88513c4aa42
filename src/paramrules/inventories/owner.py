"""Class, a class by its dotted name, and Owner, the classes around a parameter."""

from functools import lru_cache
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


@lru_cache(maxsize=100_000)
def named(alternative: str, name: str) -> bool:
    """Return whether an alternative names the class of this dotted name, families aside.

    >>> named("torch.nn.Linear", "torch.nn.modules.linear.Linear"), named("*Norm", "flax.linen.LayerNorm")
    (True, True)
    """
    module, _, short = name.rpartition(".")
    inside, dot, wanted = alternative.rpartition(".")
    if not fits(wanted, short):
        return False
    return not dot or fits(inside, module) or fits(inside + ".*", module)


def fits(glob: str, text: str) -> bool:
    """Return whether a glob of `*` and `?` matches the whole text, case-sensitive.

    A text between two `*` may stand where it is first found, so nothing is tried twice. Files hold thousands
    of globs for a few classes, and to compile a regex for each takes longer than this.

    >>> fits("Layer*", "LayerNorm"), fits("*Nor?", "LayerNorm"), fits("Layer", "LayerNorm")
    (True, True, False)
    """
    if "*" not in glob:
        return glob == text if "?" not in glob else _stands(glob, text, 0) and len(glob) == len(text)
    first, *middle, last = glob.split("*")
    at, end = len(first), len(text) - len(last)
    if at > end or not (_stands(first, text, 0) and _stands(last, text, end)):
        return False
    for part in middle:
        found = _find(part, text, at)
        if found < 0 or found + len(part) > end:
            return False
        at = found + len(part)
    return True


def _find(part: str, text: str, start: int) -> int:
    """Return the first place at which a glob without `*` stands, from `start` on; -1 if there is none."""
    if "?" not in part:
        return text.find(part, start)
    return next((at for at in range(start, len(text)) if _stands(part, text, at)), -1)


def _stands(part: str, text: str, at: int) -> bool:
    """Return whether a glob without `*` stands at a place of the text."""
    if "?" not in part:
        return text.startswith(part, at)
    here = text[at : at + len(part)]
    return len(here) == len(part) and all(one in ("?", other) for one, other in zip(part, here, strict=True))


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
