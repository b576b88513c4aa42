"""Patterns: what the tests of names look for."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from paramrules.inference import costs
from paramrules.inference.drafts import Draft, equals
from paramrules.inference.quoting import escaped, is_quotable, quoted_pattern
from paramrules.inference.space import Space

_WORD: Final = re.compile(r"[A-Za-z]{3,}")
_IDIOMS: Final = ("bias", "norm", "embed")
"""Pieces of components that people look for."""


def name_drafts(space: Space, samples: Sequence[int]) -> Iterator[Draft]:
    """Yield the tests of names without literal numbers."""
    names = space.names
    found: dict[tuple[str, str], tuple[float, str]] = {}
    leaves = [name.rpartition(".")[2] for name in names]
    for entry in samples:
        parts = [r"\d+" if part.isdecimal() else escaped(part) for part in names[entry].split(".")]
        for pattern, cost, words in _patterns(parts):
            cost += costs.LETTER * len(pattern) + costs.ALIAS * (entry != min(space.siblings[entry]))
            if ("name", pattern) not in found or cost < found["name", pattern][0]:
                found["name", pattern] = (cost, words)
    for (_, pattern), (cost, words) in found.items():
        yield _regex(names, pattern, cost, words)
    for leaf in dict.fromkeys(leaves[entry] for entry in samples):
        if not leaf.isdecimal() and is_quotable(leaf):
            cost = costs.BIAS if leaf == "bias" else costs.LEAF + costs.LETTER * len(leaf)
            words = "biases" if leaf == "bias" else leaf
            tests = f'leaf == "{leaf}"', f'leaf != "{leaf}"'
            yield Draft(*tests, cost, words, equals(leaves, leaf), "leaf", leaf)


def _regex(names: Sequence[str], pattern: str, cost: float, words: str) -> Draft:
    search = re.compile(pattern).search
    shown = quoted_pattern(pattern)

    def found(entry: int) -> bool:
        return search(names[entry]) is not None

    return Draft(f"name ~ {shown}", f"name !~ {shown}", cost, words, found, "name", pattern)


def _patterns(parts: Sequence[str]) -> Iterator[tuple[str, float, str]]:
    """Yield the patterns that a name has: words, components, neighbours, and whole beginnings."""
    *modules, leaf = parts
    for part in parts:
        if part == r"\d+":
            continue
        for word in dict.fromkeys((part, *_WORD.findall(part))):
            known = costs.BIAS + 0.2 if word == "bias" else costs.WORD
            digit = 0.3 * any(letter.isdigit() for letter in word)
            piece = costs.PIECE * (word != part and word not in _IDIOMS)
            if len(word) > 2:
                yield word, known + digit + piece, "biases" if word == "bias" else word
    if not modules:
        yield f"^{leaf}$", costs.LEAF + 0.1, leaf
        return
    for at, part in enumerate(modules):
        before = modules[at - 1] if at else ""
        if at == 0:
            yield rf"^{part}\.", costs.TOP, part
        elif part != r"\d+":
            yield rf"(?:^|\.){part}\.", costs.PART, part
        if before and not (before == part == r"\d+"):
            cost = costs.PART + costs.PATH + costs.DIGITS * (r"\d+" in (before, part))
            yield rf"{before}\.{part}\.", cost, f"{before}.{part}".replace(r"\d+", "#")
    last = modules[-1]
    if last != r"\d+":
        yield rf"(?:^|\.){last}\.{leaf}$", costs.PART + costs.PATH, f"{last}.{leaf}"
    front = ""
    for at, part in enumerate(modules):
        front += rf"{part}\."
        if at:
            cost = costs.TOP + costs.PATH * at + costs.DIGITS * front.count(r"\d+")
            yield rf"^{front}", cost, front.replace(r"\.", ".").replace(r"\d+", "#").rstrip(".")
            yield rf"^{front}{leaf}$", cost + costs.PATH, "one kind"


def literal_drafts(space: Space, samples: Sequence[int]) -> Iterator[Draft]:
    """Yield the tests of names with a number of one layer in them."""
    names = space.names
    found: dict[str, float] = {}
    for entry in samples:
        parts = names[entry].split(".")
        texts = [escaped(part) for part in parts]
        for at, part in enumerate(parts[:-1]):
            if part.isdecimal():
                front = r"\.".join(r"\d+" if p.isdecimal() else p for p in texts[:at])
                for begin in (
                    rf"^{front}\." if front else "^",
                    rf"(?:^|\.){texts[at - 1]}\." if at else "^",
                ):
                    found.setdefault(rf"{begin}{part}\.", costs.INDEX)
                if at == len(parts) - 2:
                    found.setdefault(rf"\.{part}\.{texts[-1]}$", costs.INDEX + 0.3)
    for pattern, cost in found.items():
        words = pattern.replace(r"(?:^|\.)", "").replace(r"\d+", "#").replace(r"\.", ".").strip("^$.")
        yield _regex(names, pattern, cost + costs.LETTER * len(pattern), words)
