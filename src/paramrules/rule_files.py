"""Rule files in folders, and what formatting makes of them. Nothing is written here."""

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from paramrules.diagnostics import Diagnostic, RulesError, printable
from paramrules.display import DiffLine
from paramrules.safe_files import why
from paramrules.syntax.decode import decode, read_bytes

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_SKIPPED: Final = frozenset({"node_modules", "site-packages", "__pycache__"})


class Formatted(NamedTuple):
    """A rule file before and after formatting.

    Attributes:
        name: its path, or what stands for it.
        before: its text, with the line ends and the byte order mark that it has.
        after: its text formatted.
    """

    name: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        """True if it was not formatted."""
        return self.before != self.after

    def diff(self) -> Iterator[DiffLine]:
        """Yield the lines of a unified diff."""
        from difflib import unified_diff  # 2 ms that only a change pays for

        name = printable(self.name)
        before, after = _lines(self.before), _lines(self.after)
        for line in unified_diff(before, after, name, name):
            yield DiffLine(line.removesuffix("\n"))
            if not line.endswith("\n"):
                yield DiffLine("\\ No newline at end of file")


def _lines(text: str) -> list[str]:
    """Return lines with their ends, which are LF alone; `splitlines` knows others."""
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def format_bytes(data: bytes, name: str) -> Formatted:
    """Return the contents of a rule file formatted.

    Raises:
        RulesError: the file is not UTF-8, or as `format_rules` does.
    """
    source = decode(data, name)
    if isinstance(source, Diagnostic):
        raise RulesError(source)
    from paramrules.formatting import format_rules  # 6 ms that `check` does not need

    text = data.decode()
    return Formatted(name, text, format_rules(text, name))


def format_file(path: "str | Traversable") -> Formatted:
    """Return a rule file formatted.

    Raises:
        RulesError: the file cannot be read, or as `format_rules` does.
    """
    name = str(path)
    data = read_bytes(path, name)
    if isinstance(data, Diagnostic):
        raise RulesError(data)
    return format_bytes(data, name)


def rule_files(paths: Iterable[str]) -> Iterator[str | Diagnostic]:
    """Yield each file that paths name, and for a folder the files below it whose names end in `.rules`.

    Folders are searched without hidden ones, virtual environments, `node_modules`, `site-packages` and links.
    A file that is named twice comes once. A folder that cannot be read is a finding.
    """
    seen = set()
    for path in paths:
        for found in _below(path) if os.path.isdir(path) else (path,):
            place = os.path.realpath(found) if isinstance(found, str) else found
            if place not in seen:
                seen.add(place)
                yield found


def _below(folder: str) -> Iterator[str | Diagnostic]:
    errors: list[OSError] = []
    for root, folders, names in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not _is_skipped(root, name))
        for name in sorted(names):
            path = os.path.normpath(os.path.join(root, name))
            if name.endswith(".rules") and not os.path.islink(path):
                yield path
    for error in errors:
        yield Diagnostic("E101", f"`{error.filename}` cannot be read: {why(error)}")


def _is_skipped(root: str, name: str) -> bool:
    is_environment = os.path.exists(os.path.join(root, name, "pyvenv.cfg"))
    return name.startswith(".") or name in _SKIPPED or is_environment
