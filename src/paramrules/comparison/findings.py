"""What a comparison finds, as diagnostics that point at the clauses at which two models part."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from paramrules.assignment.labels import written
from paramrules.diagnostics import Diagnostic, Place

if TYPE_CHECKING:
    from paramrules.comparison.result import Difference, Parity, Reason, Unpaired


def findings_of(parity: "Parity") -> Iterator[Diagnostic]:
    """E801 for each clause at which pairs part, with the first of them; E802 for either model."""
    alike: dict[object, list[Difference]] = {}
    for difference in parity.differences:
        places = tuple(_place(reason, "") for reason in difference.reasons)
        alike.setdefault((difference.axis, places), []).append(difference)
    for differences in alike.values():
        yield _parted(differences)
    for which, unpaired in zip(("first", "second"), parity.unpaired, strict=True):
        if unpaired:
            yield _alone(which, unpaired)


def _parted(differences: Sequence["Difference"]) -> Diagnostic:
    first = differences[0]
    more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
    if first.labels[0] != first.labels[1]:
        what = [f"in `{label}`" for label in first.labels]
    else:
        what = [f"in `{first.labels[0]}` with {written(settings)}" for settings in first.settings]
    told = [_place(reason, name) for reason, name in zip(first.reasons, (first.a, first.b), strict=True)]
    return Diagnostic(
        "E801",
        f"`{first.a}` is {what[0]}, its partner `{first.b}` {what[1]}{more}",
        told[0].span,
        told[0].label,
        also=(told[1],),
    )


def _place(reason: "Reason", name: str) -> Place:
    assert reason.rule is not None  # where no rule took either, there is no difference
    verb = "holds" if reason.held else "fails"
    if reason.clause is None:
        return Place(reason.rule.span, f"{verb} for `{name}`")
    note = f": {reason.clause.note}" if reason.clause.note else ""
    return Place(reason.clause.predicate.span, f"{verb} for `{name}`{note}")


def _alone(which: str, unpaired: Sequence["Unpaired"]) -> Diagnostic:
    first = unpaired[0]
    more = f" and {len(unpaired) - 1} more" if len(unpaired) > 1 else ""
    others = (" and " if first.together else " or ").join(f"`{name}`" for name in first.candidates)
    return Diagnostic(
        "E802",
        f"`{first.name}`{more} of the {which} model {'have' if more else 'has'} no partner in the other",
        help=f"`{first.name}` could be {others}; a mapping file can say so" if others else "",
    )
