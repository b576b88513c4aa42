"""The places of norms in a block, as their names tell: before or after attention, before or after the MLP."""

from collections.abc import Sequence

from paramrules.comparison.series import Series


def in_places(series: Sequence[Series]) -> list[Series] | None:
    """Return the norms of one block in the order in which it runs them, or None if a name does not tell."""
    if not all(each.kind.norm for each in series):
        return None
    if len({each.stems for each in series}) == 1:  # `norm1` and `norm2`
        return sorted(series, key=lambda each: each.ranks)
    places = [each.place for each in series]
    known = [place for place in places if place is not None]
    if len(set(known)) < len(series):
        return None
    return [each for _, each in sorted(zip(known, series, strict=True), key=lambda pair: pair[0])]
