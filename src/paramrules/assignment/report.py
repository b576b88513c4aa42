"""The report of an assignment: the table of its groups, and lines about what is special about them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from paramrules.assignment.grouping import Group, GroupSize
from paramrules.assignment.label_settings import Label
from paramrules.display import Block, Table, few, in_bytes, large, short_settings

if TYPE_CHECKING:
    from paramrules.assignment.assignment import Assignment


def report(assignment: "Assignment", by_axis: Sequence[Sequence[Label]]) -> list[Block]:
    """Return the table of groups, and lines about what is left over, dead, frozen or tied.

    `by_axis` are the labels of each axis.
    """
    table = groups_table(
        (group, size, None) for group, size in zip(assignment.groups, assignment.sizes, strict=True)
    )
    notes = list(_notes(assignment, by_axis))
    return [table, "", *notes] if notes else [table]


def groups_table(found: Iterable[tuple[Group, GroupSize, int | None]]) -> Table:
    """Return a table of groups with their sizes and, if they are known, bytes of optimizer state."""
    found = list(found)
    rows = [
        (
            group.label,
            short_settings(group.settings),
            str(size.tensors),
            large(size.parameters),
            share(group, size),
        )
        for group, size, _ in found
    ]
    tensors = sum(size.tensors for _, size, _ in found)
    parameters = sum(size.parameters for _, size, _ in found)
    rows.append(("total", "", str(tensors), large(parameters), ""))
    heads: tuple[str, ...] = ("group", "settings", "tensors", "parameters", "share")
    states = [state for *_, state in found if state is not None]
    if not states:
        return Table(heads, rows, right=heads[2:])
    cells = map(in_bytes, [*states, sum(states)])
    with_state = [(*row, cell) for row, cell in zip(rows, cells, strict=True)]
    return Table((*heads, "state"), with_state, right=(*heads[2:], "state"))


def share(group: Group, size: GroupSize) -> str:
    """Return a group's share of what is trained, or why nothing of it is."""
    if size.tensors:
        return f"{size.share:.1%}"
    return "skipped" if group.settings.get("skip") is True else "frozen"


def _notes(assignment: "Assignment", by_axis: Sequence[Sequence[Label]]) -> Iterator[str]:
    names = assignment.inventory.names
    for written, labels in zip(assignment.rules.axes, by_axis, strict=True):
        for label in labels:
            (_, settings, _), *_ = label.settings
            implied = {one.key: 0 for one in written.implies(label.text) if one.key in settings}
            if implied:
                yield f"`{label.text}` has {short_settings(implied)} by its label"
    for axis in assignment.axes:
        if axis.left:
            where = f" in [{axis.name}]" if axis.name else ""
            yield f"left to `default`{where}: {few([names[number] for number in axis.left])}"
    for axis in assignment.axes:
        for rule in axis.dead:
            yield f"dead rule: `{rule.label.text}` at {rule.span.location}"
    if assignment.frozen:
        yield f"frozen: {few(assignment.frozen)}"
    if assignment.skipped:
        yield f"skipped: {few(assignment.skipped)}"
    for number in assignment.inventory.aliases:
        yield f"tied: {' = '.join(names[entry] for entry in assignment.inventory.entries(number))}"
