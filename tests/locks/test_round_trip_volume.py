"""Locks with names that are hard to fold read back as what was written; `lock_volume.py` tries many more."""

from collections import Counter

import pytest
from locks.awkward import locks
from locks.lock_volume import fallen
from support import examples, inventory_of

import paramrules
from paramrules.locks import parse_lock
from paramrules.locks.fold_tree import LONGEST

RULES = paramrules.parse("b_{i}: name ~ (?<i>\\d+)\nrest?: else\n")


@pytest.mark.generated
def test_generated_models() -> None:
    found = [why for seed in range(examples(150)) for why in fallen(seed)]
    assert len(found) > examples(150)
    assert set(found) == {""}


@pytest.mark.generated
def test_the_models_have_what_is_hard() -> None:
    """Each kind of difficulty is in some of the locks, and some fold."""
    made_locks = [lock for seed in range(100) for lock in locks(seed)]
    made = [model for lock in made_locks for model in lock]
    text = "".join(lock.text for lock in made_locks)
    has = Counter(
        long=any(len(name) > LONGEST for model in made for name in model.names),
        unicode=any(not name.isascii() for model in made for name in model.names),
        zeros=any(".007" in name for model in made for name in model.names),
        frozen=any(model.frozen for model in made),
        ties=any(model.ties for model in made),
        stacks=any(model.stacks for model in made),
        several=any(len(lock) > 1 for lock in made_locks),
        folded=text.count("..") > 100,
        periods=text.count("  +0") > 3,
        counted="{i+1}" in text,
        powers=" ** " in text,
        quoted='"' in text,
    )
    assert [name for name, found in has.items() if not found] == []


@pytest.mark.parametrize("length", [LONGEST, LONGEST + 1])
@pytest.mark.parametrize("form", ["h.{n}.{long}", "{long}.{n}", "{long}{n}.w", "h.{n}.{long}.w"])
def test_names_that_are_too_long_for_a_fold(form: str, length: int) -> None:
    stem = len(form.format(n=1, long=""))
    names = [form.format(n=n, long="x" * (length - stem)) for n in range(8)]
    assert {len(name) for name in names} == {length}
    lock = paramrules.lock(paramrules.examine(RULES, inventory_of([*names, "h.8.w", "h.9.w"])))
    assert parse_lock(lock.text) == lock
    tree = lock.text.partition("parameters\n")[2]
    assert ("0..7" in tree) == (length == LONGEST)


def test_a_pattern_of_names_that_are_too_long() -> None:
    names = [f"h.{n}.{'ab'[n % 2] * 1100}.w" for n in range(8)] + [
        f"h.{n}.{'ab'[n % 2]}.w" for n in range(8, 16)
    ]
    lock = paramrules.lock(paramrules.examine(RULES, inventory_of(names)))
    assert parse_lock(lock.text) == lock


def test_a_model_without_parameters() -> None:
    lock = paramrules.lock(paramrules.examine(RULES, inventory_of([])))
    assert lock.text.endswith("\nparameters\nend 0 tensors\n")
    assert parse_lock(lock.text) == lock
