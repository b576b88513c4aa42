"""A regex that was read: its text, its groups, and Python's pattern for it."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group. `number` counts from 1; `numeric`: it can match only digits; `always`: it takes part
    in every match of the regex (it stands in no branch, and under no `?` or `*`).
    """  # noqa: D205

    number: int
    name: str | None
    numeric: bool
    always: bool


@dataclass(frozen=True, slots=True)
class Regex:
    """`text` is what the user wrote; `pattern` searches as the language means it (ASCII digits, no multi-line)."""

    text: str
    groups: tuple[Group, ...] = field(compare=False)
    pattern: re.Pattern[str] = field(compare=False, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the named groups, in their order."""
        return tuple(group.name for group in self.groups if group.name is not None)
