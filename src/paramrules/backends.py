"""Backends: one for each framework, found through entry points and imported only for models of theirs.

A third party adds one with an entry point in the group `paramrules.backends` that names an object with
the methods of `Backend`. Importing it must be cheap and must not import the framework.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Protocol, cast

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inventories import Inventory


class Backend(Protocol):
    """What the core asks of a framework.

    `frameworks` names the modules one of which is in `sys.modules` whenever a model of this backend exists,
    `keywords` what `inventory` takes beside the model.
    """

    name: str
    frameworks: tuple[str, ...]
    keywords: frozenset[str]

    def recognises(self, model: object) -> bool:
        """Whether the object is a model (or a tree of parameters) of this framework."""
        ...

    def inventory(self, model: Any, **how: Any) -> Inventory:
        """Its parameters. Raises RulesError where they cannot be described."""
        ...

    def abstractly(self, make: Callable[[], object]) -> object:
        """What `make()` gives, built without memory for its parameters (meta device, `eval_shape`)."""
        ...


@cache
def _installed() -> tuple[Backend, ...]:
    return tuple(cast(Backend, point.load()) for point in entry_points(group="paramrules.backends"))


def loaded() -> Iterator[Backend]:
    """The backends whose framework this process has imported."""
    for backend in _installed():
        if any(framework in sys.modules for framework in backend.frameworks):
            yield backend


def frameworks() -> frozenset[str]:
    """The modules that the installed backends wait for."""
    return frozenset(framework for backend in _installed() for framework in backend.frameworks)


def takes(model: object, keyword: str) -> bool:
    """Whether the keyword means something to `inventory` for this model."""
    knows = (backend for backend in loaded() if backend.recognises(model))
    return not isinstance(model, Inventory) and any(keyword in backend.keywords for backend in knows)


def _refuse_keywords(keywords: Iterable[str], what: str) -> None:
    for keyword in sorted(keywords):
        raise RulesError(
            Diagnostic("E501", f"`{keyword}` says nothing about {what}", help=f"leave `{keyword}` out")
        )


def inventory(model: object, **how: Any) -> Inventory:
    """The facts about a model's parameters, in a form that no framework is needed to read.

    `model` is whatever an installed backend knows: a `torch.nn.Module`, an Equinox or NNX module, a
    tree of arrays, concrete or abstract (meta device, `jax.eval_shape`). An `Inventory` is given back
    as it is. `how` goes to the backend.

    Raises RulesError: E504 where no backend knows the model, E501 for keywords that its backend does not
    take, and what the backend finds wrong with it.

    >>> paramrules.inventory(torch.nn.Linear(3, 2))
    <Inventory of 2 parameters, torch>
    """
    if isinstance(model, Inventory):
        _refuse_keywords(how, "an inventory, which has been taken already")
        return model
    for backend in loaded():
        if backend.recognises(model):
            _refuse_keywords(how.keys() - backend.keywords, f"a model of `{backend.name}`")
            return backend.inventory(model, **how)
    if isinstance(model, type):
        raise RulesError(
            Diagnostic(
                "E504",
                f"`{model.__module__}.{model.__qualname__}` is a class, and no model",
                help=f"hand over an instance: `{model.__name__}(...)`",
            )
        )
    known = ", ".join(f"`{backend.name}`" for backend in loaded()) or "none"
    raise RulesError(
        Diagnostic(
            "E504",
            f"no backend knows what a `{type(model).__module__}.{type(model).__qualname__}` is",
            help=f"hand over a module or a tree of arrays; backends whose framework is imported: {known}",
        )
    )
