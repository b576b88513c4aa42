"""The command `paramrules`: one file a command, each a few lines over the public names of the package.

Nothing here decides anything about rules or models; it reads what was typed, asks the core, and shows the
answer. What a command needs to import is imported when it runs, so that `check` stays quick.
"""

import click

from paramrules import __version__
from paramrules.cli.check import check
from paramrules.cli.explain import explain
from paramrules.cli.inventory import inventory
from paramrules.cli.show import show
from paramrules.cli.test import test


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Optimizer parameter groups from one rule file.

    The exit code is 0 where nothing was found, 1 where there is a finding (an error or a warning), 2 where
    the command line is wrong.
    """


for command in (check, show, explain, test, inventory):
    main.add_command(command)
