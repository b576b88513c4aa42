"""Param groups: an assignment as `torch.optim` wants it."""

import warnings
from collections.abc import Mapping
from numbers import Real
from pathlib import Path
from typing import Any, Literal

from torch import Tensor, nn

from paramrules.assignment import Assignment, assign
from paramrules.diagnostics import Diagnostic, RulesError, RulesWarning, render
from paramrules.inventories import Inventory
from paramrules.rules import Rules
from paramrules_torch.inventory import take
from paramrules_torch.settings import Rates, settings_of


def param_groups(
    model: nn.Module,
    rules: Rules | Assignment | str | Path,
    *,
    lr: float | None = None,
    weight_decay: float | None = None,
    options: Mapping[str, int | float | str | bool] | None = None,
    strict: bool = False,
    lr_scale: Literal["fold", "keep"] = "fold",
    frozen: bool = False,
    empty: bool = False,
    merge: bool = False,
    plain: bool = False,
) -> list[dict[str, Any]]:
    """The groups for an optimizer: every trainable tensor of the model in exactly one.

    Args:
        model: the model, wrapped or not.
        rules: what `paramrules.load` gives, the path of a rule file, or what `paramrules.assign` made of
            this model or of a saved inventory of it (`options` and `strict` then were said to `assign`).
        lr: the base learning rate. Each group gets an `lr`: its rule's or this one, times its `lr_scale`.
        weight_decay: the base weight decay, likewise, with `weight_decay_scale`.
        options: values for the file's options.
        strict: what is dead or left over is an error.
        lr_scale: `"keep"` leaves `lr_scale` as a key beside the unscaled `lr`, for schedulers that multiply
            it in themselves (timm's).
        frozen: also take parameters that need no gradient, but for those that a rule freezes.
        empty: also give groups of which every parameter is frozen, without parameters.
        merge: one group for all that have equal settings, where the first of them stands; its label is
            theirs, joined with `+`.
        plain: nothing but `params` and settings, for optimizers that insist on the exact keys.

    Returns:
        Groups in the order of rules, parameters in the order of the model. Each has `params`; `param_names`,
        their names as torch gives them, wrappers and all; `label`; and its settings. A group with
        `freeze = true` is not among them: its parameters' `requires_grad` has been cleared.

    Raises:
        RulesError: what `paramrules.assign` finds; E601 where the assignment was made of another model;
            E604 where a scale is set, but nothing that it could multiply. Nothing is frozen then.
        TypeError: `lr` or `weight_decay` is no number, such as the text that YAML makes of `1e-3`.
        ValueError: `lr_scale` is neither of the two; `options` or `strict` beside an assignment.

    Warns:
        RulesWarning: for each finding that is no error, such as a dead rule.

    >>> groups = paramrules_torch.param_groups(model, "vit.rules", lr=1e-3, weight_decay=0.05)
    >>> [(g["label"], len(g["params"]), g["weight_decay"]) for g in groups]
    [('no_decay', 102, 0), ('decay', 50, 0.05)]
    >>> optimizer = torch.optim.AdamW(groups)
    """
    _check_number("lr", lr)
    _check_number("weight_decay", weight_decay)
    if lr_scale not in ("fold", "keep"):
        raise ValueError(f"`lr_scale` is {lr_scale!r} and should be 'fold' or 'keep'")
    if isinstance(rules, Assignment) and (options is not None or strict):
        raise ValueError("give `options` and `strict` to `paramrules.assign`, which has made this assignment")
    inventory, tensors, raw = take(model)
    if isinstance(rules, Assignment):
        assignment = rules
        _check_fit(assignment.inventory, inventory)
    else:
        assignment = assign(rules, inventory, options=options, strict=strict)
    for finding in assignment.findings:
        warnings.warn("\n" + render(finding), RulesWarning, stacklevel=2)

    rates = Rates(lr, weight_decay, keep_lr_scale=lr_scale == "keep")
    described = [(group, *settings_of(group, rates)) for group in assignment.groups]
    if wrong := [finding for _, _, findings in described for finding in findings]:
        raise RulesError(wrong)

    trainable = inventory.column("trainable")
    made: list[tuple[str, dict[str, Any], list[int]]] = []
    for group, settings, _ in described:
        if group.settings.get("freeze"):
            for number in group.parameters:
                tensors[number].requires_grad_(False)
            continue
        numbers = [n for n in group.parameters if frozen or trainable[n]]
        if numbers or empty:
            made.append((group.label, settings, numbers))
    groups = []
    for label, settings, numbers in _merged(made) if merge else made:
        held = {"params": [tensors[n] for n in numbers]}
        named = {} if plain else {"param_names": [raw[n] for n in numbers], "label": label}
        groups.append({**held, **named, **settings})
    return groups


def _check_number(name: str, rate: object) -> None:
    """Refuses a base rate that is no number. torch takes a tensor too."""
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, Real | Tensor)):
        raise TypeError(f"`{name}` is {rate!r}, a `{type(rate).__name__}`, and should be a number")


def _merged(made: list[tuple[str, dict[str, Any], list[int]]]) -> list[tuple[str, dict[str, Any], list[int]]]:
    """Groups of equal settings as one, its parameters in the model's order."""
    alike: list[tuple[list[str], dict[str, Any], list[int]]] = []
    for label, settings, numbers in made:
        for labels, others, taken in alike:
            if _equal(settings, others):
                labels.append(label)
                taken += numbers
                break
        else:
            alike.append(([label], settings, list(numbers)))
    return [("+".join(labels), settings, sorted(numbers)) for labels, settings, numbers in alike]


def _equal(some: dict[str, Any], others: dict[str, Any]) -> bool:
    """Whether an optimizer would treat them alike: `1` and `1.0` are equal, `1` and `true` are not."""
    return some == others and all(isinstance(v, bool) == isinstance(others[k], bool) for k, v in some.items())


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
            help="assign the rules to this model, or give `param_groups` the rules themselves",
        )
    )
