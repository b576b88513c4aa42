"""Read saved inventories. A file may come from a stranger, so every field is checked before use."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate, count
from operator import mul
from os import PathLike
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from paramrules import strict_json
from paramrules.diagnostics import Diagnostic, RulesError, a, class_name, did_you_mean
from paramrules.facts import GIVEN
from paramrules.inventories.columns import Aliases
from paramrules.inventories.own_vocabulary import OwnFile, OwnFiles, using
from paramrules.inventories.owner import UNKNOWN_OWNER, Class, Owner
from paramrules.inventories.parameter_rows import ParameterRows, parameter_rows
from paramrules.inventories.plugins import faults
from paramrules.inventories.saved import NO_MARKS, VERSION, Rows
from paramrules.inventories.tables import WORDS
from paramrules.inventories.version_1 import upgraded
from paramrules.safe_files import UnreadableError, names_in, read_text

LARGEST_FILE: Final = 256 << 20
"""The most bytes of a file: about a million parameters."""

_NO_OWNER: Final = "the file has no owner for some parameters: save the inventory of the model itself"
"""The way out where a rule asks for the owner of a parameter, and the file does not list it as unknown."""

_GIVEN_ONCE: Final = [fact for fact in GIVEN.values() if not fact.by_name]
_GIVEN_BY_NAME: Final = [fact for fact in GIVEN.values() if fact.by_name]

_ONCE: Final = (
    *("shape", "elements", "stored", "layer", "dtype", "variable"),
    *(fact.name for fact in _GIVEN_ONCE),
)
"""The facts that a parameter has once. Under its further names nobody checks them, so they are not read."""

ROLES: Final = ("weight", "bias", "scale", "embedding", "other")


class Saved(NamedTuple):
    """The arguments of the `Inventory` that a file holds."""

    framework: str
    names: Sequence[str]
    owners: Sequence[Owner]
    columns: Rows
    aliases: Aliases
    unknown: Mapping[str, str]
    own: OwnFiles


def load(path: str | Path) -> Saved:
    """Read the inventory in a file.

    Raises:
        RulesError: E505 if the file does not hold one, E506 if it has another version.
    """
    if not isinstance(path, str | PathLike):
        raise TypeError(f"a saved inventory is named by its path: this is {a(class_name(type(path)))}")
    try:
        return parse(read_text(path, LARGEST_FILE), str(path))
    except FileNotFoundError:
        beside = names_in(Path(path).parent, ".json")
        raise _unreadable(str(path), "it does not exist", did_you_mean(Path(path).name, beside)) from None
    except UnreadableError as error:
        raise _unreadable(str(path), str(error)) from None


def parse(text: str, name: str = "<inventory>") -> Saved:
    """Read the inventory in a text, which errors call `name`. Raises what `load` raises."""
    try:
        saved = parameter_rows(text)
    except strict_json.BadJsonError as error:
        raise _unreadable(name, str(error)) from None
    table = saved.table
    if not isinstance(table, dict) or "paramrules_inventory" not in table:
        raise _unreadable(name, "it has no `paramrules_inventory`, which holds the version")
    version = table["paramrules_inventory"]
    if not _whole(version) or not 1 <= version <= VERSION:
        raise RulesError(
            Diagnostic(
                "E506",
                f"`{name}` has version {_shown(version)}, and this paramrules reads versions 1 and {VERSION}",
                help="save it again with this paramrules, or install the one that has saved it",
            )
        )
    try:
        return _inventory(saved)
    except _Fault as fault:
        raise _unreadable(name, str(fault)) from None


def _inventory(saved: ParameterRows) -> Saved:
    """Check the different rows, each under the number of the first parameter that has it."""
    table, first = saved.table, saved.first
    marks = _get("", table, "modules", _MARKS) if "modules" in table else None
    unknown = _get("", table, "unknown", _TEXTS) | ({"module_attr": NO_MARKS} if marks is None else {})
    classes = [Class(row[0], tuple(row[1])) for _, row in _each(table, "classes", _CLASS)]
    own = _own(table)
    with using(own):
        owners = [_owner(where, row, classes) for where, row in _each(table, "owners", _NUMBERS)]
    parameters = _each(table, "parameters", _MAPPING, numbers=first)
    further: list[tuple[str, Any]] = []
    aliases: dict[int, Sequence[int]] = {}
    for number, (where, row) in zip(first, parameters, strict=True):
        _check_parameter(where, row, unknown, classes)
        tied = _each(row, "also", _MAPPING, f"{where}.") if "also" in row else []
        if tied:
            start = len(saved.of) + len(further)
            aliases[number] = range(start, start + len(tied))
            further += [(place, {key: one[key] for key in one if key not in _ONCE}) for place, one in tied]
    places = parameters + further
    row_names = [_entry_name(where, row, unknown, owners) for where, row in places]
    names = [*saved.names, *row_names[len(parameters) :]] if saved.names is not None else row_names
    if len(set(names)) < len(names):
        raise _Fault(f"the name `{Counter(names).most_common(1)[0][0]}` is there twice")
    rows = [row for _, row in places]
    of = [*saved.of, *range(len(parameters), len(rows))]
    row_owners = [UNKNOWN_OWNER if row["owner"] is None else owners[row["owner"]] for row in rows]
    if UNKNOWN_OWNER in row_owners:
        unknown = dict.fromkeys(("type", "within"), _NO_OWNER) | unknown
    entry_owners = [row_owners[number] for number in of]
    if table["paramrules_inventory"] == 1:
        rows = upgraded([rows[number] for number in of], names, entry_owners, aliases)
        of = list(range(len(rows)))
    framework = _get("", table, "framework", _TEXT)
    return Saved(framework, names, entry_owners, Rows(rows, of, classes, marks), aliases, unknown, own)


def _owner(where: str, row: list[int], classes: list[Class]) -> Owner:
    if not row:
        raise _Fault(f"`{where}` has no class")
    return Owner(tuple(_at(classes, number, where) for number in row))


def _own(table: Mapping[str, Any]) -> OwnFiles:
    """Return the model's own vocabulary, which most files do not have."""
    files = _each(table, "vocabulary", _MAPPING) if "vocabulary" in table else []
    found = []
    for where, row in files:
        tables = _get(where, row, "tables", _MAPPING)
        for what, _ in faults(tables, ()):
            raise _Fault(f"in `{where}.tables`, {what}")
        found.append(OwnFile(_get(where, row, "source", _TEXT), tables))
    return tuple(found)


def _check_parameter(
    where: str, row: Mapping[str, Any], unknown: Mapping[str, str], classes: list[Class]
) -> None:
    """Check the facts that a parameter has once, whatever its names."""
    _shape(where, row, "shape")
    if "elements" in row:
        _get(where, row, "elements", _NUMBER)
    stored = _shape(where, row, "stored") if "stored" in row else row["shape"]
    if "layer" in row:
        _check_layer(f"{where}.layer", _get(where, row, "layer", _MAPPING), stored)
    _get(where, row, "dtype", _TEXT)
    held = [fact for fact in _GIVEN_ONCE if fact.name in row or fact.name == "trainable"]  # as every file has
    for fact in held:
        _get(where, row, fact.name, _FLAG if fact.is_flag else _NUMBER)
    if "variable" not in unknown:
        _at(classes, _get(where, row, "variable", _NUMBER), f"{where}.variable")


def _shape(where: str, row: Mapping[str, Any], key: str) -> list[int]:
    """Return a shape, whose number of elements fits into 64 bits."""
    shape: list[int] = _get(where, row, key, _NUMBERS)
    if 0 not in shape and any(size > strict_json.LARGEST for size in accumulate(shape, mul)):
        raise _Fault(f"`{where}.{key}` is {_shown(shape)}, with more than 2**63 elements")
    return shape


def _check_layer(where: str, row: Mapping[str, Any], stored: list[int]) -> None:
    """Check the place of a layer in an array of this shape."""
    _get(where, row, "array", _NAME)
    axes, at = _get(where, row, "axes", _NUMBERS), _get(where, row, "at", _NUMBERS)
    if len(axes) != len(at):
        raise _Fault(f"`{where}` has {len(axes)} axes and {len(at)} places")
    for axis, place in zip(axes, at, strict=True):
        _at(range(_at(stored, axis, f"{where}.axes")), place, f"{where}.at")


def _entry_name(where: str, row: Mapping[str, Any], unknown: Mapping[str, str], owners: list[Owner]) -> str:
    """Return the name of an entry after checking its other facts."""
    if (owner := _get(where, row, "owner", _NUMBER_OR_NULL)) is not None:
        _at(owners, owner, f"{where}.owner")
    if "role" not in unknown:
        _get(where, row, "role", _ROLE)
    for fact in _GIVEN_BY_NAME:
        if fact.name in row:
            _get(where, row, fact.name, _FLAG if fact.is_flag else _NUMBER)
    if "attributes" in row:
        _get(where, row, "attributes", _MAPPING)
    if "layout" in row:
        _get(where, row, "layout", _LAYOUT)
    if "groups" in row:
        _get(where, row, "groups", _COUNT)
    return str(_get(where, row, "name", _NAME))


class _Fault(Exception):  # noqa: N818 - it never leaves this module
    """A mistake in the file, in words."""


class _Kind(NamedTuple):
    """A kind of value that a field may hold, and its name in messages."""

    called: str
    holds: Callable[[Any], bool]


_T = TypeVar("_T")


def _whole(value: object) -> bool:
    return type(value) is int and value >= 0  # a boolean is not


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_TEXT = _Kind("a text", lambda v: isinstance(v, str) and bool(v))
_NAME = _Kind("a text", lambda v: isinstance(v, str))
_FLAG = _Kind("true or false", lambda v: isinstance(v, bool))
_NUMBER = _Kind("a whole number from 0", _whole)
_COUNT = _Kind("a whole number from 1", lambda v: _whole(v) and v > 0)
_NUMBER_OR_NULL = _Kind("a whole number from 0 or null", lambda v: v is None or _whole(v))
_NUMBERS = _Kind("a list of whole numbers from 0", lambda v: isinstance(v, list) and all(map(_whole, v)))
_MAPPING = _Kind("an object", lambda v: isinstance(v, dict))
_MARKS = _Kind(
    "an object of objects", lambda v: isinstance(v, dict) and all(isinstance(i, dict) for i in v.values())
)
_TEXTS = _Kind("an object of texts", lambda v: isinstance(v, dict) and _texts(list(v.values())))
_LAYOUT = _Kind(
    f"a list of {', '.join(f'`{word}`' for word in WORDS)}",
    lambda v: isinstance(v, list) and all(isinstance(word, str) and word in WORDS for word in v),
)
_LIST = _Kind("a list", lambda v: isinstance(v, list))
_ROLE = _Kind(
    f"one of {', '.join(f'`{role}`' for role in ROLES)}", lambda v: isinstance(v, str) and v in ROLES
)
_CLASS = _Kind(
    "a class's name and the list of its bases",
    lambda v: isinstance(v, list) and len(v) == 2 and isinstance(v[0], str) and _texts(v[1]),
)


def _get(where: str, row: Mapping[str, Any], key: str, kind: _Kind) -> Any:
    """Return a field of a row; it must be there and of this kind."""
    if key in row and kind.holds(row[key]):  # a file has millions of fields, and most are
        return row[key]
    place = f"{where}.{key}".removeprefix(".")
    raise _Fault(_wrong(place, row[key], kind) if key in row else f"`{place}` is missing")


def _each(
    row: Mapping[str, Any], key: str, kind: _Kind, where: str = "", numbers: Iterable[int] | None = None
) -> list[tuple[str, Any]]:
    """Return the items of a list, each with its place; `numbers` are those of items in the file."""
    items = _get(where.removesuffix("."), row, key, _LIST)
    found = [(f"{where}{key}[{at}]", item) for at, item in zip(numbers or count(), items, strict=False)]
    for place, item in found:
        if not kind.holds(item):
            raise _Fault(_wrong(place, item, kind))
    return found


def _wrong(place: str, value: object, kind: _Kind) -> str:
    return f"`{place}` is {_shown(value)} and should be {kind.called}"


def _at(items: Sequence[_T], number: int, place: str) -> _T:
    if number >= len(items):
        raise _Fault(f"`{place}` is {number}, and there are {len(items)}")
    return items[number]


def _shown(value: object) -> str:
    return f"`{strict_json.shown(value)}`"


def _unreadable(name: str, why: str, near: str = "") -> RulesError:
    return RulesError(
        Diagnostic(
            "E505",
            f"`{name}` cannot be read as an inventory: {why}",
            help=near or "`paramrules inventory MODEL -o FILE` saves one",
        )
    )
