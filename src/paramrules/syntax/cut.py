"""Where the statements of a file begin and end, found without understanding any of them."""

import re
from typing import NamedTuple

_CONTENT = re.compile(r"^[ \t]*[^ \t\n#]", re.MULTILINE)


class Piece(NamedTuple):
    """One statement: from its first character to the end of its last line that is more than a comment."""

    start: int
    end: int


def cut(text: str) -> list[Piece]:
    """A piece for each line that starts in column 0 and is no comment, with the lines that continue it.

    Between two pieces there are only blank lines and comments. Only the first piece can start with white
    space: then the file's first statement is indented.

    >>> cut("a: b\\n   -> c = 1\\n# then\\n\\nd: else\\n")
    [Piece(start=0, end=16), Piece(start=25, end=32)]
    """
    pieces: list[Piece] = []
    start = end = -1
    for line in _CONTENT.finditer(text):
        at = line.start()
        if line.end() - at == 1 or start < 0:
            if start >= 0:
                pieces.append(Piece(start, end))
            start = at
        end = text.find("\n", line.end())
    if start >= 0:
        pieces.append(Piece(start, end if end >= 0 else len(text)))
    return pieces
