"""How alike the names of two series are, among all that they might be confused with."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from math import log
from typing import Final

from paramrules.comparison.series import Cell, Series, runs_alike

_LEAST: Final = 0.2
_MARGIN: Final = 0.1
"""How alike names have to be, from 0 to 1, and by how much more than any others."""

_MOST: Final = 500
"""Series of a cell beyond which names are not compared one with another."""

Context = Callable[[Series], frozenset[str]]


def likest(cell: Cell, contexts: tuple[Context, Context]) -> list[tuple[Series, Series]]:
    """The pairs of a cell that have no rival on either side.

    A word weighs the more, the fewer of the cell's series have it. `contexts` give the words by which the
    other model calls what stands around a series and has been paired already.
    """
    if len(cell.a) + len(cell.b) > _MOST:
        return []
    weights = _weights([*cell.a, *cell.b])
    of_a, of_b = (
        [context(s) for s in side] for side, context in zip((cell.a, cell.b), contexts, strict=True)
    )
    scores = [
        [
            _score(a, b, around, of_b[j], weights) if runs_alike(a, b) or cell.alone(a, b) else 0.0
            for j, b in enumerate(cell.b)
        ]
        for a, around in zip(cell.a, of_a, strict=True)
    ]
    rows = [sorted(row, reverse=True)[:2] for row in scores]
    columns = [sorted(column, reverse=True)[:2] for column in zip(*scores, strict=True)]
    return [
        (a, b)
        for a, row, highest in zip(cell.a, scores, rows, strict=True)
        for b, score, rivals in zip(cell.b, row, columns, strict=True)
        if score >= _LEAST and _leads(score, highest) and _leads(score, rivals) and runs_alike(a, b)
    ]


def _leads(score: float, highest: list[float]) -> bool:
    return score == highest[0] and (len(highest) == 1 or score - highest[1] >= _MARGIN)


def _weights(series: Iterable[Series]) -> Mapping[str, float]:
    all_words = [each.words for each in series]
    counts = Counter(word for words in all_words for word in words)
    return {word: log(len(all_words) / count) for word, count in counts.items()}


def _score(
    a: Series, b: Series, of_a: frozenset[str], of_b: frozenset[str], weights: Mapping[str, float]
) -> float:
    def weight(words: Iterable[str]) -> float:
        return sum(weights.get(word, 0.0) for word in words)

    own = 2 * weight(a.words & b.words)
    around = weight((of_a & b.words) - a.words) + weight((of_b & a.words) - b.words)
    whole = weight(a.words) + weight(b.words)
    return (own + around) / whole if whole else 0.0
