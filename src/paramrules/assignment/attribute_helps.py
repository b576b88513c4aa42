"""Helps for a test of an attribute that holds for nothing: it is somewhere else, or something else."""

from collections.abc import Iterable, Sequence
from typing import Final

from paramrules.assignment.value_evaluator import module_text
from paramrules.inventories import ABSENT, Inventory
from paramrules.rules import terms
from paramrules.rules.builtin_names import FIELDS, FLAGS

_FACTS: Final = {
    **{name: name for name in FIELDS | FLAGS},
    "requires_grad": "trainable",
    "numel": "size",
    "nelement": "size",
    "dim": "ndim",
}
"""Attributes and methods of tensors, each with the language's own word."""


def attribute_help(inside: Iterable[terms.Term], inventory: Inventory) -> str:
    """Return a help line if a test reads an attribute that stands elsewhere or that no rule can read."""
    for term in inside:
        if isinstance(term, terms.Attribute | terms.AttributeTest) and (help := _help(term, inventory)):
            return help
    return ""


def _help(term: terms.Attribute | terms.AttributeTest, inventory: Inventory) -> str:
    name = term.path[0]
    on_parameters = any(value is not ABSENT for value in inventory.attribute(name))
    marked = list(inventory.module_marks(name))
    if term.function == "attr" and marked and not on_parameters:
        return f"`{name}` is set on {_listed(marked)}: write `module_{terms.called(term)}`"
    if term.function == "module_attr" and on_parameters and not marked:
        return f"`{name}` is set on parameters: write `{terms.called(term).removeprefix('module_')}`"
    if on_parameters or marked:
        return ""
    if name in _FACTS and term.function == "attr":
        return f"`{name}` is a fact about every parameter: write `{_FACTS[name]}`"
    if others := inventory.not_marks(name):
        what = next(iter(others.values()))
        return (
            f"`{name}` of {_listed(list(others))} is {what}, which a rule cannot read: set a number, a "
            "string or a boolean on the module, and read it by `module_attr`"
        )
    return ""


def _listed(modules: Sequence[str]) -> str:
    more = f" and {len(modules) - 1} more" if len(modules) > 1 else ""
    return f"{module_text(modules[0])}{more}"
