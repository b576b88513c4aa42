"""A grouping function, the models it runs on, and what comes out: settings for each parameter."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, NamedTuple

import paramrules_torch
import torch

import paramrules
from paramrules.inference.grouping import Grouping

Settings = Mapping[str, Any]
Groups = Iterable[Mapping[str, Any]] | Mapping[str, Settings]
"""Param groups of torch, or settings by the parameters' names."""

KINDS = ("seen", "second", "deeper", "wider", "other")


class Subject(NamedTuple):
    """A model to group: its name, and a function that makes it without memory where the framework can."""

    name: str
    make: Callable[[], Any]


@dataclass(frozen=True)
class GroupingFunction:
    """A peer's function that groups parameters.

    Attributes:
        name: what the table calls it.
        group: called with a model; returns param groups or settings by name. It may freeze parameters.
        models: what it runs on, under the kinds `seen`, `deeper`, `wider`; `second` where one size does not
            tell, and both are seen; and `other`, another family, where the function groups more than one.
        policy: the hand-written policy of the shipped library, `timm/layer_decay`; None if there is none.
        needs: the packages that have to be installed.
    """

    name: str
    group: Callable[[Any], Groups]
    models: Mapping[str, Subject]
    policy: str | None = None
    needs: tuple[str, ...] = ()


def missing_packages(function: GroupingFunction) -> list[str]:
    """Return the packages that the function needs and that are not installed."""
    return [name for name in function.needs if find_spec(name) is None]


def on_meta(make: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[], Any]:
    """Return a function that calls `make` with torch's meta device as the default."""

    def build() -> Any:
        with torch.device("meta"):
            return make(*args, **kwargs)

    return build


def grouping_of(function: GroupingFunction, kind: str) -> Grouping:
    """Make one of the function's models, group it, and return the settings of each parameter."""
    name, make = function.models[kind]
    model = make()
    inventory = model.inventory() if hasattr(model, "inventory") else paramrules.inventory(model)
    inventory = paramrules.Inventory.from_json(inventory.to_json())  # as it was before the function ran
    trainable = inventory.column("trainable")
    named = _names(model, inventory)
    given = _by_name(named, function.group(model))
    names = inventory.names[: len(inventory)]
    frozen = {named[id(p)] for p in _frozen(model) if id(p) in named}
    settings = [
        None if not trained else given.get(name, {"freeze": True} if name in frozen else {"skip": True})
        for name, trained in zip(names, trainable, strict=True)
    ]
    assert given.keys() <= set(names), f"not parameters: {sorted(given.keys() - set(names))[:5]}"
    return Grouping(name, inventory, tuple(settings))


def _frozen(model: Any) -> list[torch.nn.Parameter]:
    if not isinstance(model, torch.nn.Module):
        return []
    return [parameter for parameter in model.parameters() if not parameter.requires_grad]


def _names(model: Any, inventory: paramrules.Inventory) -> dict[int, str]:
    """Return the canonical names of a torch model's trainable tensors, by identity."""
    if not isinstance(model, torch.nn.Module):
        return {}
    (everything,) = paramrules_torch.param_groups(model, paramrules.parse("all: else"))
    trainable = inventory.column("trainable")
    names = [name for name, trained in zip(inventory.names, trainable, strict=False) if trained]
    return {id(parameter): name for parameter, name in zip(everything["params"], names, strict=True)}


def _by_name(names: Mapping[int, str], groups: Groups) -> dict[str, Settings]:
    if isinstance(groups, Mapping):
        return dict(groups)
    given: dict[str, Settings] = {}
    for group in groups:
        settings = {key: value for key, value in group.items() if key != "params"}
        for parameter in group["params"]:
            assert names[id(parameter)] not in given, f"in two groups: {names[id(parameter)]}"
            given[names[id(parameter)]] = settings
    return given
