"""The models of the cases in jax: modules of Equinox and of NNX, and trees of dicts."""

from collections.abc import Mapping
from functools import cache, reduce
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from flax import nnx

from paramrules.testing.models import Array, Module


def equinox_model(module: Module) -> Any:
    """An Equinox module, its class called as the rows call it; `Shared` ties arrays."""
    places: dict[Array, list[list[str]]] = {}

    def build(module: Module, path: list[str]) -> Any:
        held: dict[str, Any] = {}
        for name, child in module.children.items():
            if isinstance(child, Module):
                held[name] = build(child, [*path, name])
            else:
                held[name] = _abstract(child)
                places.setdefault(child, []).append([*path, name])
        cls = _equinox_class(module.lineage, tuple(held), frozenset(module.no_decay))
        return _marked(cls, module.attributes)(held)

    model = build(module, [])
    ties = [(other, own) for own, *others in places.values() for other in others]
    if not ties:
        return model
    return eqx.nn.Shared(
        model,
        where=lambda m: [reduce(getattr, other, m) for other, _ in ties],
        get=lambda m: [reduce(getattr, own, m) for _, own in ties],
    )


@cache
def _equinox_class(lineage: tuple[str, ...], fields: tuple[str, ...], no_decay: frozenset[str]) -> Any:
    """A class with fields that need not be names in Python: `0`, `b(1)`."""
    base = _equinox_class(lineage[1:], (), frozenset()) if lineage else eqx.Module
    body = {"__annotations__": dict.fromkeys(fields, Any), "__init__": _set}
    return _class(lineage, base, body, no_decay)


def _marked(cls: Any, attributes: Mapping[str, Any]) -> Any:
    """The class with these attributes: jax keeps nothing of an instance but its fields."""
    body = {"__module__": cls.__module__, "__init__": _set, **attributes}
    return type(cls)(cls.__name__, (cls,), body) if attributes else cls


def _set(self: Any, held: Mapping[str, Any]) -> None:
    for name, value in held.items():
        object.__setattr__(self, name, value)


def nnx_model(module: Module, made: dict[Array, Any] | None = None) -> Any:
    """An NNX module, its class and those of its variables called as the rows call them."""
    made = {} if made is None else made
    model = _nnx_class(module.lineage, nnx.Module, frozenset(module.no_decay))()
    for name, value in module.attributes.items():
        setattr(model, name, value)
    for name, child in module.children.items():
        if isinstance(child, Module):
            setattr(model, name, nnx_model(child, made))
        else:
            if child not in made:
                made[child] = _nnx_class(child.variable, nnx.Param)(_abstract(child), **child.attributes)
            setattr(model, name, made[child])
    return model


@cache
def _nnx_class(lineage: tuple[str, ...], root: type, no_decay: frozenset[str] = frozenset()) -> Any:
    return _class(lineage, _nnx_class(lineage[1:], root) if lineage else root, {}, no_decay)


def _class(lineage: tuple[str, ...], base: type, body: Mapping[str, Any], no_decay: frozenset[str]) -> Any:
    module, _, short = (lineage[0] if lineage else "app.Net").rpartition(".")
    decides = {"no_weight_decay": lambda self: no_decay} if no_decay else {}
    return type(base)(short, (base,), {"__module__": module, **body, **decides})


def tree(module: Module) -> dict[str, Any]:
    """Dicts in dicts, each array under its first name."""
    return _dicts(module, "", set(), {})


def typed_tree(module: Module) -> tuple[dict[str, Any], dict[str, type]]:
    """Dicts in dicts, and the class of each by its path."""
    types: dict[str, type] = {}
    return _dicts(module, "", set(), types), types


def _dicts(module: Module, path: str, made: set[Array], types: dict[str, type]) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for name, child in module.children.items():
        if isinstance(child, Module):
            if inner := _dicts(child, f"{path}.{name}".lstrip("."), made, types):
                held[name] = inner
        elif child not in made:
            made.add(child)
            held[name] = _abstract(child)
    if held:
        types[path] = _plain_class(module.lineage)
    return held


@cache
def _plain_class(lineage: tuple[str, ...]) -> Any:
    return _class(lineage, _plain_class(lineage[1:]) if lineage else object, {}, frozenset())


def _abstract(array: Array) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(array.stored, jnp.dtype(array.dtype))
