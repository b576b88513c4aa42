"""Fold names that differ in one number, such as those of a model's layers."""

from collections.abc import Sequence


def folded(names: Sequence[str]) -> list[str]:
    """Return names with those that differ in one component, a number, written once.

    A name folds along the first number that others differ in. The order is that of the first names.

    >>> folded(["blocks.0.bias", "head.bias", "blocks.1.bias", "blocks.3.bias"])
    ['blocks.{0..1,3}.bias', 'head.bias']
    """
    alike: dict[tuple[str, str], dict[int, str]] = {}
    for name in names:
        for pattern, number in _patterns(name):
            alike.setdefault(pattern, {})[number] = name
    found: list[str] = []
    done: set[str] = set()
    for name in names:
        if name in done:
            continue
        for pattern, _ in _patterns(name):
            numbers = sorted(number for number, other in alike[pattern].items() if other not in done)
            if len(numbers) > 1:
                found.append(f"{pattern[0]}{{{_spans(numbers)}}}{pattern[1]}")
                done.update(alike[pattern].values())
                break
        else:
            found.append(name)
    return found


def _patterns(name: str) -> list[tuple[tuple[str, str], int]]:
    """Return for each number among a name's components the text around it, and the number."""
    parts = name.split(".")
    return [
        ((".".join([*parts[:at], ""]), ".".join(["", *parts[at + 1 :]])), int(part))
        for at, part in enumerate(parts)
        if part.isascii() and part.isdigit() and str(int(part)) == part
    ]


def _spans(numbers: Sequence[int]) -> str:
    """Return sorted numbers as spans.

    >>> _spans([0, 1, 2, 5])
    '0..2,5'
    """
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(f"{a}..{b}" if b > a else f"{a}" for a, b in spans)
