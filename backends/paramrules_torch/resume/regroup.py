"""Convert state that was saved under one grouping for an optimizer with another."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from paramrules.backends import Diagnostic, RulesError, check_choice
from paramrules_torch.inventory import inventory_and_tensors
from paramrules_torch.resume.old_groups import Old, names_of
from paramrules_torch.resume.refusal import have, refuse, some
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
    """Return state that was saved under other groups, as `optimizer.load_state_dict` takes it.

    Each parameter's state (its moments, its step count) follows it by name into its present group. Settings
    are those that `optimizer` has now. What an optimizer counts in its groups (the `step` of timm's LAMB, the
    `d` of Prodigy) is state too, and kept. Saved groups without any state are those of a run that has not
    stepped yet. Nothing is changed or loaded here.

    Args:
        state_dict: what `state_dict()` of the old run's optimizer returned, or `get_optimizer_state_dict` of
            torch.distributed.checkpoint, flattened or not.
        model: the model as it is now, wrapped or not.
        optimizer: its optimizer, made with the new rules; `build` may have made it of several.
        old: how a file without names was grouped: the rules (or, for a model that has changed, what `assign`
            made of them), or the names of each group's parameters. The file's own names take precedence.
        missing: `"fresh"` lets parameters that the file lacks start without state.
        extra: `"drop"` leaves out state of parameters that the optimizer does not have.

    Returns:
        A state dict with the groups and settings of `optimizer` and the file's state. Tensors are those of
        `state_dict`, not copies. Whole tensors of a sharded parameter are sharded, so call it on every rank.

    Raises:
        RulesError: everything that prevents loading: E620 if `state_dict` is not an optimizer's; E621 if
            neither it nor `old` has names; E622 if it lacks a parameter; E623 if it has state of a parameter
            that the optimizer lacks; E624 if the state is another optimizer's; E625 if a tensor has another
            shape or is a shard; E626 if it is not clear which parameter a name refers to; E627 if the
            optimizer's tensors are not the model's; E628 if merged groups have counted differently.
        ValueError: an unknown `missing` or `extra`.

    >>> optimizer = torch.optim.AdamW(paramrules_torch.param_groups(model, "new.rules", lr=1e-3))
    >>> saved = torch.load("run.pt")
    >>> optimizer.load_state_dict(paramrules_torch.regroup_state(saved["optimizer"], model, optimizer))
    """
    check_choice("missing", missing, "refuse", "fresh")
    check_choice("extra", extra, "refuse", "drop")
    if isinstance(optimizer, torch.optim.LBFGS):
        raise refuse(
            "E624",
            "`LBFGS` keeps one state for all its parameters, which belongs to no name",
            "load its state into a model with the same parameters in the same order",
        )
    saved = read(state_dict)
    if not any(saved.state.values()):  # nobody has stepped yet: Accelerate loads new optimizers like this
        return optimizer.state_dict() | {"state": {}}
    inventory, tensors, raw = inventory_and_tensors(model)
    parameters = saved.parameters(names_of(saved, old, inventory))
    slots = _slots(optimizer, tensors)
    matched = match([parameter.name for parameter in parameters], inventory, raw)
    findings = list(matched.findings)
    unclear = bool(findings)

    of: dict[int, SavedParameter] = {}
    surplus: list[str] = []
    trained = {slot.number for slot in slots}
    for parameter, number in zip(parameters, matched.numbers, strict=True):
        if number is None or number not in trained:
            surplus += [parameter.name] if parameter.state else []
        elif number not in of:
            of[number] = parameter
        elif inventory.names[number] == parameter.name:  # tied since then, and this is its first name
            surplus += [of[number].name] if of[number].state else []
            of[number] = parameter
        else:
            surplus += [parameter.name] if parameter.state else []
    if surplus and extra == "refuse" and not unclear:
        findings.append(_no_place(surplus))
    lacking = [slot for slot in slots if slot.number not in of and slot.tensor.requires_grad]
    if lacking and missing == "refuse" and not unclear:
        findings.append(_lacking([inventory.names[slot.number] for slot in lacking]))

    loaded, held = _filled(optimizer, slots, of, saved.groups, inventory.names, findings)
    if findings:
        raise RulesError(findings)
    result = dict(optimizer.state_dict())
    result["state"] = loaded
    groups = zip(result["param_groups"], held, strict=True)
    result["param_groups"] = [{**group, **own} for group, own in groups]
    return result


class _Slot(NamedTuple):
    """A parameter of the optimizer: its key in the state dict, its group, its number in the model."""

    key: int
    group: int
    number: int
    tensor: Tensor


def _slots(optimizer: Optimizer, tensors: Sequence[Tensor]) -> list[_Slot]:
    """Return all parameters of the optimizer. Raises RulesError (E627)."""
    numbers = {id(tensor): number for number, tensor in enumerate(tensors)}
    slots: list[_Slot] = []
    strangers = 0
    for at, group in enumerate(optimizer.param_groups):
        for tensor in group["params"]:
            if id(tensor) in numbers:
                slots.append(_Slot(len(slots), at, numbers[id(tensor)], tensor))
            else:
                strangers += 1
    if strangers:
        raise refuse(
            "E627",
            f"{strangers} of the optimizer's {strangers + len(slots)} tensors are not parameters "
            "of this model",
            "pass the model that the optimizer was made for",
        )
    return slots


_Key = tuple[int, tuple[int, ...], torch.dtype]


def _trial(optimizer: Optimizer, slot: _Slot, tried: dict[_Key, Kept]) -> Kept:
    """Return what the optimizer keeps for a parameter. Raises RulesError (E624)."""
    key = (slot.group, tuple(slot.tensor.shape), slot.tensor.dtype)
    if key not in tried:
        try:
            tried[key] = kept(optimizer, optimizer.param_groups[slot.group], slot.tensor)
        except Exception as error:
            raise refuse(
                "E624",
                f"it is not clear what `{type(optimizer).__name__}` keeps for a parameter: "
                f"a step on zeros fails with {type(error).__name__}: {error}",
                "pass the optimizer itself, without a wrapper around it",
            ) from error
    return tried[key]


def _filled(
    optimizer: Optimizer,
    slots: Sequence[_Slot],
    of: Mapping[int, SavedParameter],
    groups: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    findings: list[Diagnostic],
) -> tuple[dict[int, Any], list[dict[str, Any]]]:
    """Return each parameter's state and what each group counts; append what does not fit to `findings`."""
    tried: dict[_Key, Kept] = {}
    loaded: dict[int, Any] = {}
    counted: list[dict[str, list[tuple[str, Any]]]] = [{} for _ in optimizer.param_groups]
    other: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for slot in slots:
        parameter = of.get(slot.number)
        if parameter is None or not parameter.state:
            continue
        expected = _trial(optimizer, slot, tried)
        for key in expected.group & groups[parameter.group].keys():
            counted[slot.group].setdefault(key, []).append((parameter.name, groups[parameter.group][key]))
        if parameter.state.keys() != expected.state.keys():
            theirs, ours = (tuple(sorted(map(str, s))) for s in (parameter.state, expected.state))
            other.setdefault((theirs, ours), []).append(names[slot.number])
            continue
        fit = placed(names[slot.number], slot.tensor, parameter.state, expected.state)
        if isinstance(fit, dict):
            loaded[slot.key] = fit
        else:
            findings += [Diagnostic("E625", misfit.what, help=misfit.help) for misfit in fit]
    for (theirs, ours), of_these in other.items():
        findings.append(
            Diagnostic(
                "E624",
                f"the file keeps {some(theirs)} for {some(of_these)}, and this optimizer "
                f"{some(ours) or 'nothing'}",
                help="resume with the optimizer that saved the state, or start without the state",
            )
        )
    held: list[dict[str, Any]] = []
    for values in counted:
        # Copied, since several groups that shared a tensor would each count it up.
        held.append({key: deepcopy(found[0][1]) for key, found in values.items()})
        for key, found in values.items():
            differing = next((one for one in found if not same(one[1], found[0][1])), None)
            if differing:
                findings.append(_counted(key, found[0], differing))
    return loaded, held


def _no_place(names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "E623",
        f"{have(names)} state in the file and no place in the optimizer",
        help='`extra="drop"` leaves it out',
    )


def _lacking(names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "E622",
        f"{have(names)} no state in the file",
        help=f'`missing="fresh"` lets {"it" if len(names) == 1 else "them"} start without',
    )


def _counted(key: str, one: tuple[str, Any], other: tuple[str, Any]) -> Diagnostic:
    def number(value: object) -> object:
        return value.item() if isinstance(value, Tensor) and value.numel() == 1 else value

    return Diagnostic(
        "E628",
        f"`{one[0]}` and `{other[0]}` are in one group now, and its `{key}` was {number(one[1])!r} for the "
        f"first and {number(other[1])!r} for the second",
        help="keep them in different groups",
    )
