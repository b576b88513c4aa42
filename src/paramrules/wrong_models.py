"""Errors for something other than a model, or for keywords that do not fit one, with what to type instead."""

from collections.abc import Collection, Iterable, Mapping
from os import PathLike
from types import FunctionType, GeneratorType
from typing import Final

from paramrules.contract import Backend
from paramrules.diagnostics import Diagnostic, RulesError, a, class_name, did_you_mean
from paramrules.inventories import Inventory
from paramrules.registry import backend_of, installed, is_model, unusable


def refused(model: object, backend: Backend | None, keywords: Mapping[str, object]) -> RulesError:
    """Return the error of `paramrules.inventory` for something that it cannot describe.

    Args:
        model: what was passed.
        backend: the backend that knows it, if any does.
        keywords: the keywords beside it.
    """
    if isinstance(model, Inventory):
        return _unknown(keywords, (), "an inventory, which has been taken already")
    if backend is not None:
        meant = backend.keywords if backend.needs_inputs(model) else backend.keywords - _OF_A_RUN
        return _unknown(keywords.keys() - backend.keywords, meant, f"a model of `{backend.name}`")
    help = _for_inventory(model) or _instead(model)
    if isinstance(model, type):
        message = f"`{class_name(model)}` is a class, not a model"
        return RulesError(Diagnostic("E504", message, help=help))
    known = ", ".join(f"`{backend.name}`" for backend in installed()) or "none"
    message = f"no backend knows what {a(class_name(type(model)))} is"
    help = help or f"pass a module or a tree of arrays; installed backends: {known}"
    return RulesError([Diagnostic("E504", message, help=help), *unusable(model)])


def _for_inventory(model: object) -> str:
    """Return what to pass where an inventory would do as well; an empty text if that is not known."""
    if isinstance(model, str | PathLike) and str(model).endswith(".json"):
        return f'read a saved inventory with `paramrules.Inventory.load("{model}")`'
    if _are_rules(model) and hasattr(model, "inventory"):
        return "pass the model, or what the assignment knows of it: `assignment.inventory`"
    if _are_rules(model):
        return "these are rules: pass the model in this place"
    if _are_parameters(model):
        return "pass the model itself: parameters alone have no names"
    return ""


_WEIGHTS: Final = (".bin", ".ckpt", ".h5", ".msgpack", ".npz", ".pt", ".pth", ".safetensors")
"""How files of weights end."""

_OF_A_RUN: Final = frozenset(("inputs", "kwargs", "method", "rngs"))
"""The keywords for a model that has no parameters before it runs."""


def _unknown(keywords: Iterable[str], known: Collection[str], what: str) -> RulesError:
    """Return the error (E517) for keywords, of which some other may be meant."""
    to_model = "kwargs" in known
    return RulesError(
        [
            Diagnostic(
                "E517",
                f"`{keyword}` says nothing about {what}",
                help=did_you_mean(keyword, [*known, "vocabulary"])
                or f"leave `{keyword}` out"
                + (f', or pass it to the model: `kwargs={{"{keyword}": ...}}`' if to_model else ""),
            )
            for keyword in sorted(keywords)
        ]
    )


def refuse_non_module(
    model: object,
    wanted: str,
    *,
    otherwise: str = "pass the model itself: parameters alone do not know which modules they belong to",
) -> RulesError:
    """Return the error (E519) for something passed in place of a framework's module.

    Args:
        model: what was passed.
        wanted: the module class as users write it: `torch.nn.Module`.
        otherwise: the help for what is none of the usual mistakes.
    """
    if isinstance(model, type):
        message = f"`{class_name(model)}` is a class, not {a(wanted)}"
    else:
        message = f"{a(class_name(type(model)))} is not {a(wanted)}"
    help = "the model comes first, and the rules second" if _are_rules(model) else _instead(model)
    return RulesError(Diagnostic("E519", message, help=help or other_framework(model) or otherwise))


def other_framework(model: object, own: str = "") -> str:
    """Return a help for a model or an array of another backend than one's own, else an empty text."""
    backend = backend_of(model)
    if backend is None or backend.name == own:
        return ""
    package = type(backend).__module__.partition(".")[0]
    return f"it belongs to `{backend.name}`: use `{package}`"


def _are_rules(value: object) -> bool:
    """Return whether a value is rules, a path of theirs, or an assignment."""
    ours = type(value).__module__.startswith(("paramrules.rules.", "paramrules.assignment."))
    return ours or (isinstance(value, str | PathLike) and str(value).endswith(".rules"))


def _instead(model: object) -> str:
    """Return what to pass in place of something that is not a model, an empty text if that is not known."""
    if isinstance(model, type):
        return f"pass an instance: `{model.__name__}(...)`"
    if isinstance(model, FunctionType):
        return "call it, and pass the model that it returns"
    if model is None:
        return "pass the model; does the function that makes it return it?"
    if isinstance(model, str | PathLike):
        if str(model).endswith(_WEIGHTS):
            return "load the weights into the model, and pass that"
        return "pass the model itself, not its name or its file"
    if isinstance(model, Inventory):
        return "an inventory has no tensors: pass the model that it describes"
    if _attribute(model, "param_groups") is not None:
        return "pass the model that the optimizer trains"
    if _made_by(model) == "named_parameters" or _are_named(model):
        return "write `dict(model.named_parameters())`, or pass the model itself"
    if isinstance(model, list | tuple) and any(map(is_model, model)):
        return "put the models into one module, or call this once for each"
    return ""


def _are_named(model: object) -> bool:
    """Return whether a value is pairs with a name in front, as in `list(model.named_parameters())`."""
    pairs = model if isinstance(model, list | tuple) else ()
    return bool(pairs) and all(
        isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs
    )


def _are_parameters(model: object) -> bool:
    """Return whether a value is parameters without names: `model.parameters()`, a list of arrays."""
    if _made_by(model) == "parameters":
        return True
    arrays = model if isinstance(model, list | tuple) else (model,)
    return bool(arrays) and all(isinstance(_attribute(array, "shape"), tuple) for array in arrays)


def _made_by(value: object) -> str:
    """Return the name of the function that made a generator, and nothing for what is none."""
    return value.__name__ if isinstance(value, GeneratorType) else ""


def _attribute(value: object, name: str) -> object:
    """Return an attribute of something unknown; None if it has none, or raises when asked."""
    try:
        return getattr(value, name, None)
    except Exception:  # it is reported as what it is not, a model; its own error says less
        return None
