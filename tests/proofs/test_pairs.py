"""The pairs of files that proofs are tried on: edits keep or change what they are meant to."""

from collections.abc import Callable
from random import Random

import pytest
from proofs.brute_force import by_naive, compared, difference, grouped, parsed
from proofs.pairs import pairs
from proofs.shrinking import shrunk
from support import inventory_of

import paramrules


@pytest.mark.generated
def test_edits_keep_or_change_the_meaning() -> None:
    changed = 0
    for seed in range(25):
        random = Random(seed)
        for pair in pairs(random):
            found = difference(pair.one, pair.other, "both", random)
            assert not (found and pair.kind == "equal"), (pair.texts, found)
            changed += bool(found and pair.kind == "changed")
    assert changed > 15


@pytest.mark.parametrize(
    "pair",
    [
        ('a: not (name == "w.x" and ndim == 1)\nb: else\n', 'a: name != "w.x" or ndim != 1\nb: else\n'),
        ('a: not (leaf == "x" and module == "y")\nb: else\n', 'a: leaf != "x" or module != "y"\nb: else\n'),
    ],
)
def test_a_negated_and_is_not_an_or_for_a_tied_parameter(pair: tuple[str, str]) -> None:
    one, other = (paramrules.parse(text) for text in pair)
    tied = inventory_of([{"name": "y.z", "also": ["w.x"], "shape": [2]}])
    same = grouped(one, tied, {}) == grouped(other, tied, {})
    assert same == ("ndim" in pair[0])
    assert by_naive(one, tied, {}) == grouped(one, tied, {})
    assert by_naive(other, tied, {}) == grouped(other, tied, {})
    assert (difference(one, other, "both", Random(1), rounds=20) is None) == same


def test_no_kernel_is_known_without_a_layout() -> None:
    rules = paramrules.parse("a: layer_kernel != 0\nb: fan_in == 1\n")
    inventory = inventory_of([{"name": "w", "shape": [], "fan_in": 1}])
    assert by_naive(rules, inventory, {}) == grouped(rules, inventory, {}) == [("b", {})]


@pytest.mark.parametrize("kept", [lambda value: value, lambda value: (0.9, value)])
def test_one_is_not_true(kept: Callable[[object], object]) -> None:
    one, true = (compared(("a", {"betas": kept(value)}), "settings") for value in (1, True))
    assert one != true
    assert one == compared(("a", {"betas": kept(1.0)}), "settings")


def test_a_pair_is_shrunk_to_what_matters() -> None:
    one = "let p = ndim == 1 or tied\n\na: p and not (size > 4) -> lr = 1, eps = 2\nb: trainable\nc: else\n"
    other = one.replace("size > 4", "size > 5")

    def fails(*texts: str) -> bool:
        files = [parsed(text) for text in texts]
        return (
            all(rules is not None and "size" in rules.source.text for rules in files) and texts[0] != texts[1]
        )

    small = shrunk((one, other), fails)
    assert [text.strip("\n ") for text in small] == ["a: (size > 4)", "a: (size > 5)"]
