"""The stages of optax's factories, with slots for the decay and the rate.

A factory applies one rate and one decay to all that it trains. As a recipe, it keeps its moments once for all
groups and takes decay and rate by parameter. The stages are in optax's own order (0.2.8), so that the updates
are those of one optimizer per group. A factory that has no recipe here is called once for each rate and
decay.

References:
    https://github.com/google-deepmind/optax/blob/v0.2.8/optax/_src/alias.py
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import optax
import optax.contrib

from paramrules_optax.pytorch.factories import STAGES, Stages
from paramrules_optax.pytorch.muon import by_matrix
from paramrules_optax.transforms.arrays import Matrix
from paramrules_optax.transforms.by_layer import Axes, by_layer, factored_by_layer

Settings = Mapping[str, Any]


class Slots(NamedTuple):
    """Stages that a recipe puts where its factory applies decay and rate.

    Attributes:
        decay: add decay to an update that is not yet scaled by the rate and negated.
        rate: scale by the rate and negate.
        rate_alone: scale by the rate.
        decay_by_rate: add lr-scaled decay to an lr-scaled update.
        axes: the axes along which the layers of each array are stacked.
        matrices: how each array is a matrix; None for one that is none.
        shapes: the logical shape of each array, of one layer if it is a stack.
    """

    decay: optax.GradientTransformation
    rate: optax.GradientTransformation
    rate_alone: optax.GradientTransformation
    decay_by_rate: optax.GradientTransformation
    axes: Axes
    matrices: Mapping[str, Matrix | None]
    shapes: Mapping[str, tuple[int, ...]]


Recipe = Callable[[Settings, Slots], list[optax.GradientTransformation]]


def _decoupled(core: Callable[..., optax.GradientTransformation]) -> Recipe:
    """Decay bypasses the moments.

    References:
        Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019, https://arxiv.org/abs/1711.05101
    """
    return lambda settings, slots: [core(**settings), slots.decay, slots.rate]


def _coupled(core: Callable[..., optax.GradientTransformation]) -> Recipe:
    """Decay is part of the gradient, as in PyTorch's optimizer of the same name; optax's does not decay."""
    return lambda settings, slots: [slots.decay, core(**settings), slots.rate]


def _trace(momentum: Any, nesterov: bool, accumulator_dtype: Any = None) -> optax.GradientTransformation:
    if momentum is None:
        return optax.identity()
    return optax.trace(decay=momentum, nesterov=nesterov, accumulator_dtype=accumulator_dtype)


def _rmsprop(settings: Settings, slots: Slots) -> list[optax.GradientTransformation]:
    """Momentum comes after the rate."""
    own = dict(settings)
    centered, momentum, nesterov = (own.pop(key) for key in ("centered", "momentum", "nesterov"))
    core = optax.scale_by_stddev if centered else optax.scale_by_rms
    return [slots.decay, core(**own), slots.rate, _trace(momentum, nesterov)]


def _lamb(settings: Settings, slots: Slots) -> list[optax.GradientTransformation]:
    """The trust ratio includes the decay."""
    ratio = by_layer(optax.scale_by_trust_ratio(), slots.axes)
    return [optax.scale_by_adam(**settings), slots.decay, ratio, slots.rate]


def _adafactor(settings: Settings, slots: Slots) -> list[optax.GradientTransformation]:
    """The rate comes before the parameter's own scale and the momentum, and the decay last."""
    own = dict(settings)
    clipping, by_parameter = own.pop("clipping_threshold"), own.pop("multiply_by_parameter_scale")
    momentum, dtype = own.pop("momentum"), own.pop("dtype_momentum")
    rms = optax.scale_by_factored_rms(step_offset=own.pop("decay_offset"), epsilon=own.pop("eps"), **own)
    stages = [factored_by_layer(rms, slots.axes)]
    if clipping is not None:
        stages.append(by_layer(optax.clip_by_block_rms(clipping), slots.axes))
    stages.append(slots.rate_alone)
    if by_parameter:
        stages.append(by_layer(optax.scale_by_param_block_rms(), slots.axes))
    if momentum is not None:
        stages.append(optax.ema(momentum, debias=False, accumulator_dtype=dtype))
    return [*stages, slots.decay_by_rate, optax.scale(-1)]


def _muon(settings: Settings, slots: Slots) -> list[optax.GradientTransformation]:
    """Negated first. The AdamW that optax adds for anything but matrices gets no parameters."""
    own = dict(settings)
    if own["muon_weight_dimension_numbers"] is None:
        own["muon_weight_dimension_numbers"] = by_matrix(slots.matrices)
    return [optax.contrib.muon(-1.0, weight_decay=0.0, **own), slots.decay, slots.rate]


def _of_stages(stages: Stages) -> Recipe:
    return lambda settings, slots: stages(slots, **settings)


RECIPES: Mapping[Callable[..., Any], Recipe] = {
    optax.adamw: _decoupled(optax.scale_by_adam),
    optax.adamaxw: _decoupled(optax.scale_by_adamax),
    optax.adan: _decoupled(optax.scale_by_adan),
    optax.lion: _decoupled(optax.scale_by_lion),
    optax.contrib.muon: _muon,
    optax.adabelief: _coupled(optax.scale_by_belief),
    optax.adagrad: _coupled(optax.scale_by_rss),
    optax.adam: _coupled(optax.scale_by_adam),
    optax.adamax: _coupled(optax.scale_by_adamax),
    optax.amsgrad: _coupled(optax.scale_by_amsgrad),
    optax.radam: _coupled(optax.scale_by_radam),
    optax.rmsprop: _rmsprop,
    optax.sgd: _coupled(_trace),
    optax.yogi: _coupled(optax.scale_by_yogi),
    optax.lamb: _lamb,
    optax.adafactor: _adafactor,
    **{factory: _of_stages(stages) for factory, stages in STAGES.items()},
}
