"""Kinds: parameters that no test without a literal number can tell apart."""

from collections.abc import Callable, Sequence
from typing import Any

from paramrules.inference.space import Space, bits_of

Key = tuple[Any, ...]


class Kinds:
    """The entries of a space, put together by what tests can see.

    Attributes:
        entries: the entries of each kind.
        of: the kind of each entry.
        siblings: for each kind, the mask of the kinds of all names of its parameters.
        single: True if each kind is one name.
    """

    def __init__(self, space: Space, key: Callable[[int], Key], *, single: bool = False) -> None:
        self.single = single
        numbers: dict[Key, int] = {}
        self.entries: list[list[int]] = []
        self.of: list[int] = []
        for entry in range(len(space)):
            number = numbers.setdefault(key(entry), len(numbers))
            if number == len(self.entries):
                self.entries.append([])
            self.entries[number].append(entry)
            self.of.append(number)
        self.siblings = [
            _or(1 << self.of[other] for entry in entries for other in space.siblings[entry])
            for entries in self.entries
        ]
        self.everything = (1 << len(self.entries)) - 1
        self._tied = any(mask.bit_count() > 1 for mask in self.siblings)

    def taken(self, mask: int) -> int:
        """Return the kinds whose parameters a test with this mask takes, under one of their names."""
        return _or(self.siblings[kind] for kind in bits_of(mask)) if self._tied else mask

    def without(self, mask: int) -> int:
        """Return the kinds for which the negation of a test holds: none of their names passes it."""
        return self.everything & ~self.taken(mask)

    def all_in(self, mask: int) -> int:
        """Return the kinds whose entries are all in a mask of entries."""
        return _or(
            1 << kind for kind, entries in enumerate(self.entries) if all(mask >> e & 1 for e in entries)
        )

    def any_in(self, mask: int) -> int:
        """Return the kinds that have an entry in a mask of entries."""
        return _or(1 << self.of[entry] for entry in bits_of(mask))


def _or(masks: Any) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def general_keys(space: Space) -> Sequence[Key]:
    """Return for each entry what tests without literal numbers can see of it."""
    unknown = space.unknown
    facts = [
        space.column(fact)
        for fact in ("ndim", "squeezed_ndim", "trainable", "dtype", "role", "variable")
        if fact not in unknown
    ]
    attributes = [{}] * len(space) if "attr" in unknown else space.attributes
    keys: list[Key] = []
    for entry, name in enumerate(space.names):
        marks = tuple(sorted((key, repr(value)) for key, value in attributes[entry].items()))
        around = tuple(cls.name for cls in space.owners[entry].around)
        keys.append((folded(name), around, marks, *(column[entry] for column in facts)))
    tied = [
        tuple(sorted((keys[e] for e in siblings), key=repr)) if len(siblings) > 1 else ()
        for siblings in space.siblings
    ]
    return [(*key, others) for key, others in zip(keys, tied, strict=True)]


def folded(name: str) -> str:
    """Return a name with `#` for each component that is a number."""
    return ".".join("#" if part.isdecimal() else part for part in name.split("."))
