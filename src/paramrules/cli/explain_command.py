"""`paramrules explain FILE NAME... --model M`."""

from typing import TYPE_CHECKING, Any

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.arguments import build, on_a_model, rule_file
from paramrules.named_models.model_name import ModelName

if TYPE_CHECKING:
    from paramrules.assignment import AxisExplanation, Clause, Explanation
    from paramrules.inventories import Parameter
    from paramrules.rules.model import Rule


@click.command(cls=Command)
@rule_file
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@on_a_model
def explain(
    file: str,
    names: tuple[str, ...],
    model: ModelName,
    stacked: dict[str, int],
    given: dict[str, str],
    strict: bool,
) -> Answer:
    """Explain why parameters are in their groups.

    \b
    paramrules explain vit.rules blocks.0.norm1.weight -m vit.json
    paramrules explain vit.rules blocks.0 '*.bias' -m vit.json

    NAME is a canonical name, one of several if it is tied; a module, for all parameters below it; or a glob
    such as `'*.bias'`. Numbers may be folded, as `show --names` prints them: `blocks.{0..3}.norm1`. One
    parameter is explained in full, several in a table.

    JSON: `findings` and `explanations`, each with `parameter` (name, names, owner, within, variable, shape,
    stored, layout, layer, dtype, role, fan_in, fan_out, layer_fan_in, layer_fan_out, layer_kernel,
    layer_groups, trainable, attributes), `group`, `settings`, and `axes`, each with

    \b
    axis, label, settings, captures
    rule     that won: label, text, file, line, clause (text, note, name); null for `default`
    earlier  rules that failed, each with the first clause that did
    later    rules that would have held, each with the clause that does

    The keys of a single explanation also stand beside `findings`.
    """
    import paramrules
    from paramrules.assignment import parse_options
    from paramrules.assignment.chosen_names import names_like
    from paramrules.assignment.explanation_table import explanation_table

    rules = paramrules.load(file)
    options = parse_options(rules, given)
    (inventory,) = build([model], stacked)
    assignment = paramrules.examine(rules, inventory, options=options, strict=strict)
    chosen = dict.fromkeys(found for name in names for found in names_like(inventory, name))
    explanations = [assignment.explain(name) for name in chosen]
    results = list(map(_explanation, explanations))
    if len(explanations) == 1:
        return Answer(explanations[0].report(), {**results[0], "explanations": results}, assignment.findings)
    return Answer(explanation_table(explanations), {"explanations": results}, assignment.findings)


def _explanation(explanation: "Explanation") -> dict[str, Any]:
    return {
        "parameter": _parameter(explanation.parameter),
        "group": explanation.group.label,
        "settings": dict(explanation.group.settings),
        "axes": list(map(_axis, explanation.axes)),
    }


def _parameter(parameter: "Parameter") -> dict[str, Any]:
    owner = parameter.owner
    return {
        "name": parameter.name,
        "names": parameter.names,
        "shape": parameter.shape,
        "stored": parameter.stored,
        "layout": parameter.layout,
        "layer": parameter.layer and parameter.layer._asdict(),
        "dtype": parameter.dtype,
        "owner": owner.cls.name if owner.known else None,
        "within": [cls.name for cls in owner.around],
        "variable": parameter.variable.name if parameter.variable else None,
        "role": parameter.role,
        "fan_in": parameter.fan_in,
        "fan_out": parameter.fan_out,
        "layer_fan_in": parameter.layer_fan_in,
        "layer_fan_out": parameter.layer_fan_out,
        "layer_kernel": parameter.layer_kernel,
        "layer_groups": parameter.layer_groups,
        "trainable": parameter.trainable,
        "attributes": dict(parameter.attributes),
    }


def _axis(axis: "AxisExplanation") -> dict[str, object]:
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
    return {
        "label": rule.label.text,
        "text": rule.span.one_line,
        "file": rule.span.source.name,
        "line": rule.span.line,
        "clause": {"text": clause.text, "note": clause.note, "name": clause.name} if clause else None,
    }
