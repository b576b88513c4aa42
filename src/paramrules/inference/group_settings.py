"""The settings of groups that code made, as a rule can hold them.

An optimizer fills each group with all of its defaults, loggers and schedulers add keys of their own, and
other tools call a setting otherwise.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from math import inf, isfinite, prod
from typing import Final

from paramrules.diagnostics import Diagnostic, a, class_name, printable
from paramrules.inference.effective import close, is_number
from paramrules.inference.grouping import SettingValue
from paramrules.inference.quoting import is_key, shown_setting
from paramrules.rules.foreign_keys import FOREIGN_KEYS
from paramrules.rules.keys import KEYS, PORTABLE, RESERVED, SCALES
from paramrules.syntax import language

LEFT_OUT: Final = frozenset(
    (
        *("params", "param_names", "name", "group_name"),
        *("foreach", "fused", "capturable", "differentiable"),
        *("initial_lr", "initial_weight_decay"),
        *(key for key, keeps in RESERVED.items() if keeps != "weight decay before any schedule"),
    )
)
"""The keys that no rule sets: parameters and names, and how a step is computed rather than what."""

_BEFORE_A_SCHEDULE: Final = {"initial_lr": "lr", "initial_weight_decay": "weight_decay"}
"""Under which key a scheduler keeps the value that it changes."""


_PRECISIONS: Final = {"float32": "f", "float16": "e"}
"""The code of `struct` for numbers of lower precision."""


class _UnfitError(ValueError):
    """A value that no rule can hold; the text says what it is."""


class _NotFiniteError(_UnfitError):
    """A number that is infinite or not a number, or a tuple with one."""


def held_settings(
    groups: Sequence[tuple[str, Mapping[str, object]]],
) -> tuple[list[dict[str, SettingValue]], list[Diagnostic]]:
    """Return the settings of each group as a rule holds them, and an error (E957) for each that it cannot.

    A value that no rule can hold and that is the same in all groups is left to the optimizer. Of numbers that
    are not finite this is only infinity, as the optimizer's own setting: Prodigy has `growth_rate = inf`.

    Args:
        groups: of each group its place for messages, and its settings.
    """
    written = [dict(_renamed(settings)) for _, settings in groups]
    held: list[dict[str, SettingValue]] = [{} for _ in groups]
    wrong: list[Diagnostic] = []
    for key in dict.fromkeys(key for settings in written for key in settings):
        values = [settings[key] for settings in written if key in settings]
        everywhere = len(values) == len(groups) and all(value is values[0] for value in values)
        for (place, _), settings, into in zip(groups, written, held, strict=True):
            if key not in settings:
                continue
            try:
                value = _value(settings[key])
                _check_key(key)
                into[key] = value
            except _UnfitError as unfit:
                if not everywhere or (
                    isinstance(unfit, _NotFiniteError) and not _no_limit(key, settings[key])
                ):
                    wrong.append(_refusal(place, key, str(unfit)))
                    break
    return _without_notes(held), wrong


def _without_notes(groups: list[dict[str, SettingValue]]) -> list[dict[str, SettingValue]]:
    """Return settings without the scales that are multiplied into the learning rate, or decay, already.

    BEiT, SimMIM and mmdetection write both into their groups, `lr` and the `lr_scale` that it has in it.
    """
    for scale, key in SCALES.items():
        pairs = [(group.get(key), group.get(scale, 1)) for group in groups]
        numbers = [(value, factor) for value, factor in pairs if is_number(value) and is_number(factor)]
        whole = next((value / factor for value, factor in numbers if value and factor), None)
        if (
            whole is not None
            and len(numbers) == len(groups)
            and len({value for value, _ in numbers}) > 1
            and all(close(value, factor * whole) for value, factor in numbers)
        ):
            groups = [{k: v for k, v in group.items() if k != scale} for group in groups]
    return groups


def _renamed(settings: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield the settings that count, under the keys of rules; those that stand there already win."""
    kept = {before: settings[key] for key, before in _BEFORE_A_SCHEDULE.items() if key in settings}
    for key, value in settings.items():
        if not isinstance(key, str):
            yield str(key), value
        elif key not in LEFT_OUT:
            own = _own_key(key)
            if own == key or own not in settings:
                yield own, kept.get(own, value)


def _own_key(key: str) -> str:
    """Return the key of a rule for one that another tool has: `lr_scale` for `lr_mult`.

    >>> _own_key("lr_mult")
    'lr_scale'
    """
    foreign = FOREIGN_KEYS.get(key.lower())
    if foreign is None or key in KEYS:
        return key
    own, _, value = foreign.instead.partition(" = ")
    return own if value == "{value}" else key


def _no_limit(key: str, value: object) -> bool:
    """Return whether a setting is infinity, as an optimizer may mean a limit of its own."""
    return key not in PORTABLE and isinstance(value, float) and value == inf


def _check_key(key: str) -> None:
    if not is_key(key):
        what = (
            "is a word of the language itself"
            if key in language.RESERVED
            else "is not a name of the language"
        )
        raise _UnfitError(f"`{printable(key)}` {what}")


def _value(value: object) -> SettingValue:
    """Return a value as a rule holds it. Raises _UnfitError."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if printable(value) != value or ('"' in value and "'" in value):
            raise _UnfitError("it is a text with characters that a quoted text cannot hold")
        return str(value)
    if isinstance(value, int | float):
        if isinstance(value, int) and abs(value) > language.INTEGER:
            raise _UnfitError(f"it is {shown_setting(value)}")
        if not isfinite(value):
            raise _NotFiniteError(f"it is {value}")
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, list | tuple):
        parts = tuple(map(_value, value))
        if not parts or None in parts or any(isinstance(part, tuple) for part in parts):
            raise _UnfitError(f"it is `{value}`, and a tuple holds numbers and texts")
        return parts
    item = getattr(value, "item", None)  # of NumPy's numbers, and of tensors of one element
    if callable(item) and prod(getattr(value, "shape", ())) == 1:
        return _value(_shortest(item(), str(getattr(value, "dtype", ""))))
    raise _UnfitError(f"it is {a(class_name(type(value)))}")


def _shortest(number: object, dtype: str) -> object:
    """Return a number of lower precision in its fewest digits: 0.1 for what `float32` makes of it.

    >>> _shortest(0.10000000149011612, "torch.float32")
    0.1
    """
    code = next((code for name, code in _PRECISIONS.items() if dtype.endswith(name)), None)
    if code is None or not isinstance(number, float) or not isfinite(number):
        return number
    short = (float(f"{number:.{digits}g}") for digits in range(1, 10))
    return next((each for each in short if _stored(each, code) == number), number)


def _stored(number: float, code: str) -> float | None:
    """Return what lower precision makes of a number; None for one that is too large."""
    try:
        stored: float = struct.unpack(code, struct.pack(code, number))[0]
    except OverflowError:
        return None
    return stored


def _refusal(place: str, key: str, what: str) -> Diagnostic:
    return Diagnostic(
        "E957",
        f"no rule can hold the setting `{printable(key)}` of {place}: {what}",
        help="settings are finite numbers, texts, `True`, `False`, `None` and tuples of these: pass anything "
        "else to the optimizer itself",
    )
