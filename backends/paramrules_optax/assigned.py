"""Rules held against a tree of parameters, and what they say put into its structure."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from paramrules.assignment import Assignment, assign
from paramrules.diagnostics import Diagnostic, RulesError, RulesWarning, render
from paramrules.inventories import Inventory
from paramrules.rules import Rules
from paramrules_optax.inventory import inventory_of
from paramrules_optax.stacks.slices import TreeInventory
from paramrules_optax.trees.fit import fitted, refuse_other_arrays

AnyRules = Rules | Assignment | str | Path
Options = Mapping[str, int | float | str | bool] | None


class Labels(NamedTuple):
    """The labels of groups or of an axis: `texts`, and for each parameter the number of its own in them."""

    of: Sequence[int]
    texts: Sequence[str]

    def each(self) -> list[str]:
        """A label a parameter."""
        return [self.texts[number] for number in self.of]

    def where(self, number: int) -> list[bool]:
        """For each parameter, whether it has the label of this number."""
        return [own == number for own in self.of]


def labels_of(assignment: Assignment, axis: str | None) -> Labels:
    """The labels of an axis; without one those of the groups. Raises RulesError (E603)."""
    if axis is None:
        return Labels(assignment.group_numbers, [group.label for group in assignment.groups])
    found = assignment.axis(axis)
    return Labels(found.of, found.labels)


def _is_tree_of(inventory: Inventory, params: Any) -> bool:
    """Whether it has the structure, shapes and dtypes of the tree that was described."""
    return isinstance(inventory, TreeInventory) and inventory.tree.holds_the_like(params)


class Assigned:
    """An assignment, and the tree of parameters that it is wanted for.

    `params` may be the model or its parameters; `model` knows the types where `params` does not. What
    `assign` warned about reaches Python's warnings as `RulesWarning`.
    """

    def __init__(self, params: Any, rules: AnyRules, options: Options, strict: bool, model: Any) -> None:
        if not isinstance(rules, AnyRules):
            raise TypeError(
                "`rules` comes after the parameters, as a path or what `paramrules.load` gives; "
                f"this is a `{type(rules).__module__}.{type(rules).__qualname__}`"
            )
        if params is None:
            raise RulesError(
                Diagnostic(
                    "E501",
                    "what is handed over is `None` and no tree of parameters",
                    help="hand over the parameters, or the module that has them",
                )
            )
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
            described = inventory_of(params if model is None else model)
            self.assignment = assign(rules, described, options=options, strict=strict)
        inventory = self.assignment.inventory
        if not (self._fresh or isinstance(params, Inventory) or _is_tree_of(inventory, params)):
            refuse_other_arrays(inventory, params)
        for finding in self.assignment.findings:
            warnings.warn("\n" + render(finding), RulesWarning, stacklevel=3)

    def tree(self, values: Sequence[Any], labels: Labels) -> Any:
        """Values, one a parameter, in the structure of `params`. They come from these labels.

        Raises RulesError: E605 where layers of one array have different values.
        """
        inventory = self.assignment.inventory
        if isinstance(inventory, TreeInventory) and (self._fresh or inventory.tree.fits(self._params)):
            if inventory.slices is not None:
                found = self._of_arrays((one.array for one in inventory.slices), values, labels)
                values = [found[number] for number in range(len(found))]
            return inventory.tree.filled(values)
        return fitted(self.by_name(values, labels), self._params)

    def by_name(self, values: Sequence[Any], labels: Labels) -> dict[str, Any]:
        """Values, one a parameter, under all canonical names of the arrays. Raises what `tree` raises."""
        inventory = self.assignment.inventory
        layers = zip(inventory.names, inventory.column("layer"), strict=False)
        found = self._of_arrays((layer.array if layer else name for name, layer in layers), values, labels)
        for parameter, others in inventory.aliases.items():
            found.update((inventory.names[entry], values[parameter]) for entry in others)
        return found

    def _of_arrays(self, arrays: Iterable[Any], values: Sequence[Any], labels: Labels) -> dict[Any, Any]:
        """The value of each array, on which all of its layers have to agree."""
        first: dict[Any, int] = {}
        for parameter, array in enumerate(arrays):
            if values[first.setdefault(array, parameter)] != values[parameter]:
                raise RulesError(self._disagreement(first[array], parameter, labels))
        return {array: values[parameter] for array, parameter in first.items()}

    def _disagreement(self, one: int, other: int, labels: Labels) -> Diagnostic:
        assignment = self.assignment
        layers, names = assignment.inventory.column("layer"), assignment.inventory.names
        agreeing = [axis.name for axis in assignment.axes if axis.name and self._agrees(axis.of)]
        less = f', or an axis in which layers do not differ: `axis="{agreeing[0]}"`' if agreeing else ""
        return Diagnostic(
            "E605",
            f"`{layers[one].array}` is one array, and its layers have different labels: `{names[one]}` has "
            f"`{labels.texts[labels.of[one]]}`, `{names[other]}` has `{labels.texts[labels.of[other]]}`",
            help="labels and masks have one value an array: hand optax what `paramrules_optax.build` makes "
            f"of the rules, which knows layers{less}",
        )

    def _agrees(self, of: Sequence[int]) -> bool:
        """Whether the layers of each array have one number."""
        layers = self.assignment.inventory.column("layer")
        pairs = {(layer.array, number) for layer, number in zip(layers, of, strict=True) if layer}
        return len(pairs) == len({array for array, _ in pairs})
