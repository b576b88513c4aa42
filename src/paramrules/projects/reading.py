"""Read the file that holds a repository's settings."""

import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from paramrules.diagnostics import CODES, Diagnostic, RulesError, Source, Span, did_you_mean, meant
from paramrules.display import from_here
from paramrules.projects.finding import MISSPELT, is_shared, settings_in, settings_source
from paramrules.projects.project import Models, Project, Target, Where
from paramrules.projects.schema import Fault, faults, schema
from paramrules.rules.shipped import find_policy, names_shipped
from paramrules.safe_files import names_in
from paramrules.toml_files import Keys, parse_toml

if TYPE_CHECKING:
    from pathlib import Path

    from paramrules.named_models import ModelName

SCHEMA: Final = "settings.schema.json"
"""The name of the JSON schema beside this module."""
_MOST_FAULTS: Final = 100
"""The most mistakes that are reported of one kind of check, so that time does not grow with their square."""

_ERROR: Final = re.compile(r"E[A-Z]*\d+")
_FOREIGN: Final = re.compile(r"[WN][A-Z]+\d+")
"""A code of a backend, which is declared when the backend is loaded."""


def read_project(path: "str | Path", *, complete: bool = True) -> Project | None:
    """Read the settings in a file; None for a `pyproject.toml` that has none.

    Args:
        path: the file.
        complete: whether all files that they name have to exist; else a rule file may be gone, and a target
            holds what other files it lacks.

    Raises:
        RulesError: E931 if the file cannot be read, E932 for unknown keys, E933 for values that do not fit,
            E934 for files that have to exist and do not; all of them at
            once, up to some hundred.
    """
    file = os.fspath(path)
    return _project(settings_source(file), file, exists=os.path.exists, complete=complete)


def read_former_project(path: "str | Path", data: bytes, name: str) -> Project | None:
    """Return the settings that a file had at another time; None for a `pyproject.toml` that had none.

    The files that they name are those of that time, and need not exist.

    Args:
        path: the file as it is now, for the paths in it.
        data: what was in it.
        name: the file in messages.

    Raises:
        RulesError: E931 to E933, as from `read_project`.
    """
    file = os.fspath(path)
    return _project(settings_in(data, file, name), file, exists=lambda each: True)


def _project(
    source: Source | None, file: str, exists: Callable[[str], bool], complete: bool = True
) -> Project | None:
    if source is None:
        return None
    is_own = not is_shared(file)
    whole = table = parse_toml(source, "E931", f"`{source.name}`")
    before = () if is_own else ("tool", "paramrules")
    for part in before:
        table = table.get(part, {}) if isinstance(table, dict) else {}
    if not is_own and table == {}:
        _refuse_misspelt(whole.get("tool"), source)
        return None
    wrong = list(islice(chain(faults(table, schema(), ()), _faults_of_codes(table)), _MOST_FAULTS))

    @cache
    def keys() -> Keys:  # read for messages alone
        return Keys(source)

    def where(*key: str | int) -> Span:
        return keys().span((*before, *key))

    if not wrong:
        targets, wrong = _targets(table, os.path.dirname(file) or ".", exists, where, complete)
    if wrong:
        found = _located(wrong, where)
        raise RulesError(sorted(found, key=lambda each: each.span.start if each.span else 0))
    return Project(from_here(file), tuple(targets), table.get("severity", {}))


def _located(wrong: Iterable[Fault], where: Where) -> list[Diagnostic]:
    return [Diagnostic(each.code, each.message, where(*each.key), help=each.help) for each in wrong]


def _refuse_misspelt(tools: object, source: Source) -> None:
    """Raise RulesError (E932) for a table of a tool whose name is nearly ours."""
    for name in tools if isinstance(tools, dict) else ():
        at = source.text.find(f"tool.{name}") if f"tool.{name}".startswith(MISSPELT) else -1
        near = did_you_mean(name, ["paramrules"]) if at >= 0 else ""
        if near:
            span = Span(source, at + len("tool."), at + len(f"tool.{name}"))
            message = f"`tool.{name}` holds no settings of paramrules"
            raise RulesError(Diagnostic("E932", message, span, help=near))


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
    table: Mapping[str, Any], folder: str, exists: Callable[[str], bool], where: Where, complete: bool
) -> tuple[list[Target], list[Fault]]:
    from paramrules.named_models import read_input  # with inventories, which `check` needs only for targets

    wrong: list[Fault] = []
    targets = []
    for number, entry in enumerate(table.get("targets", ())):
        if len(wrong) >= _MOST_FAULTS:
            break
        key = ("targets", number)
        lost: list[Fault] = []

        def place(name: str, text: str, key: tuple[str | int, ...] = key, lost: list[Fault] = lost) -> str:
            if name == "rules" and names_shipped(text):
                found = find_policy(text)
                if isinstance(found, Diagnostic):
                    lost.append(Fault("E934", (*key, name), found.message, str(found.help)))
                return text
            path = os.path.join(folder, text)
            if not exists(path):
                around = os.path.dirname(path)
                ending = ".rules" if name == "rules" else ""  # and not their locks
                beside = [
                    each for each in names_in(around, ending) if os.path.isfile(os.path.join(around, each))
                ]
                near = did_you_mean(os.path.basename(path), beside)
                if not near and name == "rules" and len(beside) == 1:
                    near = meant(text, beside[0], safe=False)
                lost.append(
                    Fault(
                        "E934",
                        (*key, name),
                        f"`{text}` does not exist",
                        near or "paths are relative to the folder of this file",
                    )
                )
            return from_here(path)

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
        target = Target(
            place("rules", entry["rules"]),
            Models(
                tuple(names),
                tuple(inputs),
                entry.get("stacked", {}),
                tuple(place("vocabulary", text) for text in entry.get("vocabulary", ())),
                partial(where, *key),
            ),
            options,
            mapping=place("mapping", entry["mapping"]) if "mapping" in entry else None,
            strict=entry.get("strict", False),
            folder=from_here(folder),
            where=partial(where, *key),
        )
        if complete:
            wrong += lost
        else:
            others = (each for each in lost if each.key[-1] != "rules")
            target = replace(target, missing=tuple(_located(others, where)))
        targets.append(target)
    return targets, wrong


def _model(text: str, folder: str) -> "ModelName":
    """Return the name of a model whose path is relative to a folder, as seen from the current one."""
    from paramrules.named_models import read_model_name

    name = read_model_name(text)
    if not name.is_saved and not name.is_file:
        return name._replace(folder=folder)
    origin = from_here(os.path.join(folder, name.origin))
    return name._replace(text=text.replace(name.origin, origin, 1), origin=origin)
