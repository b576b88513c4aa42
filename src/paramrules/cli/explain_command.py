"""`paramrules explain [FILE] NAME... [--model M]`."""

from typing import TYPE_CHECKING, Any

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.arguments import assigned_to, on_names
from paramrules.diagnostics import RulesError
from paramrules.display import Block
from paramrules.facts import FACTS

if TYPE_CHECKING:
    from paramrules.assignment import AxisExplanation, Clause, Explanation
    from paramrules.inventories import Parameter
    from paramrules.projects import Target
    from paramrules.rules.model import Rule


@click.command(cls=Command)
@on_names
def explain(targets: "list[Target]", names: tuple[str, ...]) -> Answer:
    """Explain why parameters are in their groups.

    \b
    paramrules explain vit.rules blocks.0.norm1.weight -m vit.json
    paramrules explain vit.rules blocks.0 '*.bias' -m vit.json

    NAME is a canonical name, one of several if it is tied; a module, for all parameters below it; or a glob
    such as `'*.bias'`. Numbers may be folded, as `show --names` prints them: `blocks.{0..3}.norm1`. One
    parameter is explained in full, several in a table. FILE and the model come from the project's settings if
    they are not named; of several targets, those are shown whose models have the parameters.

    JSON: `findings` and `explanations`, each with `rules`, `name`, `model`, `parameter` (name, names, owner,
    within, variable, shape, stored, layout, layer, dtype, role, fan_in, fan_out, layer_fan_in,
    layer_fan_out, layer_kernel, layer_groups, trainable, attributes), `group`, `settings`, `frozen` (nobody
    trains it), `skipped` (another optimizer does), and `axes`, each with

    \b
    axis, label, settings, captures
    rule     that won: label, text, file, line, clause (text, note, name); null for `default`
    earlier  rules that failed, each with the first clause that did
    later    rules that would have held, each with the clause that does

    The keys of a single explanation also stand beside `findings`.
    """
    import paramrules
    from paramrules.assignment.chosen_names import names_like
    from paramrules.assignment.explanation_table import explanation_table

    blocks: list[Block] = []
    results, findings = [], []
    missing: dict[str, RulesError] = {}
    found = set()
    several = sum(len(target.models.names) for target in targets) > 1
    for target, rules, model, title, inventory in assigned_to(targets):
        options = target.options_for(rules)
        assignment = paramrules.examine(rules, inventory, options=options, strict=target.strict)
        chosen: dict[str, None] = {}
        for name in names:
            try:
                chosen |= dict.fromkeys(names_like(inventory, name))
                found.add(name)
            except RulesError as error:
                missing.setdefault(name, error)
        explanations = [assignment.explain(name) for name in chosen]
        if several and chosen:
            blocks += [*([""] if blocks else []), f"{target.rules} on {title}", ""]
        if len(explanations) == 1:
            blocks += explanations[0].report()
        elif explanations:
            blocks += explanation_table(explanations)
        where = {"rules": target.rules, "name": title, "model": model.text}
        results += [{**where, **_explanation(each)} for each in explanations]
        findings += [finding for finding in assignment.findings if finding not in findings]
    for name in names:
        if name not in found:
            raise missing[name]
    alone = results[0] if len(results) == 1 else {}
    return Answer(blocks, {**alone, "explanations": results}, findings)


def _explanation(explanation: "Explanation") -> dict[str, Any]:
    untrained = dict(explanation.untrained())
    return {
        "parameter": _parameter(explanation.parameter),
        "group": explanation.group.label,
        "settings": dict(explanation.group.settings),
        "frozen": "frozen" in untrained,
        "skipped": "skipped" in untrained,
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
        **{fact.name: getattr(parameter, fact.name) for fact in FACTS if fact.is_given or fact.source},
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
