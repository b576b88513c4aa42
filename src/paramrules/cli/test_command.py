"""`paramrules test FILE --model M`."""

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.arguments import build, on_a_model, rule_file
from paramrules.display import Table
from paramrules.named_models.model_name import ModelName


@click.command(cls=Command)
@rule_file
@on_a_model
def test(file: str, model: ModelName, stacked: dict[str, int], given: dict[str, str], strict: bool) -> Answer:
    """Run the `expect` statements of a rule file on a model.

    \b
    paramrules test vit.rules -m vit.json

    Also reports the warnings about the file and the model, and under `--strict` its errors.

    JSON: `expectations` (each with axis, expectation, file, line, parameters, passed), how many `passed` and
    `failed`, and `findings`.
    """
    import paramrules
    from paramrules.assignment import parse_options

    rules = paramrules.load(file)
    options = parse_options(rules, given)
    (inventory,) = build([model], stacked)
    assignment = paramrules.examine(rules, inventory, options=options, strict=strict)
    outcomes = assignment.outcomes
    passed = sum(outcome.holds for outcome in outcomes)
    failed = len(outcomes) - passed
    rows, results = [], []
    for outcome in outcomes:
        span, verdict = outcome.expectation.span, "pass" if outcome.holds else "FAIL"
        rows.append((verdict, str(outcome.parameters), span.location, span.one_line))
        results.append(
            {
                "axis": outcome.axis,
                "expectation": span.one_line,
                "file": span.source.name,
                "line": span.line,
                "parameters": outcome.parameters,
                "passed": outcome.holds,
            }
        )
    table = Table(("result", "parameters", "place", "expectation"), rows, right=("parameters",))
    return Answer(
        [table] if outcomes else [],
        {"expectations": results, "passed": passed, "failed": failed},
        [finding for finding in assignment.findings if finding.severity != "note"],
        f"{passed} passed, {failed} failed" if outcomes else f"{file} has no `expect`",
    )
