"""Everything that the author of a backend imports from paramrules.

A backend is an instance of `Backend` that an entry point in the group `paramrules.backends` names. Its
`inventory` returns an `Inventory` built on a subclass of `Columns`; `paramrules.testing` tests it.

Importing this imports no framework, and nothing else before it is used.
"""

# ruff: noqa: I001 -- isort wants a statement for each `as`

from typing import TYPE_CHECKING

from paramrules.lazy_names import importer as importer

if TYPE_CHECKING:  # type checkers cannot read the table below: for them, `as` exports a name
    from paramrules.argument_types import check_flags as check_flags, rest_by_name as rest_by_name
    from paramrules.assignment import (
        Assignment as Assignment,
        AxisLabels as AxisLabels,
        Group as Group,
        assign as assign,
    )
    from paramrules.assignment.unknown_keywords import refuse_unknown as refuse_unknown
    from paramrules.contract import Backend as Backend
    from paramrules.diagnostics import (
        Diagnostic as Diagnostic,
        RulesError as RulesError,
        RulesWarning as RulesWarning,
        a as a,
        class_name as class_name,
        declare as declare,
        did_you_mean as did_you_mean,
        listed as listed,
        plural as plural,
        said_by as said_by,
    )
    from paramrules.diffs.rules_or_lock import rules_or_lock as rules_or_lock
    from paramrules.emission import (
        DEFAULT as DEFAULT,
        SCHEDULES as SCHEDULES,
        Aliases as Aliases,
        AnyRules as AnyRules,
        Bases as Bases,
        Bound as Bound,
        Changed as Changed,
        Extra as Extra,
        GroupStats as GroupStats,
        Missing as Missing,
        OptimizerSpec as OptimizerSpec,
        Options as Options,
        Rate as Rate,
        RoutedGroup as RoutedGroup,
        SavedEntry as SavedEntry,
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
        counted_differently as counted_differently,
        freezes_trained as freezes_trained,
        group_rows as group_rows,
        is_of_another as is_of_another,
        lost_bases as lost_bases,
        misfit as misfit,
        other_kind as other_kind,
        names_in_rules as names_in_rules,
        not_clear as not_clear,
        instead_of_optimizer as instead_of_optimizer,
        overall_base as overall_base,
        overall_lr as overall_lr,
        regrouping as regrouping,
        report as report,
        report_parameter as report_parameter,
        route as route,
        row_metrics as row_metrics,
        schedule_of as schedule_of,
        some_names as some_names,
        unbound as unbound,
        unknown_schedules as unknown_schedules,
        unknown_settings as unknown_settings,
        unnamed as unnamed,
        unused_schedules as unused_schedules,
        warn as warn,
    )
    from paramrules.inference.collect import Ungrouped as Ungrouped
    from paramrules.inference.infer import Inferred as Inferred
    from paramrules.inference.infer_groups import infer as infer
    from paramrules.inference.made_groups import LabelSettings as LabelSettings
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
    from paramrules.inventories.nesting import (
        Inside as Inside,
        Repeats as Repeats,
        walk_inside as walk_inside,
    )
    from paramrules.inventories.own_vocabulary import VocabularyLike as VocabularyLike
    from paramrules.inventories.owner import named as named
    from paramrules.inventories.parameter import is_below as is_below
    from paramrules.inventories.roles import role as role
    from paramrules.locks import (
        Lock as Lock,
        LockedModel as LockedModel,
    )
    from paramrules.inventory_of_model import inventory as inventory
    from paramrules.rules import Rules as Rules
    from paramrules.wrong_models import (
        other_framework as other_framework,
        refuse_non_module as refuse_non_module,
    )

_ROOMS = {
    "argument_types": ("check_flags", "rest_by_name"),
    "assignment": ("Assignment", "AxisLabels", "Group", "assign"),
    "assignment.unknown_keywords": ("refuse_unknown",),
    "contract": ("Backend",),
    "diagnostics": (
        "Diagnostic",
        "RulesError",
        "RulesWarning",
        "a",
        "class_name",
        "declare",
        "did_you_mean",
        "listed",
        "plural",
        "said_by",
    ),
    "diffs.rules_or_lock": ("rules_or_lock",),
    "emission": (
        "DEFAULT",
        "SCHEDULES",
        "Aliases",
        "AnyRules",
        "Bases",
        "Bound",
        "Changed",
        "Extra",
        "GroupStats",
        "Missing",
        "OptimizerSpec",
        "Options",
        "Rate",
        "RoutedGroup",
        "SavedEntry",
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
        "counted_differently",
        "freezes_trained",
        "group_rows",
        "is_of_another",
        "lost_bases",
        "misfit",
        "other_kind",
        "names_in_rules",
        "not_clear",
        "instead_of_optimizer",
        "overall_base",
        "overall_lr",
        "regrouping",
        "report",
        "report_parameter",
        "route",
        "row_metrics",
        "schedule_of",
        "some_names",
        "unbound",
        "unknown_schedules",
        "unknown_settings",
        "unused_schedules",
        "unnamed",
        "warn",
    ),
    "inference.collect": ("Ungrouped",),
    "inference.infer": ("Inferred",),
    "inference.infer_groups": ("infer",),
    "inference.made_groups": ("LabelSettings",),
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
    "inventories.nesting": ("Inside", "Repeats", "walk_inside"),
    "inventories.own_vocabulary": ("VocabularyLike",),
    "inventories.owner": ("named",),
    "inventories.parameter": ("is_below",),
    "inventories.roles": ("role",),
    "locks": ("Lock", "LockedModel"),
    "inventory_of_model": ("inventory",),
    "rules": ("Rules",),
    "wrong_models": ("other_framework", "refuse_non_module"),
}
_HOMES = {name: f"paramrules.{room}" for room, names in _ROOMS.items() for name in names}

__all__ = ["importer", *_HOMES]


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # for type checkers a misspelt name is an error
    __getattr__ = importer(__name__, _HOMES)
