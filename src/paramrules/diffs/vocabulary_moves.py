"""The entries of the vocabulary that moved the parameters of a stale lock.

A class may join a family or a table of roles in any release, or in a file of the user's own. An entry has
moved a parameter if the same rules, on the same model, would leave the parameter where it was locked without
that entry.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any, Final, NamedTuple

from paramrules.assignment import Assignment, examine
from paramrules.diagnostics import RulesError
from paramrules.diffs.changes import MOVED, Diff
from paramrules.inventories import Class, Inventory
from paramrules.inventories.classes import source
from paramrules.inventories.owner import named
from paramrules.inventories.roles import roles
from paramrules.inventories.tables import RoleTable
from paramrules.inventories.ties import deciding_entries
from paramrules.inventories.vocabulary import Vocabulary
from paramrules.rules.terms import ClassTest, ConstantTest, terms_in

_MOST: Final = 20
"""The most entries that are tried. Each costs an assignment, and few rules name more families."""


class _Entry(NamedTuple):
    """A line of the vocabulary: what it says and who says it, and the vocabulary without it."""

    text: str
    without: Vocabulary


def moves(diff: Diff, assignment: Assignment) -> Iterator[str]:
    """Yield a phrase for each entry of the vocabulary that has moved parameters.

    Args:
        diff: what has changed since a model was locked.
        assignment: the rules on that model, as they are now.
    """
    locked = {name: change.old for change in diff.of(MOVED) for name in change.names}
    for entry in islice(_entries(list(locked), assignment), _MOST):
        without = _Without(assignment.inventory, entry.without)
        try:
            other = examine(assignment.rules, without, options=assignment.options)
        except RulesError:  # without the entry there are no groups, so this is not how they were locked
            continue
        back = sum(other.group_of(name).label == label for name, label in locked.items())
        if back:
            yield (
                f"without {entry.text}, "
                f"{back} of these would be where {'it was' if back == 1 else 'they were'}"
            )


def _entries(names: Sequence[str], assignment: Assignment) -> Iterator[_Entry]:
    """Yield the entries through which a test of a class or a role may hold for one of these parameters."""
    inventory = assignment.inventory
    words = inventory.vocabulary
    predicates = [rule.predicate for axis in assignment.rules.axes for rule in axis.rules if rule.predicate]
    terms = list(terms_in(*predicates))
    families = dict.fromkeys(
        each.text for test in terms if isinstance(test, ClassTest) for each in test.alternatives
    )
    numbers = list(map(inventory.index, names))
    classes = dict.fromkeys(cls for number in numbers for cls in _classes(inventory, number))
    dotted = dict.fromkeys(name for cls in classes for name in (cls.name, *cls.bases))
    reads_roles = any(isinstance(test, ConstantTest) and test.subject == "role" for test in terms)
    of_roles = dict.fromkeys(family for table in words.roles for family in table.families)
    for family in families | of_roles if reads_roles else families:
        for cls in dict.fromkeys(words.families.get(family, ())):
            meant = next((name for name in dotted if named(cls, name)), None)
            if meant is not None and (family in families or not cls.endswith(family)):
                where = f"`{cls}` in the family `{family}` of `{source(family, meant, words)}`"
                yield _Entry(where, _without_class(words, family, cls))
    for table in words.roles if reads_roles else ():
        for cls in table.classes:
            if not cls.startswith("*") and any(named(cls, name) for name in dotted):
                by = next(each.source for each in words.sources if table in each.roles)
                yield _Entry(f"the roles of `{cls}` in `{by}`", _without_roles(words, table, cls))


def _without_class(words: Vocabulary, family: str, cls: str) -> Vocabulary:
    left = tuple(each for each in words.families[family] if each != cls)
    return replace(words, families={**words.families, family: left})


def _without_roles(words: Vocabulary, table: RoleTable, cls: str) -> Vocabulary:
    left = table._replace(classes=tuple(each for each in table.classes if each != cls))
    return replace(words, roles=tuple(left if each is table else each for each in words.roles))


def _classes(inventory: Inventory, number: int) -> Iterator[Class]:
    for entry in inventory.entries(number):
        yield from inventory.owners[entry].around
    if "variable" not in inventory.unknown and (variable := inventory.column("variable")[number]):
        yield variable


class _Without(Inventory):
    """An inventory as another vocabulary describes it."""

    def __init__(self, inventory: Inventory, words: Vocabulary) -> None:
        vars(self).update(vars(inventory))
        self._words = words

    @property
    def vocabulary(self) -> Vocabulary:
        """The other vocabulary."""
        return self._words

    def column(self, fact: str) -> Sequence[Any]:
        """Return a column: the roles that the other vocabulary gives, all else as it is."""
        return self._roles if fact == "role" else super().column(fact)

    @cached_property
    def _roles(self) -> Sequence[str]:
        """The roles. What the model's own vocabulary does not explain is from elsewhere, and stays."""
        found = list(super().column("role"))
        known, other = (self._by(words) for words in (super().vocabulary, self._words))
        for entry, role_before in enumerate(known):
            if found[entry] == role_before:
                found[entry] = other[entry]
        return found

    def _by(self, words: Vocabulary) -> list[str]:
        """Return the roles that a vocabulary gives."""
        found = roles(self.owners, super().column("leaf"), words)
        for parameter, entry in deciding_entries(self.names, self.owners, found, self.aliases).items():
            for each in self.entries(parameter):
                found[each] = found[entry]
        return found
