"""What a command answers, and how it reaches the user.

Standard output holds what was asked for, standard error the findings; with `--json` all of it is one
object on standard output. The exit code is 0 where there was no finding, 1 where there was one (an error
or a warning), 2 where the command line itself was wrong.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from paramrules.cli.table import Block, print_blocks
from paramrules.diagnostics import Diagnostic, RulesError, render, to_json

INTERRUPTED, PIPE_CLOSED = 130, 141
"""What a shell reports of a program that a signal ended: 128 and the signal's number."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found out.

    `blocks` are for reading, `result` is the same for programs. Both are empty if an error stopped the work.
    `summary` is a last line for reading, below the findings.
    """

    blocks: Sequence[Block] = ()
    result: Mapping[str, object] = field(default_factory=dict)
    findings: Sequence[Diagnostic] = ()
    summary: str = ""


class Command(click.Command):
    """A command whose function returns an `Answer`. Adds `--json`; turns what goes wrong into findings."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--json", "as_json"], is_flag=True, help="Answer with one JSON object on standard output."
            )
        )

    def invoke(self, ctx: click.Context) -> None:
        """Runs the command, prints its answer and exits."""
        as_json = ctx.params.pop("as_json")
        with_traceback = ctx.params.pop("traceback", False)
        try:
            answer = super().invoke(ctx)
        except RulesError as error:
            if with_traceback and error.__cause__:
                _print_traceback(error.__cause__)
            answer = Answer(findings=error.diagnostics)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        try:
            _print(answer, as_json)
        except BrokenPipeError:
            _drop_output()
            ctx.exit(PIPE_CLOSED)
        except OSError as error:
            report([Diagnostic("E703", f"standard output cannot be written: {error.strerror}")])
            _drop_output()
            ctx.exit(1)
        ctx.exit(1 if answer.findings else 0)


def report(findings: Sequence[Diagnostic]) -> None:
    """The findings on standard error, coloured in a terminal."""
    color = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    for finding in findings:
        click.echo(render(finding, color=color) + "\n", err=True, color=color)


def _print(answer: Answer, as_json: bool) -> None:
    if as_json:
        import json

        found = {"findings": [to_json(finding) for finding in answer.findings]}
        click.echo(json.dumps({**answer.result, **found}, indent=2))
    else:
        print_blocks(answer.blocks)
        sys.stdout.flush()
        if answer.blocks and answer.findings:
            click.echo(err=True)
        report(answer.findings)
        if answer.summary:
            click.echo(answer.summary)
    sys.stdout.flush()


def _drop_output() -> None:
    """What could not be written would be tried again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_traceback(error: BaseException) -> None:
    import traceback

    traceback.print_exception(error)
