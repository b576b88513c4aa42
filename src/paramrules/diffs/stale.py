"""Lock files: written so that nothing changes without need, and checked against what rules make now."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from paramrules.assignment import Assignment
from paramrules.diagnostics import Diagnostic, RulesError, Source, listed
from paramrules.diffs.diffs import Diffs
from paramrules.diffs.seen_from_here import seen_from_here
from paramrules.diffs.sides import diffs_of_locks
from paramrules.diffs.vocabulary_moves import moves
from paramrules.locks import Lock, LockedModel, read_lock
from paramrules.locks.sections import Identity, identity_of


class Checked(NamedTuple):
    """The result of checking a lock: errors, and the differences behind them."""

    findings: tuple[Diagnostic, ...]
    diffs: Diffs


def check_lock(
    path: str | os.PathLike[str],
    now: Lock,
    *,
    by_name: bool = False,
    assignments: Sequence[Assignment] = (),
    command: str = "paramrules lock",
) -> Checked:
    """Compare a lock file with what the rules make now.

    Versions of packages are not compared.

    Args:
        path: the file.
        now: the lock that would be written.
        by_name: whether a section is for the model of its name alone. Otherwise a model may stand for the
            one that was locked, as a saved inventory does.
        assignments: the assignments that `now` was made of, one for each section. With these, the
            finding names the entries of the vocabulary that have moved parameters.
        command: what to type to write the lock.

    Returns:
        No findings if the file is up to date; E901 if it is stale, E908 if it was edited by hand.

    Raises:
        RulesError: E909 if there is no file; what `read_lock` raises.

    >>> check_lock("vit.rules.lock", paramrules.lock({"vit.json": assignment})).findings
    ()
    """
    name = os.fspath(path)
    if not os.path.lexists(name):
        raise RulesError(Diagnostic("E909", f"there is no lock `{name}`", help=f"`{command}` writes it"))
    old = read_lock(path)
    before, after = (seen_from_here(each, name) for each in (old, now))
    diffs = diffs_of_locks(before, after, by_name=by_name)
    known = dict(zip(map(identity_of, after), assignments, strict=False))
    reasons = list(_reasons(diffs, known))
    return Checked(tuple([_stale(name, reasons, command)] if reasons else _edited(name, old, command)), diffs)


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
    old = {identity_of(each): each for each in before}
    kept = Lock(
        tuple(old[key] if old.get(key) == each else each for each in now for key in [identity_of(each)])
    )
    if kept == before and not _edited(os.fspath(path), before, ""):
        return False
    kept.save(path)
    return True


def _readable(path: str | os.PathLike[str]) -> Lock | None:
    """Return the lock that is there; None for none, and for one to be replaced whatever is wrong with it."""
    try:
        return read_lock(path)
    except RulesError:
        return None


def _stale(name: str, reasons: Sequence[str], command: str) -> Diagnostic:
    return Diagnostic(
        "E901",
        f"`{name}` is stale: {'; '.join(reasons)}",
        help=f"if that is meant, run `{command}` and commit `{name}`",
    )


def _reasons(diffs: Diffs, assignments: Mapping[Identity, Assignment]) -> Iterator[str]:
    """Yield the reasons for which a lock is stale."""
    if diffs.came:
        yield f"it lacks {listed(diffs.came, 4)}"
    if diffs.went:
        yield f"it has {listed(diffs.went, 4)} besides"
    for model, each in zip(diffs.names, diffs.diffs, strict=True):
        if not each.same:
            yield f"on `{model}`, {each.summary}"
            assignment = assignments.get(identity_of(each.new))
            yield from moves(each, assignment) if assignment else ()
        elif each.options:
            yield f"on `{model}`, an option has another value, and the groups are the same"
        for what, before, now in (
            ("the rule file", each.old.rules, each.new.rules),
            ("the framework", each.old.framework, each.new.framework),
        ):
            if before != now:
                yield f"on `{model}`, {what} is `{now}` now, not `{before}`"


def _edited(name: str, old: Lock, command: str) -> list[Diagnostic]:
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
            help=f"`{command}` writes it anew",
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
