"""`--state adamw`: the bytes of optimizer state beside each group."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from paramrules.display import Block, Table, in_bytes

if TYPE_CHECKING:
    from paramrules.assignment import Assignment


def _optimizer(text: str) -> tuple[str, str]:
    asked, equals, name = text.rpartition("=")
    if not name.strip() or (equals and not asked.strip()):
        raise click.BadParameter(f"`{text}` names no optimizer; write `--state adamw` or `--state muon=lion`")
    return asked.strip() or "default", name.strip()


def with_state(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option `--state`."""
    return click.option(
        "--state",
        metavar="OPTIMIZER",
        type=_optimizer,
        multiple=True,
        callback=lambda context, option, given: dict(given),
        help="Show the bytes of optimizer state of each group: `--state adamw`. Groups whose rules name an "
        "optimizer have that one, or X with `--state muon=X`. May be repeated.",
    )(command)


def add_state(
    optimizers: Mapping[str, str],
    assignment: "Assignment",
    report: Sequence[Block],
    groups: Sequence[dict[str, Any]],
) -> list[Block]:
    """Return the report with a column `state`, and add `state_bytes` to the rows for JSON.

    Without optimizers, the report stays as it is.
    """
    if not optimizers:
        return list(report)
    from paramrules import state_bytes

    table, *rest = report
    assert isinstance(table, Table)
    sizes = state_bytes(assignment, optimizers)
    for group, size in zip(groups, sizes, strict=True):
        group["state_bytes"] = size
    cells = map(in_bytes, [*sizes, sum(sizes)])
    rows = [(*row, cell) for row, cell in zip(table.rows, cells, strict=True)]
    return [Table((*table.heads, "state"), rows, right=(*table.right, "state")), *rest]
