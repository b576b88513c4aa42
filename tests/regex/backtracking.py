"""A backtracking matcher that counts its steps: what `re` does, in the plainest way, on our own tree."""

from collections.abc import Callable

from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.parse import Parsed

Then = Callable[[int], bool]
WORD = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class TooManySteps(Exception):
    pass


class Matcher:
    """Searches `text`; `steps` counts the characters and places that were looked at."""

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
                self.step()
                found, wanted = self.text[at : at + len(node.text)], node.text
                if self.parsed.ignore_case:
                    found, wanted = found.lower(), wanted.lower()
                return found == wanted and then(at + len(wanted))
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
        """Greedy; a round beyond the least that took nothing is the last one."""
        self.step()
        if done < node.least:
            return self.match(node.item, at, lambda end: self.repeat(node, end, done + 1, then, None))
        more = (node.most is None or done < node.most) and at != last
        return (
            more and self.match(node.item, at, lambda end: self.repeat(node, end, done + 1, then, at))
        ) or then(at)
