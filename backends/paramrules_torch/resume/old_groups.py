"""The names of a file that has none, from the rules under which its groups were made."""

from collections.abc import Sequence
from pathlib import Path

from paramrules.assignment import Assignment, assign
from paramrules.inventories import Inventory
from paramrules.rules import Rules
from paramrules_torch.resume.refusal import refuse
from paramrules_torch.resume.saved_state import Saved

Old = Rules | Assignment | str | Path | Sequence[Sequence[str]]
"""What says how a file without names was grouped: rules, or the names of each group."""


def names_of(saved: Saved, old: Old | None, inventory: Inventory) -> Sequence[Sequence[str]]:
    """The names of each saved group's parameters.

    Raises RulesError: E621 where nothing says them, or what does gives groups of other sizes.
    """
    if saved.names is not None:
        return saved.names
    if old is None:
        raise refuse(
            "E621",
            "the saved state does not name its parameters",
            "give `old=`: the rules under which it was saved, or the names of each group's parameters",
        )
    sizes = [len(keys) for keys in saved.keys]
    ways = _by_rules(old, inventory) if isinstance(old, Rules | Assignment | str | Path) else [old]
    for names in ways:
        if [len(group) for group in names] == sizes:
            return names
    what = "rules" if isinstance(old, Rules | Assignment | str | Path) else "names"
    raise refuse(
        "E621",
        f"the saved groups have {_joined(sizes)} parameters, and by the old {what} they have "
        f"{_joined([len(group) for group in ways[0]])}",
        "give `old=` the names of each group's parameters, as they were in the saving run",
    )


def _by_rules(rules: Rules | Assignment | str | Path, inventory: Inventory) -> list[list[list[str]]]:
    """The groups that `param_groups` made of these rules: of what is trainable now, and of everything.

    For rules that came later may have frozen what was trained in the saving run.
    """
    assignment = rules if isinstance(rules, Assignment) else assign(rules, inventory)
    names, trainable = assignment.inventory.names, assignment.inventory.column("trainable")
    emitted = [group.parameters for group in assignment.groups if not group.settings.get("freeze")]
    some = [[names[n] for n in group if trainable[n]] for group in emitted]
    return [[group for group in some if group], [[names[n] for n in group] for group in emitted]]


def _joined(sizes: Sequence[int]) -> str:
    return ", ".join(map(str, sizes)) or "no"
