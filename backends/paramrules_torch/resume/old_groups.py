"""Name the parameters of a file without names, from the rules or the lock that its groups were made with."""

from collections.abc import Sequence
from pathlib import Path

from paramrules.backends import (
    Assignment,
    Group,
    Inventory,
    Lock,
    LockedModel,
    Rules,
    assign,
    listed,
    rules_or_lock,
)
from paramrules_torch.resume.refusal import refuse
from paramrules_torch.resume.saved_state import Saved

Old = Rules | Assignment | Lock | LockedModel | str | Path | Sequence[Sequence[str]]
"""The grouping of a file without names: its rules, its lock, or the names of each group's parameters."""


def names_of(saved: Saved, old: Old | None, inventory: Inventory) -> Sequence[Sequence[str]]:
    """Return the names of each saved group's parameters.

    Raises:
        RulesError: E621 if neither the file nor `old` has them, or `old` has groups of other sizes.
        TypeError: `old` is of another kind.
    """
    if old is not None and not _is_old(old):
        raise TypeError(
            f"`old` is {old!r:.60} and should be the rules that the state was saved with, or a list of the "
            "names of each group's parameters"
        )
    if saved.names is not None:
        return saved.names
    if old is None:
        raise refuse(
            "E621",
            "the saved state does not name its parameters",
            "pass `old=`: the rules it was saved with, or the names of each group's parameters",
        )
    sizes = [len(keys) for keys in saved.keys]
    opened = rules_or_lock(old) if isinstance(old, str | Path) else old
    ways: Sequence[Sequence[Sequence[str]]]
    if isinstance(opened, Rules | Assignment):
        ways, what = _by_rules(opened, inventory), "rules"
    elif isinstance(opened, Lock | LockedModel):
        ways, what = _by_lock(opened, inventory), "lock"
    else:
        ways, what = [opened], "names"
    for names in ways:
        if [len(group) for group in names] == sizes:
            return names
    raise refuse(
        "E621",
        f"the saved groups have {_joined(sizes)} parameters, and with the old {what} they would have "
        f"{_joined([len(group) for group in ways[0]])}",
        "pass as `old=` the names of each group's parameters in the run that saved them",
    )


def _is_old(old: object) -> bool:
    if isinstance(old, Rules | Assignment | Lock | LockedModel | str | Path):
        return True
    groups = old if isinstance(old, list | tuple) else [None]
    return all(
        isinstance(group, list | tuple) and all(isinstance(name, str) for name in group) for group in groups
    )


def _by_rules(rules: Rules | Assignment, inventory: Inventory) -> list[list[list[str]]]:
    assignment = rules if isinstance(rules, Assignment) else assign(rules, inventory)
    known = assignment.inventory
    return _ways(known.names, known.column("trainable"), assignment.groups, inventory)


def _by_lock(lock: Lock | LockedModel, inventory: Inventory) -> list[list[list[str]]]:
    if isinstance(lock, Lock):
        if len(lock) != 1:
            raise refuse(
                "E621",
                f"the lock has {len(lock)} sections",
                "pass that of the run that saved the state, `old=paramrules.read_lock(path)[name]`: "
                f"{listed(lock.names, 4, 'or')}",
            )
        (lock,) = lock
    trainable = [number not in lock.frozen for number in range(len(lock))]
    return _ways(lock.names, trainable, lock.groups, inventory)


def _ways(
    names: Sequence[str], trainable: Sequence[bool], groups: Sequence[Group], inventory: Inventory
) -> list[list[list[str]]]:
    """Return the groups that `param_groups` makes: of trainable parameters, of all, and, if the old groups
    are those of a whole model, of those on this stage of its pipeline.

    Later rules may have frozen parameters that were trained in the run that saved the state.
    """
    every = [
        [(names[number], trainable[number]) for number in group.parameters]
        for group in groups
        if not (group.settings.get("freeze") or group.settings.get("skip"))
    ]
    here = set(inventory.names)
    ways = []
    for on_stage in (False, True):
        for all_of_them in (False, True):
            way = [
                [name for name, trains in group if (all_of_them or trains) and (name in here or not on_stage)]
                for group in every
            ]
            ways.append([group for group in way if group])
    return ways


def _joined(sizes: Sequence[int]) -> str:
    return ", ".join(map(str, sizes)) or "no"
