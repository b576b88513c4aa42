"""`paramrules test [FILE] [--model M]`."""

from typing import TYPE_CHECKING

import click

from paramrules.cli.answer import Answer, Command, graded
from paramrules.cli.arguments import assigned_to, on_models
from paramrules.cli.coverage_blocks import coverage_blocks, coverage_row
from paramrules.diagnostics import distinct
from paramrules.display import Block, Table

if TYPE_CHECKING:
    from paramrules.projects import Target


@click.command(cls=Command)
@on_models
@click.option(
    "--coverage",
    "with_coverage",
    is_flag=True,
    help="Also list the rules and the branches of `or` that none of the models reaches.",
)
def test(targets: "list[Target]", with_coverage: bool) -> Answer:
    """Run the `expect` statements of a rule file on a model.

    \b
    paramrules test vit.rules -m vit.json

    What is not named comes from the project's settings: `paramrules test` alone tests all of its targets.
    Also reports the warnings about the files and the models, and under `--strict` the errors.

    With `--coverage`, a rule or a branch that some model reaches is not reported on the others, and
    `--fail-on warning` fails for those that none reaches.

    JSON: `expectations` (each with rules, name, model, axis, expectation, file, line, parameters, passed),
    how many `passed` and `failed`, and `findings`; with `--coverage` also `coverage`, each with rules,
    percent, rules_reached, rules_total, branches_reached, branches_total, and missed (kind, text, file,
    line).
    """
    import paramrules
    from paramrules.assignment.coverage import coverage

    blocks: list[Block] = []
    results, findings = [], []
    assigned: dict[str, list[paramrules.Assignment]] = {}
    several = sum(len(target.models.names) for target in targets) > 1
    for target, rules, model, name, inventory in assigned_to(targets):
        options = target.options_for(rules)
        assignment = paramrules.examine(rules, inventory, options=options, strict=target.strict)
        rows = []
        for outcome in assignment.outcomes:
            span, verdict = outcome.expectation.span, "pass" if outcome.holds else "FAIL"
            rows.append((verdict, str(outcome.parameters), span.location, span.quote))
            results.append(
                {
                    "rules": target.rules,
                    "name": name,
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
            blocks += [*([""] if blocks else []), f"{target.rules} on {name}"]
        if rows:
            blocks.append(
                Table(("result", "parameters", "place", "expectation"), rows, right=("parameters",))
            )
        elif several:
            blocks.append("no `expect`")
        assigned.setdefault(target.rules, []).append(assignment)
        findings += [finding for finding in assignment.findings if finding not in findings]
    result: dict[str, object] = {}
    if with_coverage:
        covered = {file: coverage(assignments) for file, assignments in assigned.items()}
        findings = distinct(finding for each in covered.values() for finding in each.findings)
        blocks += [*([""] if blocks else []), *coverage_blocks(covered)]
        result["coverage"] = [coverage_row(file, each) for file, each in covered.items()]
    passed = sum(result["passed"] is True for result in results)
    failed = len(results) - passed
    return Answer(
        blocks,
        {"expectations": results, "passed": passed, "failed": failed, **result},
        [finding for finding in graded(findings) if finding.severity != "note"],
        f"{passed} passed, {failed} failed" if results else _no_expectation(targets),
    )


def _no_expectation(targets: "list[Target]") -> str:
    files = dict.fromkeys(target.rules for target in targets)
    return f"{next(iter(files))} has no `expect`" if len(files) == 1 else "no file has an `expect`"
