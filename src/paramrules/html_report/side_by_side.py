"""The groups of several views side by side."""

from collections.abc import Iterator, Sequence

from paramrules.assignment import Assignment
from paramrules.display import large, short_settings
from paramrules.html_report.markup import section, shown
from paramrules.html_report.view import View


def compared(views: Sequence[View]) -> str:
    """Return a table of the groups of all views, by label; nothing of one view alone."""
    if len(views) < 2:
        return ""
    assignments = [view.assignment for view in views]
    several = len({view.assignment.rules.source.name for view in views}) > 1
    rules = [f"{view.assignment.rules.source.name} on " if several else "" for view in views]
    models = [
        shown(f"{beside}{view.model} ({view.assignment.inventory.framework})")
        for beside, view in zip(rules, views, strict=True)
    ]
    heads = "".join(f'<th scope="colgroup" colspan="3">{model}</th>' for model in models)
    columns = (
        '<th scope="col">settings</th><th scope="col" class="n">tensors</th>'
        '<th scope="col" class="n">parameters</th>'
    )
    table = (
        '<div class="scroll"><table class="compare"><caption>Groups of all models</caption>'
        f'<thead><tr><th scope="col" rowspan="2">group</th>{heads}</tr>'
        f"<tr>{columns * len(views)}</tr></thead>"
        f"<tbody>{''.join(_rows(assignments))}</tbody></table></div>"
    )
    return section("Side by side", "Groups by label. What differs between the models is marked.", table)


def _rows(assignments: Sequence[Assignment]) -> Iterator[str]:
    by_label = [
        {
            group.label: (short_settings(group.settings), str(size.tensors), large(size.parameters))
            for group, size in zip(assignment.groups, assignment.sizes, strict=True)
        }
        for assignment in assignments
    ]
    for label in dict.fromkeys(label for each in by_label for label in each):
        cells = [each.get(label, ("-", "-", "-")) for each in by_label]
        differs = [len(set(column)) > 1 for column in zip(*cells, strict=True)]
        shown_cells = "".join(
            f'<td class="{"" if at == 0 else "n"}{" differs" if differs[at] else ""}">{shown(text)}</td>'
            for cell in cells
            for at, text in enumerate(cell)
        )
        yield f'<tr><th scope="row">{shown(label)}</th>{shown_cells}</tr>'
