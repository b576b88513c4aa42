"""`paramrules show [FILE] [--model M]`."""

from typing import TYPE_CHECKING, Any

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.arguments import assigned_to, on_models
from paramrules.cli.layout import progress
from paramrules.cli.state_option import add_state, with_state
from paramrules.display import Block
from paramrules.named_models.model_name import ModelName

if TYPE_CHECKING:
    from paramrules.assignment import Assignment
    from paramrules.assignment.sections import Order
    from paramrules.projects import Target


@click.command(cls=Command)
@on_models
@click.option(
    "--names", "with_names", is_flag=True, help="List each group's parameters, the numbers of layers folded."
)
@click.option(
    "--label",
    "labels",
    metavar="L",
    multiple=True,
    help="Show these groups alone: a label of a group or of an axis, or a glob. May be repeated.",
)
@click.option("--axis", metavar="A", help="Show the labels of one axis in place of groups.")
@click.option(
    "--sort",
    type=click.Choice(("file", "parameters", "name")),
    default="file",
    show_default=True,
    help="The order of groups and of names: the file's and the model's, the largest first, or by name.",
)
@with_state
def show(
    targets: "list[Target]",
    with_names: bool,
    labels: tuple[str, ...],
    axis: str | None,
    sort: "Order",
    state: dict[str, str],
) -> Answer:
    """Show the groups that a rule file makes of a model.

    \b
    paramrules show vit.rules -m "timm:create_model('vit_tiny_patch16_224')"
    paramrules show vit.rules -m vit.json --names --label no_decay

    What is not named comes from the project's settings: `paramrules show` alone shows all of its targets.

    With `--names`, `blocks.{0..11}.norm1.weight` stands for a parameter of twelve blocks.

    JSON: `findings` and `models`, each with `rules`, `name`, `model`, `framework`,
    `tensors`, `parameters`, and

    \b
    groups   in their order: label, labels (by axis), settings, tensors,
             parameters, share, names; tensors, parameters and share (of 1)
             count what is trained, names lists all; with `--names` also
             folded: name, names, shape, parameters, trained; with
             `--state` also state_bytes
    left     by axis, the names that no rule took
    dead     rules that took nothing: axis, label, file, line
    frozen   the names of what is not trained
    skipped  the names of what `skip = true` leaves to another optimizer
    tied     lists of names of one tensor
    merged   weights stored with more axes than their matrix has: name,
             shape, stored, layout
    """
    import paramrules
    from paramrules.assignment.sections import listing, rows, sections, table

    blocks: list[Block] = []
    results, findings = [], []
    for target, rules, model, name, inventory in assigned_to(targets):
        with progress("assigning"):
            options = target.options_for(rules)
            assignment = paramrules.examine(rules, inventory, options=options, strict=target.strict)
            found = sections(assignment, axis, labels, sort)
            found = add_state(state, assignment, found)
            if with_names:
                report = listing(assignment, found, sort)
            elif axis is None and not labels and sort == "file":
                report = [table(found), *assignment.report()[1:]]
            else:
                report = [table(found)]
        blocks += [""] if blocks else []
        blocks += [f"{target.rules} on {name}: {assignment.model_size}", "", *report]
        groups = rows(assignment, found, axis, with_names, sort)
        results.append({"rules": target.rules, "name": name, **_result(model, assignment), "groups": groups})
        findings += [finding for finding in assignment.findings if finding not in findings]
    return Answer(blocks, {"models": results}, findings)


def _result(model: ModelName, assignment: "Assignment") -> dict[str, Any]:
    inventory, names = assignment.inventory, assignment.inventory.names
    return {
        "model": model.text,
        "framework": inventory.framework,
        "tensors": len(inventory),
        "parameters": sum(inventory.column("elements")),
        "left": {axis.name: [names[number] for number in axis.left] for axis in assignment.axes},
        "dead": [
            {
                "axis": axis.name,
                "label": rule.label.text,
                "file": rule.span.source.name,
                "line": rule.span.line,
            }
            for axis in assignment.axes
            for rule in axis.dead
        ],
        "frozen": list(assignment.frozen),
        "skipped": list(assignment.skipped),
        "tied": [[names[entry] for entry in inventory.entries(number)] for number in inventory.aliases],
        "merged": [
            {"name": row.name, "shape": row.shape, "stored": row.stored, "layout": row.layout}
            for row in map(inventory.parameter, inventory.merged)
        ],
    }
