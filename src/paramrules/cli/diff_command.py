"""`paramrules diff OLD NEW`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from paramrules.cli.answer import FORM, Answer, Command, current_project
from paramrules.cli.arguments import build, on_compared_models, with_compare
from paramrules.cli.diff_blocks import files_of, result_of
from paramrules.cli.exit_codes import Exit
from paramrules.cli.file_arguments import RuleFile
from paramrules.diagnostics import RulesError

if TYPE_CHECKING:
    from paramrules.projects import Project, Target


@click.command(cls=Command)
@click.argument("files", metavar="[OLD NEW]", type=RuleFile(), nargs=-1)
@click.option(
    "--against",
    metavar="REV",
    help="Compare the rule files of the project's settings with those of a revision: `--against main`.",
)
@on_compared_models
@with_compare("both")
@click.option("--names", "with_names", is_flag=True, help="List every parameter by its whole name.")
@click.option("--markdown", is_flag=True, help="Write Markdown, for a comment on a pull request.")
@click.option("--driver", is_flag=True, help="Take the words that git passes to a diff driver of locks.")
def diff(
    files: tuple[str, ...],
    against: str | None,
    choose_for: "Callable[[str | None], list[Target]]",
    choose_then: "Callable[[Project], list[Target]]",
    compare: str,
    with_names: bool,
    markdown: bool,
    driver: bool,
) -> Answer:
    """Show which parameters move between two versions of a file.

    OLD and NEW are each a rule file, a lock, or `REV:path`: one of these in a revision of git. Rules need a
    model, and take that of the project's settings; two locks need neither a model nor its framework.

    \b
    paramrules diff main:vit.rules vit.rules -m vit.py:ViT
    paramrules diff HEAD:vit.rules.lock vit.rules.lock --markdown
    paramrules diff --against main

    With `--against`, each side has the options, the stacks and the vocabulary of its own settings; files and
    targets that the revision does not have are listed as new, and those that only it has as gone. The models
    are those of now; if a lock shows that a model has changed, too, a line says so.
    `git config diff.paramrules-lock.command "paramrules diff --driver"` makes `git diff` show moves in place
    of lines. With `--format github`, an annotation says how much has moved.

    JSON: `same`, `went` and `came` (models of which only one of two locks has a section), `new_files` (that
    the revision does not have), `gone_files` (that only it has), likewise `new_targets` and `gone_targets`,
    `locks` (that have changed in more than the rules did, each with `lock`, `before` and `diffs`),
    `findings`, and `diffs`, each with `name`, `model`, `rules`, `same`, `groups_came`, `groups_went`,
    `reordered`, `options` (both values by name), `versions` (of packages, both by name), `reasons` (of a lock
    against rules, the entries of the vocabulary that moved parameters), and

    \b
    changes  kind (moved, settings, came, went, shape, frozen, tied,
             stacked), old and new (labels of groups, null for none),
             tensors, parameters, settings (both values by key), detail
             (of a shape, a tie, a stack, a mark: both), names
    """
    from paramrules.diffs.against import diff_project, is_revision
    from paramrules.diffs.diffs import Diffs
    from paramrules.diffs.former_targets import FormerTargets
    from paramrules.diffs.sides import diff_target
    from paramrules.projects import Target

    form = click.get_current_context().meta[FORM]
    if markdown and form != "text":
        raise click.UsageError(f"write either `--markdown` or `--format {form}`")
    if driver:
        return _for_git(files, compare, with_names)
    if against is not None and not files:
        project, targets = current_project(), choose_for(None)
        former = FormerTargets(against, project, targets, choose_then)
        found = diff_project(former, targets, build, compare=compare)
    elif against is None and len(files) == 2:
        old, new = files
        for one, other in ((old, new), (new, old)):
            if is_revision(one):
                instead = f"{one}:{'PATH' if ':' in other else other}"
                raise click.UsageError(f"there is no file `{one}`; in a revision of git it is `{instead}`")
        chosen = choose_for(new) or choose_for(old) or [Target(new)]
        found = Diffs.joined(diff_target(old, new, target, build, compare=compare) for target in chosen)
    else:
        raise click.UsageError("name two files, `main:vit.rules vit.rules`, or write `--against main` alone")
    blocks = found.markdown().splitlines() if markdown else found.report(with_names)
    code = Exit.NOTHING if found.same else Exit.FOUND
    result = {**result_of(found), **files_of(found)}
    findings, summary = found.findings, "" if markdown else found.summary
    notice = "" if found.same else found.summary
    return Answer(blocks, result, findings, summary, code, is_output=markdown, notice=notice)


def _for_git(words: tuple[str, ...], compare: str, with_names: bool) -> Answer:
    """Return the difference of two locks for `git diff`, which stops at any exit code but 0.

    References:
        https://git-scm.com/docs/git#Documentation/git.txt-codeGITEXTERNALDIFFcode
    """
    from paramrules.diffs.diffs import Diffs
    from paramrules.diffs.driver import locks_apart

    if len(words) not in (1, 7, 9):  # not merged; two more for a file that was renamed
        raise click.UsageError("`--driver` is for git: set it as the `command` of a diff driver")
    found, why = Diffs(()), ["not merged"]
    if len(words) > 1:
        try:
            found, why = locks_apart(words[1], words[4], compare), []
        except RulesError as error:
            why = ["not compared", *(finding.message for finding in error.diagnostics)]
    head = f"{words[-2] if len(words) == 9 else words[0]}: {': '.join(why) or found.summary}"
    blocks = found.report(with_names)
    return Answer([head, *([""] if blocks else []), *blocks, ""], {**result_of(found), **files_of(found)})
