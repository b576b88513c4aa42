"""`paramrules test [FILE] [--model M]`."""

from typing import TYPE_CHECKING

import click

from paramrules.cli.answer import Answer, Command, graded
from paramrules.cli.arguments import assigned_to, on_models
from paramrules.display import Block, Table

if TYPE_CHECKING:
    from paramrules.projects import Target


@click.command(cls=Command)
@on_models
def test(targets: "list[Target]") -> Answer:
    """Run the `expect` statements of a rule file on a model.

    \b
    paramrules test vit.rules -m vit.json

    What is not named comes from the project's settings: `paramrules test` alone tests all of its targets.
    Also reports the warnings about the files and the models, and under `--strict` the errors.

    JSON: `expectations` (each with rules, model, axis, expectation, file, line, parameters, passed), how many
    `passed` and `failed`, and `findings`.
    """
    import paramrules

    blocks: list[Block] = []
    results, findings = [], []
    several = sum(len(target.models.names) for target in targets) > 1
    for target, rules, model, inventory in assigned_to(targets):
        options = target.options_for(rules)
        assignment = paramrules.examine(rules, inventory, options=options, strict=target.strict)
        rows = []
        for outcome in assignment.outcomes:
            span, verdict = outcome.expectation.span, "pass" if outcome.holds else "FAIL"
            rows.append((verdict, str(outcome.parameters), span.location, span.one_line))
            results.append(
                {
                    "rules": target.rules,
                    "model": model.text,
                    "axis": outcome.axis,
                    "expectation": span.one_line,
                    "file": span.source.name,
                    "line": span.line,
                    "parameters": outcome.parameters,
                    "passed": outcome.holds,
                }
            )
        if several:
            blocks += [*([""] if blocks else []), f"{target.rules} on {model.text}"]
        if rows:
            blocks.append(
                Table(("result", "parameters", "place", "expectation"), rows, right=("parameters",))
            )
        elif several:
            blocks.append("no `expect`")
        findings += [finding for finding in assignment.findings if finding not in findings]
    passed = sum(result["passed"] is True for result in results)
    failed = len(results) - passed
    return Answer(
        blocks,
        {"expectations": results, "passed": passed, "failed": failed},
        [finding for finding in graded(findings) if finding.severity != "note"],
        f"{passed} passed, {failed} failed" if results else _no_expectation(targets),
    )


def _no_expectation(targets: "list[Target]") -> str:
    files = dict.fromkeys(target.rules for target in targets)
    return f"{next(iter(files))} has no `expect`" if len(files) == 1 else "no file has an `expect`"
