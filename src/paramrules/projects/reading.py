"""Find and read the file that holds a repository's settings."""

import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from paramrules.diagnostics import CODES, Diagnostic, RulesError, Source, did_you_mean
from paramrules.projects.project import Models, Project, Target
from paramrules.projects.schema import Fault, faults, schema
from paramrules.rules.shipped import find_policy, names_shipped
from paramrules.safe_files import UnreadableError, read_text

if TYPE_CHECKING:
    from paramrules.named_models import ModelName
    from paramrules.toml_files import Keys

SCHEMA: Final = "settings.schema.json"
"""The name of the JSON schema beside this module."""
_LARGEST_FILE: Final = 1 << 20
"""The most bytes of a file."""
_MOST_FAULTS: Final = 100
"""The most mistakes that are reported of one kind of check, so that time does not grow with their square."""
_NAMES: Final = ("paramrules.toml", "pyproject.toml")
"""The files that may hold settings; in one folder the first goes before the second."""
_ROOTS: Final = (".git", ".hg", ".jj", ".svn")
"""Entries of a repository's root."""

_ERROR: Final = re.compile(r"E[A-Z]*\d+")
_FOREIGN: Final = re.compile(r"[WN][A-Z]+\d+")
"""A code of a backend, which is declared when the backend is loaded."""


def find_project(folder: str | Path = ".") -> Project | None:
    """Return the settings that hold for a folder, or None if there are none.

    The nearest `paramrules.toml`, or `pyproject.toml` with a table `tool.paramrules`, from this folder up to
    the root of its repository. Outside of a repository only the folder itself is searched: settings name
    models, which are code, and a parent folder may be anybody's.

    Raises:
        RulesError: the errors of `read_project`.
    """
    here = Path(folder).absolute()
    above = [here, *here.parents]
    root = next(
        (number for number, each in enumerate(above) if any(os.path.exists(each / r) for r in _ROOTS)), 0
    )
    for each in above[: root + 1]:
        for name in _NAMES:
            if os.path.isfile(each / name) and (project := read_project(each / name)) is not None:
                return project
    return None


def read_project(path: str | Path) -> Project | None:
    """Read the settings in a file; None for a `pyproject.toml` that has none.

    Raises:
        RulesError: E931 if the file cannot be read, E932 for unknown keys, E933 for values that do not fit,
            E934 for files that do not exist; all of them at once, up to
            some hundred.
    """
    path = Path(path)
    shown = _from_here(path)
    return _project(Source(shown, _text(path, shown)), path, exists=Path.exists)


def read_former_project(path: str | Path, text: str, name: str) -> Project | None:
    """Return the settings that a file had at another time; None for a `pyproject.toml` that had none.

    The files that they name are those of that time, and need not exist.

    Args:
        path: the file as it is now, for the paths in it.
        text: what was in it.
        name: the file in messages.

    Raises:
        RulesError: E931 to E933, as from `read_project`.
    """
    return _project(Source(name, text), Path(path), exists=lambda each: True)


def _project(source: Source, path: Path, exists: Callable[[Path], bool]) -> Project | None:
    source = Source(source.name, source.text.removeprefix("\ufeff").replace("\r\n", "\n"))
    is_own = path.name != "pyproject.toml"
    if not is_own and "paramrules" not in source.text:
        return None  # whatever is wrong with it
    from paramrules.toml_files import Keys, parse_toml  # 4 ms, and most files have no settings

    table = parse_toml(source, "E931", f"`{source.name}`")
    before = () if is_own else ("tool", "paramrules")
    for part in before:
        table = table.get(part, {}) if isinstance(table, dict) else {}
    if not is_own and table == {}:
        return None
    wrong = list(islice(chain(faults(table, schema(), ()), _faults_of_codes(table)), _MOST_FAULTS))
    if not wrong:
        targets, wrong = _targets(table, path.parent, exists)
    if wrong:
        keys = Keys(source)
        found = [_diagnostic(each, keys, before) for each in wrong]
        raise RulesError(sorted(found, key=lambda each: each.span.start if each.span else 0))
    return Project(_from_here(path), tuple(targets), table.get("severity", {}))


def _text(path: Path, shown: str) -> str:
    try:
        return read_text(path, _LARGEST_FILE)
    except FileNotFoundError:
        reason = "it does not exist"
    except UnreadableError as error:
        reason = str(error)
    raise RulesError(Diagnostic("E931", f"`{shown}` cannot be read: {reason}"))


def _from_here(path: Path) -> str:
    """Return a path as seen from the current folder."""
    return os.path.relpath(path).replace(os.sep, "/")


def _diagnostic(fault: Fault, keys: "Keys", before: tuple[str, ...]) -> Diagnostic:
    return Diagnostic(fault.code, fault.message, keys.span((*before, *fault.key)), help=fault.help)


def _faults_of_codes(table: object) -> Iterator[Fault]:
    severity = table.get("severity", {}) if isinstance(table, dict) else {}
    for code in severity if isinstance(severity, dict) else ():
        if _ERROR.fullmatch(code):
            help = "take it out; warnings (W) and notes (N) may count as something else"
            yield Fault("E933", ("severity", code), f"`{code}` is an error, and stays one", help)
        elif code not in CODES and not _FOREIGN.fullmatch(code):
            near = did_you_mean(code, CODES) or "docs/diagnostics.md lists them"
            yield Fault("E932", ("severity", code), f"there is no code `{code}`", near)


def _targets(
    table: Mapping[str, Any], folder: Path, exists: Callable[[Path], bool]
) -> tuple[list[Target], list[Fault]]:
    from paramrules.named_models import read_input  # with inventories, which `check` needs only for targets

    wrong: list[Fault] = []
    targets = []
    for number, entry in enumerate(table.get("targets", ())):
        if len(wrong) >= _MOST_FAULTS:
            break
        key = ("targets", number)

        def place(name: str, text: str, key: tuple[str | int, ...] = key) -> str:
            if name == "rules" and names_shipped(text):
                found = find_policy(text)
                if isinstance(found, Diagnostic):
                    wrong.append(Fault("E934", (*key, name), found.message, str(found.help)))
                return text
            path = folder / text
            if not os.path.exists(path):  # false for a name that the system refuses, too
                near = did_you_mean(
                    path.name, (each.name for each in path.parent.glob("*") if os.path.isfile(each))
                )
                wrong.append(
                    Fault(
                        "E934",
                        (*key, name),
                        f"`{text}` does not exist",
                        near or "paths are relative to the folder of this file",
                    )
                )
            return _from_here(path)

        names, inputs = [], []
        for text in entry.get("models", ()):
            try:
                names.append(_model(text, folder))
            except ValueError as error:
                wrong.append(Fault("E933", (*key, "models"), str(error), ""))
        for text in entry.get("inputs", ()):
            try:
                inputs.append(read_input(text))
            except ValueError as error:
                wrong.append(Fault("E933", (*key, "inputs"), str(error), ""))
        options = entry.get("options", {})
        for name, value in options.items():
            if isinstance(value, float) and not math.isfinite(value):
                message = f"`{name}` is `{value}`, which is not a finite number"
                wrong.append(Fault("E933", (*key, "options", name), message, "write a finite one"))
        targets.append(
            Target(
                place("rules", entry["rules"]),
                Models(
                    tuple(names),
                    tuple(inputs),
                    entry.get("stacked", {}),
                    tuple(place("vocabulary", text) for text in entry.get("vocabulary", ())),
                ),
                options,
                mapping=place("mapping", entry["mapping"]) if "mapping" in entry else None,
                strict=entry.get("strict", False),
                folder=_from_here(folder),
            )
        )
    return targets, wrong


def _model(text: str, folder: Path) -> "ModelName":
    """Return the name of a model whose path is relative to a folder, as seen from the current one."""
    from paramrules.named_models import read_model_name

    name = read_model_name(text)
    if not name.is_saved and not name.is_file:
        return name._replace(folder=str(folder))
    origin = _from_here(folder / name.origin)
    return name._replace(text=text.replace(name.origin, origin, 1), origin=origin)
