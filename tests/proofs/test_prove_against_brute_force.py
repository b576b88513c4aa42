"""Answers of `prove`, compared with brute force over parameters made to measure.

Files and parameters are drawn from a seed, which a failure shows with the smallest pair that fails. The slow
session draws the other parts, with a hundred times as many each, and `volume.py` any number.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from proofs.brute_force import by_naive, compared, difference, grouped, parsed
from proofs.pairs import Pair, pairs
from proofs.shrinking import shrunk
from support import examples

import paramrules
from paramrules.proofs import Proof
from paramrules.rules import Rules

pytestmark = pytest.mark.generated

STEPS = 10_000
"""Steps of one proof: what takes more is undecided, and says so."""
COMPARED: tuple[Any, ...] = ("labels", "settings", "both", "both")


@pytest.mark.parametrize(
    "part", [*range(3), *(pytest.param(n, marks=pytest.mark.slow) for n in range(3, 10))]
)
def test_answers_are_true(part: int) -> None:
    seen: dict[tuple[str, str], int] = {}
    count = examples(31)
    for seed in range(part * count, (part + 1) * count):
        for pair, compare, proof, wrong in checked(seed):
            if wrong:
                pytest.fail(
                    f"{wrong}, seed {seed}, {compare}:\n" + smallest(pair.texts, compare, seed, wrong)
                )
            seen[pair.kind, proof.answer] = seen.get((pair.kind, proof.answer), 0) + 1
    assert seen["equal", "equal"] > 0.5 * count
    assert seen["changed", "different"] > 0.25 * count


def checked(seed: int) -> Iterator[tuple[Pair, Any, Proof, str]]:
    """Yield the pairs of a seed, each with what is compared, the proof, and what is wrong with it."""
    random = Random(seed)
    for pair in pairs(random):
        compare = random.choice(COMPARED)
        proof = paramrules.prove(pair.one, pair.other, compare, steps=STEPS)
        wrong = mistake(proof, pair.one, pair.other, compare, seed)
        if pair.kind == "equal" and proof.answer == "different" and not wrong:
            wrong = "the edits have changed the meaning"
        yield pair, compare, proof, wrong


def mistake(proof: Proof, one: Rules, other: Rules, compare: Any, seed: int) -> str:
    """Return what is wrong with a proof; empty if nothing is found."""
    if proof.answer == "equal":
        found = difference(one, other, compare, Random(seed))
        return "equal, and yet they differ" if found else ""
    if proof.answer == "undecided":
        return "" if proof.undecided else "undecided for no reason"
    example = proof.counterexample
    assert example is not None
    for groups in (grouped, by_naive):
        a, b = (groups(rules, example.inventory, example.options) for rules in (one, other))
        if a is not None and b is not None and compared(a[0], compare) == compared(b[0], compare):
            return f"different, and yet `{groups.__name__}` finds no difference"
        if groups is grouped and (a is None or b is None):
            return "different, and yet the model is refused"
    return ""


def smallest(texts: tuple[str, str], compare: Any, seed: int, wrong: str) -> str:
    """Return the smallest pair of texts with the same mistake."""

    def fails(*smaller: str) -> bool:
        one, other = map(parsed, smaller)
        assert one is not None
        assert other is not None
        proof = paramrules.prove(one, other, compare, steps=STEPS)
        return mistake(proof, one, other, compare, seed) == wrong

    return "\n---\n".join(shrunk(texts, fails) if fails(*texts) else texts)
