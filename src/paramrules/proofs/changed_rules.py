"""The rules of two lists that are not common to both, so that long files are compared where they differ."""

from collections.abc import Hashable
from difflib import SequenceMatcher

from paramrules.proofs.conjunctions import ALWAYS
from paramrules.proofs.search import Choice, List


def changed(one: List, other: List) -> tuple[list[Choice], list[Choice]]:
    """Return the rules of each list that are not common to both in one order, and one that always holds.

    A parameter that no changed rule takes belongs to the first common rule that holds, in both lists. So does
    one that rules with equal outcomes take between the same common rules, unless these are what takes it.
    Such outcomes have one number here, and so has that of the last rule.
    """
    numbers: dict[Hashable, int] = {}
    a, b = ([numbers.setdefault(_key(choice), len(numbers)) for choice in rules] for rules in (one, other))
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    places: dict[tuple[int, int], int] = {}
    found: tuple[list[Choice], list[Choice]] = [], []
    for side, rules in enumerate((one, other)):
        common = {block[side] + at for block in blocks for at in range(block.size)}
        above = 0
        for at, choice in enumerate(rules):
            if at in common:
                above += 1
            else:
                place = places.setdefault((above, choice.outcome), len(places))
                found[side].append(choice._replace(outcome=place))
        found[side].append(Choice([ALWAYS], -1))
    return found


def _key(choice: Choice) -> Hashable:
    cubes = frozenset((cube.here, frozenset(cube.literals.items())) for cube in choice.cubes)
    return cubes, choice.outcome
