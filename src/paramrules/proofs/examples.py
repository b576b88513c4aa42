"""Parameters made to measure, as inventories of one, and what rules really make of them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from paramrules.assignment.assign import groups_and_decisions
from paramrules.assignment.label_settings import Decision, settings_key
from paramrules.assignment.value_evaluator import Scalar
from paramrules.diagnostics import RulesError
from paramrules.facts import GIVEN
from paramrules.inventories import Inventory
from paramrules.inventories.own_vocabulary import current
from paramrules.proofs.names import Name
from paramrules.proofs.tensors import Tensor
from paramrules.rules.model import Rule, Rules

_NUMBER: Final = re.compile("[0-9]+")
_NUMBERS: Final = ("1", "2", "7", "11")


class Model(NamedTuple):
    """A parameter by its names, a tensor, and further parameters by a name each."""

    names: list[Name]
    tensor: Tensor
    beside: list[Name]


class Made(NamedTuple):
    """The group that rules put a parameter into: its labels, its settings, and the decision of each axis."""

    label: str
    settings: Mapping[str, Any]
    decisions: Sequence[Decision] = ()

    def key(self, compare: str) -> tuple[object, ...]:
        """Return what is compared of two groups: labels, settings or both."""
        settings = settings_key(self.settings)
        return {"labels": (self.label,), "settings": settings, "both": (self.label, settings)}[compare]


def group(rules: Rules, inventory: Inventory, options: Mapping[str, Scalar]) -> Made | None:
    """Return the group of the first parameter, None if the rules refuse the model."""
    known = {name: value for name, value in options.items() if name in rules.options}
    try:
        groups, decisions = groups_and_decisions(rules, inventory, known)
    except RulesError:
        return None
    found = next(each for each in groups if 0 in each.parameters)
    return Made("/".join(found.labels), found.settings, decisions)


def deciding(
    files: tuple[Rules, Rules], made: tuple[Made, Made], compare: str
) -> Iterator[tuple[Rule | None, Rule | None]]:
    """Yield the rules that take a parameter, None for no rule, for each axis in which two files differ."""
    for number, (one, other) in enumerate(zip_longest(*(each.decisions for each in made))):
        keys = [each and Made(each.label, each.settings).key(compare) for each in (one, other)]
        if keys[0] != keys[1]:
            yield _rule(files[0], number, one), _rule(files[1], number, other)


def _rule(rules: Rules, axis: int, decision: Decision | None) -> Rule | None:
    return rules.axes[axis].rules[decision.rule] if decision and decision.rule >= 0 else None


def inventory(model: Model) -> Inventory:
    """Return an inventory of a parameter, tied if it has several names, and of others beside it."""
    names, tensor, beside = model
    given = dict(tensor.fans)
    of_weight = {fact: given.get(fact, given.get(f"layer_{fact}")) for fact in GIVEN}
    numbers = {fact: value for fact, value in of_weight.items() if value is not None}
    classes: list[tuple[str, ...]] = []
    owners: list[list[int]] = []

    def number(names: tuple[str, ...]) -> int:
        if names not in classes:
            classes.append(names)
        return classes.index(names)

    def entry(name: Name) -> dict[str, object]:
        around = (name.classes.around, name.classes.owner)
        owners.append([number(names) for names in around if names])
        return {
            "name": name.text,
            "owner": len(owners) - 1,
            "role": tensor.role,
            **numbers,
            "attributes": _attributes(name, "attr"),
        }

    first, *others = map(entry, names)
    variable = number(tensor.variable)
    facts = {
        "shape": tensor.shape,
        "dtype": tensor.dtype,
        **dict(tensor.flags),
        "variable": variable,
    }
    row = {**first, **facts, **({"also": others} if others else {})}
    further = [{**entry(name), **facts} for name in beside]
    saved = {
        "paramrules_inventory": 2,
        "framework": "torch",
        "unknown": {},
        **({"vocabulary": [file.saved for file in own]} if (own := current()) else {}),
        "modules": marks(model),
        "classes": [[own, bases] for own, *bases in classes],
        "owners": owners,
        "parameters": [row, *further],
    }
    return Inventory.from_json(json.dumps(saved))


def marks(model: Model) -> dict[str, dict[str, object]]:
    """Return the attributes of modules by their names, for each module that owns a parameter."""
    found: dict[str, dict[str, object]] = {}
    for name in (*model.names, *model.beside):
        found.setdefault(name.text.rpartition(".")[0], {}).update(_attributes(name, "module_attr"))
    return found


def _attributes(name: Name, function: str) -> dict[str, object]:
    """Return the attributes that a function reads at a name, paths into mappings as mappings."""
    found: dict[str, Any] = {}
    for (kind, path), value in sorted(name.attributes, key=lambda each: len(each[0][1])):
        if kind == function:
            inside = found
            for key in path[:-1]:
                if not isinstance(inside.get(key), dict):
                    inside[key] = {}
                inside = inside[key]
            inside[path[-1]] = value
    return found


def changed(names: list[Name]) -> Iterator[list[Name]]:
    """Yield the names with one of them in a module, or with another number: that may make a difference."""
    texts = [name.text for name in names]
    for at, name in enumerate(names):
        for text in (f"a.{name.text}", *_renumbered(name.text)):
            if text not in texts:
                yield [*names[:at], name._replace(text=text), *names[at + 1 :]]


def _renumbered(text: str) -> Iterator[str]:
    for number in _NUMBER.finditer(text):
        yield from (text[: number.start()] + other + text[number.end() :] for other in _NUMBERS)
