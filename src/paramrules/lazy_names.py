"""Public names of a package, imported when they are first used."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def importer(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package whose names live in other modules.

    A name becomes an attribute of the package when it is first used. For a name that is nowhere, the
    `AttributeError` holds the package, so that the interpreter suggests one of `dir(package)`.

    Args:
        package: the package's `__name__`.
        homes: the module of each name.

    >>> __getattr__ = importer(__name__, {"build": "toynet.optimizers", "mark": "toynet.marks"})
    """

    def load(name: str) -> Any:
        module = sys.modules[package]
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=module)
        value = getattr(import_module(homes[name]), name)
        setattr(module, name, value)
        return value

    return load
