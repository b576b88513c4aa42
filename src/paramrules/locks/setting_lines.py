"""Write the labels of an axis with their settings, one line each, and read them back.

Labels that count up share a line if their settings are equal, or powers that count along with them:

    block_1..12: lr_scale = 0.75 ** (13 - i)
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Final, NamedTuple

from paramrules.assignment.grouping import Slot
from paramrules.locks.runs import counting
from paramrules.locks.words import number, read_settings, settings, value, value_at
from paramrules.rules.keys import SCALES

_FAMILY: Final = re.compile(
    r"([A-Za-z0-9_#]*[A-Za-z_#]|)([0-9]{1,9})\.\.([0-9]{1,10})([A-Za-z_#][A-Za-z0-9_#]*|)"
)
_LABEL: Final = re.compile(r"[A-Za-z0-9_]+(?:#[0-9]+)?")
_NUMBER: Final = r"[0-9.e+-]{1,30}"
_POWER: Final = re.compile(
    rf"(?:({_NUMBER}) \* )?({_NUMBER}) \*\* (?:(i)|\(i ([+-]) ([0-9]{{1,9}})\)|\(([0-9]{{1,10}}) - i\))"
)
_LEAST: Final = 3
"""The least labels that show a power."""

_ENDS: Final = range(4)
"""The exponents tried for the last label, where a factor stands before the power."""


@dataclass(frozen=True, slots=True)
class Power:
    """A number that depends on that in the label, i: `factor * base ** (start + sign * i)`."""

    factor: float
    base: float
    start: int
    sign: int

    def at(self, i: int) -> float:
        """Return its value; the same float that a rule with these numbers computes."""
        power = self.base ** (self.start + self.sign * i)
        return power if self.factor == 1 else self.factor * power

    def __str__(self) -> str:
        factor = "" if self.factor == 1 else f"{value(self.factor)} * "
        if self.sign < 0:
            exponent = f"({self.start} - i)"
        elif self.start:
            exponent = f"(i {'+' if self.start > 0 else '-'} {abs(self.start)})"
        else:
            exponent = "i"
        return f"{factor}{value(self.base)} ** {exponent}"


def setting_lines(slots: Sequence[Slot]) -> Iterator[str]:
    """Yield the lines of an axis."""
    at = 0
    while at < len(slots):
        labels = _Counting.from_slot(slots, at)
        for count, text in labels.lines() if labels else ():
            yield text
            at += count
        if labels is None:
            yield f"{slots[at].name}: {settings(slots[at].settings)}"
            at += 1


def read_slots(line: str, most: int) -> list[Slot]:
    """Return the labels on a line.

    Raises:
        ValueError: the line is something else, or holds more than `most` labels.
    """
    label, colon, text = line.partition(": ")
    family = _FAMILY.fullmatch(label)
    if not colon or not (family or _LABEL.fullmatch(label)) or most < 1:
        raise ValueError(line)
    if family is None:
        return [_slot(label, read_settings(text))]
    numbers = range(int(family[2]), int(family[3]) + 1)
    if not 1 < len(numbers) <= most:
        raise ValueError(line)
    shared = read_settings(text, _power_at)
    try:
        return [
            _slot(
                f"{family[1]}{i}{family[4]}",
                {key: each.at(i) if isinstance(each, Power) else each for key, each in shared.items()},
            )
            for i in numbers
        ]
    except ArithmeticError:
        raise ValueError(line) from None


def _slot(name: str, given: Mapping[str, Any]) -> Slot:
    numbers = [given[key] for key in SCALES if key in given]
    if not _LABEL.fullmatch(name) or not all(type(each) in (int, float) for each in numbers):
        raise ValueError(name)
    return Slot(name.partition("#")[0], name, given)


class _Counting(NamedTuple):
    """Labels that count up by one: the text before the number, the first number, the text behind it."""

    slots: Sequence[Slot]
    before: str
    first: int
    after: str

    @staticmethod
    def from_slot(slots: Sequence[Slot], at: int) -> "_Counting | None":
        """Return all labels from a place on that count up; None if there is only one."""
        if at + 1 == len(slots):
            return None
        up = counting(slots[at].name, slots[at + 1].name)
        if up is None or up[2] != 1:
            return None
        before, first, _, after = up
        end = at + 2
        while end < len(slots) and slots[end].name == f"{before}{first + end - at}{after}":
            end += 1
        return _Counting(slots[at:end], before, first, after)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield the lines, each with the number of labels on it."""
        at = 0
        while at < len(self.slots):
            shared = self._shared(at)
            count = 1 if shared is None else self._alike(at, shared)
            powers = shared is not None and any(isinstance(each, Power) for each in shared.values())
            number = f"{self.before}{self.first + at}"
            if count < (_LEAST if powers else 2):
                yield 1, f"{number}{self.after}: {settings(self.slots[at].settings)}"
                at += 1
                continue
            yield count, f"{number}..{self.first + at + count - 1}{self.after}: {settings(shared or {})}"
            at += count

    def _shared(self, at: int) -> Mapping[str, Any] | None:
        """Return what the settings of a label and the next ones may have in common; None for nothing."""
        found: dict[str, Any] = {}
        own, *others = (slot.settings for slot in self.slots[at : at + _LEAST])
        for key, first in own.items():
            column = [first, *(each[key] for each in others if key in each)]
            if len(column) > 1 and value(column[1]) == value(first):
                found[key] = first
                continue
            last = self.slots[-1].settings.get(key)
            power = _power(column, last, len(self.slots) - at, self.first + at)
            if power is None:
                return None
            found[key] = power
        return found

    def _alike(self, at: int, shared: Mapping[str, Any]) -> int:
        """Return for how many labels the shared settings hold."""
        keys = list(shared)
        count = 1
        for place in range(at + 1, len(self.slots)):
            own, i = self.slots[place].settings, self.first + place
            if list(own) != keys or any(
                value(own[key]) != value(each.at(i) if isinstance(each, Power) else each)
                for key, each in shared.items()
            ):
                break
            count += 1
        return count


def _power(column: Sequence[Any], last: Any, count: int, first: int) -> Power | None:
    """Return the power that the first values are.

    Args:
        column: the values of the first labels.
        last: that of the last one.
        count: the number of labels.
        first: the number in the first one.
    """
    if len(column) < _LEAST or not all(isinstance(each, float) and each > 0 for each in (*column, last)):
        return None
    up = column[1] > column[0]
    ratio = column[0] / column[1] if up else column[1] / column[0]
    if not 0 < ratio < 1:
        return None
    sign = -1 if up else 1
    for digits in (3, 6, 9, 12):
        base = float(f"{ratio:.{digits}g}")
        for factor, exponent in _starts(column[0], last, count, base, up):
            power = Power(factor, base, exponent - sign * first, sign)
            least = exponent - (_LEAST - 1 if up else 0)
            if least >= 0 and all(power.at(first + n) == column[n] for n in range(_LEAST)):
                return power
    return None


def _starts(first: float, last: float, count: int, base: float, up: bool) -> Iterator[tuple[float, int]]:
    """Yield factors, and for each the exponent of the first value."""
    if base < 1:
        yield 1.0, round(log(first) / log(base))
        for end in _ENDS:
            if power := base**end:
                yield float(f"{(last if up else first) / power:.9g}"), end + count - 1 if up else end


def _power_at(text: str, at: int) -> tuple[Any, int]:
    found = _POWER.match(text, at)
    if found is None:
        return value_at(text, at)
    factor, base = float(number(found[1] or "1")), float(number(found[2]))
    if found[6]:
        return Power(factor, base, int(found[6]), -1), found.end()
    start = 0 if found[3] else int(f"{found[4]}{found[5]}")
    return Power(factor, base, start, 1), found.end()
