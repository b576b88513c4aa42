"""`paramrules parity [FILE] [--model A --model B]`."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.arguments import build, on_two_models, with_compare
from paramrules.cli.exit_codes import Exit
from paramrules.cli.layout import progress
from paramrules.display import Block, Table, counted, few, large, short_settings
from paramrules.folded_names import fold_pairs
from paramrules.named_models.model_name import ModelName
from paramrules.sources import source

if TYPE_CHECKING:
    from paramrules import Diagnostic
    from paramrules.assignment import Assignment
    from paramrules.comparison import Count, Difference, Parity, Reason
    from paramrules.inventories import Inventory
    from paramrules.projects import Target


class _Comparison(NamedTuple):
    """Two models to compare under the rules of a target."""

    target: "Target"
    models: tuple[ModelName, ModelName]
    a: "Inventory"
    b: "Inventory"


@click.command(cls=Command)
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
    targets: "list[Target]",
    compare: str,
    mapping: str | None,
    write_mapping: str | None,
) -> Answer:
    """Compare the groups that a rule file makes of two models.

    \b
    paramrules parity vit.rules -m vit_torch.py:ViT -m vit_flax.py:ViT

    What is not named comes from the project's settings: `paramrules parity` alone compares the first model of
    each target with each of its others.

    JSON: `findings`, `same` and `comparisons`, each with `rules` and

    \b
    same         true if nothing below differs
    models       both: model, framework, tensors, parameters
    found        the number of pairs by the way in which they were found
    counts       by label: axis (null for joined labels), label, tensors and
                 parameters that are trained, each of both models
    differences  pairs in different groups: a, b, axis, labels, settings,
                 reasons of both (label, file, line, clause, note, held),
                 the same where one rule takes both
    settings     pairs with different effective settings: a, b, groups,
                 settings (both values by key; null where the optimizer's own
                 counts); only with `--compare settings` or `both`
    alone        of both models: the names that a mapping leaves without a
                 partner; only with a mapping
    unpaired     of both models: name, candidates, together (true if it could
                 be all of these in one)
    pairs        all: a and b (lists of names), how

    The keys of a single comparison also stand beside `findings`.
    """
    import paramrules

    comparisons = _comparisons(targets)
    if len(comparisons) > 1 and (mapping or write_mapping):
        raise click.UsageError("a mapping is for two models: name the rule file, and `--model` twice")
    blocks: list[Block] = []
    results: list[dict[str, Any]] = []
    findings: list[Diagnostic] = []
    for target, models, a, b in comparisons:
        rules = paramrules.load(source(target.rules))
        options, pairs = target.options_for(rules), mapping or target.mapping
        with progress("comparing"):
            found = paramrules.parity(rules, a, b, pairs, options=options, compare=compare)
        if write_mapping:
            found.save_mapping(write_mapping)
        result = {"rules": target.rules, **_result(models, found)}
        if compare != "labels":
            result["settings"] = [
                each._asdict() | {"settings": {key: list(values) for key, values in each.settings.items()}}
                for each in found.settings
            ]
        if pairs:
            result["alone"] = list(map(list, found.alone))
        summary = _summary(found, compare)
        blocks += [*([""] if blocks else []), *_blocks(target.rules, models, found)]
        if len(comparisons) > 1:
            blocks += ["", summary]
        findings += found.findings
        results.append(result)
    different = sum(not result["same"] for result in results)
    if len(results) > 1:
        summary = f"{counted(len(results), 'comparison')}: {different or 'none'} with differences"
    alone = results[0] if len(results) == 1 else {"same": not different}
    code = Exit.FOUND if different else Exit.NOTHING
    return Answer(blocks, {**alone, "comparisons": results}, findings, summary, code)


def _comparisons(targets: "list[Target]") -> "list[_Comparison]":
    """Return the first model of each target with each of its others.

    Raises:
        click.UsageError: no target has two models.
    """
    found: list[_Comparison] = []
    for target in targets:
        if len(target.models.names) > 1:
            first, *others = zip(target.models.names, build(target.models), strict=True)
            found += [_Comparison(target, (first[0], name), first[1], other) for name, other in others]
    if not found:
        number = len(targets[0].models.names)
        raise click.UsageError(f"parity compares two models, not {number}: write `--model` twice")
    return found


def _summary(found: "Parity", compare: str) -> str:
    if found.same:
        return f"the same {'settings' if compare == 'settings' else 'groups'} on both models"
    from paramrules.comparison.differences import number_of

    alone = sum(map(len, found.unpaired))
    differences = number_of(found.differences, found.settings)
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
        rows = _folded([(each.a, each.b, _difference(each, found.assignments)) for each in found.differences])
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


def _difference(difference: "Difference", assignments: "Iterable[Assignment]") -> tuple[str, ...]:
    from paramrules.comparison.labels_apart import is_of_one_rule, notes_apart

    a, b = difference.labels
    if a == b:
        a, b = map(short_settings, difference.settings)
    if is_of_one_rule(difference):
        because = notes_apart(difference, assignments)
    else:
        because = [_because(reason) for reason in difference.reasons]
    return a, b, " | ".join(because)


def _folded(rows: list[tuple[str, str, tuple[str, ...]]]) -> list[tuple[str, ...]]:
    """Return rows of two names and what is said about them; where that is the same, with names folded."""
    alike: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for a, b, what in rows:
        alike.setdefault(what, []).append((a, b))
    return [
        (one.name, other.name, *what) for what, pairs in alike.items() for one, other in fold_pairs(pairs)
    ]


def _because(reason: "Reason") -> str:
    from paramrules.rules.terms import AllOf, AnyOf, Not

    clause = reason.clause
    assert clause is not None  # `else` takes both
    if reason.held:
        return str(clause)
    if isinstance(clause.predicate, AllOf | AnyOf | Not):
        clause = replace(clause, text=f"({clause.text})")
    return f"not {clause}"


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
            {
                "a": difference.a,
                "b": difference.b,
                "axis": difference.axis,
                "labels": difference.labels,
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
