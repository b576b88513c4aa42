"""Groups that are added to an optimizer later, by code that knows nothing of names and labels."""

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from torch import Tensor, nn
from torch.optim import Optimizer

from paramrules.backends import Diagnostic, listed, warn
from paramrules_torch.bound_model import BoundModel
from paramrules_torch.inventory import inventory_and_tensors

_MOST_LABELS: Final = 3
"""The most labels that stand in the label of a group of several: a backbone of 48 layers has 96."""


class _RulesGroup(NamedTuple):
    label: str
    settings: Mapping[str, Any]


class _Place(NamedTuple):
    """A parameter of the model: its name in torch, and its group under the rules."""

    name: str
    group: _RulesGroup


class KnownParameters:
    """The groups of a model's parameters under the rules, also of those that are frozen.

    It refers weakly to a module, and holds none of its tensors, which `fully_shard` replaces.
    """

    def __init__(self, held: BoundModel) -> None:
        model = held.model
        self._model = weakref.ref(model) if isinstance(model, nn.Module) else lambda: model
        self._groups = [
            (_RulesGroup(group.label, group.settings), held.bound.numbers(group))
            for group in held.bound.assignment.groups
        ]

    def places(self) -> dict[int, _Place]:
        """Return the place of each tensor that the model has now, by its `id`; {} if the model is gone."""
        model = self._model()
        if model is None:
            return {}
        _, tensors, raw = inventory_and_tensors(model)
        return {
            id(tensors[number]): _Place(raw[number], group)
            for group, numbers in self._groups
            for number in numbers
        }


def name_added_groups(optimizer: Optimizer, known: KnownParameters) -> None:
    """Make an optimizer of `build` take groups without names, as any other does.

    The optimizer's own method is replaced on the instance. Like a hook, that is not copied with it.
    """
    itself = weakref.ref(optimizer)

    def add_param_group(param_group: dict[str, Any]) -> None:
        own = itself()
        assert own is not None
        complete(param_group, own, lambda: own.defaults, known, stacklevel=2)
        type(own).add_param_group(own, param_group)

    optimizer.add_param_group = add_param_group  # type: ignore[method-assign]  # as the docstring says


def complete(
    group: dict[str, Any],
    optimizer: Optimizer,
    defaults: Callable[[], Mapping[str, Any]],
    known: KnownParameters | None,
    *,
    stacklevel: int,
) -> None:
    """Add to a new group the keys that the groups of `build` have: names, a label, settings of the rules.

    Args:
        group: the group, which is changed in place. Keys that it has already stay.
        optimizer: the optimizer that it is for.
        defaults: returns the defaults of the one that takes it, among several.
        known: the rules' groups; None if they are not known.
        stacklevel: the frame that warnings point at; 1 is the caller of this function.

    Warns:
        RulesWarning: W663 if the rules give its parameters different values of a setting that it lacks.
    """
    params = group["params"] if isinstance(group, dict) else set()
    if isinstance(params, set):
        return  # torch refuses it
    params = [params] if isinstance(params, Tensor) else list(params)
    group["params"] = params
    places = known.places() if known else {}
    here = [places.get(id(one[1] if isinstance(one, tuple) else one)) for one in params]
    if any("param_names" in other for other in optimizer.param_groups) and not any(
        isinstance(one, tuple) for one in params
    ):
        added = f"added_{len(optimizer.param_groups)}"
        names = [place.name if place else f"{added}.{number}" for number, place in enumerate(here)]
        group.setdefault("param_names", names)
    found = list({place.group.label: place.group for place in here if place}.values())
    group.setdefault("label", group.get("name") or _label(found, optimizer))
    group.setdefault("name", group["label"])
    if here and None not in here:
        wanted = {one.settings.get("optimizer") for one in found}
        if len(wanted) == 1 and None not in wanted:
            group.setdefault("optimizer", *wanted)
        _fill(group, found, defaults(), stacklevel + 1)


def _label(found: Sequence[_RulesGroup], optimizer: Optimizer) -> str:
    """Return a label that no other group has, since loggers tell groups by it."""
    labels = [group.label for group in found]
    if len(labels) > _MOST_LABELS:
        labels[_MOST_LABELS:] = [f"{len(labels) - _MOST_LABELS}_more"]
    base = "+".join(labels) or "added"
    taken = {group.get("label") for group in optimizer.param_groups}
    label, number = base, 1
    while label in taken:
        number += 1
        label = f"{base}#{number}"
    return label


def _fill(
    group: dict[str, Any], found: Sequence[_RulesGroup], defaults: Mapping[str, Any], stacklevel: int
) -> None:
    """Set what all rules agree on and the group lacks. Learning rates are left to whoever adds the group."""
    for key, default in defaults.items():
        if key in group or key == "lr":
            continue
        values = {one.label: one.settings.get(key, default) for one in found}
        if key == "weight_decay":
            for one in found:
                values[one.label] *= one.settings.get("weight_decay_scale", 1)
        first, *others = values.values()
        if all(other == first for other in others):
            group[key] = first
        else:
            warn([_differing(group["label"], key, default, values)], stacklevel=stacklevel + 1)


def _differing(label: str, key: str, default: object, values: Mapping[str, object]) -> Diagnostic:
    by_value: dict[str, list[str]] = {}
    for one, value in values.items():
        by_value.setdefault(str(value), []).append(one)
    given = ", and ".join(f"{value} for {listed(labels, _MOST_LABELS)}" for value, labels in by_value.items())
    return Diagnostic(
        "W663",
        f"the added group `{label}` has one `{key}`, {default}, and the rules give {given}",
        help=f"add a group for each label, or the group with its own `{key}`",
    )
