"""Optimizer parameter groups from one rule file, for PyTorch and Optax alike.

>>> import paramrules
>>> rules = paramrules.load("vit.rules")
>>> assignment = paramrules.assign(rules, model)
>>> print(assignment.explain("blocks.0.norm1.weight").axes[0].label)
no_decay

Importing this imports no framework, and nothing else before it is used.
"""

from typing import TYPE_CHECKING

from paramrules.lazy_names import importer

if TYPE_CHECKING:
    from paramrules.assignment import (
        Assignment,
        AxisLabels,
        Explanation,
        Group,
        Outcome,
    )
    from paramrules.assignment.assign import assign, examine, expectations
    from paramrules.comparison import Parity, parity
    from paramrules.diagnostics import Diagnostic, RulesError, RulesWarning, render
    from paramrules.diffs import Diff, diff
    from paramrules.formatting import format_rules
    from paramrules.inference.infer import Inferred
    from paramrules.inference.infer_groups import infer
    from paramrules.inventories import Inventory, Parameter
    from paramrules.inventory_of_model import inventory
    from paramrules.locks import Lock, lock, read_lock
    from paramrules.optimizer_state import state_bytes
    from paramrules.portability import portable
    from paramrules.proofs import Proof
    from paramrules.proofs.prover import prove
    from paramrules.rules import Rules
    from paramrules.rules.load import check, load, parse

__version__ = "0.1.0"

_ROOMS = {
    "assignment": (
        "Assignment",
        "AxisLabels",
        "Explanation",
        "Group",
        "Outcome",
        "assign",
        "examine",
        "expectations",
    ),
    "comparison": ("Parity", "parity"),
    "diagnostics": ("Diagnostic", "RulesError", "RulesWarning", "render"),
    "diffs": ("Diff", "diff"),
    "formatting": ("format_rules",),
    "inference.infer": ("Inferred",),
    "inference.infer_groups": ("infer",),
    "inventories": ("Inventory", "Parameter"),
    "locks": ("Lock", "lock", "read_lock"),
    "portability": ("portable",),
    "optimizer_state": ("state_bytes",),
    "proofs": ("Proof", "prove"),
    "inventory_of_model": ("inventory",),
    "rules": ("Rules", "check", "load", "parse"),
}
_HOMES = {name: f"paramrules.{room}" for room, names in _ROOMS.items() for name in names}

__all__ = [
    "Assignment",
    "AxisLabels",
    "Diagnostic",
    "Diff",
    "Explanation",
    "Group",
    "Inferred",
    "Inventory",
    "Lock",
    "Outcome",
    "Parameter",
    "Parity",
    "Proof",
    "Rules",
    "RulesError",
    "RulesWarning",
    "assign",
    "check",
    "diff",
    "examine",
    "expectations",
    "format_rules",
    "infer",
    "inventory",
    "load",
    "lock",
    "parity",
    "parse",
    "portable",
    "prove",
    "read_lock",
    "render",
    "state_bytes",
]


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # for type checkers a misspelt name is an error
    __getattr__ = importer(__name__, _HOMES)
