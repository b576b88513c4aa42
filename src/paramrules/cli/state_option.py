"""`--state adamw`: the bytes of optimizer state beside each group."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from paramrules.assignment import Assignment
    from paramrules.assignment.sections import Section


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
    optimizers: Mapping[str, str], assignment: "Assignment", found: Sequence["Section"]
) -> list["Section"]:
    """Return sections with their bytes of optimizer state, or as they are without optimizers."""
    if not optimizers:
        return list(found)
    from paramrules.optimizer_state import state_by_parameter

    sizes = state_by_parameter(assignment, optimizers)
    return [
        section._replace(state=sum(sizes[number] for number in section.group.parameters)) for section in found
    ]
