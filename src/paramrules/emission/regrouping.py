"""Decide which parameters keep their saved optimizer state under other rules, and which start without.

A backend reads the names of its own kind of state, and moves the arrays. What is kept, what is refused and in
which words is the same in every framework, and decided here.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from paramrules.diagnostics import Diagnostic, a, listed
from paramrules.folded_names import fold

Missing = Literal["refuse", "fresh"]
Extra = Literal["refuse", "drop"]

_MOST = 8
"""Names that one finding lists."""


class SavedEntry(NamedTuple):
    """A parameter of a saved state.

    Attributes:
        name: its name there.
        number: the number of the parameter that the name refers to now; None if there is none.
        kept: True if the state holds something for it.
    """

    name: str
    number: int | None
    kept: bool


class Changed(NamedTuple):
    """The state that the old and the new optimizer keep for a parameter, where they differ."""

    before: tuple[str, ...]
    now: tuple[str, ...]


class Regrouping(NamedTuple):
    """The plan: for each parameter that keeps its state, its position in the saved one; and all findings."""

    sources: Mapping[int, int]
    findings: list[Diagnostic]


def regrouping(
    saved: Sequence[SavedEntry],
    names: Sequence[str],
    places: Collection[int],
    *,
    keeps: Callable[[int], bool],
    changed: Callable[[int, int], Changed | None],
    missing: Missing,
    extra: Extra,
) -> Regrouping:
    """Return which parameters keep their state, with findings about all others.

    A saved name without state (it never had a gradient) needs none, unless the whole state is empty.

    Args:
        saved: the parameters of the saved state.
        names: the names of the present parameters.
        places: the numbers of those that the optimizer trains.
        keeps: return whether the optimizer keeps state for a parameter that the saved state lacks.
        changed: return how the optimizer of a parameter has changed since it was saved, given its number and
            its position in `saved`; None if it is the same.
        missing: `"fresh"` lets parameters start without state if they have none, or another optimizer's.
        extra: `"drop"` leaves out state of parameters that the optimizer does not have.

    The findings are E622 for parameters without saved state, E623 for saved state without a place, and E624
    for parameters whose optimizer has changed.
    """
    of: dict[int, int] = {}
    surplus: list[str] = []
    for at, entry in enumerate(saved):
        number = entry.number
        if number is not None and number in places:
            first = of.setdefault(number, at)
            if first == at:
                continue
            if names[number] == entry.name:  # tied since then, and this is its first name
                of[number], at = at, first
        surplus += [saved[at].name] if saved[at].kept else []
    sources = {number: at for number, at in of.items() if saved[at].kept}
    known = of if sources else {}
    lacking = [] if missing == "fresh" else [n for n in places if n not in known and keeps(n)]
    other: dict[Changed, list[int]] = {}
    for number, at in sources.items():
        if (how := changed(number, at)) is not None:
            other.setdefault(how, []).append(number)
    findings = []
    if surplus and extra == "refuse":
        findings.append(_no_place(surplus))
    if lacking:
        findings.append(_lacking([names[number] for number in lacking]))
    if missing == "refuse":
        findings += [_changed(how, [names[n] for n in numbers]) for how, numbers in other.items()]
    gone = {number for numbers in other.values() for number in numbers}
    return Regrouping({n: at for n, at in sources.items() if n not in gone}, findings)


def some_names(names: Sequence[str]) -> str:
    """Return names for a message: numbered ones folded, and a count in place of those after the eighth.

    >>> some_names(["blocks.0.bias", "blocks.1.bias", "head.bias"])
    '`blocks.{0,1}.bias` and `head.bias`'
    """
    return listed([each.name for each in fold(names)], _MOST)


def misfit(key: str, name: str, saved: tuple[int, ...], expected: tuple[int, ...]) -> Diagnostic:
    """Return the finding (E625) about a saved array of another shape."""
    return Diagnostic(
        "E625",
        f"`{key}` of `{name}` has the shape {saved} and should have {expected}",
        help='`missing="fresh"` lets it start without',
    )


FRESH: Final = '`missing="fresh"` lets the parameter start without'


def other_kind(what: str, saved: str, expected: str, help: str = FRESH) -> Diagnostic:
    """Return the finding (E680) about a saved value that is none of those that an optimizer keeps.

    >>> other_kind("`exp_avg` of `w`", "`None`", "a tensor of the shape (2,)").message
    '`exp_avg` of `w` is `None` and should be a tensor of the shape (2,)'
    """
    return Diagnostic(
        "E680",
        f"{what} is {saved} and should be {expected}",
        help=help,
    )


def counted_differently(
    key: str, one: tuple[str, object], other: tuple[str, object], *, apart: str
) -> Diagnostic:
    """Return the finding (E628) about a number that merged groups do not agree on.

    Args:
        key: its name in the state.
        one: a parameter, and the number in its old group.
        other: a parameter of another old group, likewise.
        apart: how to keep the two apart, for the help.
    """
    return Diagnostic(
        "E628",
        f"`{one[0]}` and `{other[0]}` share {a(key)} now, and it was {one[1]!r} for the first and "
        f"{other[1]!r} for the second",
        help=f"keep them {apart}",
    )


def _no_place(names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "E623",
        f"{_have(names)} saved state and no place in the optimizer",
        help='`extra="drop"` leaves it out',
    )


def _lacking(names: Sequence[str]) -> Diagnostic:
    return Diagnostic("E622", f"{_have(names)} no saved state", help=_fresh(names))


def _changed(how: Changed, names: Sequence[str]) -> Diagnostic:
    now = some_names(how.now) if how.now else "nothing"
    return Diagnostic(
        "E624",
        f"the saved state keeps {some_names(how.before)} for {some_names(names)}, and this optimizer {now}",
        help=_fresh(names),
    )


def _have(names: Sequence[str]) -> str:
    return f"{some_names(names)} {'has' if len(names) == 1 else 'have'}"


def _fresh(names: Sequence[str]) -> str:
    return f'`missing="fresh"` lets {"it" if len(names) == 1 else "them"} start without'
