"""Names, classes, regexes and attributes in the plainest way, for the naive evaluator.

Generated models have few classes, so what is asked of them again and again is answered once.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from re import _constants as sre
from re import _parser
from typing import Any

import paramrules
from paramrules.inventories import Class, Parameter

ABSENT = type("Absent", (), {"__repr__": lambda self: "ABSENT"})()
VOCABULARY = tomllib.loads(
    (Path(paramrules.__file__).parent / "inventories" / "vocabulary.toml").read_text("utf-8")
)


ROLES = ("embedding", "scale", "bias", "weight", "other")


def of_one_tensor(rows: list[Parameter]) -> list[Parameter]:
    """Return a parameter's rows with the role and the fans of the name whose role comes first in `ROLES`."""
    if any(row.role is None for row in rows):
        return rows
    first = min(rows, key=lambda row: (ROLES.index(str(row.role)), not in_the_tables(row), natural(row.name)))
    return [replace(row, role=first.role, fan_in=first.fan_in, fan_out=first.fan_out) for row in rows]


def in_the_tables(row: Parameter) -> bool:
    """Return whether the vocabulary lists the owner's class, or a base of it, by name."""
    listed = [*VOCABULARY["families"].values()]
    listed += [table.get("classes", []) for table in VOCABULARY["roles"] if table.get("classes") != ["*"]]
    names = [(cls.name, *cls.bases) for cls in row.owner.around[-1:]]
    return any(
        dotted(each, name) if "." in each else glob(each, short(name))
        for classes in listed
        for each in classes
        for name in (names[0] if names else ())
    )


def natural(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts names with their digits as numbers."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", name)
    return [(0, int(piece), piece) if piece.isdigit() else (1, 0, piece) for piece in pieces]


@cache
def is_class(alternative: str, cls: Class) -> bool:
    """Return whether a class or a base of it is what an alternative of `type` says."""
    return is_named(alternative, (cls.name, *cls.bases))


@cache
def is_named(alternative: str, own_and_bases: tuple[str, ...]) -> bool:
    """Return whether an alternative of `type` says one of these names."""
    names = [name for name in own_and_bases if not any(dotted(root, name) for root in VOCABULARY["roots"])]
    if "." in alternative:
        return any(dotted(alternative, name) for name in names)
    if any(glob(alternative, short(name)) for name in names):
        return True
    family = VOCABULARY["families"].get(alternative, [])
    by_family = any(dotted(member, name) for member in family for name in names)
    return by_family or by_name(tuple(names)) == alternative


@cache
def by_name(names: tuple[str, ...]) -> str:
    """Return the norm's family or `Attention` that ends the first name to end in one, if no table has any."""
    listed = [member for family in VOCABULARY["families"].values() for member in family]
    if any(dotted(member, name) for member in listed for name in names):
        return ""
    words = sorted((f for f in VOCABULARY["families"] if f[-4:] == "Norm" or f == "Attention"), key=len)
    return next((word for name in names for word in reversed(words) if short(name).endswith(word)), "")


@cache
def dotted(alternative: str, name: str) -> bool:
    """Return whether `name` is a class of the alternative's last name, defined in or below its module."""
    module, _, wanted = alternative.rpartition(".")
    defined_in = name.rpartition(".")[0]
    below = glob(module, defined_in) or glob(module + ".*", defined_in)
    return below and glob(wanted, short(name))


def short(name: str) -> str:
    return name.rpartition(".")[2]


def glob(pattern: str, text: str) -> bool:
    """Only `*` and `?` are wildcards."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def classes(function: str, row: Parameter) -> tuple[Class, ...]:
    """Return the classes that `type`, `within` or `variable` looks at."""
    if function == "variable":
        return (row.variable,) if row.variable else ()
    return row.owner.around if function == "within" else row.owner.around[-1:]


def attribute(path: str, attributes: Mapping[str, object]) -> object:
    """Return what is set on a parameter or a module; a dot reads into a mapping."""
    value: object = attributes
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return ABSENT
        value = value[part]
    return value


def subject(name: str, row: Parameter) -> str:
    return {"name": row.name, "leaf": row.leaf, "module": row.module}[name]


def python(text: str) -> re.Pattern[str]:
    """Return the regex in Python's spelling."""
    return re.compile(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", text), re.ASCII)


def word_groups(text: str) -> dict[int, list[str]]:
    """Return, for each group of a regex that is nothing but plain words, `(a|b)`, the words as they stand."""
    found: dict[int, list[str]] = {}
    number, text = 0, text.removeprefix("(?i)")
    for opening in re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|\((?!\?:)(?:\?P?<\w+>)?", text):
        if opening[0].startswith("("):
            number += 1
            inside = re.match(r"([A-Za-z_]\w*(?:\|[A-Za-z_]\w*)+)\)", text[opening.end() :])
            if inside:
                found[number] = inside[1].split("|")
    return found


def among_words(words: list[str], text: str) -> tuple[int, str]:
    """Return the sort key of a text that is one of the words, in their case or in another, or empty."""
    for place, word in enumerate(words):
        if text == word or (text.lower() == word.lower() and text not in words):
            return place, text
    return -1, text


def numeric_groups(text: str) -> dict[int, bool]:
    """Return, for each group of a regex, whether it can match only digits, one at least."""
    found: dict[int, bool] = {}

    def digits(items: Any) -> bool:  # lists, so that every group is visited
        return False not in [one(op, argument) for op, argument in items]

    def one(op: object, argument: Any) -> bool:
        if op is sre.SUBPATTERN:
            inner = digits(argument[3])
            if argument[0] is not None:
                found[argument[0]] = inner and argument[3].getwidth()[0] > 0
            return inner
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            return digits(argument[2])
        if op is sre.BRANCH:
            return False not in [digits(branch) for branch in argument[1]]
        if op is sre.IN:
            return all(one(*item) for item in argument)
        if op is sre.RANGE:
            return all(chr(end) in "0123456789" for end in argument)
        if op is sre.LITERAL:
            return chr(argument) in "0123456789"
        return op is sre.AT or (op, argument) == (sre.CATEGORY, sre.CATEGORY_DIGIT)

    digits(_parser.parse(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", text), re.ASCII))
    return found
