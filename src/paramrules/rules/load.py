"""Reads a rule file, with the files that it includes, all the way to rules."""

import os
from collections.abc import Iterable
from dataclasses import replace

from paramrules.diagnostics import Diagnostic, RulesError, Source
from paramrules.rules.allow import unsilenced
from paramrules.rules.includes import Reading
from paramrules.rules.loaded import Loaded
from paramrules.rules.model import Rules
from paramrules.rules.resolve import resolve
from paramrules.syntax.decode import normalised, open_source


def load(path: str | os.PathLike[str]) -> Rules:
    """The rules in a file.

    Reading is pure: nothing is run, and no file is opened but this one and those that it includes.

    Raises RulesError with every error of the file and its includes, and the warnings beside them. Warnings
    alone are in the rules' `findings`.

    >>> rules = paramrules.load("vit.rules")
    >>> [axis.name for axis in rules.axes]
    ['decay', 'lr']
    """
    return _finish(*_load(path))


def parse(text: str, name: str = "<rules>") -> Rules:
    """The rules in a text. `name` is what diagnostics call it; it has no folder, so it includes no files.

    Raises RulesError as `load` does.

    >>> rules = paramrules.parse("no_decay: ndim <= 1 -> weight_decay = 0")
    """
    source = Source(name, normalised(text))
    reading = Reading(source)
    return _finish(*_understand(reading.main(source, None), reading))


def read(path: str | os.PathLike[str]) -> Rules:
    """The same as `load`, of a file that may hold nothing but definitions for others to include."""
    return _finish(*_load(path, may_define_only=True))


def check(path: str | os.PathLike[str]) -> list[Diagnostic]:
    """Every error and warning that can be found in a file without a model. Never raises for a bad file.

    A file of definitions alone, for others to include, is a right one here; `load` refuses it.

    >>> [finding.code for finding in check("vit.rules")]
    []
    """
    _, findings = _load(path, may_define_only=True)
    return findings


def _load(
    path: str | os.PathLike[str], may_define_only: bool = False
) -> tuple[Rules | None, list[Diagnostic]]:
    name = os.fspath(path)
    source = open_source(name, name)
    if isinstance(source, Diagnostic):
        return None, [source]
    reading = Reading(source)
    return _understand(reading.main(source, name), reading, may_define_only)


def _understand(
    loaded: Loaded, reading: Reading, may_define_only: bool = False
) -> tuple[Rules | None, list[Diagnostic]]:
    rules, findings = resolve(loaded, may_define_only=may_define_only)
    findings = reading.findings + findings
    findings = _sorted(unsilenced(findings, loaded.allows), reading.sources)
    return rules and replace(rules, findings=tuple(findings)), findings


def _finish(rules: Rules | None, findings: list[Diagnostic]) -> Rules:
    if rules is None or any(finding.is_error for finding in findings):
        raise RulesError(findings)
    return rules


def _sorted(findings: Iterable[Diagnostic], sources: list[Source]) -> list[Diagnostic]:
    """In the order of the files, the main one first, and in a file from top to bottom."""
    order = {id(source): number for number, source in enumerate(sources)}

    def place(finding: Diagnostic) -> tuple[int, int]:
        span = finding.span
        return (order.get(id(span.source), len(order)), span.start) if span else (-1, 0)

    return sorted(findings, key=place)
