"""The page: one HTML file with its data, style and scripts in it."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from string import Template
from typing import Any, Final

from paramrules import strict_json
from paramrules.assignment import Assignment
from paramrules.diagnostics import a
from paramrules.html_report.assets import asset
from paramrules.html_report.groups import cards, groups_table, head, share_bar
from paramrules.html_report.markup import section, shown
from paramrules.html_report.moves import moves
from paramrules.html_report.notes import dead_rules, findings, rules_text, special
from paramrules.html_report.plot import plot
from paramrules.html_report.side_by_side import compared
from paramrules.html_report.view import VERSION, View, view_data

_SCRIPTS: Final = ("data.js", "colors.js", "model_tree.js", "map.js", "list.js", "report.js")


def page(views: Sequence[View]) -> str:
    """Return a report as the text of one HTML file.

    It asks no network for anything: its content security policy forbids that, and allows no script but its
    own. The same views give the same text.

    Args:
        views: the assignments, each with its model's name; two of them stand side by side in a wide window.

    Raises:
        TypeError: something other than views of assignments; ValueError: none.

    >>> text = page([View(paramrules.assign("vit.rules", model), "vit.py:ViT")])
    """
    _check(views)
    script = f'\n"use strict";\n(() => {{\n{"".join(map(asset, _SCRIPTS))}}})();\n'
    data = strict_json.text({"version": VERSION, "views": list(map(view_data, views))})
    names = dict.fromkeys(view.assignment.rules.source.name for view in views)
    return Template(asset("page.html")).substitute(
        hash=b64encode(sha256(script.encode()).digest()).decode(),
        title=shown(" and ".join(names)),
        style=asset("report.css"),
        width="two" if len(views) == 2 else "",
        links=_links(views),
        compared=compared(views),
        views="".join(_article(view, number) for number, view in enumerate(views)),
        data=data.replace("<", "\\u003c"),
        script=script,
    )


def _check(views: Any) -> None:
    example = 'write `page([View(paramrules.assign("vit.rules", model), "vit.py:ViT")])`'
    if not isinstance(views, Sequence):
        raise TypeError(f"`views` is {a(type(views).__name__)}, and should be a list: {example}")
    if not views:
        raise ValueError(f"`views` is empty: {example}")
    for view in views:
        if not isinstance(view, View):
            raise TypeError(f"`views` holds {a(type(view).__name__)}, and should hold views: {example}")
        if not isinstance(view.assignment, Assignment):
            what = a(type(view.assignment).__name__)
            raise TypeError(f"a view's `assignment` is {what}, and should come from `assign`: {example}")


def _links(views: Sequence[View]) -> str:
    """Return links to all views; nothing for one alone."""
    if len(views) < 2:
        return ""
    links = (
        f'<li><a href="#v{number}">{shown(f"{view.assignment.rules.source.name} on {view.model}")}</a></li>'
        for number, view in enumerate(views)
    )
    return f"<nav><ul>{''.join(links)}</ul></nav>"


def _article(view: View, number: int) -> str:
    assignment, state = view.assignment, view.state
    model, parameters = asset("view.html").split("<!-- depth -->\n")
    parts = (
        head(assignment, view.model),
        cards(assignment, state),
        share_bar(assignment),
        findings(assignment.findings if view.findings is None else view.findings, number),
        moves(view),
        section("Groups", "", groups_table(assignment, state)),
        model,
        section("Rates over depth", "", plots) if (plots := plot(assignment)) else "",
        parameters,
        dead_rules(assignment, number),
        special(assignment),
        rules_text(assignment, number),
    )
    return f'<article class="view" id="v{number}">\n{"".join(parts)}</article>\n'
