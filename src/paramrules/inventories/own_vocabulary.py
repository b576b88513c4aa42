"""A model's own vocabulary: TOML files that say what its classes are, given with the model.

They hold for one model and its inventory. Owners and inventories that are made inside `using(files)` remember
them, so two models in one process, or in two threads, may have different ones.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeAlias

from paramrules.diagnostics import Diagnostic, RulesError, Source, Span, did_you_mean
from paramrules.inventories.plugins import faults
from paramrules.inventories.tables import Tables
from paramrules.safe_files import UnreadableError, decoded, names_in, read_text
from paramrules.toml_files import line_span, parse_toml

_LARGEST_FILE: Final = 1 << 17
"""The most bytes of a file."""

_FILES: Final = (str, PathLike, Traversable)

_File: TypeAlias = str | PathLike[str] | Traversable
VocabularyLike: TypeAlias = _File | Sequence[_File]


class OwnFile:
    """One file of a model's own vocabulary. Files with the same tables are equal, wherever they lie.

    Args:
        name: the path, for messages.
        table: what the file holds, without mistakes.
    """

    def __init__(self, name: str, table: Mapping[str, Any]) -> None:
        self.name = name
        self.table = table
        self._key = json.dumps(table, sort_keys=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OwnFile) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def saved(self) -> Mapping[str, object]:
        """Its entry in a saved inventory."""
        return {"source": self.name, "tables": self.table}

    @cached_property
    def tables(self) -> Tables:
        """Its tables."""
        return Tables.of(self.name, self.table)


OwnFiles: TypeAlias = tuple[OwnFile, ...]

_CURRENT: ContextVar[OwnFiles] = ContextVar("own_vocabulary", default=())


def current() -> OwnFiles:
    """Return the files of the model that is being described."""
    return _CURRENT.get()


@contextmanager
def using(files: OwnFiles) -> Iterator[None]:
    """Give these files to every owner and inventory that is made inside."""
    token = _CURRENT.set(files)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def read_own(vocabulary: VocabularyLike, families: Iterable[str]) -> OwnFiles:
    """Read the files of a model's own vocabulary.

    Args:
        vocabulary: the path of a file, or several.
        families: the families that are known without them.

    Raises:
        RulesError: E510 for each mistake, with its line.
        TypeError: `vocabulary` is neither a path nor a sequence of paths.
    """
    paths = [vocabulary] if isinstance(vocabulary, _FILES) else vocabulary
    if not isinstance(paths, list | tuple) or not all(isinstance(path, _FILES) for path in paths):
        raise TypeError(
            f"`vocabulary` is {vocabulary!r:.60} and should be the path of a TOML file: "
            '`vocabulary="norms.toml"`'
        )
    files = [Path(each) if isinstance(each, str | PathLike) else each for each in paths]
    return tuple(_read(file, families) for file in files)


def _read(file: Path | Traversable, families: Iterable[str]) -> OwnFile:
    name = str(file)
    source = Source(name, _text(file))
    table = parse_toml(source, "E510", f"the vocabulary `{name}`")
    wrong = [_wrong(name, what, instead, _span_of(source, what)) for what, instead in faults(table, families)]
    if wrong:
        raise RulesError(wrong)
    return OwnFile(name, table)


def _text(path: Path | Traversable) -> str:
    near = "name a TOML file with `[families]`, `[[roles]]` or `[layouts]`"
    try:
        if not isinstance(path, Path):
            with path.open("rb") as file:
                return decoded(file.read(_LARGEST_FILE + 1), _LARGEST_FILE)
        return read_text(path, _LARGEST_FILE)
    except FileNotFoundError:
        assert isinstance(path, Path)
        near = did_you_mean(path.name, names_in(path.parent, ".toml")) or near
        raise RulesError(_wrong(str(path), "it does not exist", near)) from None
    except UnreadableError as error:
        raise RulesError(_wrong(str(path), str(error), near)) from None


def _wrong(name: str, what: str, instead: str, span: Span | None = None) -> Diagnostic:
    return Diagnostic("E510", f"the vocabulary `{name}` cannot be read: {what}", span, help=instead)


def _span_of(source: Source, what: str) -> Span:
    """Return the place of the first words of a message that stand in the file outside of comments.

    The first line that has all of the message's words goes before the lines above it.
    """
    quoted = re.findall(r"`([^`]+)`", what)
    last = [word.rpartition(".")[2] for word in quoted]
    start = next(
        (
            start
            for number, start in enumerate(source.line_starts, 1)
            if all(word in source.line(number).partition("#")[0] for word in last)
        ),
        0,
    )
    for text in (part for word in quoted for part in (word, word.rpartition(".")[2], word.partition(".")[0])):
        found = re.compile(rf"^[^#\n]*?({re.escape(text)})", re.MULTILINE).search(source.text, start)
        if found:
            return Span(source, *found.span(1))
    return line_span(source, 1)
