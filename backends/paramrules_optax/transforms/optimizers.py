"""The optimizers that are handed to `build`: optax's factories or functions like them, and what they take."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from paramrules.assignment import Assignment, Group
from paramrules.assignment.origin import setting
from paramrules.diagnostics import Diagnostic, did_you_mean
from paramrules_optax.transforms.recipes import RECIPES, Recipe

Factory = Callable[..., Any]

DEFAULT = "default"
"""The entry for groups that name no optimizer."""

_RULED = ("learning_rate", "weight_decay", "weight_decay_rate", "mask", "weight_decay_mask")
"""What the rules and `build` itself say."""

_UNUSED = ("adam_b1", "adam_b2", "adam_eps_root", "adam_weight_decay", "adam_learning_rate")
"""What `optax.contrib.muon` hands to an AdamW of its own, which gets no parameter here."""


class Optimizer(NamedTuple):
    """A factory, and what it takes.

    Attributes:
        name: what rules call it; "" for the only one.
        called: the factory's own name.
        factory: the factory, without the `functools.partial` around it.
        recipe: what it is made of; None where that is not known.
        takes: its settings with their defaults, but for those that the rules and `build` say.
        takes_any: whether it takes any keyword.
        decay: what it calls its weight decay; None where it has none.
        default_decay: the weight decay that it has where none is given.
        bound: what a `functools.partial` has bound.
    """

    name: str
    called: str
    factory: Factory
    recipe: Recipe | None
    takes: Mapping[str, Any]
    takes_any: bool
    decay: str | None
    default_decay: Any
    bound: Mapping[str, Any]

    @property
    def decays(self) -> bool:
        """Whether a weight decay means anything to it."""
        return self.decay is not None or self.recipe is not None


def optimizer_of(name: str, factory: Any) -> Optimizer:
    """What a factory is and takes.

    Raises TypeError: it is no factory, or none that takes a `learning_rate`.
    """
    if hasattr(factory, "init") and hasattr(factory, "update"):
        raise TypeError(
            "an optimizer is one that has been made already, and should be what makes it: `optax.adamw`, and "
            "not `optax.adamw(1e-3)`"
        )
    if not callable(factory):
        raise TypeError(f"an optimizer is {factory!r:.60} and should be a factory such as `optax.adamw`")
    bound: dict[str, Any] = {}
    inner = factory
    while isinstance(inner, functools.partial) and not inner.args:
        bound = {**inner.keywords, **bound}
        inner = inner.func
    called = getattr(inner, "__name__", None) or name
    parameters = inspect.signature(inner).parameters.values()
    takes = {p.name: p.default for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    takes_any = any(p.kind == p.VAR_KEYWORD for p in parameters)
    if not takes_any and "learning_rate" not in takes:
        raise TypeError(f"`{called}` takes no `learning_rate`, which every factory of optax does")
    decay = next((key for key in ("weight_decay", "weight_decay_rate") if key in takes), None)
    unused = _UNUSED if "muon_weight_dimension_numbers" in takes else ()
    settings = {key: default for key, default in takes.items() if key not in (*_RULED, *unused)}
    default_decay = takes[decay] if decay else None
    return Optimizer(
        name, called, inner, RECIPES.get(inner), settings, takes_any, decay, default_decay, bound
    )


def chosen(
    assignment: Assignment, group: Group, optimizers: Mapping[str, Optimizer]
) -> Optimizer | Diagnostic:
    """The optimizer that a group is for: the one that it names, else `default`, else the only one."""
    name = group.settings.get("optimizer")
    if name is None and (DEFAULT in optimizers or len(optimizers) == 1):
        return optimizers.get(DEFAULT) or next(iter(optimizers.values()))
    if name is not None and name in optimizers:
        return optimizers[name]
    names = [f"`{name}`" for name in optimizers]
    there = f"are {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"is {names[0]}"
    if name is None:
        message = f"the group `{group.label}` names no optimizer, and there {there}"
        help = f'write `optimizer = "{list(optimizers)[-1]}"` among its settings, or call one `{DEFAULT}`'
    elif "" in optimizers:
        only = optimizers[""].called
        message = (
            f"the group `{group.label}` is for the optimizer `{name}`, and only `{only}` was handed over"
        )
        help = f'hand over both, as in `{{"{name}": ..., "{DEFAULT}": {only}}}`'
    else:
        message = f"the group `{group.label}` is for the optimizer `{name}`, and there {there}"
        help = did_you_mean(name, optimizers) or f'hand it over too, as in `{{"{name}": ..., ...}}`'
    span = None if name is None else setting(assignment, group, "optimizer").span
    return Diagnostic("E610", message, span, help=help)
