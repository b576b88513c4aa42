"""Values under names of classes with wildcards, found for a class without looking at all of them."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from paramrules.inventories.owner import named

_Value = TypeVar("_Value")


class Alternatives(Generic[_Value]):
    """Values by the alternatives that they stand under, such as `torch.nn.Linear` and `*Norm`.

    A class of a saved file may have thousands of bases, and each is looked up among hundreds of alternatives.
    Those that can name it have its last component, or a wildcard there and its first one or a wildcard.

    >>> Alternatives([("torch.nn.Linear", 1), ("*Norm", 2)]).of("torch.nn.modules.linear.Linear")
    [1]
    """

    def __init__(self, rows: Iterable[tuple[str, _Value]]) -> None:
        self._rows: dict[str, list[tuple[int, str, _Value]]] = {}
        for number, (alternative, value) in enumerate(rows):
            row = number, alternative, value
            key = last_component(alternative) or _beginning(alternative)
            self._rows.setdefault(key, []).append(row)

    def of(self, name: str) -> list[_Value]:
        """Return the values under the alternatives that name a class, in their order."""
        return [value for _, value in sorted(self._found(name), key=lambda row: row[0])]

    def _found(self, name: str) -> Iterator[tuple[int, _Value]]:
        for key in {name.rpartition(".")[2], _beginning(name), ""}:
            for number, alternative, value in self._rows.get(key, ()):
                if named(alternative, name):
                    yield number, value


def last_component(alternative: str) -> str:
    """Return the last component of an alternative, which all names of its classes share; "" for a pattern."""
    last = alternative.rpartition(".")[2]
    return "" if "*" in last or "?" in last else last


def _beginning(name: str) -> str:
    """Return the first component with its dot; "" for a name without a dot, or with a wildcard there."""
    first, dot, _ = name.partition(".")
    return first + dot if dot and not ("*" in first or "?" in first) else ""
