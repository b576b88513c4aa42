"""Split a saved inventory into rows, and decode rows that differ only by name once.

A million tensors have a few dozen different rows, and a value for each field of each tensor takes more time
and memory than everything else about a file. Only the usual layout is split: the parameters last, each with
its name first. `json` decodes every piece, and the whole text if the pieces do not fit together, so that the
result and the errors are those of decoding the whole.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from paramrules import strict_json

_SPACE: Final = r"[ \t\n\r]*"
_START: Final = re.compile(rf'"parameters":{_SPACE}\[{_SPACE}(?=\{{)')
_ROW: Final = re.compile(r'\{"name": "([^"\\\x00-\x1f]*)"(,[^{}]*)\}')
_COMMA: Final = re.compile(rf"{_SPACE},{_SPACE}")
_END: Final = re.compile(rf"{_SPACE}\]{_SPACE}\}}{_SPACE}")


class ParameterRows(NamedTuple):
    """A saved inventory with its different rows.

    Attributes:
        table: the decoded object; its `parameters` are the different rows.
        first: for each row the first parameter that has it.
        of: for each parameter the number of its row.
        names: the parameters' names; None if each has a row of its own, which holds it.
    """

    table: Any
    first: Sequence[int]
    of: Sequence[int]
    names: Sequence[str] | None


def parameter_rows(text: str) -> ParameterRows:
    """Return the rows of a JSON text, whose fields nobody has checked yet.

    Raises:
        BadJsonError: the text is not JSON.
    """
    try:
        split = _split(text)
    except strict_json.BadJsonError:
        split = None  # the whole text tells the line
    if split is not None:
        return split
    table = strict_json.parse(text)
    rows = table.get("parameters") if isinstance(table, dict) else None
    each = range(len(rows) if isinstance(rows, list) else 0)
    return ParameterRows(table, each, each, None)


def _split(text: str) -> ParameterRows | None:
    """Return the rows of a text in the usual layout; None if it has another.

    A list closed by `]}` at the end of a text is the value of the object's last key, so nothing but the rows
    is left out of what is decoded.
    """
    start = _START.search(text)
    if not start:
        return None
    table = strict_json.parse(text[: start.end()] + "]}")
    if next(reversed(table)) != "parameters":
        return None
    rows: list[dict[str, Any]] = table["parameters"]
    first: list[int] = []
    of: list[int] = []
    names: list[str] = []
    numbers: dict[str, int] = {}
    before: re.Match[str] | None = start
    while before:
        at = before.end()
        found = _ROW.match(text, at)
        if found and (known := numbers.get(found[2])) is not None:
            of.append(known)
            names.append(found[1])
            at = found.end()
        else:
            row, at = strict_json.value_at(text, at)
            if not isinstance(row, dict) or not isinstance(row.get("name"), str):
                return None
            if found and found.end() == at:
                numbers[found[2]] = len(rows)
            first.append(len(of))
            of.append(len(rows))
            names.append(row["name"])
            rows.append(row)
        before = _COMMA.match(text, at)
    return ParameterRows(table, first, of, names) if _END.fullmatch(text, at) else None
