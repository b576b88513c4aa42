"""Vocabularies of installed packages.

A package names a TOML file by an entry point; nothing of the package is imported to read it:

    [project.entry-points."paramrules.vocabulary"]
    norms = "acme_norms:vocabulary.toml"

The file has the tables of vocabulary.toml. Names of classes must be dotted: a bare one, or a pattern such as
`*Norm`, would cover everybody's classes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from itertools import islice, product
from pathlib import Path
from typing import Any

from paramrules.diagnostics import Diagnostic, RulesError, a, did_you_mean
from paramrules.entry_points import entry_points
from paramrules.inventories.tables import WORDS, Tables
from paramrules.toml_files import load_toml

_TABLES = ("families", "roles", "layouts", "roots", "frameworks")
_ROLES = ("weight", "bias", "scale", "embedding", "other")
_DOTTED = re.compile(r"\w+(\.[\w*?]+)+")

_WORDS = 2_000
"""The most names in a file: some are compared with one another."""
_MOST_FAULTS = 20
"""The most mistakes that are reported of one file."""

_MOST_LEAVES = 100_000
"""The most pairs of a class and a leaf in the roles of a file."""

_Fault = tuple[str, str]
"""A mistake, and what to type instead."""


def installed(families: Iterable[str]) -> list[Tables]:
    """Return the tables of all installed packages, in the order of the packages' names.

    Args:
        families: the shipped families.

    Raises:
        RulesError: E510 if a file cannot be read.
    """
    found = sorted((_package(point), point.value) for point in entry_points(group="paramrules.vocabulary"))
    return [read(package, _file(package, value), families) for package, value in found]


def read(package: str, toml: bytes, families: Iterable[str]) -> Tables:
    """Return the tables in a package's file. Raises RulesError (E510) for each mistake in it."""
    try:
        table = load_toml(toml.decode("utf-8"))
    except ValueError as error:
        raise RulesError(_diagnostic(package, (str(error), "mend the TOML"))) from None
    wrong = [_diagnostic(package, fault) for fault in faults(table, families)]
    if wrong:
        raise RulesError(wrong)
    return Tables.of(package, table)


def _package(point: EntryPoint) -> str:
    assert point.dist is not None  # `entry_points` returns only those of distributions
    return point.dist.name


def _file(package: str, value: str) -> bytes:
    """Read the file that an entry point such as `acme_norms.data:vocabulary.toml` names."""
    module, _, file = (part.strip() for part in value.partition(":"))
    root, *folders = module.split(".")
    try:
        spec = find_spec(root)  # of the outermost package: to find one inside would import it
    except ValueError:
        spec = None
    for place in (spec and spec.submodule_search_locations) or ():
        path = Path(place, *folders, file)
        if path.is_file():
            return path.read_bytes()
    raise RulesError(
        _diagnostic(
            package,
            (
                f"its entry point `{value}` leads to no file",
                "name a file inside a package, as in `acme_norms:vocabulary.toml`",
            ),
        )
    )


def _diagnostic(package: str, fault: _Fault) -> Diagnostic:
    what, instead = fault
    return Diagnostic("E510", f"the vocabulary of `{package}` cannot be read: {what}", help=instead)


def faults(table: Mapping[str, Any], families: Iterable[str]) -> Iterator[_Fault]:
    """Yield the first mistakes in a vocabulary, and for each what to type instead."""
    return islice(_all_faults(table, families), _MOST_FAULTS)


def _all_faults(table: Mapping[str, Any], families: Iterable[str]) -> Iterator[_Fault]:
    if _words(table) > _WORDS:
        yield f"it has more than {_WORDS:,} names", "let `*` in a class or a leaf stand for several"
        return
    for name in (name for name in table if name not in _TABLES):
        near = (
            did_you_mean(name, _TABLES)
            or "a vocabulary has `families`, `roles`, `layouts`, `roots` and `frameworks`"
        )
        yield f"`{name}` is not a table of a vocabulary", near
    yield from _class_faults("roots", table.get("roots", []))
    yield from _family_faults(table.get("families", {}), families)
    yield from _role_faults(table.get("roles", []))
    yield from _layout_faults(table.get("layouts", {}))
    yield from _framework_faults(table.get("frameworks", {}))


def _words(table: object) -> int:
    """Return how many keys and texts a table holds."""
    count, todo = 0, [table]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo += [*one, *one.values()]
        elif isinstance(one, list):
            todo += one
        else:
            count += 1
    return count


def _family_faults(table: Any, families: Iterable[str]) -> Iterator[_Fault]:
    if not isinstance(table, dict):
        yield (
            "`families` is not a table",
            'write below `[families]`, one by one: `RMSNorm = ["acme_norms.UnitScale"]`',
        )
        return
    folded = {_folded(family): family for family in families}
    for family, classes in table.items():
        known = folded.get(_folded(family), family)
        if known != family:
            yield f"`{family}` is not how the family is spelled", f"write `{known}`"
        yield from _class_faults(f"families.{family}", classes)


def _folded(family: str) -> str:
    return family.lower().replace("_", "")


def _class_faults(where: str, classes: Any) -> Iterator[_Fault]:
    if not _is_list(classes, str):
        yield (
            f"`{where}` is not a list of classes",
            'write a list of dotted names: `["acme_norms.UnitScale"]`',
        )
        return
    for cls in classes:
        if not _DOTTED.fullmatch(cls):
            yield (
                f"`{cls}` in `{where}` does not say where the class is defined",
                "write its package or module in front, as in `acme_norms.UnitScale`",
            )


def _role_faults(tables: Any) -> Iterator[_Fault]:
    if not _is_list(tables, dict):
        yield "`roles` is not an array of tables", "write each table below a line `[[roles]]`"
        return
    for table in tables:
        yield from _class_faults("roles.classes", table.get("classes"))
        for role in (key for key in table if key != "classes"):
            if role not in _ROLES:
                yield (
                    f"`{role}` is not a role",
                    'roles are `weight`, `bias`, `scale`, `embedding` and `other`: `scale = ["gain"]`',
                )
            elif not _is_list(table[role], str):
                yield f"`roles.{role}` is not a list of leaves", f'write a list of names: `{role} = ["gain"]`'
    yield from _contradictions(tables)


def _contradictions(tables: Sequence[Mapping[str, Any]]) -> Iterator[_Fault]:
    """Yield each leaf of a class to which one vocabulary gives two roles."""
    found: dict[tuple[str, str], str] = {}
    left = _MOST_LEAVES
    for table in tables:
        classes: Any = table.get("classes") if _is_list(table.get("classes"), str) else ()
        for role in (role for role in _ROLES if _is_list(table.get(role), str)):
            left -= len(classes) * len(table[role])
            if left < 0:
                yield f"`roles` has more than {_MOST_LEAVES:,} pairs of a class and a leaf", "leave some out"
                return
            pairs = product(classes, table[role])
            for cls, leaf in pairs:
                first = found.setdefault((cls, leaf), role)
                if first != role:
                    what = f"`{leaf}` of `{cls}` is {a(first)} in one place and {a(role)} in another"
                    yield what, "leave one of the two out"


def _layout_faults(table: Any) -> Iterator[_Fault]:
    rows = table.items() if isinstance(table, dict) else [("layouts", table)]
    for cls, leaves in rows:
        yield from _class_faults("layouts", [cls]) if isinstance(table, dict) else ()
        if not isinstance(leaves, dict):
            yield f"`{cls}` has no table of leaves", 'write `"acme_norms.Mix" = { weight = "out in" }`'
            continue
        for leaf, axes in leaves.items():
            if not isinstance(axes, str) or not _is_layout(axes.split()):
                yield (
                    f"`{axes}` is not a layout of `{leaf}`"
                    if isinstance(axes, str | int | float)
                    else f"the layout of `{leaf}` is not a text",
                    "write a word for each axis: `in`, `out`, `_`, and once `*` for any number of them",
                )


def _framework_faults(table: Any) -> Iterator[_Fault]:
    rows: Iterable[tuple[str, Any]] = table.items() if isinstance(table, dict) else [("", None)]
    for framework, packages in rows:
        if not _is_list(packages, str) or not all(map(str.isidentifier, packages)):
            where = f"frameworks.{framework}".removesuffix(".")
            yield f"`{where}` is not a list of packages", 'write below `[frameworks]`: `MLX = ["mlx"]`'


def _is_layout(axes: list[str]) -> bool:
    return set(axes) <= set(WORDS) and axes.count("*") <= 1


def _is_list(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)
