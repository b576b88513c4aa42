"""Strings that are not closed, or not where they should be, and letters in front of strings."""

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


def swallowed(mistake: Mistake) -> Diagnostic | None:
    """`("gamma, "pos")`: without its quote a string goes on to the beginning of the next."""
    strings = list(_STRING.finditer(mistake.text, 0, mistake.at))
    if not strings or strings[-1].end() != mistake.at or not mistake.found[:1].isidentifier():
        return None
    quote, text = strings[-1][0][0], strings[-1][0][1:-1].rstrip()
    if not text.endswith(","):
        return None
    return mistake.finding(
        "the string is not closed where it should be",
        label="it goes on to here",
        help=f"write {quote} before the comma: {quote}{text[:-1]}{quote}",
        start=strings[-1].start(),
        end=mistake.at,
        code="E109",
    )
