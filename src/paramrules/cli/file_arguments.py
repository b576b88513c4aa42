"""The arguments of commands on files."""

import os
from typing import TYPE_CHECKING

import click

from paramrules.rules.shipped import names_shipped, policies

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def complete_file(context: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Complete the path of a file: the beginning of `net.py:make`, or a saved inventory."""
    from click.shell_completion import CompletionItem  # loaded only where a shell completes

    return [CompletionItem(incomplete, type="file")]


class RuleFile(click.Path):
    """A path of a rule file or a lock, or the name of a shipped policy."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """Return the policies of which a beginning is typed; a path is left to the shell."""
        if not incomplete.startswith("<"):
            return super().shell_complete(ctx, param, incomplete)
        from click.shell_completion import CompletionItem

        names = (f"<{name}>" for name in policies())
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def names_rules(word: str) -> bool:
    """Return whether a word of a command line, which may be a parameter, names a rule file."""
    return word.endswith(".rules") or names_shipped(word) or os.path.isfile(word)


def refuse_shipped(file: str) -> None:
    """Raise if a file that a command would write is of the shipped library."""
    if names_shipped(file):
        raise click.UsageError(
            f"`{file}` is shipped and stays as it is: `paramrules new {file.strip('<>')}` writes a copy"
        )
