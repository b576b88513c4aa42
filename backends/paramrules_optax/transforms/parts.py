"""Split a tree into parts that share an optimizer with its settings, and make the transformation of each."""

from collections.abc import Mapping, Sequence
from inspect import Parameter
from typing import Any, NamedTuple

import optax

from paramrules.backends import Diagnostic, RulesError, a
from paramrules_optax.transforms import stages
from paramrules_optax.transforms.arrays import Array
from paramrules_optax.transforms.group_config import GroupConfig
from paramrules_optax.transforms.optax_factories import OptaxFactory
from paramrules_optax.transforms.recipes import Recipe, Slots


class Part(NamedTuple):
    """Arrays that share moments, an optimizer and its settings.

    Attributes:
        label: its key in the optimizer's state.
        first: the config of one of its groups; they differ in rates and decays alone.
        arrays: its arrays.
    """

    label: str
    first: GroupConfig
    arrays: list[Array]


def parts_of(arrays: Sequence[Array], configs: Sequence[GroupConfig], names: Sequence[str]) -> list[Part]:
    """Return the parts in the order of their first parameters.

    Args:
        arrays: the arrays of the tree.
        configs: how each parameter is trained.
        names: the parameters' names.

    Raises RulesError: E631 if the layers of one array belong to different parts.
    """
    found: dict[Any, list[Array]] = {}
    first: dict[Any, GroupConfig] = {}
    for array in arrays:
        keys = [configs[number].key for number in array.parameters]
        for number, key in zip(array.parameters, keys, strict=True):
            if key != keys[0]:
                raise RulesError(_torn(array, array.parameters[0], number, configs, names))
        first.setdefault(keys[0], configs[array.parameters[0]])
        found.setdefault(keys[0], []).append(array)
    labels = _labels(first)
    return [Part(labels[key], first[key], arrays) for key, arrays in found.items()]


def _labels(first: Mapping[Any, GroupConfig]) -> dict[Any, str]:
    """Return names for the parts: those of their optimizers, numbered from the second one on."""
    counts: dict[str, int] = {}
    labels = {}
    for key, config in first.items():
        name = (
            str(config.key)
            if config.optimizer is None
            else config.optimizer.spec.name or config.optimizer.spec.called
        )
        counts[name] = counts.get(name, 0) + 1
        labels[key] = name if counts[name] == 1 else f"{name}#{counts[name]}"
    return labels


def _torn(
    array: Array, one: int, other: int, configs: Sequence[GroupConfig], names: Sequence[str]
) -> Diagnostic:
    first, second = (configs[number].optimizer for number in (one, other))
    pair = f"`{names[one]}` and `{names[other]}`"
    help = "layers of a stack may differ in `lr`, `lr_scale`, `weight_decay` and `weight_decay_scale`"
    if first is None or second is None:
        still, moving = (one, other) if first is None else (other, one)
        why = configs[still].key
        how = f"`{names[still]}` is {why} and `{names[moving]}` is not"
        help = (
            "`lr_scale = 0` with `weight_decay = 0` keeps a layer as it is, at the cost of its state; "
            f"to {'freeze' if why == 'frozen' else 'skip'} it without state, do not stack these layers"
        )
    elif first.spec.name != second.spec.name:
        how = f"{pair} have different optimizers"
    elif configs[one].settings != configs[other].settings:
        how = f"{pair} have different settings of `{first.spec.called}`"
    elif first.recipe is not None:
        how = f"{pair} follow different schedules"
    else:
        how = f"{pair} have different rates, and `{first.spec.called}` takes one per call"
        help = "use an optimizer with rates by parameter, such as `optax.adamw`, or do not stack these layers"
    return Diagnostic(
        "E631", f"the layers that `{array.names[0]}` holds cannot be trained apart: {how}", help=help
    )


def transformation(
    part: Part, configs: Sequence[GroupConfig], unscaled: bool
) -> optax.GradientTransformation:
    """Return the transformation that trains a part."""
    optimizer = part.first.optimizer
    if optimizer is None:
        return stages.zero_updates()
    rates = _numbers(part, [config.rate for config in configs])
    decays = _decays(part, configs)
    if optimizer.recipe:
        return _composed(optimizer.recipe, part, rates, decays, unscaled)
    return _called(optimizer, part.first, decays, unscaled)


def _decays(part: Part, configs: Sequence[GroupConfig]) -> stages.Decays:
    """Return the decays of a part: numbers, and factors of the one schedule that its groups may have."""
    own = (configs[number].decay_schedule for array in part.arrays for number in array.parameters)
    return stages.Decays(
        _numbers(part, [config.weight for config in configs]),
        next((schedule for schedule in own if schedule), None),
        _numbers(part, [config.decay_scale for config in configs]),
    )


def _composed(
    recipe: Recipe, part: Part, rates: stages.Numbers, decays: stages.Decays, unscaled: bool
) -> optax.GradientTransformation:
    """Return the stages of a recipe, with the rates and decays of each array."""
    schedule = part.first.schedule

    def rate(sign: int) -> optax.GradientTransformation:
        if schedule:
            return stages.scale_by_schedule(schedule, rates, sign)
        return stages.scale_by_rates(rates, sign)

    axes = {name: array.stack.axes if array.stack else () for array in part.arrays for name in array.names}
    decay = optax.identity() if unscaled else stages.add_decays(decays)
    decay_by_rate = optax.identity() if unscaled else stages.add_transformed_decay(decays, rate(1))
    matrices = {name: array.matrix for array in part.arrays for name in array.names}
    shapes = {name: array.shape for array in part.arrays for name in array.names}
    slots = Slots(decay, rate(-1), rate(1), decay_by_rate, axes, matrices, shapes)
    return optax.chain(*recipe(part.first.settings, slots), *_last(decays, unscaled))


def _called(
    optimizer: OptaxFactory, config: GroupConfig, decays: stages.Decays, unscaled: bool
) -> optax.GradientTransformation:
    """Return what a factory without a recipe makes, called with the part's one rate and decay."""
    schedule, rate = config.schedule, config.rate
    learning_rate = (lambda count: schedule(count) * rate) if schedule else rate
    decay = {optimizer.decay: 0.0 if unscaled else config.weight} if optimizer.decay else {}
    settings = {key: value for key, value in config.settings.items() if value is not Parameter.empty}
    made = optimizer.factory(learning_rate=learning_rate, **decay, **settings)
    if not (hasattr(made, "init") and hasattr(made, "update")):
        raise TypeError(
            f"`{optimizer.spec.called}` made {a(type(made).__name__)}, and should make an "
            "`optax.GradientTransformation`"
        )
    return optax.chain(made, *_last(decays, unscaled))


def _last(decays: stages.Decays, unscaled: bool) -> list[optax.GradientTransformation]:
    """Return the stage of decay that no rate scales (as in big_vision): `p -= weight * p`."""
    return [stages.add_decays(decays, sign=-1)] if unscaled else []


def _numbers(part: Part, values: Sequence[Any]) -> stages.Numbers:
    """Return one number per array, or an array that broadcasts along a stack whose layers differ."""
    found = {}
    for array in part.arrays:
        own = [values[number] for number in array.parameters]
        number = array.stack.spread(own) if array.stack else own[0]
        found.update(dict.fromkeys(array.names, number))
    return found
