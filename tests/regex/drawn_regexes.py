"""Regexes as hypothesis draws them."""

from hypothesis import strategies as st

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
