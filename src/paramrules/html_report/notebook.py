"""An assignment in a notebook: its groups as a table, its rates as a plot, without a script."""

from typing import TYPE_CHECKING, Final

from paramrules.display import html_of
from paramrules.html_report.assets import asset
from paramrules.html_report.groups import groups_table, share_bar
from paramrules.html_report.markup import shown
from paramrules.html_report.plot import plot

if TYPE_CHECKING:
    from paramrules.assignment import Assignment

_SHOWN: Final = 100
"""The number of groups that a notebook shows."""


def notebook_html(assignment: "Assignment") -> str:
    """Return an assignment as HTML for the output of a cell, with the first groups of many."""
    title = shown(f"{assignment.rules.source.name}: {assignment.model_size}")
    plots = plot(assignment)
    depth = f"<details><summary>Rates over depth</summary>{plots}</details>" if plots else ""
    _, *notes = assignment.report()
    return (
        f'<div class="paramrules"><style>{asset("notebook.css")}</style><div>{title}</div>'
        f"{share_bar(assignment)}{groups_table(assignment, None, _SHOWN)}{html_of(notes)}{depth}</div>"
    )
