"""The words and signs of a statement, as the grammar's terminals divide it."""

from typing import Self


class Token(str):
    """The text of a terminal.

    Attributes:
        type: the terminal's name in the grammar.
        start_pos: where it begins in its statement.
        end_pos: where it ends.
    """

    __slots__ = ("end_pos", "start_pos", "type")

    type: str
    start_pos: int
    end_pos: int

    def __new__(cls, text: str, type: str, start: int, end: int) -> Self:
        """Return a token."""
        token = str.__new__(cls, text)
        token.type, token.start_pos, token.end_pos = type, start, end
        return token
