"""The messages of an editor, up to a length."""

from typing import BinaryIO, Final

from paramrules.diagnostics import Diagnostic

LARGEST: Final = 64 << 20
"""The bytes that a message may have. A rule file, which an editor sends whole, has far fewer."""
_LINE: Final = 4096
"""The bytes of a line of a message's head that are read at once."""


class Messages:
    """Standard input for the server: it ends at a message that would take all memory.

    Args:
        stream: standard input.

    Attributes:
        too_long: the finding (E987) about the message at which it ended.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.too_long: Diagnostic | None = None

    def readline(self) -> bytes:
        """Return the next line of a message's head; of one that is longer than any, a part."""
        return b"" if self.too_long else self._stream.readline(_LINE)

    def read(self, size: int) -> bytes:
        """Return a message of this many bytes; nothing if it may not have so many."""
        if size > LARGEST:
            self.too_long = Diagnostic(
                "E987",
                f"the editor announces a message of {size:,} bytes, and one may have {LARGEST:,}",
                help="restart the server; rule files are smaller, so what has started it is not an editor",
            )
            return b""
        return self._stream.read(size)
