"""Everything that the author of a backend imports from paramrules.

A backend is an instance of `Backend` that an entry point in the group `paramrules.backends` names. Its
`inventory` returns an `Inventory` built on a subclass of `Columns`; `paramrules.testing` tests it.

Importing this imports no framework, and nothing else before it is used.
"""

# ruff: noqa: I001 -- isort wants a statement for each `as`

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # type checkers cannot read the table below: for them, `as` exports a name
    from paramrules.assignment import (
        Assignment as Assignment,
        AxisLabels as AxisLabels,
        Group as Group,
        assign as assign,
    )
    from paramrules.diagnostics import (
        Diagnostic as Diagnostic,
        RulesError as RulesError,
        RulesWarning as RulesWarning,
        a as a,
        declare as declare,
        did_you_mean as did_you_mean,
    )
    from paramrules.emission import (
        DEFAULT as DEFAULT,
        SCHEDULES as SCHEDULES,
        Aliases as Aliases,
        AnyRules as AnyRules,
        Bases as Bases,
        Bound as Bound,
        OptimizerSpec as OptimizerSpec,
        Options as Options,
        Rate as Rate,
        RoutedGroup as RoutedGroup,
        arguments_of as arguments_of,
        base_of as base_of,
        bind as bind,
        by_name as by_name,
        by_schedule as by_schedule,
        check_choice as check_choice,
        check_lr as check_lr,
        check_marks as check_marks,
        check_rate as check_rate,
        check_rules as check_rules,
        check_use as check_use,
        choose as choose,
        listed as listed,
        lost_bases as lost_bases,
        names_in_rules as names_in_rules,
        not_clear as not_clear,
        overall_base as overall_base,
        overall_lr as overall_lr,
        plural as plural,
        report as report,
        report_parameter as report_parameter,
        route as route,
        schedule_of as schedule_of,
        settings_of as settings_of,
        unbound as unbound,
        unknown_schedules as unknown_schedules,
        unnamed as unnamed,
        unused_schedules as unused_schedules,
        warn as warn,
    )
    from paramrules.inventories import (
        ABSENT as ABSENT,
        UNKNOWN_OWNER as UNKNOWN_OWNER,
        Class as Class,
        Columns as Columns,
        Inventory as Inventory,
        Layer as Layer,
        Owner as Owner,
        Parameter as Parameter,
    )
    from paramrules.inventories.fans import fans as fans
    from paramrules.inventories.own_vocabulary import VocabularyLike as VocabularyLike
    from paramrules.inventories.owner import named as named
    from paramrules.inventories.parameter import is_below as is_below
    from paramrules.inventories.roles import role as role
    from paramrules.registry import (
        Backend as Backend,
        inventory as inventory,
        refuse_non_module as refuse_non_module,
    )
    from paramrules.rules import Rules as Rules

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
        "check_lr",
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
        "report_parameter",
        "route",
        "schedule_of",
        "settings_of",
        "unbound",
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

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"paramrules.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
