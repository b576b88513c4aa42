"""The models of the cases as modules of torch, without memory."""

from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import nn

from paramrules.testing.models import Array, Module


def build(module: Module, made: dict[Array, nn.Parameter]) -> nn.Module:
    """The module without memory, its class called as the rows call it, arrays that are tied the same."""
    cls = _class(module.lineage, nn.Module)
    built: nn.Module = cls.__new__(cls)
    nn.Module.__init__(built)
    for name, child in module.children.items():
        if isinstance(child, Module):
            built.add_module(name, build(child, made))
        else:
            if child not in made:
                made[child] = _parameter(child)
            built.register_parameter(name, made[child])
    for name, value in module.attributes.items():
        setattr(built, name, value)
    if module.no_decay:
        built.no_weight_decay = lambda: module.no_decay  # type: ignore[assignment]
    return built


def _parameter(array: Array) -> nn.Parameter:
    empty = torch.empty(array.stored, dtype=getattr(torch, array.dtype), device="meta")
    cls = _class(array.variable, nn.Parameter)
    parameter: nn.Parameter = cls(empty, requires_grad=array.trainable)
    for name, value in array.attributes.items():
        setattr(parameter, name, value)
    return parameter


@cache
def _class(lineage: tuple[str, ...], root: type) -> Any:
    """A class with these names in its method resolution order; torch's own where torch has it."""
    if not lineage:
        return root
    module, _, short = lineage[0].rpartition(".")
    if module.startswith("torch."):
        return getattr(import_module(module), short)
    return type(root)(short, (_class(lineage[1:], root),), {"__module__": module})
