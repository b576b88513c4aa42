"""Pairs of series that a cell itself shows: by shape and repetition, or by the places of norms."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from paramrules.comparison.parsed_names import Stems
from paramrules.comparison.series import Cell, Ranks, Series

SeriesPairs = list[tuple[Series, Series]]


def unique(cell: Cell) -> SeriesPairs:
    """Propose series that run alike with exactly one of the other side.

    Several that run alike are distinguished by the numbers that are constant in a series, if both sides
    have the same ones (the stages of a ResNet).
    """
    if cell.balanced and len(cell.a) == len(cell.b) == 1:
        return [(cell.a[0], cell.b[0])]
    forms = [_by(side, lambda series: series.form) for side in (cell.a, cell.b)]
    pairs: list[tuple[Series, Series]] = []
    for form, of_a in forms[0].items():
        of_b = forms[1].get(form, [])
        first, second = (_by(of, _ranks) for of in (of_a, of_b))
        if len(of_a) == len(of_b) == 1 or (
            first.keys() == second.keys() and len(first) == len(of_a) == len(of_b)
        ):
            pairs += zip(sorted(of_a, key=_ranks), sorted(of_b, key=_ranks), strict=True)
    same = {form: len(of) for form, of in forms[0].items()} == {f: len(of) for f, of in forms[1].items()}
    return [(a, b) for a, b in pairs if same or a.words & b.words]


def by_place(cell: Cell) -> SeriesPairs:
    """Propose the norms of a block in the order that their names tell in both models."""
    pairs: SeriesPairs = []
    first, second = (_blocks(side) for side in (cell.a, cell.b))
    for form, of_a in first.items():
        if len(of_a) == len(second.get(form, ())) == 1 and len(of_a[0]) == len(second[form][0]):
            places = [_in_places(block) for block in (of_a[0], second[form][0])]
            pairs += zip(places[0] or (), places[1] or (), strict=False)
    return pairs


def _in_places(series: Sequence[Series]) -> list[Series] | None:
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


def _blocks(series: Iterable[Series]) -> dict[Ranks, list[list[Series]]]:
    """Return, for each way to repeat, the series that lie beside each other in one module."""
    found: dict[Ranks, dict[Stems, list[Series]]] = defaultdict(lambda: defaultdict(list))
    for each in series:
        found[each.form][each.stems[:-2]].append(each)
    return {form: [block for block in blocks.values() if len(block) > 1] for form, blocks in found.items()}


def _ranks(series: Series) -> Ranks:
    return series.ranks


def whole(pairs: list[tuple[Series, Series]]) -> list[tuple[Series, Series]]:
    """Return the pairs without those of split series of which some parts have no partner."""
    for side in (0, 1):
        found = Counter(pair[side].stems for pair in pairs)
        pairs = [pair for pair in pairs if found[pair[side].stems] >= pair[side].parts]
    return pairs


def _by(series: Iterable[Series], key: Callable[[Series], Ranks]) -> dict[Ranks, list[Series]]:
    found: dict[Ranks, list[Series]] = defaultdict(list)
    for each in series:
        found[key(each)].append(each)
    return found
