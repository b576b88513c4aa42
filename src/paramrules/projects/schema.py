"""Settings held against their JSON schema, which is the only list of their keys.

Only the words that `settings.schema.json` uses are known here.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pkgutil import get_data  # importlib.resources takes 7 ms to import
from typing import Any, Final, NamedTuple

from paramrules.diagnostics import did_you_mean

_TYPES: Final[Mapping[str, tuple[type, str]]] = {
    "array": (list, "a list"),
    "boolean": (bool, "true or false"),
    "integer": (int, "a whole number"),
    "number": (int | float, "a number"),  # type: ignore[dict-item]  # isinstance takes a union, too
    "object": (dict, "a table"),
    "string": (str, "a string"),
}


class Fault(NamedTuple):
    """A mistake in settings.

    Attributes:
        code: E932 for an unknown key, E933 for anything else.
        key: the way to it.
        message: what is wrong.
        help: what to write.
    """

    code: str
    key: tuple[str | int, ...]
    message: str
    help: str


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON schema of the settings."""
    data = get_data(__name__, "settings.schema.json")
    assert data is not None
    read: Mapping[str, Any] = json.loads(data)
    return read


def faults(
    value: object, rule: Mapping[str, Any], key: tuple[str | int, ...], help: str = ""
) -> Iterator[Fault]:
    """Yield the mistakes in a value, of a key and what is below it.

    Args:
        value: what TOML gave.
        rule: its part of the schema.
        key: the way to the value.
        help: what to write in its place, from the examples of the nearest key.
    """
    help = f"write `{rule['examples'][0]}`" if "examples" in rule else help
    name = next((f"`{part}`" for part in reversed(key) if isinstance(part, str)), "the file")
    if "enum" in rule and value not in rule["enum"]:
        words = ", ".join(f'`"{word}"`' for word in rule["enum"])
        yield Fault("E933", key, f"{name} is {_shown(value)} and should be one of {words}", help)
    elif "type" in rule and not _has_type(value, rule["type"]):
        yield Fault("E933", key, f"{name} is {_shown(value)} and should be {_kinds(rule)}", help)
    elif isinstance(value, list):
        for number, element in enumerate(value):
            if not _has_type(element, rule["items"]["type"]):
                what = f"{name} holds {_shown(element)} and should be {_kinds(rule)}"
                yield Fault("E933", (*key, number), what, help)
            else:
                yield from faults(element, rule["items"], (*key, number), help)
    elif isinstance(value, dict):
        yield from _faults_of_table(value, rule, key, help)
    elif isinstance(value, int) and value < rule.get("minimum", value):
        yield Fault("E933", key, f"{name} is {value} and should be at least {rule['minimum']}", help)


def _faults_of_table(
    table: Mapping[str, object], rule: Mapping[str, Any], key: tuple[str | int, ...], help: str
) -> Iterator[Fault]:
    known: Mapping[str, Any] = rule.get("properties", {})
    for name, value in table.items():
        below = known.get(name, rule["additionalProperties"])
        if below is False:
            near = did_you_mean(name, known) or "its keys: " + ", ".join(f"`{each}`" for each in known)
            where = "a target" if key else "the settings"
            yield Fault("E932", (*key, name), f"`{name}` is not a key of {where}", near)
        else:
            yield from faults(value, below, (*key, name), help)
    for name in rule.get("required", ()):
        if name not in table:
            yield Fault("E933", key, f"a target has no `{name}`", f"write `{known[name]['examples'][0]}`")


def _has_type(value: object, types: str | list[str]) -> bool:
    names = [types] if isinstance(types, str) else types
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES[name][0]) for name in names)


def _kinds(rule: Mapping[str, Any]) -> str:
    """Return the wording of the type that a value should have."""
    names = [rule["type"]] if isinstance(rule["type"], str) else rule["type"]
    if names == ["array"]:
        return "a list of strings" if rule["items"]["type"] == "string" else "a list of tables"
    return " or ".join(_TYPES[name][1] for name in names)


def _shown(value: object) -> str:
    """Return the wording of a value of the wrong type."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    return f"`{json.dumps(value, default=str)}`"
