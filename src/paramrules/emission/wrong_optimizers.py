"""Messages for a name, an instance or another framework's optimizer, passed as an optimizer."""

from collections.abc import Iterable
from types import FunctionType
from typing import Any, Final

from paramrules.diagnostics import a

_FRAMEWORKS: Final = ("mlx", "optax", "torch")


def instead_of_optimizer(given: Any, known: Iterable[str]) -> str:
    """Return what was passed in place of an optimizer and, if that is known, which optimizer to pass.

    Args:
        given: what was passed.
        known: the optimizers of one's own framework, each with its module.

    >>> instead_of_optimizer("adamw", ["torch.optim.AdamW"])
    "'adamw': pass `torch.optim.AdamW`"
    """
    if isinstance(given, str):
        name, called = given, f"{given!r:.60}"
    elif isinstance(given, type | FunctionType):
        name, called = given.__name__, f"`{given.__module__}.{given.__qualname__}`"
    else:
        name = type(given).__name__
        called = a(name)
    meant = next((each for each in known if _folded(each) == _folded(name)), "")
    return f"{called}: pass `{meant}`" if meant else called


def is_of_another(given: object, own: str) -> bool:
    """Return whether a class, a function or an object belongs to another framework than one's own."""
    root = str(getattr(given, "__module__", "")).partition(".")[0]
    return root in _FRAMEWORKS and root != own


def _folded(name: str) -> str:
    return name.rpartition(".")[2].lower().replace("_", "")
