"""The exit codes, which mean the same in every command."""

from collections.abc import Iterable
from enum import IntEnum

from paramrules.diagnostics import SEVERITIES, Diagnostic


class Exit(IntEnum):
    """The outcome of a command, the one that prevails last."""

    NOTHING = 0
    FOUND = 1
    """Findings at or above `--fail-on`, or a difference."""
    UNUSABLE = 2
    """The command line or an input cannot be used, so there is no answer."""
    UNDECIDED = 3
    """The command could not decide."""


def exit_code(findings: Iterable[Diagnostic], fail_on: str, outcome: Exit = Exit.NOTHING) -> Exit:
    """Return the exit code of a command with these findings.

    Args:
        findings: what the command reports.
        fail_on: the least severity that counts: `error`, `warning` or `note`.
        outcome: the outcome apart from the findings, such as a difference.
    """
    counted = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    found = any(finding.severity in counted for finding in findings)
    return max(outcome, Exit.FOUND if found else Exit.NOTHING)
