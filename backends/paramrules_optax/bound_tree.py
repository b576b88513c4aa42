"""Rules bound to a tree of parameters, and values per parameter put into its structure."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from paramrules.backends import (
    AnyRules,
    Assignment,
    Diagnostic,
    Inventory,
    Options,
    RulesError,
    VocabularyLike,
    bind,
    check_rules,
)
from paramrules_optax.inventory import inventory_of
from paramrules_optax.tree_inventory import TreeInventory
from paramrules_optax.trees.fit import fitted, refuse_other_arrays
from paramrules_optax.trees.leaves import are_alike


class Labels(NamedTuple):
    """The labels of the groups or of an axis: `texts`, and for each parameter the number of its label."""

    of: Sequence[int]
    texts: Sequence[str]

    def each(self) -> list[str]:
        """Return the label of each parameter."""
        return [self.texts[number] for number in self.of]

    def where(self, number: int) -> list[bool]:
        """Return for each parameter whether it has the label with this number."""
        return [own == number for own in self.of]


def labels_of(assignment: Assignment, axis: str | None) -> Labels:
    """Return the labels of an axis, or those of the groups for None. Raises RulesError (E603)."""
    if axis is None:
        return Labels(assignment.group_numbers, [group.label for group in assignment.groups])
    found = assignment.axis(axis)
    return Labels(found.of, found.labels)


class BoundTree:
    """Rules bound to a tree of parameters.

    Args:
        params: the model or its parameters.
        rules, options, strict, vocabulary: see `paramrules.emission.bind`.
        model: the model or its inventory, if `params` does not know the types.
        stacklevel: the frame that warnings point at; 2 is the caller of the function that makes this.

    Attributes:
        bound: the assignment, without numbers of its own: a tree has all parameters of its model.

    Raises:
        RulesError: what `paramrules.assign` raises; E501 for None in place of parameters; E601 if the tree
            has arrays of other shapes than the model.
        TypeError, ValueError: see `paramrules.emission.check_rules`.
    """

    def __init__(
        self,
        params: Any,
        rules: AnyRules,
        options: Options,
        strict: bool,
        model: Any,
        vocabulary: VocabularyLike | None,
        stacklevel: int = 2,
    ) -> None:
        after = "the parameters"
        check_rules(rules, options, strict, first=params, model=model, after=after)
        if params is None:
            raise RulesError(
                Diagnostic(
                    "E501",
                    "`None` is not a tree of parameters",
                    help="pass the parameters, or the module that has them",
                )
            )
        self._params = params
        self._fresh = model is None and not isinstance(rules, Assignment)

        def describe() -> Inventory:
            if isinstance(rules, Assignment):
                return rules.inventory
            return inventory_of(params if model is None else model)

        self.bound = bind(
            rules,
            describe,
            options=options,
            strict=strict,
            after=after,
            vocabulary=vocabulary,
            stacklevel=stacklevel + 1,
        )
        if not (self._fresh or isinstance(params, Inventory) or self._holds_the_like()):
            refuse_other_arrays(self.bound.inventory, params)

    @property
    def assignment(self) -> Assignment:
        """The assignment."""
        return self.bound.assignment

    @cached_property
    def _leaves(self) -> Sequence[Any] | None:
        """The leaves of `params`; None if it has another structure than the tree that was described."""
        inventory = self.bound.inventory
        return inventory.tree.leaves_of(self._params) if isinstance(inventory, TreeInventory) else None

    def _holds_the_like(self) -> bool:
        """Return whether `params` has the structure, shapes and dtypes of the tree that was described."""
        inventory = self.bound.inventory
        return (
            isinstance(inventory, TreeInventory)
            and self._leaves is not None
            and are_alike(self._leaves, inventory.tree.leaves)
        )

    def tree(self, values: Sequence[Any], labels: Labels) -> Any:
        """Return values, one per parameter, in the structure of `params`.

        `labels` are the labels that the values come from. Raises RulesError: E605 if layers of one array have
        different values.
        """
        inventory = self.assignment.inventory
        if isinstance(inventory, TreeInventory) and (self._fresh or self._leaves is not None):
            if inventory.slices is not None:
                found = self._of_arrays((one.array for one in inventory.slices), values, labels)
                values = [found[number] for number in range(len(found))]
            return inventory.tree.filled(values)
        return fitted(self.by_name(values, labels), self._params)

    def by_name(self, values: Sequence[Any], labels: Labels) -> dict[str, Any]:
        """Return values, one per parameter, by all canonical names of arrays. Raise as `tree` does."""
        inventory = self.assignment.inventory
        layers = zip(inventory.names, inventory.column("layer"), strict=False)
        found = self._of_arrays((layer.array if layer else name for name, layer in layers), values, labels)
        for parameter, others in inventory.aliases.items():
            found.update((inventory.names[entry], values[parameter]) for entry in others)
        return found

    def _of_arrays(self, arrays: Iterable[Any], values: Sequence[Any], labels: Labels) -> dict[Any, Any]:
        """Return the value of each array; all its layers have to agree on it."""
        first: dict[Any, int] = {}
        for parameter, array in enumerate(arrays):
            if values[first.setdefault(array, parameter)] != values[parameter]:
                raise RulesError(self._disagreement(first[array], parameter, labels))
        return {array: values[parameter] for array, parameter in first.items()}

    def _disagreement(self, one: int, other: int, labels: Labels) -> Diagnostic:
        assignment = self.assignment
        layers, names = assignment.inventory.column("layer"), assignment.inventory.names
        agreeing = [axis.name for axis in assignment.axes if axis.name and self._agrees(axis.of)]
        less = f', or pass an axis in which layers do not differ: `axis="{agreeing[0]}"`' if agreeing else ""
        return Diagnostic(
            "E605",
            f"`{layers[one].array}` is one array, and its layers have different labels: `{names[one]}` has "
            f"`{labels.texts[labels.of[one]]}`, `{names[other]}` has `{labels.texts[labels.of[other]]}`",
            help="labels and masks have one value per array: train with `paramrules_optax.build`, which "
            f"knows layers{less}",
        )

    def _agrees(self, of: Sequence[int]) -> bool:
        """Return whether the layers of each array have the same number."""
        layers = self.assignment.inventory.column("layer")
        pairs = {(layer.array, number) for layer, number in zip(layers, of, strict=True) if layer}
        return len(pairs) == len({array for array, _ in pairs})
