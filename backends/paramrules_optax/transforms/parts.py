"""The parts of a tree that have a core of their own, and the transformation of each."""

from collections.abc import Mapping, Sequence
from inspect import Parameter
from typing import Any, NamedTuple

import optax

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules_optax.transforms import stages
from paramrules_optax.transforms.arrays import Array
from paramrules_optax.transforms.optimizers import Optimizer
from paramrules_optax.transforms.recipes import Places
from paramrules_optax.transforms.treatment import Treatment


class Part(NamedTuple):
    """Arrays that share a core.

    Attributes:
        label: its place in the optimizer's state.
        first: a treatment of it; rates and decays are those of its arrays.
        arrays: its arrays.
    """

    label: str
    first: Treatment
    arrays: list[Array]


def parts_of(arrays: Sequence[Array], treatments: Sequence[Treatment], names: Sequence[str]) -> list[Part]:
    """The parts in the order of their first parameters.

    Args:
        arrays: the arrays of the tree.
        treatments: how each parameter is treated.
        names: the parameters' names.

    Raises RulesError: E631 where the layers of one array are of different parts.
    """
    found: dict[Any, list[Array]] = {}
    first: dict[Any, Treatment] = {}
    for array in arrays:
        keys = [treatments[number].key for number in array.parameters]
        for number, key in zip(array.parameters, keys, strict=True):
            if key != keys[0]:
                raise RulesError(_torn(array, array.parameters[0], number, treatments, names))
        first.setdefault(keys[0], treatments[array.parameters[0]])
        found.setdefault(keys[0], []).append(array)
    labels = _labels(first)
    return [Part(labels[key], first[key], arrays) for key, arrays in found.items()]


def _labels(first: Mapping[Any, Treatment]) -> dict[Any, str]:
    """What parts are called: after their optimizers, numbered from the second on."""
    counts: dict[str, int] = {}
    labels = {}
    for key, treatment in first.items():
        name = (
            "frozen"
            if treatment.optimizer is None
            else treatment.optimizer.name or treatment.optimizer.called
        )
        counts[name] = counts.get(name, 0) + 1
        labels[key] = name if counts[name] == 1 else f"{name}#{counts[name]}"
    return labels


def _torn(
    array: Array, one: int, other: int, treatments: Sequence[Treatment], names: Sequence[str]
) -> Diagnostic:
    first, second = (treatments[number].optimizer for number in (one, other))
    pair = f"`{names[one]}` and `{names[other]}`"
    help = "layers of a stack may differ in `lr`, `lr_scale`, `weight_decay` and `weight_decay_scale`"
    if first is None or second is None:
        frozen, moving = (one, other) if first is None else (other, one)
        how = f"`{names[frozen]}` is frozen and `{names[moving]}` is not"
        help = (
            "`lr_scale = 0` with `weight_decay = 0` keeps a layer where it is, at the cost of its state; "
            "to freeze it without, do not stack these layers"
        )
    elif first.name != second.name:
        how = f"{pair} have different optimizers"
    elif treatments[one].settings != treatments[other].settings:
        how = f"{pair} have different settings of `{first.called}`"
    else:
        how = f"{pair} have different rates, and `{first.called}` takes one a call"
        help = (
            "take an optimizer that `build` takes apart, such as `optax.adamw`, or do not stack these layers"
        )
    return Diagnostic(
        "E631", f"the layers that `{array.names[0]}` holds cannot be trained apart: {how}", help=help
    )


def transformation(
    part: Part, treatments: Sequence[Treatment], unscaled: bool
) -> optax.GradientTransformation:
    """What trains a part."""
    optimizer = part.first.optimizer
    if optimizer is None:
        return stages.still()
    rates = _numbers(part, [treatment.rate for treatment in treatments])
    weights = _numbers(part, [treatment.weight for treatment in treatments])
    if optimizer.recipe:
        return _composed(optimizer, part, rates, weights, unscaled)
    return _called(optimizer, part.first, weights, unscaled)


def _composed(
    optimizer: Optimizer, part: Part, rates: stages.Numbers, weights: stages.Numbers, unscaled: bool
) -> optax.GradientTransformation:
    """What a recipe gives, with the rates and decays of each array."""
    schedule = part.first.schedule

    def rate(sign: int) -> optax.GradientTransformation:
        return stages.scheduled(schedule, rates, sign) if schedule else stages.scaled(rates, sign)

    axes = {name: array.stack.axes if array.stack else () for array in part.arrays for name in array.names}
    decay = optax.identity() if unscaled else stages.decayed(weights)
    decay_by_rate = optax.identity() if unscaled else stages.beside(weights, rate(1))
    places = Places(decay, rate(-1), rate(1), decay_by_rate, axes)
    assert optimizer.recipe is not None
    return optax.chain(*optimizer.recipe(part.first.settings, places), *_last(weights, unscaled))


def _called(
    optimizer: Optimizer, treatment: Treatment, weights: stages.Numbers, unscaled: bool
) -> optax.GradientTransformation:
    """What a factory makes that nobody here knows, called with the one rate and decay of the part."""
    schedule, rate = treatment.schedule, treatment.rate
    learning_rate = (lambda count: schedule(count) * rate) if schedule else rate
    decay = {optimizer.decay: 0.0 if unscaled else treatment.weight} if optimizer.decay else {}
    settings = {key: value for key, value in treatment.settings.items() if value is not Parameter.empty}
    made = optimizer.factory(learning_rate=learning_rate, **decay, **settings)
    if not (hasattr(made, "init") and hasattr(made, "update")):
        raise TypeError(
            f"`{optimizer.called}` made a `{type(made).__name__}`, and should make an "
            "`optax.GradientTransformation`"
        )
    return optax.chain(made, *_last(weights, unscaled))


def _last(weights: stages.Numbers, unscaled: bool) -> list[optax.GradientTransformation]:
    """The decay that no rate scales (big_vision): `p -= weight * p`."""
    return [stages.decayed({name: -weight for name, weight in weights.items()})] if unscaled else []


def _numbers(part: Part, values: Sequence[Any]) -> stages.Numbers:
    """One number an array, or, along a stack whose layers differ, an array that broadcasts."""
    found = {}
    for array in part.arrays:
        own = [values[number] for number in array.parameters]
        number = array.stack.spread(own) if array.stack else own[0]
        found.update(dict.fromkeys(array.names, number))
    return found
