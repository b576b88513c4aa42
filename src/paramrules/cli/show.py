"""`paramrules show FILE --model M`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.model import ModelName
from paramrules.cli.options import on_models, typed
from paramrules.cli.table import Block, Table, progress
from paramrules.cli.words import counted, few, large, settings_text

if TYPE_CHECKING:
    from paramrules.assignment import Assignment


@click.command(cls=Command)
@click.argument("file")
@on_models
def show(
    file: str,
    models: tuple[ModelName, ...],
    stacked: dict[str, int],
    given: tuple[tuple[str, str], ...],
    strict: bool,
) -> Answer:
    """Show the groups that a rule file makes of a model.

    JSON: `findings` and `models`, each with `model`, `framework`, `tensors`, `parameters`, and

    \b
    groups   in their order: label, labels (by axis), settings, tensors, parameters, share, names;
             tensors, parameters and share (of 1) count what is trained, names lists all
    left     by axis, the names that no rule took
    dead     rules that took nothing: axis, label, file, line
    frozen   the names of what is not trained
    tied     lists of names of one tensor
    """
    import paramrules
    from paramrules.cli.build import inventories_of

    rules = paramrules.load(file)
    options = typed(given, rules)
    blocks: list[Block] = []
    results, findings = [], []
    for model, inventory in zip(models, inventories_of(models, stacked), strict=True):
        with progress("assigning"):
            assignment = paramrules.examine(rules, inventory, options=options, strict=strict)
            result = _result(model, assignment)
        blocks += ["", *_blocks(file, result)] if blocks else _blocks(file, result)
        results.append(result)
        findings += [finding for finding in assignment.findings if finding not in findings]
    return Answer(blocks, {"models": results}, findings)


def _result(model: ModelName, assignment: "Assignment") -> dict[str, Any]:
    inventory, sizes = assignment.inventory, assignment.inventory.column("elements")
    trained = _trained(assignment)
    total = sum(size for size, is_trained in zip(sizes, trained, strict=True) if is_trained)
    groups = []
    for group in assignment.groups:
        emitted = [number for number in group.parameters if trained[number]]
        elements = sum(sizes[number] for number in emitted)
        groups.append(
            {
                "label": group.label,
                "labels": {
                    axis.name: label for axis, label in zip(assignment.axes, group.labels, strict=True)
                },
                "settings": dict(group.settings),
                "tensors": len(emitted),
                "parameters": elements,
                "share": elements / total if total else 0.0,
                "names": [inventory.names[number] for number in group.parameters],
            }
        )
    return {
        "model": model.text,
        "framework": inventory.framework,
        "tensors": len(inventory),
        "parameters": sum(sizes),
        "groups": groups,
        "left": {
            axis.name: [inventory.names[number] for number, rule in enumerate(axis.rules) if rule < 0]
            for axis in assignment.axes
        },
        "dead": list(_dead(assignment)),
        "frozen": [inventory.names[number] for number, is_trained in enumerate(trained) if not is_trained],
        "tied": [
            [inventory.names[entry] for entry in inventory.entries(number)] for number in inventory.aliases
        ],
    }


def _trained(assignment: "Assignment") -> list[bool]:
    trained = list(assignment.inventory.column("trainable"))
    for group in assignment.groups:
        if group.settings.get("freeze") is True:
            for number in group.parameters:
                trained[number] = False
    return trained


def _dead(assignment: "Assignment") -> Iterator[dict[str, object]]:
    for axis, labels in zip(assignment.rules.axes, assignment.axes, strict=True):
        alive = set(labels.rules)
        for number, rule in enumerate(axis.rules):
            if number not in alive and rule.predicate is not None and not rule.optional:
                source = rule.span.source
                line, _ = source.position(rule.span.start)
                yield {"axis": axis.name, "label": rule.label.text, "file": source.name, "line": line}


def _blocks(file: str, result: dict[str, Any]) -> list[Block]:
    groups = result["groups"]
    rows = [
        (
            group["label"],
            settings_text(group["settings"]),
            str(group["tensors"]),
            large(group["parameters"]),
            f"{group['share']:.1%}" if group["tensors"] else "frozen",
        )
        for group in groups
    ]
    tensors, parameters = (sum(group[key] for group in groups) for key in ("tensors", "parameters"))
    rows.append(("total", "", str(tensors), large(parameters), ""))
    blocks: list[Block] = [
        f"{file} on {result['model']}: {counted(result['tensors'], 'tensor')}, "
        f"{large(result['parameters'])} parameters ({result['framework']})",
        "",
        Table(
            ("group", "settings", "tensors", "parameters", "share"),
            rows,
            right=("tensors", "parameters", "share"),
        ),
    ]
    notes = [
        *(
            f"left to `default`{f' in [{axis}]' if axis else ''}: {few(names)}"
            for axis, names in result["left"].items()
            if names
        ),
        *(f"dead rule: `{rule['label']}` at {rule['file']}:{rule['line']}" for rule in result["dead"]),
        *([f"frozen: {few(result['frozen'])}"] if result["frozen"] else []),
        *(f"tied: {' = '.join(names)}" for names in result["tied"]),
    ]
    return [*blocks, "", *notes] if notes else blocks
