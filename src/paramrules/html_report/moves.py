"""Tables of the parameters that moved against another file or revision."""

from paramrules.diffs.report import notes, tables
from paramrules.html_report.markup import listed, section, shown, table_html
from paramrules.html_report.view import View


def moves(view: View) -> str:
    """Return the differences as a section; nothing if nobody asked for them."""
    if not view.against:
        return ""
    against = f"<code>{shown(view.against)}</code>"
    if view.diff is None:
        file = shown(view.assignment.rules.source.name)
        return section("What moved", f"Nothing to compare: {against} does not have <code>{file}</code>.")
    tables_shown = (table_html(table, f"what has {table.heads[0]}") for table in tables(view.diff))
    lines = listed([shown(note) for note in notes(view.diff)])
    about = f"Compared with {against}: {shown(view.diff.summary)}."
    return section("What moved", about, *tables_shown, lines)
