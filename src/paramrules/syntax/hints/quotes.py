"""Strings that are not closed, and letters in front of strings."""

import re

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.mistake import Mistake

_STRING = re.compile(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""")


def unclosed(mistake: Mistake) -> Diagnostic | None:
    """`name == "a.b`."""
    quote = mistake.after[:1]
    if mistake.ended or quote not in ('"', "'") or _STRING.match(mistake.after):
        return None
    line = mistake.after.partition("\n")[0].rstrip()
    if len(line) > 1 and line.endswith(f"\\{quote}"):
        help = f"a backslash keeps the {quote} behind it from closing the string"
    else:
        help = f"write {quote} at its end, on the same line"
    end = mistake.at + len(line)
    return mistake.finding(
        "the string is not closed", label="it starts here", help=help, end=end, code="E109"
    )


def prefix(mistake: Mistake) -> Diagnostic | None:
    r"""`name ~ r"\d"`, as in Python."""
    if mistake.found[:1] not in ('"', "'") or mistake.word.lower() not in ("r", "f", "b", "u", "rb", "br"):
        return None
    if mistake.stack[-1].end_pos != mistake.at:
        return None
    return mistake.finding(
        f"a string has no prefix `{mistake.word}`",
        help=f"strings are raw as they stand: write {mistake.found}",
        start=mistake.at - len(mistake.word),
        end=mistake.at + len(mistake.found),
    )
