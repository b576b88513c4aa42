"""`paramrules parity FILE --model A --model B`."""

from typing import TYPE_CHECKING, Any

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.arguments import build, on_two_models, rule_file, with_compare
from paramrules.cli.exit_codes import Exit
from paramrules.cli.layout import progress
from paramrules.display import Block, Table, counted, few, large, short_settings
from paramrules.folded_names import fold_pairs
from paramrules.named_models.model_name import ModelName

if TYPE_CHECKING:
    from paramrules.comparison import Count, Difference, Parity, Reason


@click.command(cls=Command)
@rule_file
@on_two_models
@with_compare("labels")
@click.option(
    "--mapping",
    metavar="FILE",
    type=click.Path(),
    help="Which parameters are the same, where that cannot be found.",
)
@click.option(
    "--write-mapping",
    metavar="FILE",
    type=click.Path(),
    help="Write the pairs to a new file, to complete by hand.",
)
def parity(
    file: str,
    models: tuple[ModelName, ...],
    stacked: dict[str, int],
    given: dict[str, str],
    compare: str,
    mapping: str | None,
    write_mapping: str | None,
) -> Answer:
    """Compare the groups that a rule file makes of two models.

    \b
    paramrules parity vit.rules -m vit_torch.py:ViT -m vit_flax.py:ViT

    JSON: `findings` and

    \b
    same         true if nothing below differs
    models       both: model, framework, tensors, parameters
    found        the number of pairs by the way in which they were found
    counts       by label: axis (null for joined labels), label, tensors and
                 parameters that are trained, each of both models
    differences  pairs in different groups: a, b, axis, labels, settings,
                 reasons of both (label, file, line, clause, note, held)
    settings     pairs with different effective settings: a, b, groups,
                 settings (both values by key; null where the optimizer's own
                 counts); only with `--compare settings` or `both`
    alone        of both models: the names that a mapping leaves without a
                 partner; only with a mapping
    unpaired     of both models: name, candidates, together (true if it could
                 be all of these in one)
    pairs        all: a and b (lists of names), how
    """
    import paramrules
    from paramrules.assignment import parse_options

    if len(models) != 2:
        raise click.UsageError(f"parity compares two models, not {len(models)}: write `--model` twice")
    rules = paramrules.load(file)
    options = parse_options(rules, given)
    a, b = build(models, stacked)
    with progress("comparing"):
        found = paramrules.parity(rules, a, b, mapping, options=options, compare=compare)
    if write_mapping:
        found.save_mapping(write_mapping)
    result = _result(models, found)
    if compare != "labels":
        result["settings"] = [
            each._asdict() | {"settings": {key: list(values) for key, values in each.settings.items()}}
            for each in found.settings
        ]
    if mapping:
        result["alone"] = list(map(list, found.alone))
    code = Exit.NOTHING if found.same else Exit.FOUND
    return Answer(_blocks(file, models, found), result, found.findings, _summary(found, compare), code)


def _summary(found: "Parity", compare: str) -> str:
    if found.same:
        return f"the same {'settings' if compare == 'settings' else 'groups'} on both models"
    alone = sum(map(len, found.unpaired))
    differences = len(found.differences) + len(found.settings)
    return f"{counted(differences, 'difference')}, {counted(alone, 'tensor')} without a partner"


def _blocks(file: str, models: tuple[ModelName, ...], found: "Parity") -> list[Block]:
    from paramrules.comparison.differences import settings_text

    blocks: list[Block] = [
        f"{which}: {file} on {model.text}: {assignment.model_size}"
        for which, model, assignment in zip("AB", models, found.assignments, strict=True)
    ]
    ways = ", ".join(f"{number} by {how}" for how, number in found.found.items())
    blocks += [f"{counted(len(found.pairs), 'pair')}{f': {ways}' if ways else ''}"]
    for axis in dict.fromkeys(count.axis for count in found.counts):
        rows = [_count(count) for count in found.counts if count.axis == axis]
        heads = (_head(axis), "tensors A", "B", "parameters A", "B ", "")
        blocks += ["", Table(heads, rows, right=heads[1:5])]
    for which, frozen in zip("AB", found.frozen, strict=True):
        if frozen:
            blocks += ["", f"frozen in {which}: {few(frozen)}"]
    for which, alone in zip("AB", found.alone, strict=True):
        if alone:
            blocks += ["", f"only in {which}, by the mapping: {few(alone)}"]
    if found.differences:
        rows = _folded([(each.a, each.b, _difference(each)) for each in found.differences])
        blocks += ["", Table(("A", "B", "in A", "in B", "because"), rows)]
    if found.settings:
        rows = _folded(
            [
                (each.a, each.b, (settings_text(each.settings, 0), settings_text(each.settings, 1)))
                for each in found.settings
            ]
        )
        blocks += ["", Table(("A", "B", "settings in A", "settings in B"), rows)]
    for which, unpaired in zip("AB", found.unpaired, strict=True):
        if unpaired:
            rows = [
                (each.name, (" and " if each.together else " or ").join(each.candidates) or "-")
                for each in unpaired
            ]
            blocks += ["", Table((f"only in {which}", "could be"), rows)]
    return blocks


def _head(axis: str | None) -> str:
    if axis is None:
        return "group"
    return f"[{axis}]" if axis else "rules before any [axis]"


def _count(count: "Count") -> tuple[str, ...]:
    note = "differs" if count.differs else "" if any(count.tensors) else "not trained"
    return (
        count.label,
        *(f"{number:,}" for number in count.tensors),
        *map(large, count.parameters),
        note,
    )


def _difference(difference: "Difference") -> tuple[str, ...]:
    a, b = difference.labels
    if a == b:
        a, b = map(short_settings, difference.settings)
    return a, b, " | ".join(map(_because, difference.reasons))


def _folded(rows: list[tuple[str, str, tuple[str, ...]]]) -> list[tuple[str, ...]]:
    """Return rows of two names and what is said about them; where that is the same, with names folded."""
    alike: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for a, b, what in rows:
        alike.setdefault(what, []).append((a, b))
    return [
        (one.name, other.name, *what) for what, pairs in alike.items() for one, other in fold_pairs(pairs)
    ]


def _because(reason: "Reason") -> str:
    if reason.clause is None:
        return "else"
    return f"{'' if reason.held else 'not '}{reason.clause}"


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
        "counts": [
            {"axis": axis, "label": label, "tensors": tensors, "parameters": parameters}
            for axis, label, tensors, parameters, _ in found.counts
        ],
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
    return {
        "label": reason.rule.label.text,
        "file": reason.rule.span.source.name,
        "line": reason.rule.span.line,
        "clause": reason.clause and reason.clause.text,
        "note": reason.clause and reason.clause.note,
        "held": reason.held,
    }
