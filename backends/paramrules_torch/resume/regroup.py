"""Convert state that was saved under one grouping for an optimizer with another."""

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from paramrules.backends import (
    Changed,
    Diagnostic,
    Extra,
    Missing,
    RulesError,
    SavedEntry,
    check_choice,
    counted_differently,
    other_kind,
    regrouping,
)
from paramrules_torch.inventory import inventory_and_tensors
from paramrules_torch.resume.changed_optimizer import changed_optimizer
from paramrules_torch.resume.old_groups import Old, names_of
from paramrules_torch.resume.refusal import refuse
from paramrules_torch.resume.saved_names import match
from paramrules_torch.resume.saved_state import SavedParameter, read
from paramrules_torch.resume.state_shapes import called, is_number, is_real, placed
from paramrules_torch.resume.trial_step import Kept, kept, plain, same


def regroup_state(
    state_dict: Mapping[str, Any],
    model: nn.Module,
    optimizer: Optimizer,
    *,
    old: Old | None = None,
    missing: Missing = "refuse",
    extra: Extra = "refuse",
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
        old: how a file without names was grouped: the rules or the lock of that time, as a path, `REV:path`
            or what was read (for a model that has changed, a lock, or what `assign` made of the rules); or
            the names of each group's parameters. The file's own names take precedence.
        missing: `"fresh"` lets parameters start without state if the file has none that fits: they are new,
            their shape is another, or another optimizer takes them now.
        extra: `"drop"` leaves out state of parameters that the optimizer does not have.

    Returns:
        A state dict with the groups and settings of `optimizer` and the file's state. Tensors are those of
        `state_dict`, not copies. Whole tensors of a sharded parameter are sharded, so call it on every rank.

    Raises:
        RulesError: everything that prevents loading: E620 if `state_dict` is not an optimizer's; E621 if
            neither it nor `old` has names; E622 if it lacks a parameter; E623 if it has state of a parameter
            that the optimizer lacks; E624 if a parameter's state is another optimizer's; E625 if a tensor has
            another shape or is a shard; E626 if it is not clear which parameter a name refers to; E627 if the
            optimizer's tensors are not the model's; E628 if merged groups have counted differently; E680 if a
            value is of another kind.
        TypeError: an argument is of another kind.
        ValueError: an unknown `missing` or `extra`.

    >>> optimizer = torch.optim.AdamW(paramrules_torch.param_groups(model, "new.rules", lr=1e-3))
    >>> saved = torch.load("run.pt")
    >>> optimizer.load_state_dict(paramrules_torch.regroup_state(saved["optimizer"], model, optimizer))
    """
    check_choice("missing", missing, "refuse", "fresh")
    check_choice("extra", extra, "refuse", "drop")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"`optimizer` is {optimizer!r:.60} and should be the optimizer that loads the state")
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
    slots = {slot.number: slot for slot in _slots(optimizer, tensors)}
    matched = match([parameter.name for parameter in parameters], inventory, raw)
    tried: dict[_Key, Kept] = {}

    def keeps(number: int) -> bool:
        slot = slots[number]
        return slot.tensor.requires_grad and bool(_trial(optimizer, slot, tried).state)

    def changed(number: int, at: int) -> Changed | None:
        parameter = parameters[at]
        several = getattr(optimizer, "optimizers", {})
        now = _trial(optimizer, slots[number], tried)
        return changed_optimizer(parameter.state, saved.groups[parameter.group], now, several)

    plan = regrouping(
        [
            SavedEntry(parameter.name, number, bool(parameter.state))
            for parameter, number in zip(parameters, matched.numbers, strict=True)
        ],
        inventory.names,
        slots,
        keeps=keeps,
        changed=changed,
        missing=missing,
        extra=extra,
    )
    findings = matched.findings + [one for one in plan.findings if one.code == "E624" or not matched.findings]
    sources = {number: parameters[plan.sources[number]] for number in slots if number in plan.sources}
    expected = {number: _trial(optimizer, slots[number], tried) for number in sources}
    loaded: dict[int, Any] = {}
    for number, parameter in sources.items():
        slot, name = slots[number], inventory.names[number]
        fit = placed(name, slot.tensor, parameter.state, expected[number].state, fresh=missing == "fresh")
        if isinstance(fit, dict):
            loaded |= {slot.key: fit} if fit else {}
        else:
            findings += fit
    members: list[list[tuple[SavedParameter, Collection[str]]]] = [[] for _ in optimizer.param_groups]
    for number, parameter in sources.items():
        members[slots[number].group].append((parameter, expected[number].group))
    held = [
        _counted(own, saved.groups, group, findings)
        for own, group in zip(members, optimizer.param_groups, strict=True)
    ]
    if findings:
        raise RulesError(findings)
    result = dict(optimizer.state_dict())
    result["state"] = loaded
    groups = zip(result["param_groups"], held, strict=True)
    result["param_groups"] = [{**group, **counts} for group, counts in groups]
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


def _counted(
    members: Sequence[tuple[SavedParameter, Collection[str]]],
    groups: Sequence[Mapping[str, Any]],
    group: Mapping[str, Any],
    findings: list[Diagnostic],
) -> dict[str, Any]:
    """Return what a group goes on counting.

    What its old groups do not agree on is appended to `findings`, and so is what cannot be counted.

    Args:
        members: the parameters of the group that keep their state, each with the keys that are counted.
        groups: the saved groups.
        group: the group as it is.
        findings: the findings so far.
    """
    values: dict[str, list[tuple[str, Any]]] = {}
    for parameter, keys in members:
        for key in keys & groups[parameter.group].keys():
            values.setdefault(key, []).append((parameter.name, groups[parameter.group][key]))
    for key, found in values.items():
        name, value = found[0]
        if is_number(group.get(key)) and not is_real(value):
            findings.append(other_kind(f"`{key}` in the group of `{name}`", called(value), "a finite number"))
            continue
        differing = next((one for one in found if not same(one[1], found[0][1])), None)
        if differing:
            pair = ((name, plain(value)) for name, value in (found[0], differing))
            findings.append(counted_differently(key, *pair, apart="in different groups"))
    # Copied, since several groups that shared a tensor would each count it up.
    return {key: deepcopy(found[0][1]) for key, found in values.items()}
