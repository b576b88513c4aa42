"""Rebuilds a golden file's model in torch: the same class names, names and shapes, on the meta device."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

HERE = Path(__file__).parent
FILES = sorted(path.name for path in HERE.glob("*.json"))

# Bases that need a metaclass or a mixin's machinery, and that no rule is about.
_LEFT_OUT = ("abc.", "typing.", "transformers.modeling_utils", "transformers.utils")
_LEFT_OUT += ("transformers.integrations", "transformers.generation")

_classes: dict[tuple[str, ...], type[nn.Module]] = {}


def read(name: str) -> dict[str, Any]:
    """A golden file as it stands."""
    data: dict[str, Any] = json.loads((HERE / name).read_text("utf-8"))
    return data


def load(name: str) -> tuple[nn.Module, dict[str, Any]]:
    """The model of a golden file, and the file."""
    data = read(name)
    made: dict[tuple[str, ...], nn.Module] = {}
    for row in data["parameters"]:
        empty = torch.empty(row["shape"], dtype=getattr(torch, row["dtype"]), device="meta")
        parameter = nn.Parameter(empty, requires_grad=row["trainable"])
        for place in [row, *row.get("also", [])]:
            *modules, leaf = place["name"].split(".")
            owner = _module_at(tuple(modules), place["around"], place["owner"], made)
            owner.register_parameter(leaf, parameter)
    root = made[()]
    if data["no_weight_decay"]:
        root.no_weight_decay = lambda: set(data["no_weight_decay"])  # type: ignore[assignment]
    return root, data


def _module_at(
    path: tuple[str, ...],
    around: Sequence[str],
    owner: Sequence[str],
    made: dict[tuple[str, ...], nn.Module],
) -> nn.Module:
    if () not in made:
        made[()] = _new([around[0]] if len(around) > 1 else owner)
    for end in range(1, len(path) + 1):
        key = path[:end]
        if key not in made:
            made[key] = _new(owner if end == len(path) else [around[end]])
            made[key[:-1]].add_module(key[-1], made[key])
        elif end == len(path) and type(made[key]) is not _class(owner):
            made[key].__class__ = _class(owner)
    return made[path]


def _new(names: Sequence[str]) -> nn.Module:
    cls = _class(names)
    module = cls.__new__(cls)
    nn.Module.__init__(module)
    return module


def _class(names: Sequence[str]) -> type[nn.Module]:
    """A class whose method resolution order has these dotted names; torch's own where torch has it."""
    key = tuple(name for name in names if name != "torch.nn.modules.module.Module")
    if not key:
        return nn.Module
    if key not in _classes:
        bases = [name for name in key[1:] if not name.startswith(_LEFT_OUT)]
        module, _, short = key[0].rpartition(".")
        if module.startswith("torch.nn.") and hasattr(nn, short):
            _classes[key] = getattr(nn, short)
        else:
            body = {"__module__": module, "__init__": nn.Module.__init__}
            _classes[key] = type(short, (_class(bases),), body)
    return _classes[key]
