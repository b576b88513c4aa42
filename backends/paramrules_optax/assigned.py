"""Rules held against a tree of parameters, and what they say put into its structure."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from paramrules.assignment import Assignment, assign
from paramrules.diagnostics import RulesWarning, render
from paramrules.rules import Rules
from paramrules_optax.fit import fitted
from paramrules_optax.inventory import inventory_of
from paramrules_optax.slices import TreeInventory

AnyRules = Rules | Assignment | str | Path
Options = Mapping[str, int | float | str | bool] | None


class Assigned:
    """An assignment, and the tree of parameters that it is wanted for.

    `params` may be the model or its parameters; `model` knows the types where `params` does not. What
    `assign` warned about reaches Python's warnings as `RulesWarning`.
    """

    def __init__(self, params: Any, rules: AnyRules, options: Options, strict: bool, model: Any) -> None:
        self._params = params
        self._fresh = model is None and not isinstance(rules, Assignment)
        if isinstance(rules, Assignment):
            if options is not None or strict or model is not None:
                raise ValueError(
                    "give `options`, `strict` and the model to `paramrules.assign`, "
                    "which has made this assignment"
                )
            self.assignment = rules
        else:
            inventory = inventory_of(params if model is None else model)
            self.assignment = assign(rules, inventory, options=options, strict=strict)
        for finding in self.assignment.findings:
            warnings.warn("\n" + render(finding), RulesWarning, stacklevel=3)

    def tree(self, values: Sequence[Any]) -> Any:
        """Values, one a parameter, in the structure of `params`."""
        inventory = self.assignment.inventory
        if isinstance(inventory, TreeInventory) and (self._fresh or inventory.tree.fits(self._params)):
            return inventory.tree.filled(values)
        return fitted(self.by_name(values), self._params)

    def by_name(self, values: Sequence[Any]) -> dict[str, Any]:
        """Values, one a parameter, under all canonical names."""
        inventory = self.assignment.inventory
        found = dict(zip(inventory.names, values, strict=False))
        for parameter, others in inventory.also.items():
            found.update((inventory.names[entry], values[parameter]) for entry in others)
        return found
