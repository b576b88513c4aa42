"""`paramrules explain FILE NAME --model M`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.model import ModelName
from paramrules.cli.options import on_a_model, typed
from paramrules.cli.table import Block, Table
from paramrules.cli.words import settings_text

if TYPE_CHECKING:
    from paramrules.assignment import AxisExplanation, Clause
    from paramrules.inventories import Parameter
    from paramrules.rules.model import Rule


@click.command(cls=Command)
@click.argument("file")
@click.argument("name")
@on_a_model
def explain(
    file: str,
    name: str,
    model: ModelName,
    stacked: dict[str, int],
    given: tuple[tuple[str, str], ...],
    strict: bool,
) -> Answer:
    """Say why a parameter is in its group.

    NAME is the parameter's canonical name, one of several if it is tied.

    JSON: `parameter` (name, names, owner, within, variable, shape, stored, layer, dtype, role, fan_in,
    fan_out, trainable, attributes), `group`, `settings`, `findings`, and `axes`, each with

    \b
    axis, label, settings, captures
    rule     that won: label, text, file, line, clause (text, note, name); null for `default`
    earlier  rules that failed, each with the first clause that did
    later    rules that would have held, each with the clause that does
    """
    import paramrules
    from paramrules.cli.build import inventory_of

    rules = paramrules.load(file)
    options = typed(given, rules)
    inventory = inventory_of(model, stacked)
    explanation = paramrules.examine(rules, inventory, options=options, strict=strict).explain(name)
    facts = _facts(explanation.parameter)
    group = explanation.group
    result = {
        "parameter": facts,
        "group": group.label,
        "settings": dict(group.settings),
        "axes": list(map(_result, explanation.axes)),
    }
    rows = [
        *((fact, str(value)) for fact, value in _shown(explanation.parameter, facts)),
        ("group", group.label),
        ("settings", settings_text(group.settings)),
    ]
    blocks: list[Block] = [explanation.parameter.name, Table(("fact", "value"), rows)]
    for axis in explanation.axes:
        blocks += ["", *_blocks(name, axis)]
    return Answer(blocks, result)


def _facts(parameter: "Parameter") -> dict[str, Any]:
    owner = parameter.owner
    return {
        "name": parameter.name,
        "names": parameter.names,
        "shape": parameter.shape,
        "stored": parameter.stored,
        "layer": parameter.layer and parameter.layer._asdict(),
        "dtype": parameter.dtype,
        "owner": owner.cls.name if owner.known else None,
        "within": [cls.name for cls in owner.around],
        "variable": parameter.variable.name if parameter.variable else None,
        "role": parameter.role,
        "fan_in": parameter.fan_in,
        "fan_out": parameter.fan_out,
        "trainable": parameter.trainable,
        "attributes": dict(parameter.attributes),
    }


def _shown(parameter: "Parameter", facts: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """What there is to say, for reading."""
    from paramrules.inventories.parameter import stored_text

    others = [name for name in facts["names"] if name != facts["name"]]
    yield "shape", parameter.shape
    if parameter.stored != parameter.shape:
        yield "stored", stored_text(parameter.stored, parameter.layer)
    yield "dtype", facts["dtype"]
    if facts["owner"]:
        yield "owner", facts["owner"]
        yield "within", " > ".join(name.rpartition(".")[2] for name in facts["within"])
    for fact in ("variable", "role", "fan_in", "fan_out"):
        if facts[fact] is not None:
            yield fact, facts[fact]
    for name, value in facts["attributes"].items():
        yield f"attr({name})", value
    if others:
        yield "tied to", ", ".join(others)
    if not facts["trainable"]:
        yield "frozen", "in no group that an optimizer gets"


def _result(axis: "AxisExplanation") -> dict[str, object]:
    return {
        "axis": axis.axis,
        "label": axis.label,
        "settings": dict(axis.settings),
        "captures": dict(axis.captures),
        "rule": _rule(axis.rule, axis.clause) if axis.rule else None,
        "earlier": [_rule(verdict.rule, verdict.clause) for verdict in axis.earlier],
        "later": [_rule(verdict.rule, verdict.clause) for verdict in axis.later],
    }


def _rule(rule: "Rule", clause: "Clause | None") -> dict[str, object]:
    source = rule.span.source
    return {
        "label": rule.label.text,
        "text": " ".join(rule.span.text.split()),
        "file": source.name,
        "line": source.position(rule.span.start)[0],
        "clause": {"text": clause.text, "note": clause.note, "name": clause.name} if clause else None,
    }


def _blocks(name: str, axis: "AxisExplanation") -> list[Block]:
    rows = [_row(name, "failed", verdict.rule, verdict.clause) for verdict in axis.earlier]
    if axis.rule:
        rows.append(_row(name, "won", axis.rule, axis.clause))
    rows += [_row(name, "later", verdict.rule, verdict.clause) for verdict in axis.later]
    captures = ", ".join(f"{capture}={value}" for capture, value in axis.captures.items())
    named = f"[{axis.axis}] " if axis.axis else ""
    return [
        f"{named}{axis.label}: {settings_text(axis.settings)}{f' where {captures}' if captures else ''}",
        Table(("verdict", "rule", "place", "because"), rows),
    ]


def _row(name: str, verdict: str, rule: "Rule", clause: "Clause | None") -> tuple[str, str, str, str]:
    source = rule.span.source
    place = f"{source.name}:{source.position(rule.span.start)[0]}"
    because = "else"
    if clause:
        because = f"{clause.text} ({clause.note})" if clause.note else clause.text
        because += f" as {clause.name}" if clause.name != name else ""
    return verdict, rule.label.text, place, because
