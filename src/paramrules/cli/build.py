"""From the name of a model to its inventory: imports the user's code, builds the model without memory for it.

This is the only place of the package where a user's code runs. What it prints goes to standard error, what
it raises ends in a diagnostic that points into the user's file.
"""

import importlib
import importlib.util
import inspect
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from types import ModuleType

from paramrules import registry
from paramrules.cli.abstract import built_abstractly
from paramrules.cli.blame import blame
from paramrules.cli.model import Call, ModelName
from paramrules.cli.table import progress
from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean
from paramrules.inventories import Inventory
from paramrules.inventories.parameter import is_below

Stacked = Mapping[str, int]


def inventory_of(name: ModelName, stacked: Stacked | None = None) -> Inventory:
    """The inventory of the model of that name, saved or built. `stacked` is what `--stacked` declares.

    Raises RulesError: E701 where the name leads nowhere or the import fails, E702 where building fails or
    gives no model, E507 where it has no stack that is declared, and what is wrong with the model or the
    saved file itself.
    """
    return inventories_of((name,), stacked or {})[0]


def inventories_of(names: Iterable[ModelName], stacked: Stacked) -> list[Inventory]:
    """The inventories of all these models. Each stack that is declared has to be in one of them.

    Raises what `inventory_of` raises.
    """
    found: list[Inventory] = []
    paths: set[str] = set()
    used: set[str] = set()
    for name in names:
        with progress(f"building {name.text}"):
            inventory, plain = _taken(name, stacked)
        found.append(inventory)
        if plain is not None:
            used |= {path for path in stacked if _holds(plain, path)}
            paths |= {each[:end] for each in plain.names for end, mark in enumerate(each) if mark == "."}
    for path in stacked:
        if path not in used:
            raise RulesError(
                Diagnostic(
                    "E507",
                    f"no model that can have stacks has a `{path}`, which is declared to be stacked",
                    help=did_you_mean(path, sorted(paths))
                    or "saved inventories, and those that functions return, keep the stacks that they have",
                )
            )
    return found


def _taken(name: ModelName, stacked: Stacked) -> tuple[Inventory, Inventory | None]:
    """The inventory of a model, and the one without what is declared; None where nothing can be."""
    if name.is_saved:
        return Inventory.load(name.place), None
    folder = os.path.dirname(os.path.abspath(name.place)) if name.is_file else os.getcwd()
    with _first_on_path(folder), redirect_stdout(sys.stderr):
        value = _attribute(name, _file(name) if name.is_file else _module(name))
        # A function makes a model, even where haiku is loaded, whose models are functions themselves.
        if name.call or inspect.isfunction(value) or not registry.is_model(value):
            value = _made(name, value, name.call or Call((), {}))
        inventory = registry.inventory(value)
        if not stacked or not registry.takes(value, "stacked"):
            return inventory, None
        own = {path: count for path, count in stacked.items() if _holds(inventory, path)}
        return (registry.inventory(value, stacked=own) if own else inventory), inventory


def _holds(inventory: Inventory, path: str) -> bool:
    return any(is_below(name, path) for name in inventory.names)


@contextmanager
def _first_on_path(folder: str) -> Iterator[None]:
    """As `python` does it: the script's folder, or the current one, comes first."""
    before = sys.path[:]
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path[:] = before


def _file(name: ModelName) -> ModuleType:
    path = Path(name.place)
    if not path.is_file():
        near = did_you_mean(path.name, (p.name for p in path.parent.glob("*.py")))
        raise RulesError(Diagnostic("E701", f"there is no file `{name.place}`", help=near))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickles look their module up; one of the same name that is there already stays.
    ours = sys.modules.setdefault(path.stem, module) is module
    try:
        with blame("E701", f"importing `{name.place}` failed"):
            spec.loader.exec_module(module)
    except RulesError:
        if ours:
            del sys.modules[path.stem]
        raise
    return module


def _module(name: ModelName) -> ModuleType:
    """Imports package after package, to tell what is not there from what fails."""
    parts = name.place.split(".")
    if not all(part.isidentifier() for part in parts):
        near = f"did you mean `{name.place}.py:...`?" if os.path.isfile(f"{name.place}.py") else ""
        raise RulesError(
            Diagnostic(
                "E701", f"`{name.place}` is no name of a module", help=near or "write `package.module:NAME`"
            )
        )
    module: ModuleType | None = None
    for depth, part in enumerate(parts):
        dotted = ".".join(parts[: depth + 1])
        if not _exists(dotted, module):
            raise RulesError(_missing(part, module))
        with blame("E701", f"importing `{dotted}` failed"):
            module = importlib.import_module(dotted)
    assert module is not None
    return module


def _exists(dotted: str, parent: ModuleType | None) -> bool:
    if dotted in sys.modules:
        return True
    return (parent is None or hasattr(parent, "__path__")) and importlib.util.find_spec(dotted) is not None


def _missing(part: str, parent: ModuleType | None) -> Diagnostic:
    siblings = pkgutil.iter_modules(None if parent is None else list(getattr(parent, "__path__", ())))
    near = did_you_mean(part, (found.name for found in siblings))
    if parent is not None:
        return Diagnostic("E701", f"there is no module `{part}` in `{parent.__name__}`", help=near)
    return Diagnostic(
        "E701", f"there is no module `{part}`", help=near or f"is it installed for `{sys.executable}`?"
    )


def _attribute(name: ModelName, module: ModuleType) -> object:
    value: object = module
    for depth, attribute in enumerate(name.attributes):
        with blame("E701", f"looking up `{attribute}` in `{name.place}` failed"):
            found = hasattr(value, attribute)
            if found:
                value = getattr(value, attribute)
        if not found:
            whole = ".".join((name.place, *name.attributes[:depth])) if depth else name.place
            raise RulesError(
                Diagnostic(
                    "E701", f"`{whole}` has no `{attribute}`", help=did_you_mean(attribute, dir(value))
                )
            )
    return value


def _made(name: ModelName, maker: object, call: Call) -> object:
    """What calling gives, built without memory for its parameters."""
    if not callable(maker):
        raise RulesError(
            Diagnostic(
                "E702",
                f"`{name.text}` is a `{type(maker).__name__}`, which is no model",
                help="name a module, a tree of arrays, or a function that returns one",
            )
        )
    _check_arguments(name, maker, call)
    with blame("E702", f"building `{name.text}` failed"):
        model = built_abstractly(partial(maker, *call.positional, **call.named))
    if not registry.is_model(model):
        raise RulesError(
            [
                Diagnostic(
                    "E702",
                    f"`{name.text}` gives a `{type(model).__name__}`, which is no model",
                    help="it has to return a module or a tree of arrays",
                ),
                *registry.unusable(model),
            ]
        )
    return model


def _check_arguments(name: ModelName, maker: Callable[..., object], call: Call) -> None:
    try:
        signature = inspect.signature(maker)
    except ValueError:  # some builtins have none
        return
    try:
        signature.bind(*call.positional, **call.named)
    except TypeError as error:
        attribute = ".".join(name.attributes)
        raise RulesError(
            Diagnostic(
                "E702",
                f"`{name.text}` cannot be called like that: {error}",
                help=f"write its arguments behind it: `{name.place}:{attribute}{_shown(signature)}`",
            )
        ) from None


def _shown(signature: inspect.Signature) -> str:
    """`(dim, depth)`: the arguments that have to be given."""
    needed = [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    return f"({', '.join(needed)})"
