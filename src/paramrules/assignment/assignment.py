"""The result of `assign`: which parameter is in which group, and why. Every emitter and report reads it."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from itertools import compress
from typing import Any

from paramrules.assignment.chosen_names import no_parameter
from paramrules.assignment.clauses import deciding_clause, explain_axis, note_within
from paramrules.assignment.coverage import Part, parts_of
from paramrules.assignment.expectations import Outcome
from paramrules.assignment.explanation import Clause, Explanation
from paramrules.assignment.explanations import Explanations
from paramrules.assignment.grouping import AxisLabels, Group, GroupSize, group_numbers, groups_of
from paramrules.assignment.label_settings import Decision, Label
from paramrules.assignment.parameter_kinds import Kinds
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.assignment.report import report
from paramrules.assignment.value_evaluator import Scalar
from paramrules.assignment.values_read import values_read
from paramrules.diagnostics import Diagnostic, RulesError, a, class_name, did_you_mean
from paramrules.display import Block, model_size, text_of
from paramrules.inventories import Inventory
from paramrules.rules.model import Rule, Rules
from paramrules.rules.terms import Predicate, Value


@dataclass(frozen=True, eq=False, repr=False)
class Assignment:
    """A rule file applied to a model. `print` shows its groups as a table.

    Attributes:
        rules: the rules.
        inventory: the model's parameters.
        options: the value of each of the file's options.
        groups: the groups in their order; every parameter, trainable or not, is in exactly one.
        outcomes: the outcome of each `expect`.
        findings: the warnings and notes about the file and about this model.

    >>> assignment = paramrules.assign("vit.rules", model)
    >>> [(group.label, len(group.parameters)) for group in assignment.groups]
    [('no_decay', 102), ('decay', 50)]
    """

    rules: Rules
    inventory: Inventory
    options: Mapping[str, Scalar]
    groups: tuple[Group, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Diagnostic, ...]
    _labels: Sequence[Sequence[Label]]
    _evaluator: Evaluator

    def __repr__(self) -> str:
        return f"<Assignment of {len(self.inventory)} parameters to {len(self.groups)} groups>"

    def __str__(self) -> str:
        return text_of([f"{self.rules.source.name}: {self.model_size}", "", *self.report()])

    def _repr_html_(self) -> str:
        """Return the groups as a table and their rates as a plot, for notebooks."""
        from paramrules.html_report.notebook import notebook_html

        return notebook_html(self)

    @cached_property
    def axes(self) -> tuple[AxisLabels, ...]:
        """The axes in the order written."""
        return tuple(map(self._axis, range(len(self._labels))))

    @cached_property
    def group_numbers(self) -> Sequence[int]:
        """For each parameter, the number of its group in `groups`."""
        return group_numbers(self.groups, len(self.inventory))

    @cached_property
    def trained(self) -> Sequence[bool]:
        """For each parameter, True if the optimizer trains it: it is trainable, and no rule freezes or skips
        it."""
        trained = list(self.inventory.column("trainable"))
        for group in self.groups:
            if group.settings.get("freeze") is True or group.settings.get("skip") is True:
                for number in group.parameters:
                    trained[number] = False
        return tuple(trained)

    @cached_property
    def skipped(self) -> tuple[str, ...]:
        """The names of the parameters that rules leave to another optimizer, with `skip = true`."""
        skipping = [group.settings.get("skip") is True for group in self.groups]
        names = self.inventory.names
        return tuple(names[number] for number, group in enumerate(self.group_numbers) if skipping[group])

    @cached_property
    def frozen(self) -> tuple[str, ...]:
        """The names of the parameters that nobody trains: not trainable, or frozen by a rule."""
        skipped = frozenset(self.skipped)
        names = self.inventory.names
        return tuple(
            names[number]
            for number, is_trained in enumerate(self.trained)
            if not is_trained and names[number] not in skipped
        )

    @cached_property
    def sizes(self) -> tuple[GroupSize, ...]:
        """For each group, the size of its trained part.

        >>> assignment.sizes[0]
        GroupSize(tensors=102, parameters=93544, share=0.0163)
        """
        return tuple(map(self.size, self.groups))

    def size(self, group: Group) -> GroupSize:
        """Return the size of a group's trained part; the group may be one of `groups_of_axis`."""
        trained = [number for number in group.parameters if self.trained[number]]
        size = sum(self._elements[number] for number in trained)
        return GroupSize(len(trained), size, size / self._trained_elements)

    @cached_property
    def _elements(self) -> Sequence[int]:
        return self.inventory.column("elements")

    @cached_property
    def _trained_elements(self) -> int:
        """The number of elements that are trained, at least 1."""
        return sum(compress(self._elements, self.trained)) or 1

    @property
    def model_size(self) -> str:
        """The size of the model in words: `152 tensors, 5.72M parameters (torch)`."""
        inventory = self.inventory
        return model_size(len(inventory), sum(inventory.column("elements")), inventory.framework)

    @cached_property
    def _decisions(self) -> Sequence[Sequence[Decision]]:
        """For each axis and parameter the decision."""
        axes = []
        for labels, found in zip(self.axes, self._labels, strict=True):
            decided: dict[int, Decision] = {}
            for label in found:
                rules = {rule for rule, _, _ in label.taken}
                for _, settings, entries in label.settings:
                    by_rule = {rule: Decision(label.text, rule, settings) for rule in rules}
                    for parameter in self._evaluator.facts.parameters(entries):
                        decided[parameter] = by_rule[labels.rules[parameter]]
            axes.append([decided[parameter] for parameter in range(len(self.inventory))])
        return axes

    def decisions(self, parameter: int) -> list[Decision]:
        """Return the decision of each axis on the parameter with this number."""
        return [of[parameter] for of in self._decisions]

    def clause(self, rule: Rule, parameter: int) -> Clause | None:
        """Return the part of a rule's predicate that holds or fails for a parameter; None for `else`."""
        return deciding_clause(rule, parameter, self._evaluator)

    def note_within(self, whole: Predicate, part: Predicate, parameter: int) -> str:
        """Return the fact that a part of a predicate looked at, both of which hold for a parameter."""
        return note_within(whole, part, parameter, self._evaluator)

    def values_read(self, values: Iterable[Value], rule: Rule, parameter: int) -> dict[str, Any]:
        """Return by their text what values read of a parameter that a rule takes, and of the whole model."""
        return values_read(values, rule, parameter, self._evaluator)

    def kinds(self, rule: Rule, outcomes: Sequence[Hashable]) -> Sequence[Hashable]:
        """Return for each parameter its kind: the same clause of a rule decides for all of one kind.

        Args:
            rule: the rule.
            outcomes: for each parameter, what came of the rule.
        """
        return Kinds(self._evaluator).of(rule.predicate, outcomes) if rule.predicate else outcomes

    def group(self, label: str) -> Group:
        """Return the group with this label, such as `decay/block_0`.

        Raises:
            RulesError: E602 if there is no such group.
        """
        found = self._labelled(label)
        if found is None:
            missing = self._no_group(label, [group.label for group in self.groups])
            if axis := next((each.name for each in self.axes if label in each.labels), ""):
                help = (
                    f'it is a label of the axis `{axis}`: `names("{label}", "{axis}")` returns its parameters'
                )
                missing = replace(missing, help=help)
            raise RulesError(missing)
        return found

    def _labelled(self, label: str) -> Group | None:
        return next((group for group in self.groups if group.label == label), None)

    def _no_group(self, label: object, labels: Iterable[str], what: str = "the groups") -> Diagnostic:
        labels = list(dict.fromkeys(labels))
        shown = ", ".join(f"`{label}`" for label in labels[:8]) + (", ..." if len(labels) > 8 else "")
        return Diagnostic(
            "E602",
            f"there is no group `{label}`",
            help=did_you_mean(str(label), labels) or f"{what}: {shown}",
        )

    def group_of(self, name: str) -> Group:
        """Return the group of the parameter with this canonical name.

        Raises:
            RulesError: E214 if the model has no such parameter.
        """
        return self.groups[self.group_numbers[self._parameter(name)]]

    def names(self, group: Group | str, axis: str | None = None) -> tuple[str, ...]:
        """Return the canonical names of the parameters in a group, or with a label of one axis.

        Args:
            group: a group; its label, such as `decay/head`; or a label of one axis, such as `head`.
            axis: the axis that has the label; needed only if several have it.

        Returns:
            The names in the model's order, those of frozen parameters among them.

        Raises:
            RulesError: E602 if nothing has this label, or several axes have it; E603 if there is no such
                axis.

        >>> assignment.names("decay/head")
        ('head.weight',)
        >>> assignment.names("head")
        ('head.weight', 'head.bias')
        """
        if isinstance(group, Group):
            return self._names(group.parameters)
        found = self._labelled(group) if axis is None else None
        if found is not None:
            return self._names(found.parameters)
        axes = self.axes if axis is None else (self.axis(axis),)
        having = [each for each in axes if group in each.labels]
        if not having:
            labels = [] if axis is not None else [one.label for one in self.groups]
            known = [*labels, *(label for each in axes for label in each.labels)]
            raise RulesError(self._no_group(group, known, "the labels"))
        if len(having) > 1:
            named = " and ".join(f"`{each.name}`" for each in having)
            raise RulesError(
                Diagnostic(
                    "E602",
                    f"the axes {named} each have a label `{group}`",
                    help=f'name the axis: `axis="{having[0].name}"`',
                )
            )
        number = having[0].labels.index(group)
        return self._names(n for n, label in enumerate(having[0].of) if label == number)

    def _names(self, parameters: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.inventory.names[parameter] for parameter in parameters)

    def matching(self, predicate: Predicate) -> tuple[int, ...]:
        """Return the numbers of the parameters for which a predicate of the rules holds, in their order.

        A predicate that reads a capture has to hold its match, too.

        >>> [assignment.inventory.names[number] for number in assignment.matching(rules.lets["norm"])]
        ['norm.weight', 'norm.bias']
        """
        entries = list(range(len(self.inventory.names)))
        return tuple(sorted(self._evaluator.facts.parameters(self._evaluator.holds(predicate, entries))))

    def axis(self, name: str) -> AxisLabels:
        """Return an axis by its name, "" for the axis without one.

        Raises:
            RulesError: E603 if there is no such axis.
        """
        for axis in self.axes:
            if axis.name == name:
                return axis
        names = [axis.name for axis in self.axes]
        known = (
            "its axes: " + ", ".join(f"`{n}`" for n in names) if any(names) else "its only axis has no name"
        )
        raise RulesError(
            Diagnostic(
                "E603",
                f"`{self.rules.source.name}` has no axis `{name}`",
                help=did_you_mean(str(name), filter(None, names)) or known,
            )
        )

    def groups_of_axis(self, name: str) -> tuple[Group, ...]:
        """Return the groups that the file would make if this axis were its only one.

        Raises:
            RulesError: E603 if there is no such axis.
        """
        return groups_of([self._labels[self.axes.index(self.axis(name))]], self._evaluator.facts)

    def explain(self, name: str) -> Explanation:
        """Explain why the parameter with this canonical name is in its group.

        Raises:
            RulesError: E214 if the model has no such parameter.
            TypeError: `name` is not a string.

        >>> print(assignment.explain("blocks.0.norm1.weight"))
        `blocks.0.norm1.weight` is in `no_decay` with weight_decay = 0
          `no_decay`: `type(LayerNorm)` at vit.rules:1: `torch.nn...LayerNorm` is a `LayerNorm`
        """
        number = self._parameter(name)
        inventory, entries = self.inventory.beside(number)
        if inventory is self.inventory:
            evaluator, group = self._evaluator, self.groups[self.group_numbers[number]]
            decisions = self.decisions(number)
        else:  # whole columns of a million parameters take seconds
            evaluator = self._evaluator.among(inventory, entries)
            group = next(group for group in self.groups if number in group.parameters)
            own = self.inventory.entries(number)
            decisions = [next(filter(None, (one.decision(own) for one in axis))) for axis in self._labels]
        at = entries.index(number)
        named = next(entry for entry in inventory.entries(at) if inventory.names[entry] == name)
        axes = zip(self.rules.axes, decisions, strict=True)
        return Explanation(
            inventory.parameter(named),
            group,
            tuple(explain_axis(axis, at, decision, evaluator) for axis, decision in axes),
        )

    def explanations(self) -> Explanations:
        """Return the explanations of all parameters, for reports."""
        return Explanations(self, self._labels, self._evaluator)

    def parts(self) -> list[Part]:
        """Return the rules and the branches of `or` in them, each with whether this model reaches it."""
        return list(parts_of(self.rules, self._labels, self._evaluator))

    def rows(self) -> list[dict[str, Any]]:
        """Return the groups as rows of plain values, for JSON or `pandas.DataFrame(assignment.rows())`.

        The keys are `label`, `labels` (by axis), `settings`, `tensors`, `parameters`, `share` and `names`.
        `tensors`, `parameters` and `share` (from 0 to 1) count what is trained; `names` lists all.
        """
        axes = [axis.name for axis in self.rules.axes]
        return [
            {
                "label": group.label,
                "labels": dict(zip(axes, group.labels, strict=True)),
                "settings": dict(group.settings),
                **size._asdict(),
                "names": list(self.names(group)),
            }
            for group, size in zip(self.groups, self.sizes, strict=True)
        ]

    def to_frame(self) -> Any:
        """Return `rows` as a `pandas.DataFrame`, with a column for each axis and each setting.

        Its columns are `label`, `labels.AXIS`, `settings.KEY`, `tensors`, `parameters`, `share` and `names`.
        A group that lacks a setting has NaN there.

        Raises:
            ImportError: pandas is not installed.

        >>> assignment.to_frame()[["label", "settings.weight_decay", "tensors"]]
              label  settings.weight_decay  tensors
        0  no_decay                    0.0      102
        1     decay                    NaN       50
        """
        try:
            pandas = import_module("pandas")
        except ImportError as error:
            raise ImportError(
                "`to_frame` needs pandas: `pip install pandas`; `assignment.rows()` returns plain values"
            ) from error
        return pandas.json_normalize(self.rows())

    def report(self) -> list[Block]:
        """Return the table of groups, and lines about what is left over, dead, frozen or tied."""
        return report(self, self._labels)

    def _parameter(self, name: str) -> int:
        if not isinstance(name, str):
            what = a(class_name(type(name)))
            raise TypeError(f"`name` is {what}, and should be a parameter's name, such as `head.weight`")
        try:
            return self.inventory.index(name)
        except KeyError:
            raise no_parameter(self.inventory, name) from None

    def _axis(self, number: int) -> AxisLabels:
        axis, labels = self.rules.axes[number], self._labels[number]
        of, rules = [0] * len(self.inventory), [0] * len(self.inventory)
        parameters = self._evaluator.facts.parameters
        for at, label in enumerate(labels):
            for rule, _, entries in label.taken:
                for parameter in parameters(entries):
                    of[parameter] = at
                    rules[parameter] = rule
        alive = set(rules)
        dead = tuple(
            rule
            for at, rule in enumerate(axis.rules)
            if at not in alive and rule.predicate is not None and not rule.optional
        )
        return AxisLabels(axis.name, tuple(label.text for label in labels), tuple(of), tuple(rules), dead)
