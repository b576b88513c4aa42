"""Two rule files compared on many parameters, as the evaluators see them."""

from collections.abc import Mapping
from random import Random
from typing import Any, NamedTuple

from oracle import naive
from proofs.parameters import Facts
from support import inventory_of

import paramrules
from paramrules.assignment.assign import groups
from paramrules.inventories import Inventory
from paramrules.rules import Rules

Group = tuple[str, Mapping[str, object]]
"""The labels of a parameter in all axes, joined, and its settings."""
Groups = list[Group | None]
"""The group of each parameter, None for one that is refused even alone."""

MODELS = ((1, 0.0), (2, 1.0), (12, 0.3), (40, 0.2))
"""The number of parameters of a model, and how many of them are tied."""


class Difference(NamedTuple):
    """A model on which two files differ in one parameter, and both groups of it."""

    rows: list[dict[str, Any]]
    marks: Mapping[str, Mapping[str, object]]
    options: Mapping[str, Any]
    number: int
    groups: tuple[Group, Group]


def parsed(text: str) -> Rules | None:
    """Return the rules of a text; None if they are refused, such as a rule that can never win."""
    try:
        return paramrules.parse(text)
    except paramrules.RulesError:
        return None


def grouped(rules: Rules, inventory: Inventory, options: Mapping[str, Any]) -> Groups | None:
    """Return the group of each parameter; None if the model is refused."""
    known = {name: value for name, value in options.items() if name in rules.options}
    try:
        found = groups(rules, inventory, known)
    except paramrules.RulesError:
        return None
    of: dict[int, Group] = {}
    for group in found:
        of |= dict.fromkeys(group.parameters, ("/".join(group.labels), dict(group.settings)))
    return [of[number] for number in range(len(inventory))]


def by_naive(rules: Rules, inventory: Inventory, options: Mapping[str, Any]) -> Groups | None:
    """Return the same as the second evaluator has it.

    It is None, too, where that computes what the rules never ask: it has another order.
    """
    known = {name: value for name, value in options.items() if name in rules.options}
    included = dict(zip(("norms",), rules.included, strict=False))  # files that are drawn have no other
    result = naive.assign(rules.file, inventory, included=included, options=known)
    found = result.groups
    if found is None:
        assert result.errors == {"E208"}, result.errors
        return None
    of = {n: ("/".join(labels), values) for _, labels, values, members in found for n in members}
    return [of[number] for number in range(len(inventory))]


def compared(group: Group | None, compare: str) -> object:
    """Return what is compared of a group; to `==`, 1 is true."""
    if group is None:
        return None
    label, values = group
    settings = {key: _apart(value) for key, value in values.items()}
    return {"labels": label, "settings": settings, "both": (label, settings)}[compare]


def _apart(value: object) -> object:
    """Return a value of a setting so that 1 is not true, in a tuple neither."""
    return tuple(map(_apart, value)) if isinstance(value, tuple) else (isinstance(value, bool), value)


def shared_options(one: Rules, other: Rules) -> dict[str, Any]:
    """Return the options that both files have with the same default, by name, with it."""
    return {
        name: option.default
        for name, option in one.options.items()
        if name in other.options and repr(other.options[name].default) == repr(option.default)
    }


def changed_options(defaults: Mapping[str, Any], random: Random) -> dict[str, Any]:
    """Return other values for some of the options that two files share."""
    found: dict[str, Any] = {}
    for name, default in defaults.items():
        if default is None:  # it has to be set
            found[name] = random.choice((0, 1, 2, 0.5, True, "bias"))
        elif random.random() < 0.5:
            found[name] = default
        elif isinstance(default, bool):
            found[name] = not default
        elif isinstance(default, str):
            found[name] = random.choice(("bias", "weight", "head.weight", "*.bias", "*"))
        else:
            found[name] = random.choice((0, 1, 2, 3, 0.5, -1))
    return found


def difference(one: Rules, other: Rules, compare: str, random: Random, rounds: int = 1) -> Difference | None:
    """Return a model on which two files differ, if one is found among many drawn for them.

    Models that a file refuses are left out.
    """
    facts = Facts((one, other), random)
    defaults = shared_options(one, other)
    for _ in range(rounds):
        for count, tied in MODELS:
            options = changed_options(defaults, random)
            marks = facts.marks()
            todo = [facts.model(count, tied)]
            while todo:
                rows = todo.pop()
                inventory = inventory_of(rows, modules=marks)
                a = grouped(one, inventory, options)
                b = a and grouped(other, inventory, options)
                if a is None or b is None:
                    half = len(rows) // 2
                    todo += [rows[:half], rows[half:]] if half else []
                    continue
                for number, (x, y) in enumerate(zip(a, b, strict=True)):
                    if x is not None and y is not None and compared(x, compare) != compared(y, compare):
                        return Difference(rows, marks, options, number, (x, y))
    return None
