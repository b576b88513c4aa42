"""The syntax tree of a regex. `start` and `end` are offsets in its text."""

from typing import NamedTuple, TypeAlias

from paramrules.regex.characters import Ranges


class Literal(NamedTuple):
    """Characters in a row, escapes resolved; at least one."""

    start: int
    end: int
    text: str


class Characters(NamedTuple):
    """One character of a set: `.`, `\\d`, `[a-z]`."""

    start: int
    end: int
    ranges: Ranges


class Anchor(NamedTuple):
    """A place: `^ $ \\A \\Z \\b \\B`."""

    start: int
    end: int
    kind: str


class Sequence(NamedTuple):
    """One after the other."""

    start: int
    end: int
    items: tuple["Node", ...]


class Choice(NamedTuple):
    """`a|b|c`."""

    start: int
    end: int
    branches: tuple["Node", ...]


class Repeat(NamedTuple):
    """`a*`, `a?`, `a{2,3}`; `most` is None if there is no upper bound, `lazy` is true for `a*?`."""

    start: int
    end: int
    item: "Node"
    least: int
    most: int | None
    lazy: bool


class Capture(NamedTuple):
    """`(a)`, `(?<i>a)`; `number` counts from 1."""

    start: int
    end: int
    item: "Node"
    number: int
    name: str | None


Node: TypeAlias = Literal | Characters | Anchor | Sequence | Choice | Repeat | Capture
