"""Everything that the author of a backend imports from paramrules.

A backend is an instance of `Backend` that an entry point in the group `paramrules.backends` names. Its
`inventory` returns an `Inventory` built on a subclass of `Columns`; `paramrules.testing` tests it.

Importing this imports no framework, and nothing else before it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paramrules.assignment import Assignment, AxisLabels, Group, assign
    from paramrules.diagnostics import (
        Diagnostic,
        RulesError,
        RulesWarning,
        a,
        declare,
        did_you_mean,
    )
    from paramrules.emission import (
        DEFAULT,
        SCHEDULES,
        Aliases,
        AnyRules,
        Bases,
        Bound,
        OptimizerSpec,
        Options,
        Rate,
        RoutedGroup,
        arguments_of,
        base_of,
        bind,
        by_name,
        by_schedule,
        check_choice,
        check_marks,
        check_rate,
        check_rules,
        check_use,
        choose,
        listed,
        lost_bases,
        names_in_rules,
        not_clear,
        overall_base,
        overall_lr,
        plural,
        report,
        route,
        schedule_of,
        settings_of,
        unknown_schedules,
        unnamed,
        unused_schedules,
        warn,
    )
    from paramrules.inventories import (
        ABSENT,
        UNKNOWN_OWNER,
        Class,
        Columns,
        Inventory,
        Layer,
        Owner,
        Parameter,
    )
    from paramrules.inventories.fans import fans
    from paramrules.inventories.own_vocabulary import VocabularyLike
    from paramrules.inventories.owner import named
    from paramrules.inventories.parameter import is_below
    from paramrules.inventories.roles import role
    from paramrules.registry import Backend, inventory, refuse_non_module
    from paramrules.rules import Rules

_ROOMS = {
    "assignment": ("Assignment", "AxisLabels", "Group", "assign"),
    "diagnostics": ("Diagnostic", "RulesError", "RulesWarning", "a", "declare", "did_you_mean"),
    "emission": (
        "DEFAULT",
        "SCHEDULES",
        "Aliases",
        "AnyRules",
        "Bases",
        "Bound",
        "OptimizerSpec",
        "Options",
        "Rate",
        "RoutedGroup",
        "arguments_of",
        "base_of",
        "bind",
        "by_name",
        "by_schedule",
        "check_choice",
        "check_marks",
        "check_rate",
        "check_rules",
        "check_use",
        "choose",
        "listed",
        "lost_bases",
        "names_in_rules",
        "not_clear",
        "overall_base",
        "overall_lr",
        "plural",
        "report",
        "route",
        "schedule_of",
        "settings_of",
        "unknown_schedules",
        "unused_schedules",
        "unnamed",
        "warn",
    ),
    "inventories": (
        "ABSENT",
        "UNKNOWN_OWNER",
        "Class",
        "Columns",
        "Inventory",
        "Layer",
        "Owner",
        "Parameter",
    ),
    "inventories.fans": ("fans",),
    "inventories.own_vocabulary": ("VocabularyLike",),
    "inventories.owner": ("named",),
    "inventories.parameter": ("is_below",),
    "inventories.roles": ("role",),
    "registry": ("Backend", "inventory", "refuse_non_module"),
    "rules": ("Rules",),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    # a framework
    "Backend",
    "inventory",
    "refuse_non_module",
    # a model's parameters
    "Columns",
    "Inventory",
    "Parameter",
    "Class",
    "Owner",
    "UNKNOWN_OWNER",
    "Layer",
    "ABSENT",
    "is_below",
    "VocabularyLike",
    "named",
    "role",
    "fans",
    # rules held against them
    "Rules",
    "Assignment",
    "AxisLabels",
    "Group",
    "assign",
    # what an optimizer gets
    "DEFAULT",
    "SCHEDULES",
    "Aliases",
    "AnyRules",
    "Bases",
    "Bound",
    "OptimizerSpec",
    "Options",
    "Rate",
    "RoutedGroup",
    "arguments_of",
    "base_of",
    "bind",
    "by_name",
    "by_schedule",
    "check_choice",
    "check_marks",
    "check_rate",
    "check_rules",
    "check_use",
    "choose",
    "listed",
    "lost_bases",
    "names_in_rules",
    "not_clear",
    "overall_base",
    "overall_lr",
    "plural",
    "report",
    "route",
    "schedule_of",
    "settings_of",
    "unknown_schedules",
    "unused_schedules",
    "unnamed",
    "warn",
    # errors
    "Diagnostic",
    "RulesError",
    "RulesWarning",
    "a",
    "declare",
    "did_you_mean",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"paramrules.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
