"""Lines of code, each with the comment at its end."""

from dataclasses import dataclass
from typing import Final

from paramrules.diagnostics.message_text import width
from paramrules.formatting.tokens import Comment, Token

LIMIT: Final = 100
"""Columns of a line. Comments do not count."""

CONTINUED: Final = 4
"""White space in front of a line that continues a statement."""


@dataclass(slots=True)
class Line:
    """A line of code.

    Attributes:
        code: what stands in front of the comment, or a comment that stands alone.
        comment: the comment behind the code, "" if none.
        continues: True if there is no code and the comment continues the one above.
    """

    code: str
    comment: str = ""
    continues: bool = False


class Writer:
    """Writes the tokens of a statement to lines. A comment ends its line."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._code = self._comment = ""
        self._columns = 0
        self._indent = CONTINUED
        self._is_fresh = True

    def finish(self) -> list[Line]:
        """Return all lines."""
        self._end()
        return self.lines

    def newline(self, indent: int) -> None:
        """Start a line, unless nothing is on the present one."""
        self._end()
        self._code, self._columns, self._indent = " " * indent, indent, indent
        self._is_fresh = True

    def pad(self, columns: int) -> None:
        """Write white space up to a column."""
        self._code += " " * (columns - self._columns)
        self._columns = max(columns, self._columns)

    def has_room(self, token: Token, columns: int) -> bool:
        """Return whether as many columns fit, the first of which are the token's with its gap."""
        if token.before or self._comment:
            return self._indent + columns - len(token.gap) <= LIMIT
        return self._columns + columns - (len(token.gap) if self._is_fresh else 0) <= LIMIT

    def token(self, token: Token) -> None:
        """Write a token and the comments that belong to it."""
        if token.before or self._comment:
            self.newline(self._indent)
            for comment in token.before:
                self._alone(comment)
        gap = "" if self._is_fresh else token.gap
        self._code += gap + token.text
        self._columns += len(gap) + width(token.text)
        self._is_fresh = False
        if token.behind:
            self._comment = token.behind.text

    def _alone(self, comment: Comment) -> None:
        """Write a comment on a line of its own."""
        if comment.continues and self.lines and self.lines[-1].comment:
            self.lines.append(Line("", comment.text, True))
        else:
            self.lines.append(Line(" " * self._indent + comment.text))

    def _end(self) -> None:
        if not self._is_fresh:
            self.lines.append(Line(self._code.rstrip(" "), self._comment))
        self._comment = ""
