"""Assignment: which parameter is in which group, and why. What every emitter and report reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from paramrules.assignment.evaluate import Evaluator
from paramrules.assignment.expectations import Outcome
from paramrules.assignment.explain import explain_axis
from paramrules.assignment.explanation import Explanation
from paramrules.assignment.groups import Group
from paramrules.assignment.labels import Label
from paramrules.assignment.options import OptionValue
from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean
from paramrules.inventories import Inventory
from paramrules.rules.model import Rules


@dataclass(frozen=True, slots=True)
class AxisLabels:
    """One axis of an assignment.

    Attributes:
        name: the axis's name, "" for the one without a name.
        labels: the different labels, in the order of groups.
        of: for each parameter, the number of its label in `labels`.
        rules: for each parameter, the number of the rule that took it, -1 where none did.
    """

    name: str
    labels: tuple[str, ...]
    of: Sequence[int]
    rules: Sequence[int]


class Assignment:
    """A rule file held against a model.

    Attributes:
        rules: the rules.
        inventory: the model's parameters.
        options: the value of each of the file's options.
        groups: the groups in their order; every parameter, trainable or not, is in exactly one.
        outcomes: what became of each `expect`.
        findings: the warnings: those of the file and those about this model.

    >>> assignment = paramrules.assign(paramrules.load("vit.rules"), model)
    >>> [(group.label, len(group.parameters)) for group in assignment.groups]
    [('no_decay', 102), ('decay', 50)]
    """

    def __init__(
        self,
        rules: Rules,
        inventory: Inventory,
        options: Mapping[str, OptionValue],
        groups: tuple[Group, ...],
        outcomes: tuple[Outcome, ...],
        findings: tuple[Diagnostic, ...],
        labels: Sequence[Sequence[Label]],
        evaluator: Evaluator,
    ) -> None:
        self.rules = rules
        self.inventory = inventory
        self.options = options
        self.groups = groups
        self.outcomes = outcomes
        self.findings = findings
        self._labels = labels
        self._evaluator = evaluator

    def __repr__(self) -> str:
        return f"<Assignment of {len(self.inventory)} parameters to {len(self.groups)} groups>"

    @cached_property
    def axes(self) -> tuple[AxisLabels, ...]:
        """The axes in the order written."""
        return tuple(
            self._axis(axis.name, labels) for axis, labels in zip(self.rules.axes, self._labels, strict=True)
        )

    @cached_property
    def group_numbers(self) -> Sequence[int]:
        """For each parameter, the number of its group in `groups`."""
        numbers = [0] * len(self.inventory)
        for number, group in enumerate(self.groups):
            for parameter in group.parameters:
                numbers[parameter] = number
        return numbers

    @cached_property
    def _settings(self) -> Sequence[Sequence[Mapping[str, Any]]]:
        """For each axis and parameter the settings that its label gives it."""
        axes = []
        for labels in self._labels:
            of: list[Mapping[str, Any]] = [{}] * len(self.inventory)
            for label in labels:
                for settings, entries in label.settings:
                    for parameter in self._evaluator.facts.parameters(entries):
                        of[parameter] = settings
            axes.append(of)
        return axes

    def group_of(self, name: str) -> Group:
        """The group of the parameter with this canonical name. Raises RulesError (E214)."""
        return self.groups[self.group_numbers[self._parameter(name)]]

    def names(self, group: Group) -> tuple[str, ...]:
        """The canonical names of a group's parameters, in the model's order."""
        return tuple(self.inventory.names[parameter] for parameter in group.parameters)

    def axis(self, name: str) -> AxisLabels:
        """An axis by its name, "" for the one without. Raises RulesError (E603)."""
        for axis in self.axes:
            if axis.name == name:
                return axis
        names = [axis.name for axis in self.axes]
        known = (
            "its axes: " + ", ".join(f"`{n}`" for n in names)
            if any(names)
            else "it has one axis, without a name"
        )
        raise RulesError(
            Diagnostic(
                "E603",
                f"`{self.rules.source.name}` has no axis `{name}`",
                help=did_you_mean(name, filter(None, names)) or known,
            )
        )

    def explain(self, name: str) -> Explanation:
        """Why the parameter with this canonical name is in its group. Raises RulesError (E214).

        >>> print(assignment.explain("blocks.0.norm1.weight"))
        `blocks.0.norm1.weight` is in `no_decay` with weight_decay = 0
          `no_decay`: `type(LayerNorm)` at vit.rules:1: `torch.nn...LayerNorm` is a `LayerNorm`
        """
        parameter = self._parameter(name)
        axes = []
        for axis, labels, settings in zip(self.rules.axes, self.axes, self._settings, strict=True):
            label, rule = labels.labels[labels.of[parameter]], labels.rules[parameter]
            axes.append(explain_axis(axis, parameter, label, rule, settings[parameter], self._evaluator))
        return Explanation(self.inventory[name], self.group_of(name), tuple(axes))

    def _parameter(self, name: str) -> int:
        try:
            return self.inventory.index(name)
        except KeyError:
            raise RulesError(
                Diagnostic(
                    "E214",
                    f"the model has no parameter `{name}`",
                    help=did_you_mean(name, self.inventory.names)
                    or "`paramrules inventory` writes down all its names",
                )
            ) from None

    def _axis(self, name: str, labels: Sequence[Label]) -> AxisLabels:
        of, rules = [0] * len(self.inventory), [0] * len(self.inventory)
        parameter = self._evaluator.facts.parameter
        for number, label in enumerate(labels):
            for taken in label.taken:
                for entry in taken.entries:
                    of[parameter(entry)] = number
                    rules[parameter(entry)] = taken.rule
        return AxisLabels(name, tuple(label.text for label in labels), of, rules)
