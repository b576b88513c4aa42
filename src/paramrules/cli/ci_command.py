"""`paramrules ci`."""

from typing import TYPE_CHECKING

import click

from paramrules.cli.answer import CONFIGURED, Answer, Command, current_project
from paramrules.cli.arguments import build
from paramrules.cli.exit_codes import Exit
from paramrules.diagnostics import SEVERITIES, count_text, distinct
from paramrules.display import Block, Table, counted

if TYPE_CHECKING:
    from paramrules.ci import Step


@click.command(cls=Command)
@click.option(
    "--skip",
    metavar="STEP",
    type=click.Choice(("check", "fmt", "test", "lock")),
    multiple=True,
    help="Leave out a step: `check`, `fmt`, `test` or `lock`. May be repeated.",
)
def ci(skip: tuple[str, ...]) -> Answer:
    """Run all checks on the files that the settings name.

    \b
    paramrules ci
    paramrules ci --format github --fail-on warning
    paramrules ci --skip test --skip lock

    For each rule file: `check`, `fmt --check`, `test` on its models, and `lock --check` if there is a lock
    beside it. A lock there that no target has is reported. Nothing is written. One model that cannot be built
    does not keep the others from being tested. Without `test` and `lock`, no model is built.

    JSON: `findings` and `steps`, each with `step`, `file`, `result` (ok, findings, unusable, skipped), how
    many `errors`, `warnings` and `notes`, and `details` for reading.
    """
    from paramrules.ci import steps

    project = current_project()
    if not project or not project.targets:
        raise click.UsageError(
            f"`{project.file}` names no rule file: write `[[targets]]`"
            if project
            else "list rule files and models in `[tool.paramrules]` of `pyproject.toml`, "
            "or run this in the folder that has settings"
        )
    click.get_current_context().meta[CONFIGURED] = True
    done = list(steps(project, build, skip))
    findings = distinct(finding for step in done for finding in step.findings)
    rows = [(step.name, step.file, step.result, step.details) for step in done]
    blocks: list[Block] = [Table(("step", "file", "result", "details"), rows)]
    for diffs in (step.diffs for step in done if step.diffs):
        changes = diffs.report()
        blocks += ["", *changes] if changes else []
    return Answer(
        blocks,
        {"steps": list(map(_to_json, done))},
        findings,
        f"{counted(len(done), 'step')}: {count_text(findings) or 'no findings'}",
        Exit.NOTHING if all(step.is_usable for step in done) else Exit.UNUSABLE,
    )


def _to_json(step: "Step") -> dict[str, object]:
    found = [finding.severity for finding in step.findings]
    return {
        "step": step.name,
        "file": step.file,
        "result": step.outcome,
        **{f"{severity}s": found.count(severity) for severity in SEVERITIES},
        "details": step.details,
    }
