"""Characters that nobody sees, and that may make a file read other than it looks."""

import re

from paramrules.diagnostics import Diagnostic, Source, Span

_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters
    r"\u200b\u2028\u2029\ufeff"  # nothing, line ends that are none, a BOM in the middle
    r"\u202a-\u202e\u2066-\u2069"  # turn round the text beside them: CVE-2021-42574
    r"\ud800-\udfff][^\n]*"  # halves of a character
)


def unseen(source: Source) -> list[Diagnostic]:
    """A finding for each line that holds such a character."""
    return [
        Diagnostic(
            "E104",
            "a carriage return stands inside a line"
            if source.text[found.start()] == "\r"
            else f"the line holds the invisible character U+{ord(source.text[found.start()]):04X}",
            Span(source, found.start(), found.start() + 1),
            help="delete it, or save the file as plain text (UTF-8) again",
        )
        for found in _UNSEEN.finditer(source.text)
    ]
