"""The answer of a command: a command returns one, and its exit code follows from it.

With `--format json` or `sarif` all of it is one object on standard output (printed_answer.py). The exit code
(exit_codes.py) does not depend on whether anybody reads the output.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import click

from paramrules.cli.exit_codes import Exit, exit_code
from paramrules.cli.file_arguments import names_rules
from paramrules.cli.layout import QUIET
from paramrules.cli.printed_answer import print_answer, print_traceback, unwritten, writing_help
from paramrules.diagnostics import SEVERITIES, Diagnostic, RulesError
from paramrules.display import Block
from paramrules.projects import find_project

if TYPE_CHECKING:
    from paramrules.projects import Project

_PROJECT: Final = "paramrules.project"
"""The key of the project's settings in the meta data of a command's context."""
FORM: Final = "paramrules.form"
"""The key of the format of the answer in the meta data of a command's context."""
WORDS: Final = "paramrules.words"
"""The key of the words of the command line in the meta data of a command's context."""
CONFIGURED: Final = "paramrules.configured"
"""The key in the meta data of a command's context for True if rules and models are those of the settings."""
FORMATS: Final = ("text", "json", "github", "sarif")
INTERRUPTED: Final = 130
"""The exit code that a shell reports of a program that Ctrl-C ended: 128 and the signal's number."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a command.

    Attributes:
        blocks: the answer for reading.
        result: the same for programs.
        findings: the errors, warnings and notes.
        summary: a line for reading, below the findings.
        next: what to type next, below that.
        notice: what an annotation of a workflow says beside the findings.
        cause: the exception of a model's code behind a finding, for `--traceback`.
        outcome: the exit code that the answer asks for, whatever the findings.
        is_output: True if the blocks are what the command was asked to write, and `--quiet` keeps them.
        text: what the command was asked to write, if it is to come out as it is.
        aside: what there is to read beside such a text, on standard error.
    """

    blocks: Sequence[Block] = ()
    result: Mapping[str, object] = field(default_factory=dict)
    findings: Sequence[Diagnostic] = ()
    summary: str = ""
    outcome: Exit = Exit.NOTHING
    is_output: bool = False
    text: str = ""
    aside: Sequence[Block] = ()
    next: str = ""
    cause: BaseException | None = None
    notice: str = ""


class Command(click.Command):
    """A command whose function returns an `Answer`.

    Adds `--json`, `--fail-on` and `--quiet`. A `RulesError` means that an input cannot be used: there is no
    answer.

    Args:
        reads_settings: whether the command uses the project's settings. Otherwise it works with broken ones.
        too_many: what to do in place of an argument more than it takes.
    """

    def __init__(
        self, *args: Any, reads_settings: bool = True, too_many: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._reads_settings = reads_settings
        self._too_many = too_many
        self.params += (
            click.Option(
                ["--fail-on"],
                type=click.Choice(SEVERITIES),
                default="error",
                help="The least severe finding for which the exit code is 1; `error` by default.",
            ),
            click.Option(
                ["--format", "form"],
                type=click.Choice(FORMATS),
                default="text",
                help="How to answer: `text` for reading, by default; one object of `json` or `sarif`; or "
                "`github`, the findings as annotations of a workflow.",
            ),
            click.Option(["--json", "form"], flag_value="json", help="The same as `--format json`."),
            click.Option(
                ["--quiet", "-q"],
                is_flag=True,
                help="Print nothing but the findings for which the exit code is not 0.",
            ),
        )

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the command line, which may ask for the help."""
        with writing_help():
            return super().make_context(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line, and say so if a model is given without `--model`."""
        ctx.meta[WORDS] = words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            from paramrules.cli.wrong_options import no_option

            ctx.fail(no_option(error.option_name, ctx))
        except click.UsageError as error:
            if "unexpected extra argument" in error.message:
                from paramrules.cli.arguments import refuse_misplaced_model

                refuse_misplaced_model(words, self.params)
                if self._too_many:
                    ctx.fail(self._too_many)
            raise

    def invoke(self, ctx: click.Context) -> None:
        """Run the command, print its answer and exit."""
        form = ctx.params.pop("form") or "text"  # click 8.2.1 drops the default, which `--json` has none of
        ctx.meta[FORM] = form
        fail_on = ctx.params.pop("fail_on")
        ctx.meta[QUIET] = quiet = ctx.params.pop("quiet")
        with_traceback = ctx.params.pop("traceback", False)
        try:
            _require_folder()
            if self._reads_settings and not ctx.params.get("driver"):  # git stops at an error in them
                ctx.meta[_PROJECT] = find_project(complete=not _names_files(ctx.params))
            answer = super().invoke(ctx)
        except RulesError as error:
            answer = Answer(findings=error.diagnostics, outcome=Exit.UNUSABLE, cause=error.__cause__)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            ctx.exit(INTERRUPTED)
        if with_traceback and answer.cause:
            print_traceback(answer.cause)
        answer = replace(answer, findings=as_shown(answer.findings))
        try:
            print_answer(_without_the_rest(answer, fail_on) if quiet and form == "text" else answer, form)
        except OSError as error:
            ctx.exit(unwritten(error))
        ctx.exit(exit_code(answer.findings, fail_on, answer.outcome))


def _require_folder() -> None:
    """Raise RulesError (E101) if the current folder is gone, where all paths begin."""
    try:
        os.getcwd()
    except FileNotFoundError:
        message = "the current folder does not exist any more"
        raise RulesError(Diagnostic("E101", message, help="`cd` into a folder that exists")) from None


def _names_files(params: Mapping[str, Any]) -> bool:
    """Return whether the files of a command are typed, so that those of the settings need not exist."""
    words = params.get("words", ())
    typed = any(params.get(name) for name in ("file", "files", "paths", "a"))
    return typed or any(names_rules(word) for word in words[:1])


def current_project() -> "Project | None":
    """Return the settings that hold for the command that runs."""
    project: Project | None = click.get_current_context().meta.get(_PROJECT)
    return project


def graded(findings: Sequence[Diagnostic]) -> Sequence[Diagnostic]:
    """Return findings with the severities that the project's settings give them."""
    project = current_project()
    return project.graded(findings) if project else findings


def as_shown(findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return graded findings with their helps for the command line that runs."""
    configured = click.get_current_context().meta.get(CONFIGURED, False)
    return [finding.on_command_line(configured=configured) for finding in graded(findings)]


def _without_the_rest(answer: Answer, fail_on: str) -> Answer:
    """Return what `--quiet` leaves of an answer."""
    findings = [finding for finding in answer.findings if exit_code([finding], fail_on)]
    return replace(
        answer,
        blocks=answer.blocks if answer.is_output else (),
        findings=findings,
        summary="",
        next="",
        aside=(),
    )
