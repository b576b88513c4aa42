"""regroup_state: state saved under one grouping, for an optimizer with another."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules_torch.inventory import inventory_and_tensors
from paramrules_torch.resume.old_groups import Old, names_of
from paramrules_torch.resume.refusal import have, listed, refuse
from paramrules_torch.resume.saved_names import match
from paramrules_torch.resume.saved_state import SavedParameter, read
from paramrules_torch.resume.state_shapes import placed
from paramrules_torch.resume.trial_step import Kept, kept, same


def regroup_state(
    state_dict: Mapping[str, Any],
    model: nn.Module,
    optimizer: Optimizer,
    *,
    old: Old | None = None,
    missing: Literal["refuse", "fresh"] = "refuse",
    extra: Literal["refuse", "drop"] = "refuse",
) -> dict[str, Any]:
    """State that was saved under other groups, as `optimizer.load_state_dict` takes it.

    Each parameter's state (its moments, its count of steps) follows it by name into the group where it is
    now. Settings are those that `optimizer` has now. What an optimizer counts in its groups (the `step` of
    timm's LAMB, the `d` of Prodigy) is state too, and taken over. Nothing is changed or loaded here.

    Args:
        state_dict: what `state_dict()` of the old run's optimizer gave, or `get_optimizer_state_dict` of
            torch.distributed.checkpoint, flattened or not.
        model: the model as it is now, wrapped or not.
        optimizer: its optimizer, made under the new rules; one that `build` made of several, too.
        old: where the file has no names: the rules under which its groups were made (or what `assign` made
            of them, for a model that has changed), or the names of each group's parameters. Names that the
            file has come first.
        missing: `"fresh"` lets parameters of which the file has nothing start without state.
        extra: `"drop"` leaves out state of parameters that the optimizer does not have.

    Returns:
        A state dict with the groups and settings of `optimizer` and the file's state. Tensors are those of
        `state_dict`, not copied; whole ones for a sharded parameter are cut, so call it on every rank.

    Raises:
        RulesError: all that keeps the state from being loaded: E620 where `state_dict` is no optimizer's;
            E621 where it has no names and `old` does not give them; E622 where the file lacks a parameter;
            E623 where it has state of one that the optimizer lacks; E624 where the state is another
            optimizer's; E625 where a tensor is of another shape or a shard; E626 where it is not clear
            which parameter a name means; E627 where the optimizer's tensors are not the model's; E628
            where groups that are joined have counted differently.
        ValueError: `missing` or `extra` is none of its words.

    >>> optimizer = torch.optim.AdamW(paramrules_torch.param_groups(model, "new.rules", lr=1e-3))
    >>> saved = torch.load("run.pt")
    >>> optimizer.load_state_dict(paramrules_torch.regroup_state(saved["optimizer"], model, optimizer))
    """
    if missing not in ("refuse", "fresh"):
        raise ValueError(f"`missing` is {missing!r} and should be 'refuse' or 'fresh'")
    if extra not in ("refuse", "drop"):
        raise ValueError(f"`extra` is {extra!r} and should be 'refuse' or 'drop'")
    if isinstance(optimizer, torch.optim.LBFGS):
        raise refuse(
            "E624",
            "`LBFGS` keeps one state for all its parameters together, which belongs to no name",
            "load its state into a model with the same parameters in the same order",
        )
    saved = read(state_dict)
    inventory, tensors, raw = inventory_and_tensors(model)
    parameters = saved.parameters(names_of(saved, old, inventory))
    places = _places(optimizer, tensors)
    matched = match([parameter.name for parameter in parameters], inventory, raw)
    findings = list(matched.findings)
    unclear = bool(findings)

    of: dict[int, SavedParameter] = {}
    surplus: list[str] = []
    placed_numbers = {place.number for place in places}
    for parameter, number in zip(parameters, matched.numbers, strict=True):
        if number is None or number not in placed_numbers:
            surplus += [parameter.name] if parameter.state else []
        elif number not in of:
            of[number] = parameter
        elif inventory.names[number] == parameter.name:  # tied since, and this is its first name
            surplus += [of[number].name] if of[number].state else []
            of[number] = parameter
        else:
            surplus += [parameter.name] if parameter.state else []
    if surplus and extra == "refuse" and not unclear:
        findings.append(_no_place(surplus))
    lacking = [p for p in places if p.number not in of and p.tensor.requires_grad]
    if not any(saved.state.values()) and parameters:
        lacking = [place for place in places if _trial(optimizer, place, {}).state]
    if lacking and missing == "refuse" and not unclear:
        findings.append(_lacking([inventory.names[place.number] for place in lacking]))

    loaded, held = _filled(optimizer, places, of, saved.groups, inventory.names, findings)
    if findings:
        raise RulesError(findings)
    result = dict(optimizer.state_dict())
    result["state"] = loaded
    groups = zip(result["param_groups"], held, strict=True)
    result["param_groups"] = [{**group, **own} for group, own in groups]
    return result


class _Place(NamedTuple):
    """Where a parameter is now: its number in the state dict, its group, its number in the model."""

    key: int
    group: int
    number: int
    tensor: Tensor


def _places(optimizer: Optimizer, tensors: Sequence[Tensor]) -> list[_Place]:
    """All parameters of the optimizer. Raises RulesError (E627)."""
    numbers = {id(tensor): number for number, tensor in enumerate(tensors)}
    places: list[_Place] = []
    strangers = 0
    for at, group in enumerate(optimizer.param_groups):
        for tensor in group["params"]:
            if id(tensor) in numbers:
                places.append(_Place(len(places), at, numbers[id(tensor)], tensor))
            else:
                strangers += 1
    if strangers:
        raise refuse(
            "E627",
            f"{strangers} of the optimizer's {strangers + len(places)} tensors are no parameters "
            "of this model",
            "hand over the model of whose parameters the optimizer was made",
        )
    return places


_Key = tuple[int, tuple[int, ...], torch.dtype]


def _trial(optimizer: Optimizer, place: _Place, known: dict[_Key, Kept]) -> Kept:
    """What the optimizer keeps for a parameter. Raises RulesError (E624)."""
    key = (place.group, tuple(place.tensor.shape), place.tensor.dtype)
    if key not in known:
        try:
            known[key] = kept(optimizer, optimizer.param_groups[place.group], place.tensor)
        except Exception as error:
            raise refuse(
                "E624",
                f"what `{type(optimizer).__name__}` keeps for a parameter cannot be found out: "
                f"a step on zeros fails with {type(error).__name__}: {error}",
                "hand over the optimizer itself, without what is wrapped around it",
            ) from error
    return known[key]


def _filled(
    optimizer: Optimizer,
    places: Sequence[_Place],
    of: Mapping[int, SavedParameter],
    groups: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    findings: list[Diagnostic],
) -> tuple[dict[int, Any], list[dict[str, Any]]]:
    """The state of each parameter, and what each group keeps for itself; adds what does not fit."""
    known: dict[_Key, Kept] = {}
    loaded: dict[int, Any] = {}
    counted: list[dict[str, list[tuple[str, Any]]]] = [{} for _ in optimizer.param_groups]
    other: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for place in places:
        parameter = of.get(place.number)
        if parameter is None or not parameter.state:
            continue
        expected = _trial(optimizer, place, known)
        for key in expected.group & groups[parameter.group].keys():
            counted[place.group].setdefault(key, []).append((parameter.name, groups[parameter.group][key]))
        if parameter.state.keys() != expected.state.keys():
            theirs, ours = (tuple(sorted(map(str, s))) for s in (parameter.state, expected.state))
            other.setdefault((theirs, ours), []).append(names[place.number])
            continue
        fit = placed(names[place.number], place.tensor, parameter.state, expected.state)
        if isinstance(fit, dict):
            loaded[place.key] = fit
        else:
            findings += [Diagnostic("E625", misfit.what, help=misfit.help) for misfit in fit]
    for (theirs, ours), of_these in other.items():
        findings.append(
            Diagnostic(
                "E624",
                f"the file keeps {listed(theirs)} for {listed(of_these)}, and this optimizer "
                f"{listed(ours) or 'nothing'}",
                help="resume with the optimizer that has saved the state, or start without the state",
            )
        )
    held: list[dict[str, Any]] = []
    for values in counted:
        # Each group counts on its own: a tensor that several shared would be counted up once for each.
        held.append({key: deepcopy(found[0][1]) for key, found in values.items()})
        for key, found in values.items():
            differing = next((one for one in found if not same(one[1], found[0][1])), None)
            if differing:
                findings.append(_counted(key, found[0], differing))
    return loaded, held


def _no_place(names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "E623",
        f"{listed(names)} {have(names)} state in the file and no place in the optimizer",
        help='`extra="drop"` leaves it out',
    )


def _lacking(names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "E622",
        f"{listed(names)} {have(names)} no state in the file",
        help=f'`missing="fresh"` lets {"it" if len(names) == 1 else "them"} start without',
    )


def _counted(key: str, one: tuple[str, Any], other: tuple[str, Any]) -> Diagnostic:
    def number(value: object) -> object:
        return value.item() if isinstance(value, Tensor) and value.numel() == 1 else value

    return Diagnostic(
        "E628",
        f"`{one[0]}` and `{other[0]}` are in one group now, whose `{key}` was {number(one[1])!r} for the one "
        f"and {number(other[1])!r} for the other",
        help="keep them in different groups",
    )
