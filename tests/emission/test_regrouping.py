"""Regrouping in any framework: parameters that keep their saved state, start fresh or are refused."""

from collections.abc import Sequence

import paramrules
from paramrules.emission import Changed, SavedEntry, counted_differently, misfit, regrouping, some_names

NAMES = ["a", "b", "c"]
OTHER = Changed(("mu", "nu"), ("trace",))


def plan(
    *saved: SavedEntry, missing: str = "refuse", extra: str = "refuse", moved: Sequence[int] = ()
) -> object:
    found = regrouping(
        saved,
        NAMES,
        (0, 1),
        keeps=lambda number: number != 1,
        changed=lambda number, _: OTHER if number in moved else None,
        missing=missing,  # type: ignore[arg-type]
        extra=extra,  # type: ignore[arg-type]
    )
    return found.sources, [(one.code, one.message, one.help) for one in found.findings]


A, B = SavedEntry("a", 0, True), SavedEntry("b", 1, True)
FRESH = '`missing="fresh"` lets it start without'


def test_state_goes_by_number() -> None:
    assert plan(B, A) == ({1: 0, 0: 1}, [])


def test_a_parameter_that_is_not_in_the_state() -> None:
    assert plan(B) == ({1: 0}, [("E622", "`a` has no saved state", FRESH)])
    assert plan(B, missing="fresh") == ({1: 0}, [])
    assert plan(A) == ({0: 0}, [])  # the optimizer keeps nothing for `b`


def test_a_name_without_state_needs_none_unless_nothing_has_any() -> None:
    assert plan(A._replace(kept=False), B) == ({1: 1}, [])
    assert plan(A._replace(kept=False)) == ({}, [("E622", "`a` has no saved state", FRESH)])


def test_state_without_a_place() -> None:
    gone = [SavedEntry("x", None, True), SavedEntry("c", 2, True), SavedEntry("y", None, False)]
    message = "`x` and `c` have saved state and no place in the optimizer"
    assert plan(A, *gone) == ({0: 0}, [("E623", message, '`extra="drop"` leaves it out')])
    assert plan(A, *gone, extra="drop") == ({0: 0}, [])


def test_of_two_names_of_one_parameter_its_first_one_counts() -> None:
    alias = SavedEntry("alias", 0, True)
    message = "`alias` has saved state and no place in the optimizer"
    finding = ("E623", message, '`extra="drop"` leaves it out')
    assert plan(alias, A) == ({0: 1}, [finding])
    assert plan(A, alias) == ({0: 0}, [finding])
    assert plan(A, alias._replace(kept=False)) == ({0: 0}, [])


def test_another_optimizer() -> None:
    message = "the saved state keeps `mu` and `nu` for `a`, and this optimizer `trace`"
    assert plan(A, B, moved=[0]) == ({1: 1}, [("E624", message, FRESH)])
    assert plan(A, B, moved=[0], missing="fresh") == ({1: 1}, [])


def test_long_lists_are_cut() -> None:
    assert some_names([f"n{letter}" for letter in "abcdefghij"]) == (
        "`na`, `nb`, `nc`, `nd`, `ne`, `nf`, `ng`, `nh` and 2 more"
    )


def test_what_does_not_fit_together() -> None:
    assert paramrules.render(misfit("mu", "a", (1,), (2, 3))) == (
        "error[E625]: `mu` of `a` has the shape (1,) and should have (2, 3)\n"
        '  = help: `missing="fresh"` lets it start without'
    )
    assert paramrules.render(counted_differently("step", ("a", 1), ("b", 2), apart="in two groups")) == (
        "error[E628]: `a` and `b` share a `step` now, and it was 1 for the first and 2 for the second\n"
        "  = help: keep them in two groups"
    )
