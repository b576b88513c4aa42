"""Schedules by name: the one that each group asks for, and whether the caller has passed it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from paramrules.argument_types import check_keys
from paramrules.assignment import Assignment, Group
from paramrules.diagnostics import Diagnostic, did_you_mean, listed, plural
from paramrules.emission.optimizer_spec import OptimizerSpec
from paramrules.emission.origin import report
from paramrules.emission.rates import DEFAULT, Bases, base_of
from paramrules.rules.keys import SCALE_OF
from paramrules.rules.terms import Constant, OptionValue

SCHEDULES: Mapping[str, str] = {"lr": "schedule", "weight_decay": "weight_decay_schedule"}
"""The key with which a rule names the schedule of each rate."""

_CALLED = {"lr": "schedule", "weight_decay": "decay schedule"}
_BASE = {"lr": "rate", "weight_decay": "decay"}


def schedule_of(settings: Mapping[str, Any], rate: str) -> str:
    """Return the name of the schedule that a group's `lr` or `weight_decay` follows: `default` if it names
    none."""
    name: str = settings.get(SCHEDULES[rate], DEFAULT)
    return name


def by_schedule(given: Any) -> Mapping[str, Any]:
    """Return the schedules that the caller passed by name; a single one is `default`.

    Raises TypeError for a key that is no text.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        return {DEFAULT: given}
    check_keys("a mapping of schedules", given, "names that rules give")
    return given


def unknown_schedules(
    rate: str, wanted: Mapping[str, str], given: Any, assignment: Assignment | None = None
) -> list[Diagnostic]:
    """Return a finding (E644) for each name of a schedule that was not passed.

    Args:
        rate: `lr` or `weight_decay`.
        wanted: the name that each group asks for, by the group's label.
        given: what the caller passed: nothing, one schedule, or a mapping of names to schedules.
        assignment: the assignment that the groups are from, to point at its rules.
    """
    names = list(by_schedule(given))
    lost: dict[str, list[str]] = {}
    for label, name in wanted.items():
        if name not in names:
            lost.setdefault(name, []).append(label)
    wrong = []
    for name, labels in lost.items():
        message, help = _not_there(rate, name, labels, names, single=not isinstance(given, Mapping))
        if assignment is None or name == DEFAULT:
            wrong.append(Diagnostic("E644", message, help=help))
        else:
            groups = [assignment.group(label) for label in labels]
            wrong.append(
                report(
                    "E644",
                    message,
                    help,
                    assignment=assignment,
                    groups=groups,
                    key=SCHEDULES[rate],
                    whole=True,
                )
            )
    return wrong


def _not_there(rate: str, name: str, labels: list[str], names: list[str], *, single: bool) -> tuple[str, str]:
    verb = "name" if len(labels) > 1 else "names"
    there = f"there {'are' if len(names) > 1 else 'is only'} {listed(names)}"
    if name == DEFAULT and not names:
        return (
            f"{plural('group', labels)} {verb} no {_CALLED[rate]}, and none was passed",
            f'add it: `{{"{DEFAULT}": ..., ...}}`',
        )
    if name == DEFAULT:
        return (
            f"{plural('group', labels)} {verb} no {_CALLED[rate]}, and {there}",
            f'name one of them `{DEFAULT}`, or add one: `{{"{DEFAULT}": ..., ...}}`',
        )
    which = f"{plural('group', labels)} {verb} the {_CALLED[rate]} `{name}`"
    argument = "weight_decay=" if rate == "weight_decay" else ""  # the rate's depends on the backend
    both = f'`{argument}{{"{name}": ..., "{DEFAULT}": ...}}`'
    if not names:
        return f"{which}, and none was passed", f"pass it, as in {both}"
    if single:
        return f"{which}, and only one was passed", f"pass both, as in {both}"
    return f"{which}, and {there}", did_you_mean(
        name, names
    ) or f'pass it too, as in `{argument}{{"{name}": ..., ...}}`'


def replaced_schedules(
    assignment: Assignment, groups: Sequence[tuple[Group, OptimizerSpec]], bases: Bases
) -> list[Diagnostic]:
    """Return a finding (E630) for each rate that rules set to a number in place of a schedule.

    `weight_decay = 0` is fine: no decay follows any schedule.

    Args:
        assignment: the assignment that the groups are from.
        groups: the groups with their optimizers.
        bases: the base rates that the caller gave. A callable one is a schedule.
    """
    wrong = []
    for key, given in bases._asdict().items():
        having = [
            group
            for group, spec in groups
            if key in group.settings
            and (key == "lr" or group.settings[key] != 0)
            and callable(base_of(spec, key, given, schedule_of(group.settings, key)))
        ]
        if having:
            which = plural("group", [group.label for group in having])
            verb = "set" if len(having) > 1 else "sets"
            wrong.append(
                report(
                    "E630",
                    f"{which} {verb} `{key}`, and a schedule has no base {_BASE[key]} to replace",
                    f"write `{SCALE_OF[key]}`, which multiplies the schedule, or give the group a schedule "
                    f"of its own, with `{SCHEDULES[key]}`",
                    assignment=assignment,
                    groups=having,
                    key=key,
                    whole=True,
                )
            )
    return wrong


def unused_schedules(rate: str, named: Collection[str], given: Any) -> list[Diagnostic]:
    """Return a warning (W641) for each schedule that was passed and that no rule names.

    Args:
        rate: `lr` or `weight_decay`.
        named: the names that rules use, as `names_in_rules` returns them.
        given: what the caller passed.
    """
    return [
        Diagnostic(
            "W641",
            f"no rule names the {_CALLED[rate]} `{name}`",
            help=f'write `{SCHEDULES[rate]} = "{name}"` among the settings of a rule, or remove the schedule',
        )
        for name in by_schedule(given)
        if name != DEFAULT and name not in named
    ]


def names_in_rules(assignment: Assignment, key: str) -> frozenset[str]:
    """Return the names that rules set a key to, even if they take no parameter of this model."""
    named = {group.settings[key] for group in assignment.groups if key in group.settings}
    for written in assignment.rules.settings:
        if written.key == key and isinstance(written.value, Constant):
            named.add(written.value.value)
        elif written.key == key and isinstance(written.value, OptionValue):
            named.add(assignment.options[written.value.name])
    return frozenset(named)
