"""After `assign`: everything that must come out the same under every framework, as plain data.

A backend binds rules to a model, describes the optimizers that it was given, and gets groups that are routed,
checked and computed. What is left for it is native: tensors, and the optimizers themselves.

>>> bound = bind(rules, lambda: inventory_of(model), options=options, strict=strict, stacklevel=2)
>>> specs = {"": OptimizerSpec("", "AdamW", keys=("betas", "eps"), lr=1e-3, weight_decay=0.01)}
>>> groups, wrong = route(bound, bound.groups(), specs, Bases(lr, weight_decay))
>>> if wrong:
...     raise RulesError(wrong)
>>> [(one.numbers, one.lr.value, one.weight_decay.value, one.settings) for one in groups]
"""

from paramrules.emission.argument_checks import (
    AnyRules,
    Options,
    by_name,
    check_choice,
    check_lr,
    check_marks,
    check_rate,
    check_rules,
    unbound,
)
from paramrules.emission.bound import Bound, bind, warn
from paramrules.emission.group_rows import GroupStats, group_rows, row_metrics
from paramrules.emission.optimizer_settings import (
    arguments_of,
    lost_bases,
    unknown_settings,
)
from paramrules.emission.optimizer_spec import Aliases, OptimizerSpec
from paramrules.emission.origin import freezes_trained, report, report_parameter
from paramrules.emission.rates import DEFAULT, Bases, Rate, base_of, overall_base, overall_lr
from paramrules.emission.regrouping import (
    Changed,
    Extra,
    Missing,
    SavedEntry,
    counted_differently,
    misfit,
    other_kind,
    regrouping,
    some_names,
)
from paramrules.emission.routing import RoutedGroup, check_use, choose, not_clear, route, unnamed
from paramrules.emission.schedules import (
    SCHEDULES,
    by_schedule,
    names_in_rules,
    schedule_of,
    unknown_schedules,
    unused_schedules,
)
from paramrules.emission.wrong_optimizers import instead_of_optimizer, is_of_another

__all__ = [
    "DEFAULT",
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
    "SCHEDULES",
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
]
