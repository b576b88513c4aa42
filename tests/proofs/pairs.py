"""Pairs of rule files: equal by construction, changed in a point or two, and unrelated."""

from collections.abc import Iterator
from random import Random
from typing import Literal, NamedTuple

from proofs.brute_force import parsed
from proofs.changes import changes, neighbours
from proofs.edits import Edit, equal_edits
from proofs.files import Drawing

from paramrules.rules import Rules

Kind = Literal["equal", "changed", "unrelated"]


class Pair(NamedTuple):
    """Two rule files, and what is known of them."""

    kind: Kind
    one: Rules
    other: Rules

    @property
    def texts(self) -> tuple[str, str]:
        """The texts of both."""
        return self.one.source.text, self.other.source.text


def pairs(random: Random) -> Iterator[Pair]:
    """Yield pairs of a file that is drawn, others made of it, and one that has nothing to do with it."""
    one = drawn(random)
    same = edited(one, random.randint(1, 5), True, random)
    yield Pair("equal", one, same)
    yield Pair("changed", one, edited(same, random.choice((1, 1, 2)), False, random))
    yield Pair("changed", same, edited(one, 1, False, random))
    if random.random() < 0.3:
        yield Pair("unrelated", one, drawn(random))
    if random.random() < 0.1:
        files = [parsed(f"q: {test}\nb: else -> lr = 0.5\n") for test in neighbours(random)]
        if files[0] is not None and files[1] is not None:
            yield Pair("changed", files[0], files[1])


def drawn(random: Random) -> Rules:
    """Return a file that is accepted."""
    while True:
        rules = parsed(Drawing(random).file())
        if rules is not None:
            return rules


def edited(rules: Rules, count: int, keep: bool, random: Random) -> Rules:
    """Return a file after so many edits that keep its meaning, or change it; none of them breaks it."""
    for _ in range(count):
        places: dict[tuple[int, int], list[Edit]] = {}  # a regex has more edits than a number
        for edit in (equal_edits if keep else changes)(rules, random):
            places.setdefault((edit.start, edit.end), []).append(edit)
        for place in random.sample(list(places), min(3, len(places))):
            after = parsed(random.choice(places[place]).applied(rules.source.text))
            if after is not None:
                rules = after
                break
    return rules
