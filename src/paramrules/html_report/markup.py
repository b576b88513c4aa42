"""Texts, colours and tables as HTML. Everything that a page shows passes through `shown`."""

from collections.abc import Sequence
from html import escape

from paramrules.diagnostics import printable
from paramrules.display import Table
from paramrules.html_report.colors import Color


def shown(text: str) -> str:
    """Return a text for HTML, in an element or an attribute in quotes."""
    return escape(printable(text))


def style(color: Color, more: str = "") -> str:
    """Return the attribute that gives an element its colour, and `more` declarations of CSS."""
    return f'style="--h:{color.hue};--t:{color.tone:g}{more and ";"}{more}"'


def swatch(color: Color) -> str:
    """Return a small field of a colour, which a screen reader passes over."""
    return f'<span class="swatch" aria-hidden="true" {style(color)}></span>'


def table_html(table: Table, caption: str) -> str:
    """Return a table with a caption, whose first cell of each row heads the row."""
    right = [head in table.right for head in table.heads]
    heads = "".join(
        f'<th scope="col"{_number(is_right)}>{shown(head)}</th>'
        for head, is_right in zip(table.heads, right, strict=True)
    )
    rows = "".join(f"<tr>{_row(row, right)}</tr>" for row in table.rows)
    return (
        f'<div class="scroll"><table><caption>{shown(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: Sequence[str], right: Sequence[bool]) -> str:
    first, *rest = row
    cells = "".join(
        f"<td{_number(is_right)}>{shown(cell)}</td>" for cell, is_right in zip(rest, right[1:], strict=True)
    )
    return f'<th scope="row">{shown(first)}</th>{cells}'


def _number(is_right: bool) -> str:
    return ' class="n"' if is_right else ""


def listed(items: Sequence[str]) -> str:
    """Return fragments of HTML as a list; nothing for none."""
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>" if items else ""


def section(title: str, about: str, *parts: str) -> str:
    """Return fragments of HTML under a heading, `about` as their first paragraph."""
    first = f"<p>{about}</p>" if about else ""
    return f"<section><h3>{title}</h3>{first}{''.join(parts)}</section>"
