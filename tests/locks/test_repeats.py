"""Patterns of siblings that repeat in a lock: layers of which every fourth is another one."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples

from paramrules.locks import repeats
from paramrules.locks.fold_tree import Leaf, folded
from paramrules.locks.unfold_tree import Tree, TreeFault

Named = tuple[str, str]
"""A name and its label."""


def lines_of(named: Sequence[Named]) -> list[str]:
    """The lines of a tree, without the shapes, which are all the same; it reads back as it was."""
    leaves = [Leaf("()", label) for _, label in named]
    lines = list(folded([name for name, _ in named], leaves))
    assert [(name, leaf) for _, name, leaf in Tree(lines).leaves()] == [
        (name, leaf) for (name, _), leaf in zip(named, leaves, strict=True)
    ]
    assert Tree(lines).count == len(named)
    return [line.replace("  ()  ", " ") for line in lines]


def layers(kinds: str, label: str = "{kind}", name: str = "h.{n}.{kind}") -> list[Named]:
    """Layers with numbers from 0, one for each letter."""
    return [(name.format(n=n, kind=kind), label.format(n=n, kind=kind)) for n, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    ("named", "lines"),
    [
        (layers("aaabaaab"), ["h.0..4..4", "  +0..2.a a", "  +3.b b"]),
        (layers("ababab", "{kind}_{n}"), ["h.0..4..2", "  +0.a a_{i}", "  +1.b b_{i+1}"]),
        (layers("aabaab", "l_{n}"), ["h.0..3..3", "  +0..1.a l_{i+j}", "  +2.b l_{i+2}"]),
        (layers("dababab"), ["h", "  0.d d", "  1..5..2", "    +0.a a", "    +1.b b"]),
        (layers("aaabaaabaa"), ["h", "  0..4..4", "    +0..2.a a", "    +3.b b", "  8..9.a a"]),
        (layers("ababab", name="h_{n}.{kind}"), ["h_0..4..2", "  +0.a a", "  +1.b b"]),
        (layers("abab"), ["h", "  0.a a", "  1.b b", "  2.a a", "  3.b b"]),  # as easy to read one by one
        (layers("aaaaaab"), ["h", "  0..5.a a", "  6.b b"]),
        # a pattern of eight that begins like one of two
        (
            layers("ababcbab" * 2 + "ab"),
            [
                "h",
                "  0..8..8",
                *("    +0,2,6.a a", "    +1,3,5,7.b b", "    +4.c c"),
                "  16.a a",
                "  17.b b",
            ],
        ),
        # equal layers share a line wherever they stand, and those that differ by a number too
        (layers("abaaabaa", "l_{n}"), ["h.0..4..4", "  +0,2..3.a l_{i+j}", "  +1.b l_{i+1}"]),
        (
            [(f"h.{n}.{'aba'[n % 3]}", f"l_{(7, 1, 8)[n % 3]}") for n in range(6)],
            ["h.0..3..3", "  +0.a l_7", "  +1.b l_1", "  +2.a l_8"],
        ),
        (
            [(f"h.{n}.{leaf}", "x") for n in range(12) for leaf in ("aw", "bc")[n % 4 == 1]],
            ["h.0..8..4", *("  +0,2..3", "    a x", "    w x"), *("  +1", "    b x", "    c x")],
        ),
        # numbers with gaps, where a layer has no parameters
        ([(f"h.{n}", "x") for n in (0, 1, 3, 4, 6, 7)], ["h.0..6..3", "  +0..1 x"]),
        # numbers that do not count up together
        (
            [(f"h.{n}.{'ab'[n % 2]}", f"l_{n**2}") for n in range(6)],
            ["h", *(f"  {n}.{'ab'[n % 2]} l_{n**2}" for n in range(6))],
        ),
        ([(f"h.{n}", f"l_{n % 2 * 7}") for n in range(6)], ["h.0..4..2", "  +0..1 l_{7*j}"]),
        ([(f"h.{n}", f"l_{n % 3 // 2 * 7}") for n in range(6)], ["h.0..3..3", "  +0..1 l_0", "  +2 l_7"]),
        # a pattern inside of one
        (
            [(f"h.{n}.{k}.{'ab'[k % 2]}{n % 2}", "x") for n in range(6) for k in range(6)],
            [
                "h.0..4..2",
                *("  +0.0..4..2", "    +0.a0 x", "    +1.b0 x"),
                *("  +1.0..4..2", "    +0.a1 x", "    +1.b1 x"),
            ],
        ),
        # names that are quoted, and numbers that run backwards
        (
            [(f'h.{n}."{"ab"[n % 2]}', "x") for n in range(6)],
            ["h", *(f'  {n}."\\"{"ab"[n % 2]}" x' for n in range(6))],
        ),
        (
            [(f"h.{n}.{'ab'[n % 2]}", "x") for n in (1, 0, 3, 2, 5, 4)],
            ["h", *(f"  {n}.{'ab'[n % 2]} x" for n in (1, 0, 3, 2, 5, 4))],
        ),
    ],
)
def test_patterns(named: list[Named], lines: list[str]) -> None:
    assert lines_of(named) == lines


@settings(max_examples=examples(100))
@given(
    pattern=st.lists(st.sampled_from("abc"), min_size=1, max_size=18),
    times=st.integers(1, 5),
    more=st.lists(st.sampled_from("abc"), max_size=3),
    gap=st.integers(0, 3),
    label=st.sampled_from(["{kind}", "l_{n}", "l_{n}_{kind}", "l_{half}"]),
    name=st.sampled_from(["h.{n}.{kind}", "h_{n}", "{n}", "h.{n}.{kind}.{n}", "{kind}.{n}", "h.{n}{kind}"]),
)
def test_generated_patterns(
    pattern: list[str], times: int, more: list[str], gap: int, label: str, name: str
) -> None:
    kinds = [*pattern * times, *more]
    numbers = [n + gap * (n // len(pattern)) for n in range(len(kinds))]
    given = [{"n": n, "half": n // 2, "kind": kind} for n, kind in zip(numbers, kinds, strict=True)]
    lines_of([(name.format(**each), label.format(**each)) for each in given])


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["+0..1  ()  a"], "`+` adds to a number that ends the path above, and there is none"),
        (["h", "  +0..1  ()  a"], "`+` adds to a number that ends the path above, and there is none"),
        (["h_0..1_x", "  +0  ()  a"], "`+` adds to a number that ends the path above, and there is none"),
        (["h.0..1.w", "  +0  ()  a"], "`+` adds to a number that ends the path above, and there is none"),
        (
            ["h.0..4..2", "  +0", "    +0  ()  a"],
            "`+` adds to a number that ends the path above, and there is none",
        ),
        (["h.0..4..2", "  +1..0  ()  a"], "`+1..0` is not a series of numbers"),
        (["h.0..8..4", "  +1,0  ()  a"], "`+1,0` does not count up"),
        (["h.0..8..4", "  +0..2,2  ()  a"], "`+0..2,2` does not count up"),
        (["h.0..8..4", "  +0,3..1  ()  a"], "`+3..1` is not a series of numbers"),
        (["h.0..8..4", "  +0,  ()  a"], "a shape and labels should follow the name"),
        (
            ["h.0..8..4", "  +0  ()  a", "  x  ()  a"],
            "`+` should stand before all lines below a series, or none",
        ),
        (
            ["h.0..8..4", "  x  ()  a", "  +0  ()  a"],
            "`+` should stand before all lines below a series, or none",
        ),
        (["h.0..4..2", "  +1x  ()  a"], "it does not begin with a name"),
        (["h.0..4..2", "  +0.+1  ()  a"], "it does not begin with a name"),
        (["h.0..4..2", "  +0."], "it does not begin with a name"),
        (["h.0..0", "  +0  ()  a"], "`0..0` is not a series of numbers"),
    ],
)
def test_what_does_not_read(lines: list[str], why: str) -> None:
    with pytest.raises(TreeFault) as raised:
        list(Tree(lines).leaves())
    assert raised.value.why == why


def test_work_grows_with_the_siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    rise = repeats._rise
    monkeypatch.setattr(repeats, "_rise", lambda *given: looks.append(1) or rise(*given))
    for kinds in ("abcd", "aab", "aaaab", "ab" * 8 + "c", "a" * 50 + "b", "abcdefghijklmnopq"):
        found = []
        for count in (500, 1000):
            looks.clear()
            several = list(enumerate((kinds * count)[:count]))
            list(folded([f"{n}.{kind}" for n, kind in several], [Leaf("()", kind) for _, kind in several]))
            found.append(len(looks))
        assert found[1] < 2.5 * found[0] + 100
        assert found[1] < 40 * 1000
