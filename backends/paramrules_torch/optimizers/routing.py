"""Which of the optimizers that were handed over a group is for."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from paramrules.assignment import Assignment, Group
from paramrules.assignment.origin import setting
from paramrules.diagnostics import Diagnostic, did_you_mean
from paramrules.rules.terms import Constant
from paramrules_torch.optimizers.factories import Factory

DEFAULT = "default"
"""The entry for groups that name no optimizer."""


def route(assignment: Assignment, group: Group, factories: Mapping[str, Factory]) -> Factory | Diagnostic:
    """The optimizer that a group is for, or what is unclear about it."""
    only = next(iter(factories.values()))
    name = group.settings.get("optimizer")
    if only.name or name is None:
        found = named(f"the group `{group.label}`", group.settings, factories)
    else:
        found = Diagnostic(
            "E610",
            f"the group `{group.label}` is for the optimizer `{name}`, "
            f"and only `{only.called}` was handed over",
            help=f'hand over both, as in `{{"{name}": ..., "{DEFAULT}": {only.called}}}`',
        )
    if isinstance(found, str):
        return factories[found]
    return found if name is None else replace(found, span=setting(assignment, group, "optimizer").span)


def named(what: str, settings: Mapping[str, Any], there: Mapping[str, object]) -> str | Diagnostic:
    """The name of the optimizer that settings ask for: theirs, else `default`, else the only one."""
    name = settings.get("optimizer")
    names = [f"`{name}`" for name in there]
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    if name is not None:
        if name in there:
            return str(name)
        return Diagnostic(
            "E610",
            f"{what} is for the optimizer `{name}`, and there {'are' if len(names) > 1 else 'is'} {listed}",
            help=did_you_mean(str(name), there) or f'hand it over too, as in `{{"{name}": ..., ...}}`',
        )
    if DEFAULT in there or len(there) == 1:
        return DEFAULT if DEFAULT in there else next(iter(there))
    return Diagnostic(
        "E610",
        f"{what} names no optimizer, and there are {listed}",
        help=f'write `optimizer = "{list(there)[-1]}"` among its settings, or call one `{DEFAULT}`',
    )


def unused(assignment: Assignment, factories: Mapping[str, Factory]) -> Iterator[Diagnostic]:
    """A warning for each optimizer that no rule and no group names. One whose rules took nothing is fine."""
    named = {group.settings.get("optimizer", DEFAULT) for group in assignment.groups} | {DEFAULT}
    for axis in assignment.rules.axes:
        for rule in axis.rules:
            for written in rule.settings or ():
                if written.key == "optimizer" and isinstance(written.value, Constant):
                    named.add(written.value.value)
    for name in factories:
        if len(factories) > 1 and name not in named:
            yield Diagnostic(
                "W617",
                f"no rule is for the optimizer `{name}`",
                help=f'write `optimizer = "{name}"` among the settings of a rule, or take it out',
            )
