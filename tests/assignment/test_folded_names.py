"""Folded names: exact, short, and in the order of the names."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples

from paramrules.folded_names import fold, fold_pairs, unfold

GOLDEN = sorted((Path(__file__).parents[1] / "golden").rglob("*.json"))


@pytest.mark.parametrize(
    ("names", "folded"),
    [
        ([], []),
        (["norm.weight"], ["norm.weight"]),
        ([f"blocks.{i}.norm1.weight" for i in range(12)], ["blocks.{0..11}.norm1.weight"]),
        ([f"h.{i}.w" for i in (0, 1, 2, 3, 7)], ["h.{0..3,7}.w"]),
        ([f"h.{i}.w" for i in (0, 1, 3, 4, 5, 9, 11)], ["h.{0,1,3..5,9,11}.w"]),
        ([f"h.{i}.w" for i in (10, 2, 1)], ["h.{1,2,10}.w"]),
        (["h.0.norm1.w", "h.0.norm2.w"], ["h.0.norm1.w", "h.0.norm2.w"]),
        ([f"h{i}_attn.w" for i in range(3)], ["h{0..2}_attn.w"]),
        (["layers_0.w", "layers_1.w"], ["layers_{0,1}.w"]),
        (["x.01", "x.02", "x.3", "x.4"], ["x.01", "x.02", "x.{3,4}"]),
        (["b.0.bias", "a.0", "b.1.bias", "a.1"], ["b.{0,1}.bias", "a.{0,1}"]),
        (["same", "same"], ["same"]),
        (
            [f"l.{i}.experts.{j}.w" for i in range(4) for j in range(8) if (i, j) != (2, 3)],
            ["l.{0..3}.experts.{0..2,4..7}.w", "l.{0,1,3}.experts.3.w"],
        ),
        (
            [f"l.{i}.experts.{j}.w" for i, j in [(0, 0), (0, 1), (1, 0)]],
            ["l.{0,1}.experts.0.w", "l.0.experts.1.w"],
        ),
        (
            [f"s.{a}.b.{b}.c.{c}.d.{d}.w" for a in (0, 1) for b in (0, 1) for c in (0, 1) for d in (0, 1)],
            ["s.{0,1}.b.{0,1}.c.{0,1}.d.{0,1}.w"],
        ),
        (["a{0}.1", "a{0}.2", "b\\1"], ["a\\{0\\}.{1,2}", "b\\\\1"]),
        (["h.12345678901.w", "h.12345678902.w"], ["h.12345678901.w", "h.12345678902.w"]),
    ],
)
def test_names_fold(names: list[str], folded: list[str]) -> None:
    found = fold(names)
    assert [each.name for each in found] == folded
    assert sorted(name for each in found for name in each.names) == sorted(set(names))
    assert all(sorted(unfold(each.name)) == sorted(each.names) for each in found)


COMPONENTS = st.sampled_from(["0", "1", "2", "3", "10", "01", "w", "norm1", "norm2", "h_0", "h_1", "{", "\\"])


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.lists(COMPONENTS, min_size=1, max_size=5).map(".".join)))
def test_unfolding_returns_exactly_the_names(names: list[str]) -> None:
    found = fold(names)
    assert sorted(name for each in found for name in unfold(each.name)) == sorted(set(names))
    firsts = [names.index(each.names[0]) for each in found]
    assert firsts == sorted(firsts)
    assert all(list(each.names) == sorted(each.names, key=names.index) for each in found)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_real_model_folds_to_a_page(path: Path) -> None:
    names = [row["name"] for row in json.loads(path.read_text())["parameters"]]
    found = fold(names)
    assert sorted(name for each in found for name in unfold(each.name)) == sorted(names)
    assert len(found) < 60


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("h.{a}", "`{a}` does not hold numbers: write `{0..3,7}`"),
        ("h.{}", "`{}` does not hold numbers: write `{0..3,7}`"),
        ("h.{3..1}", "`{3..1}` does not hold numbers: write `{0..3,7}`"),
        ("h.{0..}", "`{0..}` does not hold numbers: write `{0..3,7}`"),
        ("h.{0..99999999}", "`{0..99999999}` holds more than 1,000,000 numbers"),
        ("{0..99999}.{0..99}", "`{0..99999}.{0..99}` stands for more than 1,000,000 names"),
    ],
)
def test_a_folded_name_that_cannot_be_unfolded(name: str, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole text is compared
        unfold(name)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("pairs", "folded"),
    [
        ([], []),
        ([("h.0.w", "l_0.k"), ("h.1.w", "l_1.k"), ("x", "y")], [("h.{0,1}.w", "l_{0,1}.k"), ("x", "y")]),
        ([("h.0.w", "l_1.k"), ("h.1.w", "l_2.k")], [("h.{0,1}.w", "l_{1,2}.k")]),
        ([("h.0.w", "l_1.k"), ("h.1.w", "l_0.k")], [("h.0.w", "l_1.k"), ("h.1.w", "l_0.k")]),
        ([("h.0.w", "q"), ("h.1.w", "k")], [("h.0.w", "q"), ("h.1.w", "k")]),
        ([("h.0.w", "q"), ("h.0.w", "k")], [("h.0.w", "q"), ("h.0.w", "k")]),
        ([("h.0.w", "all.w"), ("h.1.w", "all.w")], [("h.0.w", "all.w"), ("h.1.w", "all.w")]),
    ],
)
def test_pairs_fold_side_by_side(pairs: list[tuple[str, str]], folded: list[tuple[str, str]]) -> None:
    assert [(one.name, other.name) for one, other in fold_pairs(pairs)] == folded


def test_many_numbers_in_a_name_that_do_not_vary() -> None:
    names = ["1." * 3000 + str(number) for number in range(100)]
    assert [each.name for each in fold(names)] == ["1." * 3000 + "{0..99}"]
