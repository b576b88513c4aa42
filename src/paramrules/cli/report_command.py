"""`paramrules report [FILE] --model M -o report.html`."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from paramrules.cli.answer import Answer, Command, as_shown, current_project
from paramrules.cli.arguments import assigned_to, build, on_models_of_then
from paramrules.cli.file_arguments import RuleFile
from paramrules.cli.layout import progress
from paramrules.cli.output_option import with_output
from paramrules.cli.state_option import with_state
from paramrules.display import counted

if TYPE_CHECKING:
    from paramrules.assignment import Assignment
    from paramrules.diagnostics import Diagnostic
    from paramrules.diffs import Diff
    from paramrules.inventories import Inventory
    from paramrules.named_models.model_name import ModelName
    from paramrules.projects import Models, Project, Target


@click.command(cls=Command)
@on_models_of_then
@click.option(
    "--against",
    metavar="OLD",
    type=RuleFile(),
    help="Show what moved since OLD: a rule file, a lock, `REV:path`, or a revision, `main`.",
)
@with_state
@with_output
def report(
    targets: "list[Target]",
    choose_then: "Callable[[Project], list[Target]]",
    against: str | None,
    state: dict[str, str],
    output: str,
) -> Answer:
    """Write a page to look at: the groups, a map of the model, and a reason for every parameter.

    \b
    paramrules report vit.rules -m vit.py:ViT -o report.html
    paramrules report vit.rules -m vit.json --against main:vit.rules -o report.html
    paramrules report vit.rules -m vit.json -m vit_flax.json -o report.html

    The page is one file that needs no network, and the same inputs give the same bytes. Two models stand
    side by side.

    JSON: `file`, `findings`, and `models`, each with `rules`, `name`, `model`, `framework`, `tensors`,
    `parameters` and `groups` (how many); with `-o -` also `html`.
    """
    import paramrules
    from paramrules.html_report import View, page
    from paramrules.optimizer_state import state_by_parameter
    from paramrules.safe_files import write_whole

    since = _Since(against, targets, choose_then) if against else None
    findings: list[Diagnostic] = []
    views, results = [], []
    for target, rules, model, name, inventory in assigned_to(targets):
        options = target.options_for(rules)
        assignment = paramrules.examine(rules, inventory, options=options, strict=target.strict)
        diff = since.diff(target, model, inventory) if since else None
        of_parameters = state_by_parameter(assignment, state) if state else None
        shown = as_shown(assignment.findings)
        views.append(View(assignment, name, diff, against or "", of_parameters, shown))
        findings += [finding for finding in assignment.findings if finding not in findings]
        results.append({"rules": target.rules, "name": name, "model": model.text, **_sizes(assignment)})
    findings += since.findings if since else []
    with progress("explaining every parameter"):
        text = page(views)
    result = {"file": output, "models": results}
    if output == "-":
        return Answer((), {**result, "html": text}, findings, is_output=True, text=text)
    write_whole(output, text)
    tensors = sum(len(view.assignment.inventory) for view in views)
    size = f"{counted(len(views), 'model')}, {counted(tensors, 'tensor')}"
    return Answer((), result, findings, f"{output}: {size}")


class _Since:
    """The changes since `--against`, by model."""

    def __init__(
        self, old: str, targets: "list[Target]", choose_then: "Callable[[Project], list[Target]]"
    ) -> None:
        from paramrules.diffs.against import is_revision
        from paramrules.diffs.former_targets import FormerTargets

        self._old = old
        self._former = (
            FormerTargets(old, current_project(), targets, choose_then) if is_revision(old) else None
        )

    def diff(self, target: "Target", model: "ModelName", inventory: "Inventory") -> "Diff | None":
        """Return what moved on one model; None if a revision does not have the rule file."""
        from paramrules.diffs.against import diff_against
        from paramrules.diffs.sides import diff_target

        alone = replace(target, models=replace(target.models, names=(model,)))

        def described(models: "Models") -> "list[Inventory]":
            return [inventory] if models == alone.models else build(models)

        if self._former is None:
            found = diff_target(self._old, target.rules, alone, described)
        else:
            found = diff_against(self._former, alone, described)
        return next(iter(found.diffs), None)

    @property
    def findings(self) -> "list[Diagnostic]":
        """Settings of the revision that could not be used."""
        return self._former.findings if self._former else []


def _sizes(assignment: "Assignment") -> dict[str, object]:
    return {
        "framework": assignment.inventory.framework,
        "tensors": len(assignment.inventory),
        "parameters": sum(assignment.inventory.column("elements")),
        "groups": len(assignment.groups),
    }
