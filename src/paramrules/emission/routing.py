"""Route groups to optimizers, each with its settings and rates."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from paramrules.assignment import Assignment, Group
from paramrules.diagnostics import Diagnostic, did_you_mean, listed, plural
from paramrules.emission.bound import Bound, BoundGroup
from paramrules.emission.optimizer_settings import is_mark, translated, unknown_settings
from paramrules.emission.optimizer_spec import OptimizerSpec, OptimizerSpecs
from paramrules.emission.origin import report
from paramrules.emission.rates import DEFAULT, Bases, Rate, base_of, no_base, rate_of
from paramrules.emission.schedules import (
    SCHEDULES,
    names_in_rules,
    replaced_schedules,
    schedule_of,
    unknown_schedules,
)


class RoutedGroup(NamedTuple):
    """A group and what its optimizer gets.

    Attributes:
        position: its place in `assignment.groups`.
        group: the group.
        numbers: its parameters, as numbers in the model's inventory.
        optimizer: its optimizer.
        settings: its settings under the optimizer's own names, without the portable ones; as those of the
            rule, shared with the other groups that have them.
        marks: the user's own keys, which no optimizer sees.
        schedules: the schedules that it names, under the portable keys, without `default`.
        lr: its learning rate.
        weight_decay: its weight decay; without a base if the optimizer has none.
    """

    position: int
    group: Group
    numbers: Sequence[int]
    optimizer: OptimizerSpec
    settings: Mapping[str, Any]
    marks: Mapping[str, Any]
    schedules: Mapping[str, str]
    lr: Rate
    weight_decay: Rate


def route(
    bound: Bound,
    groups: Sequence[BoundGroup],
    specs: OptimizerSpecs,
    bases: Bases,
    *,
    lr_without_base: bool = False,
    otherwise: Mapping[str, str] | None = None,
    frozen_by: str = "",
    marks: Sequence[str] = (),
    schedules: bool = False,
    lr: str = "lr",
    is_finite: Callable[[Any], bool] | None = None,
) -> tuple[list[RoutedGroup], list[Diagnostic]]:
    """Give each group to an optimizer, with its settings and rates.

    Args:
        bound: the rules and the model.
        groups: the groups to route, as `bound.groups()` returns them.
        specs: the optimizers, at least one.
        bases: the base rates that the caller gave.
        lr_without_base: whether an `lr_scale` needs no base, because a scheduler multiplies it in.
        otherwise: what the caller may do instead of passing a base `lr` or `weight_decay`, for the help.
        frozen_by: what else freezes parameters in the framework, for the help.
        marks: the keys of the rules that are the user's own.
        schedules: whether `bases` holds the schedules that rules name. Any other name is wrong then, and so
            is a number in place of a schedule.
        lr: the name of the caller's argument for the learning rate.
        is_finite: tells whether a rate that is an array of the framework is finite.

    Returns:
        The groups in the same order, and what is wrong: E604, E610, E611, E614, E630, E644. A group whose
        optimizer is not clear is left out, so use the groups only if nothing is wrong.
    """
    if not groups:
        return [], [_nothing_to_train(bound, frozen_by)]
    by_settings: dict[int, list[BoundGroup]] = {}  # thousands of groups may have the settings of one rule
    for one in groups:
        by_settings.setdefault(id(one.group.settings), []).append(one)
    chosen, wrong = _choose(bound.assignment, by_settings.values(), specs)
    made: dict[int, partial[RoutedGroup]] = {}
    misfits: list[tuple[BoundGroup, OptimizerSpec]] = []
    lacking: dict[str, list[BoundGroup]] = {key: [] for key in Bases._fields}
    for alike, spec in chosen:
        written = alike[0].group.settings
        settings = translated(written, spec, marks)
        if not settings.fits:
            misfits += ((one, spec) for one in alike)
        rates = _rates(alike[0].group, spec, bases, lr, is_finite)
        for key, rate in rates.items():
            if rate.lacks_base and not (key == "lr" and lr_without_base):
                lacking[key] += alike
        named = {SCHEDULES[key]: schedule_of(written, key) for key in rates}
        made[id(written)] = partial(
            RoutedGroup,
            optimizer=spec,
            settings=settings.own,
            marks={key: value for key, value in written.items() if is_mark(spec, key, marks)},
            schedules={key: name for key, name in named.items() if name != DEFAULT},
            lr=rates["lr"],
            weight_decay=rates.get("weight_decay", Rate(None)),
        )
    routed = [make(*one) for one in groups if (make := made.get(id(one.group.settings)))]
    unknown = unknown_settings(bound.assignment, [(one.group, spec) for one, spec in sorted(misfits)], marks)
    if schedules and (lost := _lost_schedules(bound.assignment, routed, bases)):
        return routed, wrong + lost + unknown
    if schedules:
        pairs = [(one.group, one.optimizer) for one in routed]
        unknown += replaced_schedules(bound.assignment, pairs, bases)
    for key, without in lacking.items():
        having = [one.group for one in sorted(without)]
        wrong += no_base(bound.assignment, having, key, (otherwise or {}).get(key, ""))
    return routed, wrong + unknown


def _rates(
    group: Group, spec: OptimizerSpec, bases: Bases, lr: str, is_finite: Callable[[Any], bool] | None
) -> dict[str, Rate]:
    """Return a group's rates by `lr` and `weight_decay`, without those that its optimizer does not have."""
    return {
        key: rate_of(
            group,
            key,
            base_of(spec, key, base, schedule_of(group.settings, key)),
            {"lr": lr}.get(key, key),
            is_finite,
        )
        for key, base in bases._asdict().items()
        if key == "lr" or key in spec.rates
    }


def _lost_schedules(assignment: Assignment, routed: Sequence[RoutedGroup], bases: Bases) -> list[Diagnostic]:
    """Return findings (E644) about groups whose schedules the caller has not passed.

    A group without decay needs no schedule of it, nor does one that names none where a single base was given
    or its optimizer has one bound to it.
    """
    wrong = []
    for key, given in bases._asdict().items():
        wanted = {}
        for one in routed:
            rate = getattr(one, key)
            if one.schedules.get(SCHEDULES[key]) or (
                isinstance(given, Mapping) and rate.base is None and rate.scale != 0
            ):
                wanted[one.group.label] = schedule_of(one.group.settings, key)
        wrong += unknown_schedules(key, wanted, given, assignment)
    return wrong


def choose(settings: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """Return the name of the optimizer for a group with these settings; None if that is not clear.

    It is the one that the group names, else `default`, else the only one.
    """
    names = list(names)
    name = settings.get("optimizer")
    if name is None:
        name = DEFAULT if DEFAULT in names or len(names) > 1 else names[0]
    return name if name in names else None


def not_clear(
    what: str, settings: Mapping[str, Any], specs: OptimizerSpecs | Mapping[str, object]
) -> tuple[str, str]:
    """Return the message and the help (E610) for what `choose` returns None for."""
    name, names = settings.get("optimizer"), list(specs)
    if name is None:
        return (
            f"{what} no optimizer, and there are {listed(names)}",
            f'write `optimizer = "{names[-1]}"` among the settings, or name one of them `{DEFAULT}`',
        )
    only = specs.get("")
    if isinstance(only, OptimizerSpec):
        return (
            f"{what} the optimizer `{name}`, and only `{only.called}` was passed",
            f'pass both, as in `{{"{name}": ..., "{DEFAULT}": {only.called}}}`',
        )
    return (
        f"{what} the optimizer `{name}`, and there {'are' if len(names) > 1 else 'is only'} {listed(names)}",
        did_you_mean(str(name), names) or f'pass it too, as in `{{"{name}": ..., ...}}`',
    )


def check_use(assignment: Assignment, specs: OptimizerSpecs, bases: Bases) -> list[Diagnostic]:
    """Return warnings about optimizers and base rates that the rules make no use of.

    W617 is about each of several optimizers that no rule names. If all are named, W619 is about base rates
    that all of several trained groups have, because no rule has a setting.
    """
    return unnamed(assignment, specs) or _alike(assignment, bases)


def unnamed(assignment: Assignment, specs: OptimizerSpecs) -> list[Diagnostic]:
    """Return a warning (W617) for each of several optimizers that no rule names.

    A rule counts even if it takes no parameter of this model.
    """
    named = names_in_rules(assignment, "optimizer") | {DEFAULT}
    return [
        Diagnostic(
            "W617",
            f"no rule names the optimizer `{name}`",
            help=f'write `optimizer = "{name}"` among the settings of a rule, or remove the optimizer',
        )
        for name in specs
        if len(specs) > 1 and name not in named
    ]


def _alike(assignment: Assignment, bases: Bases) -> list[Diagnostic]:
    """Return a warning (W619) about base rates of several trained groups if no rule has a setting."""
    if any(True for _ in assignment.rules.settings) or all(rate is None for rate in bases):
        return []
    if sum(size.tensors > 0 for size in assignment.sizes) < 2:
        return []
    label = assignment.rules.axes[0].rules[0].label.text
    return [
        Diagnostic(
            "W619",
            f"the groups of `{assignment.rules.source.name}` differ in nothing but their labels",
            help=f"no rule has settings: write them after `->`, as in `{label}: ... -> lr_scale = 0.1`, "
            "or `# allow: W619` if labels are all that you need",
        )
    ]


def _choose(
    assignment: Assignment, alike: Iterable[Sequence[BoundGroup]], specs: OptimizerSpecs
) -> tuple[list[tuple[Sequence[BoundGroup], OptimizerSpec]], list[Diagnostic]]:
    """Return groups that have the same settings with their optimizers, and a finding (E610) for each cause
    that leaves some without."""
    chosen: list[tuple[Sequence[BoundGroup], OptimizerSpec]] = []
    lost: dict[str | None, list[BoundGroup]] = {}
    for some in alike:
        settings = some[0].group.settings
        name = choose(settings, specs)
        if name is None:
            lost.setdefault(settings.get("optimizer"), []).extend(some)
        else:
            chosen.append((some, specs[name]))
    wrong = []
    for asked, without in lost.items():
        having = [one.group for one in sorted(without)]
        which = f"{plural('group', [g.label for g in having])} {'name' if len(having) > 1 else 'names'}"
        message, help = not_clear(which, having[0].settings, specs)
        if "" in specs and len(lost) > 1:
            help = _one_for_each(lost, specs[""].called if chosen else "")
        if asked is None:
            wrong.append(Diagnostic("E610", message, help=help))
        else:
            wrong.append(
                report(
                    "E610", message, help, assignment=assignment, groups=having, key="optimizer", whole=True
                )
            )
    return chosen, wrong


def _one_for_each(names: Iterable[object], default: str) -> str:
    """Return the help (E610) where groups name several optimizers; `default` is for those that name none."""
    wanted = [f'"{name}": ...' for name in names] + ([f'"{DEFAULT}": {default}'] if default else [])
    return f"pass one for each, as in `{{{', '.join(wanted)}}}`"


def _nothing_to_train(bound: Bound, frozen_by: str) -> Diagnostic:
    if not len(bound.inventory):
        return Diagnostic(
            "E614",
            "there is nothing to train: the model has no parameters",
            help="pass the model or the parameters that the optimizer trains",
        )
    how = (
        f"`freeze = true` in the rules and {frozen_by} freeze"
        if frozen_by
        else "`freeze = true` in the rules freezes"
    )
    skipped = len(bound.skipped())
    if skipped == len(bound.inventory):
        return Diagnostic(
            "E614",
            "nothing is left to train: the rules skip every parameter of the model",
            help="`skip = true` leaves a parameter to another optimizer; train at least one here",
        )
    return Diagnostic(
        "E614",
        f"nothing is left to train: every parameter of the model is frozen{' or skipped' if skipped else ''}",
        help=f"{how}; train at least one parameter",
    )
