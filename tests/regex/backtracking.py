"""A backtracking matcher that counts its steps: a plain model of `re` on our own tree."""

import random
import sys
from collections.abc import Callable

from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.parse import Parsed

Then = Callable[[int], bool]
WORD = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class TooManySteps(Exception):
    pass


class Matcher:
    """Searches `text`. `steps` counts the characters, positions and rounds that it looks at."""

    def __init__(self, parsed: Parsed, text: str, most: int = 10**9) -> None:
        self.parsed = parsed
        self.text = text
        self.most = most
        self.steps = 0

    def search(self) -> tuple[int, int] | None:
        ends: list[int] = []
        for start in range(len(self.text) + 1):
            if self.match(self.parsed.tree, start, lambda end: ends.append(end) or True):
                return start, ends[0]
        return None

    def step(self) -> None:
        self.steps += 1
        if self.steps > self.most:
            raise TooManySteps

    def match(self, node: Node, at: int, then: Then) -> bool:
        match node:
            case Literal():
                for place, wanted in enumerate(node.text, at):
                    self.step()
                    found = self.text[place : place + 1]
                    if self.parsed.ignore_case:
                        found, wanted = found.lower(), wanted.lower()
                    if found != wanted:
                        return False
                return then(at + len(node.text))
            case Characters():
                self.step()
                if at == len(self.text):
                    return False
                point = ord(self.text[at])
                return any(low <= point <= high for low, high in node.ranges) and then(at + 1)
            case Anchor():
                self.step()
                before = at > 0 and self.text[at - 1] in WORD
                after = at < len(self.text) and self.text[at] in WORD
                holds = {"^": at == 0, "$": at == len(self.text), "b": before != after, "B": before == after}
                if not self.text:
                    holds["B"] = False  # as Python has it
                return holds[node.kind] and then(at)
            case Sequence():
                return self.sequence(node.items, at, then)
            case Choice():
                return any(self.match(branch, at, then) for branch in node.branches)
            case Capture():
                return self.match(node.item, at, then)
            case Repeat():
                return self.repeat(node, at, 0, then, None)

    def sequence(self, items: tuple[Node, ...], at: int, then: Then) -> bool:
        if not items:
            return then(at)
        return self.match(items[0], at, lambda end: self.sequence(items[1:], end, then))

    def repeat(self, node: Repeat, at: int, done: int, then: Then, last: int | None) -> bool:
        """A round beyond the least that took nothing is the last one."""
        self.step()
        if done < node.least:
            return self.match(node.item, at, lambda end: self.repeat(node, end, done + 1, then, None))
        if node.lazy and then(at):
            return True
        more = (node.most is None or done < node.most) and at != last
        if more and self.match(node.item, at, lambda end: self.repeat(node, end, done + 1, then, at)):
            return True
        return not node.lazy and then(at)


def steps(parsed: Parsed, name: str, most: int = 100_000) -> int:
    """The steps for a name, or `most`."""
    matcher = Matcher(parsed, name, most)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)  # frames of Python alone: they take no stack of C's
    try:
        matcher.search()
    except TooManySteps:
        return most
    finally:
        sys.setrecursionlimit(limit)
    return matcher.steps


def worst_name(
    cost: Callable[[str], int],
    length: int,
    chance: random.Random,
    *,
    letters: str = "ab1._c",
    tries: int = 40,
) -> tuple[int, str]:
    """The highest cost found for a name of this length, and the name: pumped words, then hill climbing."""
    words = [*letters, *("".join(chance.choices(letters, k=chance.randint(2, 4))) for _ in range(10))]
    pumped = [first + word * length for word in words for first in ("", "ab")]
    names = [name[: length - len(last)] + last for name in pumped for last in ("", "!")]
    best = max((cost(name), name) for name in names)
    for _ in range(tries):
        name, at = list(best[1]), chance.randrange(length)
        if chance.random() < 0.5:
            name[at] = chance.choice(letters)
        else:
            name[at:at] = name[at : at + chance.randint(1, 6)]
        changed = "".join(name)[:length]
        best = max(best, (cost(changed), changed))
    return best
