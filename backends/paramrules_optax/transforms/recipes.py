"""What optax's factories are made of, with a place for the decay and one for the rate.

A factory gives one rate and one decay to all that it trains. Taken apart, its moments are kept once for all
groups, and only decay and rate are said by parameter. The order of the steps is optax's own (0.2.8), so that
the numbers are those of one optimizer a group. A factory that is not here is called once for each different
rate and decay.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import optax
import optax.contrib

from paramrules_optax.transforms.layers import Axes, by_layer, factored_by_layer
from paramrules_optax.trees.fit import fitted

Settings = Mapping[str, Any]


class Places(NamedTuple):
    """What goes where a factory has its decay and its rate.

    Attributes:
        decay: adds the decay to an update that is still to be multiplied by the rate and turned around.
        rate: multiplies by the rate and turns around.
        rate_alone: multiplies by the rate.
        decay_by_rate: adds the decay, multiplied by the rate already, to an update that is so, too.
        axes: of each array, along which axes layers are stacked.
    """

    decay: optax.GradientTransformation
    rate: optax.GradientTransformation
    rate_alone: optax.GradientTransformation
    decay_by_rate: optax.GradientTransformation
    axes: Axes


Recipe = Callable[[Settings, Places], list[optax.GradientTransformation]]


def _decoupled(core: Callable[..., optax.GradientTransformation]) -> Recipe:
    """Decay goes past the moments (Loshchilov and Hutter, 2019)."""
    return lambda settings, places: [core(**settings), places.decay, places.rate]


def _coupled(core: Callable[..., optax.GradientTransformation]) -> Recipe:
    """Decay is part of the gradient, as in PyTorch's optimizer of the same name; optax's has none."""
    return lambda settings, places: [places.decay, core(**settings), places.rate]


def _trace(momentum: Any, nesterov: bool, accumulator_dtype: Any = None) -> optax.GradientTransformation:
    if momentum is None:
        return optax.identity()
    return optax.trace(decay=momentum, nesterov=nesterov, accumulator_dtype=accumulator_dtype)


def _rmsprop(settings: Settings, places: Places) -> list[optax.GradientTransformation]:
    """Momentum comes after the rate."""
    own = dict(settings)
    centered, momentum, nesterov = (own.pop(key) for key in ("centered", "momentum", "nesterov"))
    core = optax.scale_by_stddev if centered else optax.scale_by_rms
    return [places.decay, core(**own), places.rate, _trace(momentum, nesterov)]


def _lamb(settings: Settings, places: Places) -> list[optax.GradientTransformation]:
    """The trust ratio takes in the decay."""
    ratio = by_layer(optax.scale_by_trust_ratio(), places.axes)
    return [optax.scale_by_adam(**settings), places.decay, ratio, places.rate]


def _adafactor(settings: Settings, places: Places) -> list[optax.GradientTransformation]:
    """The rate comes before the parameter's own scale and momentum, and the decay after all."""
    own = dict(settings)
    clipping, by_parameter = own.pop("clipping_threshold"), own.pop("multiply_by_parameter_scale")
    momentum, dtype = own.pop("momentum"), own.pop("dtype_momentum")
    rms = optax.scale_by_factored_rms(step_offset=own.pop("decay_offset"), epsilon=own.pop("eps"), **own)
    stages = [factored_by_layer(rms, places.axes)]
    if clipping is not None:
        stages.append(by_layer(optax.clip_by_block_rms(clipping), places.axes))
    stages.append(places.rate_alone)
    if by_parameter:
        stages.append(by_layer(optax.scale_by_param_block_rms(), places.axes))
    if momentum is not None:
        stages.append(optax.ema(momentum, debias=False, accumulator_dtype=dtype))
    return [*stages, places.decay_by_rate, optax.scale(-1)]


def _muon(settings: Settings, places: Places) -> list[optax.GradientTransformation]:
    """Turned around beforehand. The AdamW that optax adds for what is no matrix gets nothing to do."""
    own = dict(settings)
    dimensions = {name: _matrix(axes) for name, axes in places.axes.items()}
    if own["muon_weight_dimension_numbers"] is None:
        own["muon_weight_dimension_numbers"] = lambda tree: fitted(dimensions, tree)
    return [optax.contrib.muon(-1.0, weight_decay=0.0, **own), places.decay, places.rate]


def _matrix(axes: tuple[int, ...]) -> optax.contrib.MuonDimensionNumbers:
    """The two axes that layers are not stacked along."""
    return optax.contrib.MuonDimensionNumbers(*(axis for axis in range(2 + len(axes)) if axis not in axes))


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
}
