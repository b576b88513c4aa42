"""The optimizers that `build` is given: optax's factories or functions like them, and what they take."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import optax

from paramrules.backends import (
    Aliases,
    OptimizerSpec,
    instead_of_optimizer,
    is_of_another,
    unbound,
)
from paramrules_optax.setting_names import RENAMED
from paramrules_optax.transforms.counterparts import only_in_pytorch
from paramrules_optax.transforms.recipes import RECIPES, Recipe

Factory = Callable[..., Any]

_RULES_DECAY = "the rules say which parameters decay: `weight_decay = 0`"

ALIASES = Aliases(
    renamed=RENAMED,
    suggested={"wd": "weight_decay"},
    help={
        "mask": _RULES_DECAY,
        "weight_decay_mask": _RULES_DECAY,
        "weight_decay": 'leave it out, or decay beside the step, with `decay="unscaled"`',
    },
)
"""PyTorch's names for the settings of optax's factories, and arguments that rules replace."""

_LR = "learning_rate"
_DECAYS = ("weight_decay", "weight_decay_rate")
_RULED = (_LR, *_DECAYS, "mask", "weight_decay_mask")
"""Arguments that the rules and `build` itself supply."""

_UNUSED = ("adam_b1", "adam_b2", "adam_eps_root", "adam_weight_decay", "adam_learning_rate")
"""Arguments that `optax.contrib.muon` passes to an AdamW of its own, which gets no parameters here."""


class OptaxFactory(NamedTuple):
    """A factory of optimizers.

    Attributes:
        spec: what it takes, as the core knows it.
        factory: the factory, without the `functools.partial` around it.
        recipe: what its optimizer consists of; None if that is not known.
        defaults: its settings with their defaults, without those that the rules and `build` supply.
        decay: its own name for the weight decay; None if it has none.
    """

    spec: OptimizerSpec
    factory: Factory
    recipe: Recipe | None
    defaults: Mapping[str, Any]
    decay: str | None


def optax_factory(name: str, factory: Any, *, unscaled: bool) -> OptaxFactory:
    """Describe a factory.

    Args:
        name: its name in rules.
        factory: the factory, or a `functools.partial` of one.
        unscaled: whether decay is added beside the step, which works with any optimizer.

    Raises TypeError: it is not a factory, or it takes no `learning_rate`.
    """
    foreign = is_of_another(factory, "optax")
    if hasattr(factory, "init") and hasattr(factory, "update") and not foreign:
        raise TypeError(
            "an optimizer has been made already; pass what makes it: `optax.adamw`, not `optax.adamw(1e-3)`"
        )
    if not callable(factory) or foreign:
        raise TypeError(
            "an optimizer should be a factory such as `optax.adamw`, and not "
            f"{instead_of_optimizer(factory, _known())}"
        )
    inner, bound = unbound(factory)
    called = getattr(inner, "__name__", None) or name
    parameters = inspect.signature(inner).parameters.values()
    takes = {p.name: p.default for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    for other in [key for key in takes if any(name in takes for name in RENAMED.get(key, ()))]:
        del takes[other]  # another name of an argument that is there under optax's
    takes_any = any(p.kind == p.VAR_KEYWORD for p in parameters)
    if not takes_any and _LR not in takes:
        raise TypeError(f"`{called}` takes no `{_LR}`, which every factory of optax does")
    decay = next((key for key in _DECAYS if key in takes), None)
    recipe = RECIPES.get(inner)
    unused = _UNUSED if "muon_weight_dimension_numbers" in takes else ()
    defaults = {key: default for key, default in takes.items() if key not in (*_RULED, *unused)}
    portable = {_LR: "lr", decay: "weight_decay"}
    spec = OptimizerSpec(
        name,
        called,
        tuple(defaults),
        takes_any=takes_any,
        rates=("lr", "weight_decay") if decay or recipe or unscaled else ("lr",),
        bound={portable.get(key, key): value for key, value in bound.items()},
        weight_decay=takes[decay] if decay else None,
        aliases=ALIASES._replace(help={**ALIASES.help, **only_in_pytorch(inner, bound, takes)}),
    )
    return OptaxFactory(spec, inner, recipe, defaults, decay)


def _known() -> list[str]:
    """Return the factories whose optimizers are known, each with its module."""
    return [
        f"{'optax' if hasattr(optax, name) else 'optax.contrib'}.{name}"
        for name in (factory.__name__ for factory in RECIPES)
    ]
