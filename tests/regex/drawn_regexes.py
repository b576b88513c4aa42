"""Regexes as hypothesis draws them, and as a seeded generator makes them by the thousand."""

import random
from collections.abc import Iterator

from hypothesis import strategies as st

from paramrules.regex.analysis import nullable
from paramrules.regex.parse import Parsed, parse
from paramrules.regex.refusal import Refused

PIECES = [
    *"ab0_.-^$|()[]{}*+?\\,:<>=!i \n]é&~",
    *["(?:", "(?<i>", "(?P<j>", r"\d", r"\w", r"\.", r"\b", r"\B", r"\A", r"\Z", r"\D", r"\S"],
    *["[^", "[a-c]", r"[\d_]", "{2}", "{1,3}", "{,2}", "{2,}", "{,}", "{3,1}", r"\x41", r"\u0041", r"\x4"],
    *[r"\n", "--", "&&", "(?i)", ")", ")", "[]"],
]

scraps = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
"""Texts that are often no regex."""


def _repeated(item: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = ["*", "+", "?", "*?", "{2}", "{1,2}", "{0,3}", "{2,}", "{1,70}"]
    return st.builds("(?:{}){}".format, item, st.sampled_from(signs))


def _inside(item: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = st.lists(item, min_size=2, max_size=3)
    return st.one_of(
        parts.map("".join), parts.map(lambda branches: f"({'|'.join(branches)})"), _repeated(item)
    )


small = st.recursive(st.sampled_from(["a", "b", "[ab]", ".", "ab", "a*", "b?"]), _inside, max_leaves=6)
"""Regexes over few letters, full of repeats."""

_ATOMS = (
    *("a", "b", "ab", "ba", "c", "1", "_", ".", "[ab]", "[^a]", "[a-c1]", r"\w", r"\d", r"\.", r"a\."),
    *(r"\b", r"\B", "^", "$", ""),
)
_SIGNS = ("*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,3}", "{2,}", "{1,2}?", "{0}", "{1,}?")


def _drawn(chance: random.Random, depth: int) -> str:
    kind = chance.random()
    if depth == 0 or kind < 0.25:
        return chance.choice(_ATOMS)
    if kind < 0.55:
        return "".join(_drawn(chance, depth - 1) for _ in range(chance.randint(2, 4)))
    bracket = chance.choice(["(", "(?:"])
    if kind < 0.7:
        branches = [_drawn(chance, depth - 1) for _ in range(chance.randint(2, 3))]
        return f"{bracket}{'|'.join(branches)})"
    item = f"{bracket}{_drawn(chance, depth - 1)})" if chance.random() < 0.6 else chance.choice("ab.")
    return item + chance.choice(_SIGNS)


def drawn(seed: int, count: int, *, longest: int = 50) -> Iterator[tuple[str, Parsed]]:
    """That many regexes that do not match the empty string, with their trees."""
    chance = random.Random(seed)
    while count:
        text = _drawn(chance, 4)
        text = chance.choice(["", "", "^", "(?i)"]) + text + chance.choice(["", "", "!?c", "$", r"\."])
        try:
            parsed = parse(text)
        except Refused:
            continue
        if len(text) <= longest and not nullable(parsed.tree):
            count -= 1
            yield text, parsed
