"""Rules held against a model: the assignment with the tensors themselves. Where all emitters start."""

import warnings
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn

from paramrules.assignment import Assignment, Group, assign
from paramrules.diagnostics import Diagnostic, RulesError, RulesWarning, render
from paramrules.inventories import Inventory
from paramrules.rules import Rules
from paramrules_torch import freezing
from paramrules_torch.inventory import inventory_and_tensors
from paramrules_torch.parts import places


class Assigned(NamedTuple):
    """An assignment, the model that it was made for, its tensors and their names in torch, an item each.

    Where the model is a part of the one that the assignment was made of, `places` gives the numbers here of
    those of the whole's parameters that it has; else it is None, and the numbers are the assignment's.
    """

    assignment: Assignment
    model: nn.Module
    tensors: Sequence[Tensor]
    raw: Sequence[str]
    trainable: Sequence[bool]
    places: Mapping[int, int] | None

    def numbers(self, group: Group) -> Sequence[int]:
        """The model's numbers of a group's parameters, without those that are in another part."""
        if self.places is None:
            return group.parameters
        return [self.places[number] for number in group.parameters if number in self.places]

    def group(
        self, label: str, settings: Mapping[str, Any], numbers: Sequence[int], *, plain: bool = False
    ) -> dict[str, Any]:
        """A group for an optimizer."""
        held = {"params": [self.tensors[n] for n in numbers]}
        named = {} if plain else {"param_names": [self.raw[n] for n in numbers], "label": label}
        return {**held, **named, **settings}

    def freeze(self) -> None:
        """Takes out of training what the rules freeze, and back in what others froze and these do not."""
        frozen = (group for group in self.assignment.groups if group.settings.get("freeze"))
        wanted = {id(self.tensors[number]) for group in frozen for number in self.numbers(group)}
        freezing.freeze(self.model, self.tensors, wanted)


def assigned(
    model: nn.Module,
    rules: Rules | Assignment | str | Path,
    options: Mapping[str, int | float | str | bool] | None,
    strict: bool,
    stacklevel: int,
    *,
    part: bool = False,
) -> Assigned:
    """Rules, or what was made of them, held against this model; findings are warned about.

    Raises RulesError: what `paramrules.assign` finds; E601 where the assignment was made of another model.
    """
    if part and not isinstance(rules, Assignment):
        raise ValueError("with `part`, hand over what `paramrules.assign` has made of the whole model")
    if isinstance(rules, Assignment) and (options is not None or strict):
        raise ValueError("give `options` and `strict` to `paramrules.assign`, which has made this assignment")
    inventory, tensors, raw = inventory_and_tensors(model)
    here = None
    if isinstance(rules, Assignment):
        assignment = rules
        if part:
            here = places(assignment.inventory, inventory)
        else:
            _check_fit(assignment.inventory, inventory)
    else:
        assignment = assign(rules, inventory, options=options, strict=strict)
    for finding in assignment.findings:
        warnings.warn("\n" + render(finding), RulesWarning, stacklevel=stacklevel + 1)
    return Assigned(assignment, model, tensors, raw, inventory.column("trainable"), here)


def check_rate(name: str, rate: object) -> None:
    """Refuses a base rate that is no number. torch takes a tensor too."""
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, Real | Tensor)):
        raise TypeError(f"`{name}` is {rate!r}, a `{type(rate).__name__}`, and should be a number")


def check_switch(lr_scale: str) -> None:
    """Refuses a word for `lr_scale` that is not known."""
    if lr_scale not in ("fold", "keep"):
        raise ValueError(f"`lr_scale` is {lr_scale!r} and should be 'fold' or 'keep'")


def _check_fit(assigned: Inventory, own: Inventory) -> None:
    """Refuses an assignment that was made of another model."""
    there, here = (dict(zip(i.names[: len(i)], i.column("shape"), strict=True)) for i in (assigned, own))
    if list(there.items()) == list(here.items()):
        return
    missing = [name for name in there if name not in here]
    new = [name for name in here if name not in there]
    if missing or new:
        one, other = ("it", "this one") if missing else ("this one", "it")
        how = f"{one} has `{(missing or new)[0]}`, and {other} has not"
    elif list(there) != list(here):
        how = "its parameters come in another order"
    else:
        name = next(name for name in there if tuple(there[name]) != tuple(here[name]))
        how = f"its `{name}` is of shape {tuple(there[name])}, and this one's of {tuple(here[name])}"
    raise RulesError(
        Diagnostic(
            "E601",
            f"the assignment was made of another model: {how}",
            help="assign the rules to this model, or hand over the rules themselves",
        )
    )
