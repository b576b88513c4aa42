"""Space: the parameters of all models side by side, as bits of masks.

An entry is a parameter under one of its names. Tests hold for entries; a rule takes a parameter if its test
holds for any of its entries. Masks are Python integers with one bit for each entry, so that tests are
combined with `&`, `|` and `~`.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from paramrules.assignment.entry_facts import Facts
from paramrules.inference.grouping import Grouping
from paramrules.inventories import Class, Owner


def mask_of(bits: Sequence[bool]) -> int:
    """Return the mask of these bits, the first one lowest."""
    return int("".join("1" if bit else "0" for bit in reversed(bits)) or "0", 2)


def bits_of(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, in ascending order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Space:
    """The entries of all groupings, those of the first model first.

    Attributes:
        groupings: the groupings.
        facts: the facts of each model.
        names: the name of each entry.
        model: the number of each entry's model.
        parameter: the number of each entry's parameter in its model.
    """

    def __init__(self, groupings: Sequence[Grouping]) -> None:
        self.groupings = groupings
        self.facts = [Facts(grouping.inventory) for grouping in groupings]
        self.names = [name for facts in self.facts for name in facts.names]
        self.model = [at for at, facts in enumerate(self.facts) for _ in facts.names]
        self.parameter = [facts.parameter(e) for facts in self.facts for e in range(len(facts.names))]
        self._columns: dict[str, Sequence[Any]] = {}

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def unknown(self) -> frozenset[str]:
        """The facts that cannot be known of one of the models."""
        return frozenset(fact for grouping in self.groupings for fact in grouping.inventory.unknown)

    @cached_property
    def owners(self) -> Sequence[Owner]:
        """The owner of each entry."""
        return [owner for grouping in self.groupings for owner in grouping.inventory.owners]

    def column(self, fact: str) -> Sequence[Any]:
        """Return a fact of each entry."""
        if fact not in self._columns:
            self._columns[fact] = [value for facts in self.facts for value in facts.column(fact)]
        return self._columns[fact]

    @cached_property
    def attributes(self) -> Sequence[dict[str, object]]:
        """The attributes of each entry."""
        return [row for grouping in self.groupings for row in grouping.inventory.column("attributes")]

    @cached_property
    def siblings(self) -> Sequence[tuple[int, ...]]:
        """For each entry, all entries of its parameter."""
        found: dict[tuple[int, int], list[int]] = {}
        for entry, key in enumerate(zip(self.model, self.parameter, strict=True)):
            found.setdefault(key, []).append(entry)
        return [tuple(found[key]) for key in zip(self.model, self.parameter, strict=True)]

    def by_parameter(self, values: Iterable[Sequence[Any]]) -> list[Any]:
        """Return values given for each model and parameter as values for each entry."""
        rows = list(values)
        return [rows[model][number] for model, number in zip(self.model, self.parameter, strict=True)]

    @cached_property
    def classes(self) -> Sequence[Class | None]:
        """The class of each entry's owner; None if it is not known."""
        return [owner.cls if owner.known else None for owner in self.owners]
