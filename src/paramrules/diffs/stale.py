"""Lock files: written so that nothing changes without need, and checked against what rules make now."""

import os
from dataclasses import replace
from typing import NamedTuple

from paramrules.diagnostics import Diagnostic, RulesError, Source, listed
from paramrules.diffs.sides import Diffs, diffs_of_locks
from paramrules.locks import Lock, LockedModel, read_lock


class Checked(NamedTuple):
    """The result of checking a lock: errors, and the differences behind them."""

    findings: tuple[Diagnostic, ...]
    diffs: Diffs


def check_lock(path: str | os.PathLike[str], now: Lock) -> Checked:
    """Compare a lock file with what the rules make now.

    Versions of packages and names of models are not compared, so a saved inventory stands for its model.

    Args:
        path: the file.
        now: the lock that would be written.

    Returns:
        No findings if the file is up to date; E901 if it is stale, E908 if it was edited by hand.

    Raises:
        RulesError: E909 if there is no file; what `read_lock` raises.

    >>> check_lock("vit.rules.lock", paramrules.lock({"vit.json": assignment})).findings
    ()
    """
    name = os.fspath(path)
    if not os.path.lexists(name):
        raise RulesError(Diagnostic("E909", f"there is no lock `{name}`", help="`paramrules lock` writes it"))
    old = read_lock(path)
    diffs = diffs_of_locks(old, now)
    stale = not diffs.same or any(each.options for each in diffs.diffs)
    findings = [_stale(name, diffs)] if stale else _edited(name, old)
    return Checked(tuple(findings), diffs)


def write_lock(path: str | os.PathLike[str], now: Lock) -> bool:
    """Write a lock file, and return whether it has changed.

    The section of a model whose groups are the same stays as it is, with the versions under which they last
    changed: nobody wants a merge conflict about a patch release.

    Raises:
        RulesError: E703 if the file cannot be written; an existing one is then unchanged.
    """
    before = _readable(path)
    if before is None:
        now.save(path)
        return True
    old = {each.model: each for each in before}
    kept = Lock(tuple(old[each.model] if old.get(each.model) == each else each for each in now))
    if kept == before and not _edited(os.fspath(path), before):
        return False
    kept.save(path)
    return True


def _readable(path: str | os.PathLike[str]) -> Lock | None:
    """Return the lock that is there; None for none, and for one to be replaced whatever is wrong with it."""
    try:
        return read_lock(path)
    except RulesError:
        return None


def _stale(name: str, diffs: Diffs) -> Diagnostic:
    sections = [f"it lacks {listed(diffs.came, 4)}"] if diffs.came else []
    sections += [f"it has {listed(diffs.went, 4)} besides"] if diffs.went else []
    found = [f"on `{each.new.model}`, {each.summary}" for each in diffs.diffs if not each.same]
    if not found and not sections:
        found = ["an option has another value, and the groups are the same"]
    return Diagnostic(
        "E901",
        f"`{name}` is stale: {'; '.join(sections + found)}",
        help="if that is meant, lock again without `--check` and commit the file",
    )


def _edited(name: str, old: Lock) -> list[Diagnostic]:
    """Return a finding (E908) if a file is not as it would be written."""
    with open(name, encoding="utf-8-sig", newline=None) as file:
        text = file.read()
    written = Lock(tuple(map(_without_idle_labels, old)), name).text
    if text == written:
        return []
    return [
        Diagnostic(
            "E908",
            f"`{name}` says what it should, but not as it is written: somebody has edited or merged it",
            Source(name, text).first_difference(written),
            help="lock again without `--check`",
        )
    ]


def _without_idle_labels(model: LockedModel) -> LockedModel:
    """Return a section without the labels that no parameter has, which no lock is written with."""
    used = [sorted(set(column)) for column in zip(*model.labels, strict=True)]
    if all(len(own) == len(axis.slots) for own, axis in zip(used, model.axes, strict=False)):
        return model
    places = [{number: place for place, number in enumerate(own)} for own in used]
    return replace(
        model,
        axes=tuple(
            axis._replace(slots=tuple(axis.slots[number] for number in own))
            for own, axis in zip(used, model.axes, strict=False)
        ),
        labels=[tuple(map(dict.__getitem__, places, labels)) for labels in model.labels],
    )
