"""The report of an assignment: the table of its groups, and lines about what is special about them."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from paramrules.assignment.grouping import Group
from paramrules.assignment.labelling import Label
from paramrules.display import Block, Table, few, large, short_settings

if TYPE_CHECKING:
    from paramrules.assignment.assignment import Assignment

_SHOWN: Final = 100
"""The number of groups that a notebook shows."""


def report(assignment: "Assignment", by_axis: Sequence[Sequence[Label]]) -> list[Block]:
    """Return the table of groups, and lines about what is left over, dead, frozen or tied.

    `by_axis` are the labels of each axis.
    """
    rows = [
        (
            group.label,
            short_settings(group.settings),
            str(size.tensors),
            large(size.parameters),
            f"{size.share:.1%}" if size.tensors else _untrained(group),
        )
        for group, size in zip(assignment.groups, assignment.sizes, strict=True)
    ]
    tensors = sum(size.tensors for size in assignment.sizes)
    parameters = sum(size.parameters for size in assignment.sizes)
    rows.append(("total", "", str(tensors), large(parameters), ""))
    heads = ("group", "settings", "tensors", "parameters", "share")
    table = Table(heads, rows, right=("tensors", "parameters", "share"))
    notes = list(_notes(assignment, by_axis))
    return [table, "", *notes] if notes else [table]


def shortened(blocks: Sequence[Block]) -> list[Block]:
    """Return a report with the first rows of a long table, and its last, the total."""
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Table) and (more := len(block.rows) - 1 - _SHOWN) > 0:
            rows = [*block.rows[:_SHOWN], block.rows[-1]]
            found += [block._replace(rows=rows), f"and {more} more groups"]
        else:
            found.append(block)
    return found


def _notes(assignment: "Assignment", by_axis: Sequence[Sequence[Label]]) -> Iterator[str]:
    names = assignment.inventory.names
    for written, labels in zip(assignment.rules.axes, by_axis, strict=True):
        for label in labels:
            (settings, _), *_ = label.settings
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


def _untrained(group: Group) -> str:
    """Return why no parameter of a group is trained."""
    return "skipped" if group.settings.get("skip") is True else "frozen"
