"""A regex that was read: its text, its groups, and Python's pattern for it."""

import re
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group.

    Attributes:
        number: which it is, from 1.
        name: of `(?<i>...)`.
        numeric: it can match only digits, and at least one.
        always: it takes part in every match of the regex: it stands in no branch, and under no `?` or `*`.
    """

    number: int
    name: str | None
    numeric: bool
    always: bool


@dataclass(frozen=True, slots=True)
class Regex:
    """A regex that is safe to search with.

    Attributes:
        text: what the user wrote.
        groups: its capturing groups, in order.
        python: the same as Python's `re` writes it.
    """

    text: str
    groups: tuple[Group, ...] = field(compare=False)
    python: str = field(compare=False, repr=False)

    @property
    def pattern(self) -> re.Pattern[str]:
        """Python's pattern, for `pattern.search(name)`; its classes are ASCII (`\\d` is `[0-9]`).

        It is made when it is first asked for: that takes longer than all of reading the regex.
        """
        return _compiled(self.python)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the named groups, in their order."""
        return tuple(group.name for group in self.groups if group.name is not None)


@lru_cache(maxsize=4096)
def _compiled(python: str) -> re.Pattern[str]:
    return re.compile(python, re.ASCII)
