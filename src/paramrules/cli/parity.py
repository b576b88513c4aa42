"""`paramrules parity FILE --model A --model B`."""

from typing import TYPE_CHECKING, Any

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.model import ModelName
from paramrules.cli.options import on_two_models, typed
from paramrules.cli.table import Block, Table, progress
from paramrules.cli.words import counted, large, settings_text

if TYPE_CHECKING:
    from paramrules.comparison import Count, Difference, Parity, Reason, Unpaired


@click.command(cls=Command)
@click.argument("file")
@on_two_models
@click.option(
    "--mapping", metavar="FILE", help="Which parameters are the same, where that cannot be found out."
)
@click.option("--write-mapping", metavar="FILE", help="Write down what was paired, to be completed by hand.")
def parity(
    file: str,
    models: tuple[ModelName, ...],
    stacked: dict[str, int],
    given: tuple[tuple[str, str], ...],
    mapping: str | None,
    write_mapping: str | None,
) -> Answer:
    """Say whether a rule file means the same on two models.

    JSON: `findings` and

    \b
    same         whether nothing below differs
    models       both: model, framework, tensors, parameters
    found        how many pairs were found in which way
    counts       by label: axis (null for joined labels), label, tensors, parameters, each of both models
    differences  pairs in different groups: a, b, axis, labels, settings, reasons of both (label, file, line,
                 clause, note, held)
    unpaired     of both models: name, candidates, together (whether it could be all of these in one)
    pairs        all: a and b (lists of names), how
    """
    import paramrules
    from paramrules.cli.build import inventories_of
    from paramrules.inventories.writing import write_new

    if len(models) != 2:
        raise click.UsageError(f"two models are compared, and {len(models)} named: write `--model` twice")
    rules = paramrules.load(file)
    options = typed(given, rules)
    a, b = inventories_of(models, stacked)
    with progress("comparing"):
        found = paramrules.parity(rules, a, b, mapping, options=options)
    if write_mapping:
        write_new(write_mapping, found.mapping())
    return Answer(_blocks(file, models, found), _result(models, found), found.findings, _summary(found))


def _summary(found: "Parity") -> str:
    if found.same:
        return "the same groups on both models"
    alone = sum(map(len, found.unpaired))
    return f"{counted(len(found.differences), 'difference')}, {counted(alone, 'tensor')} without a partner"


def _blocks(file: str, models: tuple[ModelName, ...], found: "Parity") -> list[Block]:
    blocks: list[Block] = [
        f"{which}: {file} on {model.text}: {_sized(found, side)}"
        for side, (which, model) in enumerate(zip("AB", models, strict=True))
    ]
    ways = ", ".join(f"{number} by {how}" for how, number in found.found.items())
    blocks += [f"{counted(len(found.pairs), 'pair')}{f': {ways}' if ways else ''}"]
    axes = list(dict.fromkeys(count.axis for count in found.counts))
    for axis in axes:
        rows = [_row(count) for count in found.counts if count.axis == axis]
        heads = ("group" if axis is None else f"[{axis}]", "tensors A", "B", "parameters A", "B ", "")
        blocks += ["", Table(heads, rows, right=heads[1:5])]
    if found.differences:
        parted = ("A", "B", "in A", "in B", "because")
        blocks += ["", Table(parted, [_parted(difference) for difference in found.differences])]
    for which, unpaired in zip("AB", found.unpaired, strict=True):
        if unpaired:
            alone = [(each.name, _candidates(each)) for each in unpaired]
            blocks += ["", Table((f"only in {which}", "could be"), alone)]
    return blocks


def _candidates(unpaired: "Unpaired") -> str:
    return (" and " if unpaired.together else " or ").join(unpaired.candidates) or "-"


def _sized(found: "Parity", side: int) -> str:
    inventory = found.assignments[side].inventory
    parameters = large(sum(inventory.column("elements")))
    return f"{counted(len(inventory), 'tensor')}, {parameters} parameters ({inventory.framework})"


def _row(count: "Count") -> tuple[str, ...]:
    same = count.tensors[0] == count.tensors[1] and count.parameters[0] == count.parameters[1]
    return (
        count.label,
        *(f"{number:,}" for number in count.tensors),
        *map(large, count.parameters),
        "" if same else "differs",
    )


def _parted(difference: "Difference") -> tuple[str, ...]:
    if difference.labels[0] != difference.labels[1]:
        groups = difference.labels
    else:
        groups = tuple(settings_text(settings) for settings in difference.settings)  # type: ignore[assignment]
    return (difference.a, difference.b, *groups, " | ".join(map(_because, difference.reasons)))


def _because(reason: "Reason") -> str:
    clause = reason.clause
    if clause is None:
        return "else"
    return f"{'' if reason.held else 'not '}{clause.text}" + (f" ({clause.note})" if clause.note else "")


def _result(models: tuple[ModelName, ...], found: "Parity") -> dict[str, Any]:
    return {
        "same": found.same,
        "models": [
            {
                "model": model.text,
                "framework": assignment.inventory.framework,
                "tensors": len(assignment.inventory),
                "parameters": sum(assignment.inventory.column("elements")),
            }
            for model, assignment in zip(models, found.assignments, strict=True)
        ],
        "found": dict(found.found),
        "counts": [count._asdict() for count in found.counts],
        "differences": [
            difference._asdict()
            | {
                "settings": list(map(dict, difference.settings)),
                "reasons": list(map(_reason, difference.reasons)),
            }
            for difference in found.differences
        ],
        "unpaired": [[each._asdict() for each in side] for side in found.unpaired],
        "pairs": [pair._asdict() for pair in found.pairs],
    }


def _reason(reason: "Reason") -> dict[str, Any]:
    assert reason.rule is not None
    source = reason.rule.span.source
    return {
        "label": reason.rule.label.text,
        "file": source.name,
        "line": source.position(reason.rule.span.start)[0],
        "clause": reason.clause and reason.clause.text,
        "note": reason.clause and reason.clause.note,
        "held": reason.held,
    }
