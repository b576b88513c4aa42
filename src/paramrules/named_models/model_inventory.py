"""From the name of a model to its inventory: import the code, build the model without memory, describe it.

The code prints to standard error. Its exceptions become diagnostics that point into the user's file.
"""

import importlib
import importlib.util
import inspect
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from paramrules import inventory_of_model, registry
from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean, listed
from paramrules.inventories import Inventory
from paramrules.inventories.own_vocabulary import VocabularyLike
from paramrules.inventories.parameter import is_below
from paramrules.named_models.example_inputs import ExampleInput, arguments
from paramrules.named_models.maker import build, required
from paramrules.named_models.model_name import Call, ModelName
from paramrules.named_models.user_code_errors import user_code
from paramrules.safe_files import names_in, unreadable

Stacked = Mapping[str, int]
"""For paths in a model, how many leading axes of all arrays below are layers."""


def inventory_of(
    name: ModelName,
    stacked: Stacked | None = None,
    vocabulary: VocabularyLike | None = None,
    inputs: Sequence[ExampleInput] = (),
) -> Inventory:
    """Return the inventory of the model of this name, saved or built.

    Args:
        name: the model's name, from `read_model_name`.
        stacked: for paths in the model, how many leading axes of all arrays below are layers.
        vocabulary: see `paramrules.inventory`.
        inputs: the arguments of a model that has no parameters before it runs, from `read_input`.

    Raises:
        RulesError: E517 for inputs of a model that has its parameters, E701 if the name leads nowhere or the
            import fails, E702 if building fails or does not return a model, E507 if the model has no such
            path, and the errors of the model or file itself.

    >>> inventory_of(read_model_name("timm:create_model('resnet18')"))
    <Inventory of 62 parameters, torch>
    """
    return inventories_of((name,), stacked or {}, vocabulary, inputs)[0]


def inventories_of(
    names: Sequence[ModelName],
    stacked: Stacked,
    vocabulary: VocabularyLike | None = None,
    inputs: Sequence[ExampleInput] = (),
) -> list[Inventory]:
    """Return the inventories of several models.

    Each declared stack has to be in one of them. Inputs are for all those that need some.

    Raises:
        RulesError: the errors of `inventory_of`.
    """
    return [model.inventory for model in named_models(names, stacked, vocabulary, inputs)]


def named_models(
    names: Sequence[ModelName],
    stacked: Stacked,
    vocabulary: VocabularyLike | None = None,
    inputs: Sequence[ExampleInput] = (),
    loaded: dict[str, ModuleType] | None = None,
) -> "list[NamedModel]":
    """Return several models with their inventories; `loaded` are the files that have run. Raises as above."""
    loaded = {} if loaded is None else loaded
    found = [_described(name, stacked, vocabulary, inputs, loaded) for name in names]
    paths: set[str] = set()
    used: set[str] = set()
    for plain in (model.plain for model in found):
        if plain is not None:
            used |= {path for path in stacked if _holds(plain, path)}
            paths |= {each[:end] for each in plain.names for end, mark in enumerate(each) if mark == "."}
    takes_inputs = any(model.needs_inputs for model in found)
    if inputs and not takes_inputs:
        which = " and ".join(f"`{name.text}`" for name in names)
        raise RulesError(
            Diagnostic(
                "E517",
                f"`--input` is for models that have no parameters before they run, unlike {which}",
                help="leave `--input` out",
            )
        )
    for path in stacked:
        if path not in used:
            raise RulesError(
                Diagnostic(
                    "E507",
                    f"`{path}` is declared as stacked, but is not in a model that can have stacks",
                    help=did_you_mean(path, sorted(paths))
                    or "saved inventories, and those that a function returns, keep their stacks as they are",
                )
            )
    return found


class NamedModel(NamedTuple):
    """A model that a name leads to.

    Attributes:
        name: its name.
        model: the model, or its inventory if that was saved.
        inventory: its inventory.
        describe: takes the inventory of the model again, or of another of its kind.
        rebuild: builds the model with its values; None for one that was not built here.
        plain: the inventory without declared stacks; None if none can be.
        needs_inputs: True if it has no parameters before it runs.
    """

    name: ModelName
    model: object
    inventory: Inventory
    describe: Callable[[object], Inventory]
    rebuild: Callable[[], object] | None = None
    plain: Inventory | None = None
    needs_inputs: bool = False


def _described(
    name: ModelName,
    stacked: Stacked,
    vocabulary: VocabularyLike | None,
    inputs: Sequence[ExampleInput],
    loaded: dict[str, ModuleType],
) -> NamedModel:
    if name.is_saved:
        saved = inventory_of_model.inventory(Inventory.load(name.origin), vocabulary=vocabulary)
        return NamedModel(name, saved, saved, lambda model: saved)
    with running(name):
        maker = named_value(name, loaded)
        rebuild = None
        value = maker
        if not _is_the_model(name, value, with_inputs=bool(inputs)):
            rebuild = partial(build, name, maker, name.call or Call((), {}), abstract=False)
            value = build(name, maker, name.call or Call((), {}))
        backend = registry.backend_of(value)
        needs_inputs = backend is not None and backend.needs_inputs(value)
        how: dict[str, Any] = {"vocabulary": vocabulary}
        if backend is not None and needs_inputs and inputs:
            how |= arguments(inputs, backend.abstract_array)._asdict()
        inventory = inventory_of_model.inventory(value, **how)
        plain = None
        if stacked and registry.takes(value, "stacked"):
            plain = inventory
            if own := {path: count for path, count in stacked.items() if _holds(inventory, path)}:
                how["stacked"] = own
                inventory = inventory_of_model.inventory(value, **how)
        return NamedModel(
            name, value, inventory, partial(inventory_of_model.inventory, **how), rebuild, plain, needs_inputs
        )


@contextmanager
def running(name: ModelName) -> Iterator[None]:
    """Run code that a name leads to: its folder is first on the path, and it prints to standard error."""
    folder = os.path.dirname(os.path.abspath(name.origin)) if name.is_file else name.folder or os.getcwd()
    with _first_on_path(folder), redirect_stdout(sys.stderr):
        yield


def named_value(name: ModelName, loaded: dict[str, ModuleType]) -> object:
    """Return what a name leads to; a file that is among those `loaded` does not run again."""
    if not name.is_file:
        return _attribute(name, _module(name))
    path = os.path.abspath(name.origin)
    if path not in loaded:
        loaded[path] = _file(name)
    return _attribute(name, loaded[path])


def _is_the_model(name: ModelName, value: object, *, with_inputs: bool) -> bool:
    """Return whether the value is the model itself, not what makes it.

    A function is a maker, even with haiku loaded, whose models are functions themselves; unless there are
    inputs for it and it cannot be called without arguments.
    """
    if name.call or not registry.is_model(value):
        return False
    return not inspect.isfunction(value) or (with_inputs and bool(required(inspect.signature(value))))


def _holds(inventory: Inventory, path: str) -> bool:
    return any(is_below(name, path) for name in inventory.names)


@contextmanager
def _first_on_path(folder: str) -> Iterator[None]:
    """Put a folder first on the path, as `python` does for the script's folder or the current one."""
    before = sys.path[:]
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path[:] = before


def _file(name: ModelName) -> ModuleType:
    path = Path(name.origin)
    if reason := unreadable(path):
        raise RulesError(Diagnostic("E701", f"`{name.origin}` cannot be read: {reason}"))
    if not os.path.isfile(path):  # unlike `is_file`, whatever the system says about the name
        raise RulesError(Diagnostic("E701", f"there is no file `{name.origin}`", help=_beside(path)))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickles look up their module. A module of this name that is already loaded stays.
    ours = sys.modules.setdefault(path.stem, module) is module
    try:
        with user_code("E701", f"importing `{name.origin}` failed"):
            spec.loader.exec_module(module)
    except RulesError:
        if ours:
            del sys.modules[path.stem]
        raise
    return module


def _beside(path: Path) -> str:
    """Return the help for a Python file that does not exist: what is in its folder."""
    if not os.path.isdir(path.parent):  # unlike `is_dir`, whatever the system says about the name
        return f"there is no folder `{path.parent.as_posix()}`"
    files = names_in(path.parent, ".py")
    folder = "the current folder" if path.parent == Path() else f"`{path.parent.as_posix()}`"
    if not files:
        return f"{folder} has no Python files"
    return did_you_mean(path.name, files) or f"{folder} has {listed(files)}"


def _module(name: ModelName) -> ModuleType:
    """Import package after package, to tell a missing module from one that fails."""
    parts = name.origin.split(".")
    if not all(part.isidentifier() for part in parts):
        files = (name.origin.rstrip(":"), f"{name.origin}.py")  # `vit.py::ViT`, `models/vit:ViT`
        near = next((f"did you mean `{file}:...`?" for file in files if os.path.isfile(file)), "")
        raise RulesError(
            Diagnostic(
                "E701",
                f"`{name.origin}` is not the name of a module",
                help=near or "write `package.module:NAME`",
            )
        )
    module: ModuleType | None = None
    for depth, part in enumerate(parts):
        dotted = ".".join(parts[: depth + 1])
        if not _exists(dotted, module):
            raise RulesError(_missing(part, module))
        with user_code("E701", f"importing `{dotted}` failed"):
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
        with user_code("E701", f"looking up `{attribute}` in `{name.origin}` failed"):
            found = hasattr(value, attribute)
            if found:
                value = getattr(value, attribute)
        if not found:
            whole = ".".join((name.origin, *name.attributes[:depth])) if depth else name.origin
            raise RulesError(
                Diagnostic(
                    "E701",
                    f"`{whole}` has no `{attribute}`",
                    help=did_you_mean(attribute, dir(value)) or _defined(value),
                )
            )
    return value


def _defined(module: object) -> str:
    """Return the help that lists what a module defines that may be a model or make one."""
    if not isinstance(module, ModuleType):
        return ""
    names = [name for name, value in vars(module).items() if name[0] != "_" and _is_own(value, module)]
    return f"it has {listed(names)}" if names else "it defines no model, and no function or class"


def _is_own(value: object, module: ModuleType) -> bool:
    """Return whether a value of a module is a function or class of its own, or an object of no plain type."""
    if isinstance(value, type | FunctionType):
        return value.__module__ == module.__name__
    return type(value).__module__.partition(".")[0] not in sys.stdlib_module_names
