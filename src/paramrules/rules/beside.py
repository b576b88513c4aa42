"""Files that include others beside them, on the disk or inside an archive such as an imported zip file."""

import os
import posixpath
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from paramrules.diagnostics import Diagnostic, Source, Span, did_you_mean
from paramrules.safe_files import names_in
from paramrules.syntax.decode import open_source

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


class Located(NamedTuple):
    """A file that is read.

    Attributes:
        identity: the same for the same file, by whatever path it is reached.
        name: its name in diagnostics.
        path: its path on the disk, or its place in an archive; None if it is in neither.
    """

    identity: str
    name: str
    path: "str | Traversable | None" = None

    @property
    def folder(self) -> "str | Traversable | None":
        """The folder that it includes from; None if there is none."""
        if isinstance(self.path, str):
            return os.path.dirname(self.path) or "."
        return getattr(self.path, "parent", None)

    def read(self, place: Span) -> Source | Diagnostic:
        """Return its text, or the reason why it cannot be read, at the include that names it."""
        if self.path is not None and not isinstance(self.path, str):
            return open_source(self.path, self.name, place)
        if os.path.isdir(self.identity) or os.path.isfile(self.identity):
            return open_source(self.identity, self.name, place)  # without the links that were looked through
        return Diagnostic("E101", f"`{self.name}` cannot be read: it is not a regular file", place)


def located(path: "str | Traversable") -> Located:
    """Return the file at a path, or at a place in an archive."""
    if isinstance(path, str):
        return Located(os.path.realpath(path), path, path)
    return Located(posixpath.normpath(str(path)), str(path), path)


def beside(
    file: Located, path: str, place: Span, shipped: Callable[[], Iterable[str]]
) -> Located | Diagnostic:
    """Return the file at a path relative to another file, or why it cannot be included.

    Args:
        file: the including file.
        path: the path, as it is written.
        place: where it is written.
        shipped: returns the names of the files in the shipped library.
    """
    folder = file.folder
    if folder is None:
        what = "rules given as text have" if file.path is None else f"`{file.name}` has"
        return Diagnostic(
            "E112",
            f"{what} no folder to include from",
            place,
            help="write the rules to a file, or include a file of the shipped library: `include <timm>`",
        )
    if isinstance(folder, str):
        found, known = _on_disk(file, folder, path)
    else:
        found, known = _in_archive(file, folder, path)
    if found is None:
        return Diagnostic(
            "E113",
            f"`{path}` is outside the folder of `{file.name}`",
            place,
            help="a file includes only files beside it or in folders below it",
        )
    if known is None:
        return found
    stem = path.removesuffix(".rules")
    if stem in shipped():
        near = f"the shipped file is `include <{stem}>`"
    elif path.startswith("<"):
        near = f"without the quotes it names a file of the shipped library: `include {path}`"
    else:
        near = did_you_mean(path, known) or "paths are relative to the file with the `include`"
    return Diagnostic("E112", f"there is no file `{path}`", place, help=near)


def _on_disk(file: Located, folder: str, path: str) -> tuple[Located | None, list[str] | None]:
    """Return the file, None outside of the folder; and if it does not exist, the rule files beside it."""
    whole = os.path.join(folder, path)
    top, real = os.path.realpath(folder), os.path.realpath(whole)
    if os.path.isabs(path) or os.path.commonpath((top, real)) != top:
        return None, None
    found = Located(real, os.path.join(os.path.dirname(file.name), path), whole)
    if os.path.exists(whole):
        return found, None
    below = os.path.dirname(path)
    paths = (os.path.join(below, name) for name in names_in(os.path.join(folder, below), ".rules"))
    return found, [each for each in paths if os.path.realpath(os.path.join(folder, each)) != file.identity]


def _in_archive(file: Located, folder: "Traversable", path: str) -> tuple[Located | None, list[str] | None]:
    """Return what `_on_disk` returns. An archive has no links, so that the text of a path decides."""
    plain = posixpath.normpath(path)
    if posixpath.isabs(plain) or plain.split("/")[0] == "..":
        return None, None
    target = folder.joinpath(plain)
    found = located(target)
    if target.is_file():
        return found, None
    below = posixpath.dirname(plain)
    inner = folder.joinpath(below) if below else folder
    names = [each.name for each in inner.iterdir()] if inner.is_dir() else []
    paths = (posixpath.join(below, name) for name in names if name.endswith(".rules"))
    whole = posixpath.dirname(file.identity)
    return found, [each for each in paths if posixpath.join(whole, each) != file.identity]
