"""Read a file from disk: its size, its encoding, its text."""

import codecs
import os
from typing import TYPE_CHECKING, Final

from paramrules.diagnostics import Diagnostic, Source, Span, did_you_mean
from paramrules.safe_files import names_in, unreadable, why
from paramrules.syntax import language

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

UNREADABLE: Final = ("E101", "E102", "E103", "E970", "E971")
"""The codes of a file whose text cannot be had, so that nothing is checked."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def open_source(path: "str | Traversable", name: str, place: Span | None = None) -> Source | Diagnostic:
    """Return the text of a file, or the reason why it cannot be read.

    `name` is the file's name in diagnostics; `place` is the include that names it, if any.
    """
    data = read_bytes(path, name, place)
    return data if isinstance(data, Diagnostic) else decode(data, name)


def read_bytes(path: "str | Traversable", name: str, place: Span | None = None) -> bytes | Diagnostic:
    """Return what a file holds, or the reason why it cannot be read; `open_source` explains the arguments."""
    if path == "":
        return Diagnostic("E101", "a rule file is named by its path, and this is empty", place)
    if isinstance(path, str) and (reason := unreadable(path)):
        return Diagnostic("E101", f"`{name}` cannot be read: {reason}", place, help=_inside(path, name))
    try:
        with open(path, "rb") if isinstance(path, str) else path.open("rb") as file:
            data = file.read(language.BYTES + 1)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "it does not exist" if missing else why(error)
        first, more, _ = name.partition("\n")
        shown = f"{first[:60]}..." if more else name
        return Diagnostic(
            "E101", f"`{shown}` cannot be read: {reason}", place, help=_meant(name, missing and not place)
        )
    if len(data) > language.BYTES:
        return Diagnostic(
            "E103",
            f"`{name}` is larger than {language.BYTES // 1024} KiB",
            place,
            help="divide it, or move its `let` statements to a file that it includes",
        )
    return data


def decode(data: bytes, name: str) -> Source | Diagnostic:
    """Return the text of a file's bytes, without a BOM and with LF at line ends, or where it is not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _not_utf8(data, name, error)
    return Source(name, normalised(text))


def normalised(text: str) -> str:
    """Return a text as a `Source` holds it: without a BOM, with LF at line ends."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _inside(path: str, name: str) -> str:
    """Return the help for a path that is no file: a rule file in it if it is a folder of this name."""
    files = names_in(path, ".rules") if os.path.isdir(path) else []
    return f"name a file in it, such as `{name.rstrip('/')}/{files[0]}`" if files else ""


def _meant(path: str, is_missing: bool) -> str:
    """Return what to write instead of a path that cannot be read, or the whole path that is missing."""
    if "\n" in path or ": " in path:
        return "rules in a text are read by `paramrules.parse`"
    folder, name = os.path.split(path)
    near = did_you_mean(name, [] if os.path.lexists(path) else names_in(folder, ".rules"))
    return near or (f"looked for `{os.path.abspath(path)}`" if is_missing and not os.path.isabs(path) else "")


def _not_utf8(data: bytes, name: str, error: UnicodeDecodeError) -> Diagnostic:
    if data.startswith(_UTF_16):
        return Diagnostic(
            "E102",
            f"`{name}` is UTF-16, not UTF-8",
            help="save it as UTF-8; in PowerShell, `Out-File -Encoding utf8`",
        )
    # utf-8-sig counts offsets from behind the BOM
    body = data.removeprefix(codecs.BOM_UTF8)
    before = normalised(body[: error.start].decode("utf-8"))
    source = Source(name, normalised(body.decode("utf-8", "replace")))
    at = len(before)
    line, _ = source.position(at)
    return Diagnostic(
        "E102",
        f"`{name}` is not UTF-8: line {line} holds the byte 0x{body[error.start]:02x}",
        Span(source, at, at + 1),
        help="save it as UTF-8",
    )
