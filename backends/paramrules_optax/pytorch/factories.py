"""Factories made of stages, with arguments by PyTorch's names and by optax's."""

import functools
import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import optax

from paramrules_optax.setting_names import RENAMED
from paramrules_optax.transforms.arrays import Matrix
from paramrules_optax.transforms.by_layer import Axes

Factory = Callable[..., optax.GradientTransformationExtraArgs]


class Slots(Protocol):
    """The stages that apply decay and rate, for a factory's stages to place."""

    @property
    def decay(self) -> optax.GradientTransformation:
        """Add decay to an update."""

    @property
    def rate(self) -> optax.GradientTransformation:
        """Scale by the rate and negate."""

    @property
    def matrices(self) -> Mapping[str, Matrix | None]:
        """For each array, by canonical name, the axes that form a matrix; empty if unknown."""

    @property
    def axes(self) -> Axes:
        """The axes along which the layers of each array are stacked; empty if unknown."""

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The logical shape of each array, of one layer if it is a stack; empty if unknown."""


class _Uniform(NamedTuple):
    """Slots with one decay and one rate for all parameters."""

    decay: optax.GradientTransformation
    rate: optax.GradientTransformation
    matrices: Mapping[str, Matrix | None] = MappingProxyType({})
    axes: Axes = MappingProxyType({})
    shapes: Mapping[str, tuple[int, ...]] = MappingProxyType({})


Stages = Callable[..., list[optax.GradientTransformation]]

STAGES: dict[Factory, Stages] = {}
"""The stages that each factory chains, as a function of `Slots` and of settings under optax's names."""


def factory_of_stages(*, learning_rate: float, weight_decay: float = 0.0) -> Callable[[Stages], Factory]:
    """Make a factory from a function that returns an optimizer's stages.

    The function takes `Slots`, and by keyword the optimizer's settings under optax's names. The factory takes
    the learning rate first, a number or a schedule, and anything else by keyword.

    Args:
        learning_rate: the factory's default.
        weight_decay: likewise.
    """

    def decorate(stages: Stages) -> Factory:
        rates = {"learning_rate": learning_rate, "weight_decay": weight_decay}
        own = list(inspect.signature(stages).parameters.values())[1:]

        def make(
            learning_rate: Any, *, weight_decay: Any, **settings: Any
        ) -> optax.GradientTransformationExtraArgs:
            decay = optax.identity() if is_zero(weight_decay) else optax.add_decayed_weights(weight_decay)
            slots = _Uniform(decay, optax.scale_by_learning_rate(learning_rate))
            return optax.chain(*stages(slots, **settings))

        first, last = (Parameter(key, Parameter.KEYWORD_ONLY, default=value) for key, value in rates.items())
        parameters = [first.replace(kind=Parameter.POSITIONAL_OR_KEYWORD), *own, last]
        factory = _by_both_names(functools.update_wrapper(make, stages), parameters)
        STAGES[factory] = stages
        return factory

    return decorate


def by_both_names(make: Factory) -> Factory:
    """Let a factory take its arguments by PyTorch's names too."""
    return _by_both_names(make, list(inspect.signature(make).parameters.values()))


def _by_both_names(make: Factory, parameters: list[Parameter]) -> Factory:
    defaults = {parameter.name: parameter.default for parameter in parameters}
    others = {
        other: targets
        for other, names in RENAMED.items()
        if (targets := [name for name in names if name in defaults])
    }
    extra = [Parameter(other, Parameter.KEYWORD_ONLY, default=None) for other in others]
    signature = inspect.Signature([*parameters, *extra])

    @functools.wraps(make)
    def factory(*args: Any, **kwargs: Any) -> optax.GradientTransformationExtraArgs:
        given = signature.bind(*args, **kwargs)
        arguments = defaults | given.arguments
        for other, targets in others.items():
            value = arguments.pop(other, None)
            if value is None:
                continue
            for target in targets:
                # `inject_hyperparams` passes defaults along, as arrays.
                here = arguments[target]
                if callable(here) or (isinstance(here, bool | int | float) and here != defaults[target]):
                    raise TypeError(f"`{other}` and `{target}` are one argument: pass one of them")
            values = value if len(targets) > 1 else (value,)
            arguments |= dict(zip(targets, values, strict=True))
        return make(arguments.pop("learning_rate"), **arguments)

    factory.__signature__ = signature  # type: ignore[attr-defined]  # `inspect` reads it
    return factory


def is_zero(value: Any) -> bool:
    """Return whether a number is known to be zero; nothing is known about traced ones."""
    return isinstance(value, bool | int | float) and value == 0
