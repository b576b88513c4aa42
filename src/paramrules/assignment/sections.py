"""Parts of an assignment to look at: some groups, or the labels of one axis, with their parameters."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from paramrules.assignment.assignment import Assignment
from paramrules.assignment.grouping import Group, GroupSize
from paramrules.assignment.report import groups_table, share
from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean
from paramrules.display import Block, Table, counted, in_bytes, large, short_settings
from paramrules.folded_names import fold
from paramrules.globs import glob
from paramrules.inventories.ties import natural

Order = Literal["file", "parameters", "name"]


class Member(NamedTuple):
    """Parameters of a section that differ by numbers in their names alone.

    Attributes:
        name: their folded name, `blocks.{0..11}.norm1.weight`.
        names: their names.
        shape: the shape that each of them has.
        parameters: the number of their elements together.
        trained: True if they are trained; they are, or are not, together.
    """

    name: str
    names: tuple[str, ...]
    shape: tuple[int, ...]
    parameters: int
    trained: bool


class Section(NamedTuple):
    """A group, or all parameters with one label in one axis.

    Attributes:
        group: the group. Of an axis, one as if the file had no other axis.
        size: the size of its trained part.
        state: its bytes of optimizer state, None if nobody asked for them.
    """

    group: Group
    size: GroupSize
    state: int | None = None


def sections(
    assignment: Assignment, axis: str | None = None, labels: Sequence[str] = (), sort: Order = "file"
) -> list[Section]:
    """Return the groups of an assignment, or those of one axis as if the file had no other.

    Args:
        assignment: the assignment.
        axis: the name of the axis, "" for the one without a name; None for groups of all axes.
        labels: which sections: the labels of groups or of an axis, or globs; () for all.
        sort: `file` for the order of groups, `parameters` for the largest first, `name` for that of labels.

    Raises:
        RulesError: E602 for a label that no section has, E603 if there is no such axis.

    >>> [section.group.label for section in sections(assignment, axis="lr", labels=["block_*"])]
    ['block_0', 'block_1']
    """
    groups = assignment.groups if axis is None else assignment.groups_of_axis(axis)
    for label in labels:
        if not any(_has(group, label) for group in groups):
            raise _no_label(label, groups, axis)
    found = [
        Section(group, assignment.size(group))
        for group in groups
        if not labels or any(_has(group, label) for label in labels)
    ]
    if sort == "parameters":
        found.sort(key=lambda section: -section.size.parameters)
    elif sort == "name":
        found.sort(key=lambda section: natural(section.group.label))
    return found


def members(assignment: Assignment, group: Group, sort: Order = "file") -> list[Member]:
    """Return the parameters of a group with the numbers in their names folded.

    Args:
        assignment: the group's assignment.
        group: the group.
        sort: `file` for the model's order, `parameters` for the largest first, `name` for that of names.
    """
    inventory = assignment.inventory
    shapes, elements = inventory.column("shape"), inventory.column("elements")
    order = {inventory.names[number]: number for number in group.parameters}
    alike: dict[tuple[tuple[int, ...], bool], list[str]] = {}
    for name, number in order.items():
        alike.setdefault((tuple(shapes[number]), assignment.trained[number]), []).append(name)
    found = [
        Member(*folded, shape, sum(elements[order[name]] for name in folded.names), trained)
        for (shape, trained), names in alike.items()
        for folded in fold(names)
    ]
    if sort == "name":
        return sorted(found, key=lambda member: natural(member.names[0]))
    found.sort(key=lambda member: order[member.names[0]])
    return sorted(found, key=lambda member: -member.parameters) if sort == "parameters" else found


def table(found: Iterable[Section]) -> Table:
    """Return sections as a table: label, settings, sizes, and their total."""
    return groups_table(found)


def listing(assignment: Assignment, found: Iterable[Section], sort: Order = "file") -> list[Block]:
    """Return a headed table of parameters for each section, the numbers in their names folded."""
    heads = ("parameter", "shape", "tensors", "parameters", "")
    blocks: list[Block] = []
    for section in found:
        group, size, state = section
        sizes = (
            f"{counted(size.tensors, 'tensor')}, {large(size.parameters)} parameters, {share(group, size)}"
        )
        blocks += [""] if blocks else []
        blocks += [
            f"{group.label}: {short_settings(group.settings)}",
            sizes if state is None else f"{sizes}, {in_bytes(state)} of optimizer state",
            Table(
                heads,
                [
                    (
                        member.name,
                        str(member.shape),
                        str(len(member.names)),
                        large(member.parameters),
                        "" if member.trained else "not trained",
                    )
                    for member in members(assignment, group, sort)
                ],
                right=heads[2:4],
            ),
        ]
    return blocks


def rows(
    assignment: Assignment,
    found: Iterable[Section],
    axis: str | None,
    with_members: bool,
    sort: Order = "file",
) -> list[dict[str, Any]]:
    """Return sections as plain values: those of `Assignment.rows`, and `folded` if members are asked for."""
    axes = [each.name for each in assignment.rules.axes] if axis is None else [axis]
    return [
        {
            "label": group.label,
            "labels": dict(zip(axes, group.labels, strict=True)),
            "settings": dict(group.settings),
            **size._asdict(),
            "names": list(assignment.names(group)),
            **({} if state is None else {"state_bytes": state}),
            **({"folded": [m._asdict() for m in members(assignment, group, sort)]} if with_members else {}),
        }
        for group, size, state in found
    ]


def _has(group: Group, label: str) -> bool:
    return any(glob(label).match(own) for own in (group.label, *group.labels))


def _no_label(label: str, groups: Sequence[Group], axis: str | None) -> RulesError:
    known = dict.fromkeys(own for group in groups for own in (*group.labels, group.label))
    shown = ", ".join(f"`{own}`" for own in list(known)[:8]) + (", ..." if len(known) > 8 else "")
    where = f" in [{axis}]" if axis else ""
    return RulesError(
        Diagnostic(
            "E602",
            f"no group has the label `{label}`{where}",
            help=did_you_mean(label, known) or f"the labels: {shown}",
        )
    )
