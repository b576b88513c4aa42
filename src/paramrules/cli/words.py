"""Numbers and lists as people read them."""

from collections.abc import Mapping, Sequence

_FEW = 4


def counted(count: int, what: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def few(names: Sequence[str]) -> str:
    """How many there are, and the first of them."""
    more = f", and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return f"{counted(len(names), 'tensor')} ({', '.join(names[:_FEW])}{more})"


def large(number: int) -> str:
    """Three digits and a unit from 10,000 on: `9,216`, `1.80M`, `70.6B`."""
    if number < 10_000:
        return f"{number:,}"
    scaled, unit = float(number), ""
    for unit in "kMBT":  # noqa: B007 - the unit at which the loop stops is the answer
        scaled /= 1000
        if scaled < 999.5:
            break
    return f"{scaled:.{2 if scaled < 9.995 else 1 if scaled < 99.95 else 0}f}{unit}"


def settings_text(settings: Mapping[str, object]) -> str:
    """As a rule file writes them, numbers to six digits; `-` where there are none."""
    return ", ".join(f"{key}={_value(value)}" for key, value in settings.items()) or "-"


def _value(value: object) -> str:
    from paramrules.rules.arithmetic import shown

    return f"{value:.6g}" if isinstance(value, float) else shown(value)
