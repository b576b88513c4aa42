"""Param groups: an assignment as `torch.optim` wants it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from torch import nn

from paramrules.assignment import Assignment
from paramrules.diagnostics import RulesError
from paramrules.rules import Rules
from paramrules_torch.assigned import assigned, check_rate, check_switch
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
    part: bool = False,
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
        empty: also give groups of which every parameter is frozen, or in another part, without parameters.
        merge: one group for all that have equal settings, where the first of them stands; its label is
            theirs, joined with `+`.
        plain: nothing but `params` and settings, for optimizers that insist on the exact keys.
        part: the model is a part, such as a stage of a pipeline, of the one that `rules`, an assignment, was
            made of. Its parameters have the names that they have there; groups without any here are left out.

    Returns:
        Groups in the order of rules, parameters in the order of the model. Each has `params`; `param_names`,
        their names as torch gives them, wrappers and all; `label`; and its settings. A group with
        `freeze = true` is not among them: its parameters' `requires_grad` has been cleared. It is set again
        where earlier rules cleared it and these do not; what the user froze stays as it is.

    Raises:
        RulesError: what `paramrules.assign` finds; E601 where the assignment was made of another model;
            E604 where a scale is set, but nothing that it could multiply. Nothing is frozen then.
        TypeError: `lr` or `weight_decay` is no number, such as the text that YAML makes of `1e-3`.
        ValueError: `lr_scale` is neither of the two; `options` or `strict` beside an assignment;
            `part` without one.

    Warns:
        RulesWarning: for each finding that is no error, such as a dead rule.

    >>> groups = paramrules_torch.param_groups(model, "vit.rules", lr=1e-3, weight_decay=0.05)
    >>> [(g["label"], len(g["params"]), g["weight_decay"]) for g in groups]
    [('no_decay', 102, 0), ('decay', 50, 0.05)]
    >>> optimizer = torch.optim.AdamW(groups)
    """
    check_rate("lr", lr)
    check_rate("weight_decay", weight_decay)
    check_switch(lr_scale)
    held = assigned(model, rules, options, strict, stacklevel=2, part=part)
    rates = Rates(lr, weight_decay, keep_lr_scale=lr_scale == "keep")
    described = [(group, *settings_of(group, rates)) for group in held.assignment.groups]
    if wrong := [finding for _, _, findings in described for finding in findings]:
        raise RulesError(wrong)

    held.freeze()
    made: list[tuple[str, dict[str, Any], list[int]]] = []
    for group, settings, _ in described:
        if group.settings.get("freeze"):
            continue
        numbers = [n for n in held.numbers(group) if frozen or held.trainable[n]]
        if numbers or empty:
            made.append((group.label, settings, numbers))
    return [held.group(*one, plain=plain) for one in (_merged(made) if merge else made)]


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
