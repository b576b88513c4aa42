"""The entries of the vocabulary that moved the parameters of a stale lock.

A class may join a family in any release, or in a file of the user's own. An entry has moved a parameter if
the same rules, on the same model, would leave the parameter where it was locked without that entry.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple

from paramrules.assignment import Assignment, examine
from paramrules.diagnostics import RulesError
from paramrules.diffs.changes import MOVED, Diff
from paramrules.inventories import Class, Inventory
from paramrules.inventories.classes import source
from paramrules.inventories.owner import named
from paramrules.inventories.vocabulary import Vocabulary
from paramrules.rules.terms import ClassTest, terms_in

_MOST: Final = 20
"""The most entries that are tried. Each costs an assignment, and few rules name more families."""


class _Entry(NamedTuple):
    """A class in a family of the vocabulary, and the package or file that puts it there."""

    family: str
    cls: str
    source: str


def moves(diff: Diff, assignment: Assignment) -> Iterator[str]:
    """Yield a phrase for each entry of the vocabulary that has moved parameters.

    Args:
        diff: what has changed since a model was locked.
        assignment: the rules on that model, as they are now.
    """
    locked = {name: change.old for change in diff.of(MOVED) for name in change.names}
    for entry in islice(_entries(list(locked), assignment), _MOST):
        without = _Without(assignment.inventory, entry)
        try:
            other = examine(assignment.rules, without, options=assignment.options)
        except RulesError:  # without the entry there are no groups, so this is not how they were locked
            continue
        back = sum(other.group_of(name).label == label for name, label in locked.items())
        if back:
            yield (
                f"without `{entry.cls}` in the family `{entry.family}` of `{entry.source}`, "
                f"{back} of these would be where {'it was' if back == 1 else 'they were'}"
            )


def _entries(names: Sequence[str], assignment: Assignment) -> Iterator[_Entry]:
    """Yield the entries through which a class test of the rules may hold for one of these parameters."""
    inventory = assignment.inventory
    words = inventory.vocabulary
    tests = [
        test
        for axis in assignment.rules.axes
        for rule in axis.rules
        if rule.predicate is not None
        for test in terms_in(rule.predicate)
        if isinstance(test, ClassTest)
    ]
    families = dict.fromkeys(each.text for test in tests for each in test.alternatives)
    numbers = list(map(inventory.index, names))
    classes = dict.fromkeys(cls for number in numbers for cls in _classes(inventory, number))
    dotted = dict.fromkeys(name for cls in classes for name in (cls.name, *cls.bases))
    for family in families:
        for entry in dict.fromkeys(words.families.get(family, ())):
            meant = next((name for name in dotted if named(entry, name)), None)
            if meant is not None:
                yield _Entry(family, entry, source(family, meant, words))


def _classes(inventory: Inventory, number: int) -> Iterator[Class]:
    for entry in inventory.entries(number):
        yield from inventory.owners[entry].around
    if "variable" not in inventory.unknown and (variable := inventory.column("variable")[number]):
        yield variable


class _Without(Inventory):
    """An inventory whose vocabulary lacks an entry."""

    def __init__(self, inventory: Inventory, entry: _Entry) -> None:
        vars(self).update(vars(inventory))
        words = inventory.vocabulary
        left = tuple(cls for cls in words.families[entry.family] if cls != entry.cls)
        self._words = replace(words, families={**words.families, entry.family: left})

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary without the entry."""
        return self._words
