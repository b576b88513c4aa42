"""The command `paramrules`: one file per command, each a few lines over the public names of the package.

Nothing here decides anything about rules or models: a command reads what was typed, asks the core, and lays
out the answer. Its imports happen when it runs, so that `check` starts quickly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any, Final

import click

from paramrules import __version__
from paramrules.cli.layout import harmless
from paramrules.cli.printed_answer import prepare_streams, tell, writing_help
from paramrules.diagnostics import did_you_mean, printable

_COMMANDS: Final = (
    *("new", "library", "infer", "check", "fmt", "show", "explain", "test", "lock", "diff", "prove", "ci"),
    *("parity", "report", "inventory", "lsp", "rule"),
)
_SYNONYMS: Final = {
    "lint": "check",
    "format": "fmt",
    "validate": "check",
    "groups": "show",
    "list": "show",
    "names": "show",
    "why": "explain",
    "save": "inventory",
    "freeze": "lock",
    "adopt": "infer",
    "all": "ci",
    "compare": "diff",
    "init": "new",
    "policies": "library",
    "html": "report",
    "equal": "prove",
}


_INSTEAD: Final = {
    "help": "`paramrules --help` lists the commands, and `paramrules show --help` is about one",
    "version": "`paramrules --version` prints the version",
}


class _Commands(click.Group):
    """The commands, each found in the module of its name."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        prepare_streams()
        return super().main(*args, **kwargs)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _printable_errors(), writing_help():
            return super().make_context(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            option = error.option_name
            for word in (word for word in words if word in _COMMANDS):
                command = self.get_command(ctx, word)
                if command and any(option in param.opts for param in command.params):
                    ctx.fail(f"`{option}` comes after the command: `paramrules {word} {option}`")
            from paramrules.cli.wrong_options import no_option

            ctx.fail(no_option(option, ctx))

    def invoke(self, ctx: click.Context) -> Any:
        with _printable_errors():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            if ctx.resilient_parsing:  # a shell completes the words after it
                return None
            near = f"did you mean `{_SYNONYMS[cmd_name]}`?" if cmd_name in _SYNONYMS else ""
            near = near or _INSTEAD.get(cmd_name, "")
            near = near or _for_file(cmd_name) or did_you_mean(cmd_name, _COMMANDS)
            ctx.fail(f"there is no command `{cmd_name}`" + (f"; {near}" if near else ""))
        command: click.Command = getattr(import_module(f"{__name__}.{cmd_name}_command"), cmd_name)
        return command


def _for_file(word: str) -> str:
    """Return what to type in place of a rule file alone; an empty text for any other word."""
    if not word.endswith(".rules"):
        return ""
    check = f"`paramrules check {word}` finds mistakes in the file"
    return f"{check}, `paramrules show {word} --model M` shows its groups"


@contextmanager
def _printable_errors() -> Iterator[None]:
    """Escape what a mistyped command line brings into click's own messages, which nobody may read."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:  # its message is the help
        raise
    except click.UsageError as error:
        # click offers no other way
        error.message = harmless(printable(error.message))  # type: ignore[misc]
        error.show = partial(tell, error.show)  # type: ignore[method-assign]
        raise


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Optimizer parameter groups from one rule file.

    The exit code is 0 if nothing is wrong, 1 for a difference or a finding at or above `--fail-on`, 2 if the
    command line or an input cannot be used, and 3 if the command cannot decide.
    """
