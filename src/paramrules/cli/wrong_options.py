"""Messages for options that a command does not have."""

from collections.abc import Iterator
from typing import Final

import click

from paramrules.diagnostics import did_you_mean, listed

_MEANT: Final = {
    "--option": "--set --param --params --opt --opts -o --define -D --var --override",
    "--format": "--fmt --output-format --report",
    "--json": "-j",
    "--format github": "--github",
    "--format sarif": "--sarif",
    "--format text": "--text",
    "--quiet": "--silent -s --no-output",
    "--output": "--out --outfile --save",
    "--force": "--overwrite",
    "--check": "--dry-run",
    "--fail-on": "--level --severity --fail-level",
    "--input": "--shape --input-shape --inputs",
    "--traceback": "--debug",
    "--version": "-V -v",
}
"""Options, each with what other programs call it."""

_INSTEAD: Final = {
    "`> FILE` writes the answer to a file": "--output --out --outfile --save -o",
    "`--json` prints all that there is": "--verbose -v --debug",
    "the environment variable `NO_COLOR=1` turns colors off": "--no-color --no-colour --no-colors",
    "the environment variable `FORCE_COLOR=1` turns colors on": "--color --colour --colors",
    "the rule file needs no option: name it first": "--rules --file --rule-file -f",
    "settings are read from `pyproject.toml`": "--config -c --settings",
    "`paramrules --version` prints the version": "--version -V",
    "`paramrules lsp` speaks over standard input and output without it": "--stdio",
}
"""Advice, each with the options of other programs that ask for it."""


def no_option(typed: str, ctx: click.Context) -> str:
    """Return the message for an option that the command of a context does not have."""
    near = next(_nearest(typed, ctx), "")
    return f"there is no option `{typed}`" + (f"; {near}" if near else "")


def _nearest(typed: str, ctx: click.Context) -> Iterator[str]:
    """Yield what to type, the likeliest first."""
    own = _options(ctx.command, ctx)
    if typed in ("--model", "-m") and any(param.metavar == "M" for param in ctx.command.params):
        yield "the model needs no option: `paramrules inventory vit.py:ViT -o vit.json`"
    for option, words in _MEANT.items():
        if typed in words.split() and option.split()[0] in own:
            yield f"did you mean `{option}`?"
    for what, words in _INSTEAD.items():
        if typed in words.split():
            yield what
    if near := did_you_mean(typed, own):
        yield near
    if having := [f"paramrules {name}" for name in _having(typed, ctx)]:
        yield f"{listed(having, most=3)} {'has' if len(having) == 1 else 'have'} it"


def _having(typed: str, ctx: click.Context) -> Iterator[str]:
    """Yield the commands that have an option."""
    group = ctx.find_root().command
    assert isinstance(group, click.Group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if command and typed in _options(command, ctx):
            yield name


def _options(command: click.Command, ctx: click.Context) -> set[str]:
    params = (*command.params, command.get_help_option(ctx))
    return {name for param in params if isinstance(param, click.Option) for name in param.opts}
