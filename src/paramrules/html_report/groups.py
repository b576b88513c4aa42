"""The head of a view and its groups, readable without JavaScript."""

from collections.abc import Iterator, Sequence

from paramrules.assignment import Assignment
from paramrules.assignment.report import share
from paramrules.display import in_bytes, large, short_settings, value_text
from paramrules.html_report.colors import Color, colors
from paramrules.html_report.markup import shown, style, swatch


def head(assignment: Assignment, model: str) -> str:
    """Return the title of a view and its numbers."""
    rules = shown(assignment.rules.source.name)
    options = "".join(
        f"<li><code>{shown(name)} = {shown(value_text(value))}</code></li>"
        for name, value in assignment.options.items()
    )
    return (
        f"<header><h2><span>{rules}</span> on <span>{shown(model)}</span></h2>"
        f'<p class="size">{shown(assignment.model_size)}</p>'
        + (f'<ul class="options" aria-label="options">{options}</ul>' if options else "")
        + "</header>"
    )


def cards(assignment: Assignment, state: Sequence[int] | None) -> str:
    """Return the numbers of a view that one looks for first."""
    dead = sum(len(axis.dead) for axis in assignment.axes)
    left = {number for axis in assignment.axes for number in axis.left}
    tensors = sum(size.tensors for size in assignment.sizes)
    numbers = [
        (str(len(assignment.groups)), "groups" if len(assignment.groups) != 1 else "group", ""),
        (large(sum(size.parameters for size in assignment.sizes)), "trained parameters", ""),
        (f"{tensors:,}", "trained tensors", ""),
        (f"{len(assignment.inventory) - tensors:,}", "not trained", ""),
        (str(dead), "dead rules" if dead != 1 else "dead rule", "warn" if dead else ""),
        (str(len(left)), "left to default", "warn" if left else ""),
    ]
    if state is not None:
        numbers.append((in_bytes(sum(state)), "optimizer state", ""))
    cells = "".join(
        f'<div class="card {mark}"><dt>{word}</dt><dd>{number}</dd></div>' for number, word, mark in numbers
    )
    return f'<dl class="cards">{cells}</dl>'


def share_bar(assignment: Assignment) -> str:
    """Return a bar divided by the share that each group has of the trained parameters."""
    parts = "".join(
        f"<i {style(color, f'flex-grow:{size.share:.6f}')}"
        f' title="{shown(group.label)}: {size.share:.1%}"></i>'
        for group, size, color in zip(
            assignment.groups, assignment.sizes, colors(assignment.groups), strict=True
        )
        if size.parameters
    )
    return f'<div class="bar" aria-hidden="true">{parts}</div>'


def groups_table(assignment: Assignment, state: Sequence[int] | None, shown_rows: int | None = None) -> str:
    """Return the groups as a table, with their bytes of optimizer state if these are known.

    Args:
        assignment: the assignment.
        state: the bytes of each parameter.
        shown_rows: the number of groups to show; None for all.
    """
    heads = ("tensors", "parameters", "share", *(() if state is None else ("state",)))
    columns = "".join(f'<th scope="col" class="n">{head}</th>' for head in heads)
    rows = "".join(_rows(assignment, state, colors(assignment.groups), shown_rows))
    more = len(assignment.groups) - shown_rows if shown_rows is not None else 0
    return (
        '<div class="scroll"><table class="groups"><caption>Groups</caption><thead><tr>'
        f'<th scope="col">group</th><th scope="col">settings</th>{columns}</tr></thead><tbody>{rows}</tbody>'
        f"{_total(assignment, state)}</table></div>" + (f"<p>and {more} more groups</p>" if more > 0 else "")
    )


def _rows(
    assignment: Assignment, state: Sequence[int] | None, hues: Sequence[Color], most: int | None
) -> Iterator[str]:
    for number, (group, size) in enumerate(
        zip(assignment.groups[:most], assignment.sizes[:most], strict=True)
    ):
        of_state = ""
        if state is not None:
            of_state = f'<td class="n">{in_bytes(sum(state[each] for each in group.parameters))}</td>'
        yield (
            f'<tr data-group="{number}"><th scope="row">{swatch(hues[number])}{shown(group.label)}</th>'
            f"<td>{shown(short_settings(group.settings))}</td>"
            f'<td class="n">{size.tensors}</td><td class="n">{large(size.parameters)}</td>'
            f'<td class="n">{share(group, size)}</td>{of_state}</tr>'
        )


def _total(assignment: Assignment, state: Sequence[int] | None) -> str:
    tensors = sum(size.tensors for size in assignment.sizes)
    parameters = sum(size.parameters for size in assignment.sizes)
    of_state = "" if state is None else f'<td class="n">{in_bytes(sum(state))}</td>'
    return (
        f'<tfoot><tr><th scope="row">total</th><td></td><td class="n">{tensors}</td>'
        f'<td class="n">{large(parameters)}</td><td class="n"></td>{of_state}</tr></tfoot>'
    )
