"""`paramrules show FILE --model M`."""

from typing import TYPE_CHECKING, Any

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.arguments import build, on_models
from paramrules.cli.layout import progress
from paramrules.cli.state_option import add_state, with_state
from paramrules.display import Block
from paramrules.named_models.model_name import ModelName

if TYPE_CHECKING:
    from paramrules.assignment import Assignment


@click.command(cls=Command)
@click.argument("file")
@on_models
@with_state
def show(
    file: str,
    models: tuple[ModelName, ...],
    stacked: dict[str, int],
    given: dict[str, str],
    strict: bool,
    state: dict[str, str],
) -> Answer:
    """Show the groups that a rule file makes of a model.

    JSON: `findings` and `models`, each with `model`, `framework`, `tensors`, `parameters`, and

    \b
    groups   in their order: label, labels (by axis), settings, tensors, parameters, share, names;
             tensors, parameters and share (of 1) count what is trained, names lists all;
             with --state also state_bytes
    left     by axis, the names that no rule took
    dead     rules that took nothing: axis, label, file, line
    frozen   the names of what is not trained
    skipped  the names of what `skip = true` leaves to another optimizer
    tied     lists of names of one tensor
    merged   weights stored with more axes than their matrix has: name, shape, stored, layout
    """
    import paramrules
    from paramrules.assignment import parse_options

    rules = paramrules.load(file)
    options = parse_options(rules, given)
    blocks: list[Block] = []
    results, findings = [], []
    for model, inventory in zip(models, build(models, stacked), strict=True):
        with progress("assigning"):
            assignment = paramrules.examine(rules, inventory, options=options, strict=strict)
            result = _result(model, assignment)
            report = add_state(state, assignment, assignment.report(), result["groups"])
        blocks += [""] if blocks else []
        blocks += [f"{file} on {model.text}: {assignment.model_size}", "", *report]
        results.append(result)
        findings += [finding for finding in assignment.findings if finding not in findings]
    return Answer(blocks, {"models": results}, findings)


def _result(model: ModelName, assignment: "Assignment") -> dict[str, Any]:
    inventory, names = assignment.inventory, assignment.inventory.names
    return {
        "model": model.text,
        "framework": inventory.framework,
        "tensors": len(inventory),
        "parameters": sum(inventory.column("elements")),
        "groups": assignment.rows(),
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
