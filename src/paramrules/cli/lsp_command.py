"""`paramrules lsp`."""

import sys
from contextlib import redirect_stdout
from importlib.util import find_spec
from typing import BinaryIO, Final, cast

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.exit_codes import Exit
from paramrules.diagnostics import Diagnostic

NOT_INSTALLED: Final = Diagnostic(
    "E980", "the language server is not installed", help="install it: `pip install 'paramrules[lsp]'`"
)


@click.command(cls=Command, reads_settings=False)
@click.pass_context
def lsp(context: click.Context) -> Answer:
    """Serve an editor: the language server for rule files.

    \b
    paramrules lsp

    It speaks the Language Server Protocol over standard input and output, and is started by an editor.

    JSON: `findings`, if it cannot start.
    """
    if not all(map(find_spec, ("pygls", "lsprotocol"))):
        return Answer(findings=[NOT_INSTALLED], outcome=Exit.UNUSABLE)
    from paramrules.language_server.messages import Messages
    from paramrules.language_server.server import make_server

    answers = sys.stdout.buffer
    messages = Messages(sys.stdin.buffer)
    with redirect_stdout(sys.stderr):  # nothing else may come between the answers
        make_server().start_io(cast(BinaryIO, messages), answers)  # which reads and reads lines
    if messages.too_long:
        return Answer(findings=[messages.too_long], outcome=Exit.UNUSABLE)
    context.exit()
