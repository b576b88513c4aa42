"""Param groups: an assignment as `torch.optim` takes it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, Never

from torch import Tensor

from paramrules.backends import (
    DEFAULT,
    AnyRules,
    Bases,
    OptimizerSpec,
    Options,
    RoutedGroup,
    RulesError,
    VocabularyLike,
    check_flags,
    check_use,
    refuse_unknown,
    rest_by_name,
    route,
    warn,
)
from paramrules_torch.bound_model import KEEP_INSTEAD, bind_model, check_rates, is_finite, settings_in_group
from paramrules_torch.named_tensors import Parameters


@rest_by_name
def param_groups(
    model: Parameters,
    rules: AnyRules,
    *,
    lr: float | None = None,
    weight_decay: float | None = None,
    options: Options = None,
    strict: bool = False,
    lr_scale: Literal["fold", "keep"] = "fold",
    frozen: bool = False,
    empty: bool = False,
    merge: bool = False,
    plain: bool = False,
    part: bool = False,
    vocabulary: VocabularyLike | None = None,
    **unknown: Never,
) -> list[dict[str, Any]]:
    """Return the groups for an optimizer; every trainable tensor of the model is in exactly one.

    Args:
        model: the model, wrapped or not; or parameters without one, by name: `{"means": tensor}`.
        rules: what `paramrules.load` returns, the path of a rule file, or what `paramrules.assign` made of
            this model or of a saved inventory of it.
        lr: the base learning rate. Each group's `lr` is its rule's or this one, times its `lr_scale`.
        weight_decay: the base weight decay, likewise, with `weight_decay_scale`.
        options: values for the file's options.
        strict: make dead rules and parameters that no rule takes errors.
        lr_scale: `"keep"` leaves `lr_scale` as a key beside the unscaled `lr`, for schedulers that multiply
            it in themselves (timm's).
        frozen: include parameters that need no gradient, except those that a rule freezes.
        empty: include groups without parameters, because all are frozen or in another part.
        merge: merge groups with equal settings into the first of them; its label is theirs joined with `+`.
        plain: return nothing but `params` and settings, for optimizers that insist on the exact keys.
        part: the model is a part, such as a pipeline stage, of the one that `rules`, an assignment, was made
            for, and its parameters have the names that they have there.
        vocabulary: TOML files, a path or several, that say what the model's classes are.

    Returns:
        Groups in the order of rules, with parameters in the order of the model. Each has `params`;
        `param_names`, their names in torch, wrappers included; `label`; and its settings. A group with
        `freeze = true` is not among them: `requires_grad` of its parameters has been cleared. It is set again
        for parameters that earlier rules froze and these do not; what the user froze stays frozen.

    Raises:
        RulesError: what `paramrules.assign` raises; E601 if the assignment was made for another model; E604
            if a scale has no base to multiply; E547 or E548 if a mapping holds tensors that no optimizer can
            train. Nothing is frozen then.
        TypeError: `lr` or `weight_decay` is not a number, such as the text that YAML makes of `1e-3`; a flag
            is not a boolean, such as the text `"no"`.
        ValueError: an unknown `lr_scale`; `options` or `strict` beside an assignment; `part` without one.

    Warns:
        RulesWarning: for each finding that is not an error, such as a dead rule; W619 if rules have no
            settings beside a base rate, and groups differ in nothing but their labels.

    >>> groups = paramrules_torch.param_groups(model, "vit.rules", lr=1e-3, weight_decay=0.05)
    >>> [(g["label"], len(g["params"]), g["weight_decay"]) for g in groups]
    [('no_decay', 102, 0), ('decay', 50, 0.05)]
    >>> optimizer = torch.optim.AdamW(groups)
    """
    refuse_unknown(param_groups, unknown, rules, _NOT_HERE)
    check_flags(frozen=frozen, empty=empty, merge=merge, plain=plain)
    check_rates(lr, weight_decay, lr_scale)
    held = bind_model(model, rules, options, strict, part, vocabulary, stacklevel=2)
    if not frozen:
        held.check_trainable()
    groups = held.bound.groups(untrained=frozen, empty=empty)
    names = dict.fromkeys([DEFAULT, *(one.group.settings.get("optimizer", DEFAULT) for one in groups)])
    specs = {name: OptimizerSpec(name, name, keys=(), takes_any=True) for name in names}
    routed: list[RoutedGroup] = []
    if groups:
        routed, wrong = route(
            held.bound,
            groups,
            specs,
            Bases(lr, weight_decay),
            lr_without_base=lr_scale == "keep",
            otherwise=KEEP_INSTEAD,
            is_finite=is_finite,
        )
        if wrong:
            raise RulesError(wrong)
        assignment = held.bound.assignment
        unused = check_use(assignment, {}, Bases(lr, weight_decay))
        warn(unused, allows=assignment.rules.allows, stacklevel=2)
    held.freeze(stacklevel=2)
    has_tensors = isinstance(lr, Tensor) or isinstance(weight_decay, Tensor)
    made = _with_settings(routed, lr_scale, shared=not has_tensors)
    return [held.group(*one, plain=plain) for one in (_merged(made) if merge else made)]


_NOT_HERE = "pass settings of the optimizer to its class, or to `paramrules_torch.build`"

_Group = tuple[str, dict[str, Any], Sequence[int]]
"""A label, what a group holds beside names and parameters, and the parameters."""


def _with_settings(routed: Iterable[RoutedGroup], lr_scale: str, *, shared: bool) -> Iterator[_Group]:
    """Yield groups with what they hold; `shared` says whether those with the same settings may share it."""
    known: dict[int, dict[str, Any]] = {}  # thousands of groups may have the settings of one rule
    for one in routed:
        written = one.group.settings
        if not shared or id(written) not in known:
            known[id(written)] = settings_in_group(one, lr_scale)
            if "optimizer" in written:
                known[id(written)]["optimizer"] = written["optimizer"]
        yield one.group.label, known[id(written)], one.numbers


def _merged(groups: Iterable[_Group]) -> list[_Group]:
    """Merge groups with equal settings, each with its parameters in the order of the model."""
    merged: list[list[_Group]] = []
    for group in groups:
        for alike in merged:
            if _equal(alike[0][1], group[1]):
                alike.append(group)
                break
        else:
            merged.append([group])
    return [
        (
            "+".join(label for label, _, _ in alike),
            alike[0][1],
            sorted(number for _, _, numbers in alike for number in numbers),
        )
        for alike in merged
    ]


def _equal(some: dict[str, Any], others: dict[str, Any]) -> bool:
    """Return whether an optimizer treats settings alike: `1` and `1.0` are equal, `1` and `True` are not."""
    return some == others and all(isinstance(v, bool) == isinstance(others[k], bool) for k, v in some.items())
