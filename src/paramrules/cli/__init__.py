"""The command `paramrules`: one file a command, each a few lines over the public names of the package.

Nothing here decides anything about rules or models; it reads what was typed, asks the core, and shows the
answer. What a command needs is imported when it runs, so that `check` stays quick.
"""

from importlib import import_module

import click

from paramrules import __version__

_COMMANDS = ("check", "show", "explain", "test", "inventory", "parity")


class _Commands(click.Group):
    """Finds a command in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Optimizer parameter groups from one rule file.

    The exit code is 0 where nothing was found, 1 where there is a finding (an error or a warning), 2 where
    the command line is wrong.
    """
