"""Counts of the tensors that each rule takes, and inlay hints that show them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lsprotocol import types

from paramrules.assignment import Assignment
from paramrules.display import counted, few, large, short_settings
from paramrules.language_server.document import Document


class Taken(NamedTuple):
    """The parameters that a rule takes in a model.

    Attributes:
        model: the model's name.
        assignment: the rules assigned to it.
        parameters: the numbers of the parameters.
    """

    model: str
    assignment: Assignment
    parameters: Sequence[int]

    @property
    def size(self) -> str:
        """How many tensors and elements these are: `12 tensors, 3.10M`, or `nothing`."""
        if not self.parameters:
            return "nothing"
        return f"{counted(len(self.parameters), 'tensor')}, {_elements(self.parameters, self.assignment)}"

    @property
    def groups(self) -> Sequence[str]:
        """The groups that they are in, each with its settings."""
        numbers = dict.fromkeys(self.assignment.group_numbers[number] for number in self.parameters)
        groups = (self.assignment.groups[number] for number in numbers)
        return [f"{group.label}: {short_settings(group.settings)}" for group in groups]

    @property
    def text(self) -> str:
        """The model's name, and what is taken."""
        return f"{self.model}: {described(self.parameters, self.assignment)}"


def described(parameters: Sequence[int], assignment: Assignment) -> str:
    """Return the size of some parameters, and the names of the first tensors.

    >>> described([2, 4, 5], assignment)
    '576 parameters in 3 tensors (h.{0,1}.fc.bias, norm.weight)'
    """
    names = [assignment.inventory.names[number] for number in parameters]
    return f"{_elements(parameters, assignment)} parameters in {few(names)}" if names else "nothing"


def _elements(parameters: Sequence[int], assignment: Assignment) -> str:
    elements = assignment.inventory.column("elements")
    return large(sum(elements[number] for number in parameters))


def taken(document: Document) -> Mapping[int, Sequence[Taken]]:
    """Return what each rule takes in each model, by the place at which the rule begins."""
    found: dict[int, list[Taken]] = {}
    for model, assignment in document.assignments:
        for axis, labels in zip(assignment.rules.axes, assignment.axes, strict=True):
            by_rule: dict[int, list[int]] = {}
            for parameter, rule in enumerate(labels.rules):
                by_rule.setdefault(rule, []).append(parameter)
            for number, rule_ in enumerate(axis.rules):
                each = Taken(model, assignment, by_rule.get(number, ()))
                found.setdefault(rule_.span.start, []).append(each)
    return found


def hints(document: Document, range: types.Range) -> list[types.InlayHint]:
    """Return how much each rule takes, at the ends of those that begin in a range.

    Several models are named.
    """
    found = []
    by_start = taken(document)
    for mention in document.mentions:
        models = by_start.get(mention.span.start, ()) if mention.kind == "label" else ()
        place = document.lines.of(mention.statement.span)
        if models and range.start.line <= place.start.line <= range.end.line:
            named = [f"{each.model}: {each.size}" for each in models]
            label = " | ".join(named) if len(models) > 1 else models[0].size
            tooltip = "\n".join(each.text for each in models)
            found.append(types.InlayHint(place.end, label, tooltip=tooltip, padding_left=True))
    return found
