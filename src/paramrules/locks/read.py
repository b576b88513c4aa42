"""Read a lock, and say what is wrong with one that was cut off, merged or edited by hand."""

import re
from collections.abc import Iterator
from os import PathLike, fspath
from os.path import isfile
from typing import Final

from paramrules.assignment.grouping import Slot
from paramrules.assignment.value_evaluator import Scalar
from paramrules.diagnostics import Diagnostic, RulesError, Source, Span, a, class_name
from paramrules.display import counted
from paramrules.locks import limits, words
from paramrules.locks.lock_value import Lock
from paramrules.locks.locked import LockedAxis, LockedModel
from paramrules.locks.read_columns import read_columns
from paramrules.locks.sections import Identity, identity
from paramrules.locks.setting_lines import read_slots
from paramrules.locks.unfold_tree import TreeFault
from paramrules.locks.write import VERSIONS
from paramrules.safe_files import UnreadableError, decoded, read_text

_HEAD: Final = re.compile(r"paramrules lock ([0-9]{1,9})")
_CONFLICT: Final = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: .*)?")
_END: Final = re.compile(r"end ([0-9]{1,9}) tensors?")
_OPTION: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*) = (.+)")
_VERSION: Final = re.compile(r"(\S+) ([^\s,]+)")
_AXIS: Final = re.compile(r"\[([A-Za-z_][A-Za-z0-9_]*|)\]")

_AGAIN: Final = "write it again with `paramrules lock`"


def read_lock(path: str | PathLike[str]) -> Lock:
    """Read a lock file. Needs neither the rules, nor the model, nor its framework.

    Raises:
        RulesError: E902 if it cannot be read, E903 if it is cut off, E904 if it holds merge conflicts, E905
            if a newer paramrules wrote it, E906 if it holds a model twice with the same options, E908 if it
            was edited by hand.

    >>> lock = paramrules.read_lock("vit.rules.lock")
    >>> [group.label for group in lock["vit.json"].groups]
    ['no_decay', 'decay']
    """
    if not isinstance(path, str | PathLike):
        raise TypeError(f"a lock is named by its path: this is {a(class_name(type(path)))}")
    name = fspath(path)
    try:
        text = read_text(name, limits.BYTES)
    except FileNotFoundError:
        raise _unreadable(name, "it does not exist") from None
    except UnreadableError as error:
        help = _AGAIN if isfile(name) else "move it away, or name another file"
        raise _unreadable(name, str(error), help) from None
    return parse_lock(text, name)


def read_bytes(data: bytes, name: str) -> Lock:
    """Return the lock in a file's bytes. Raises what `read_lock` raises."""
    try:
        text = decoded(data, limits.BYTES)
    except UnreadableError as error:
        raise _unreadable(name, str(error)) from None
    return parse_lock(text, name)


def is_lock(text: str) -> bool:
    """Return whether a text begins like a lock, of whatever version, or like one with merge conflicts."""
    return bool(_HEAD.fullmatch(_first_line(text))) or begins_with_conflict(text)


def begins_with_conflict(text: str) -> bool:
    """Return whether a text begins with the markers of a merge conflict, be it a lock's or that of rules."""
    return bool(_CONFLICT.fullmatch(_first_line(text)))


def _first_line(text: str) -> str:
    return text.removeprefix("\ufeff").lstrip("\n").partition("\n")[0].rstrip("\r")


def parse_lock(text: str, name: str = "<lock>") -> Lock:
    """Return the lock with this text. Raises what `read_lock` raises."""
    reading = _Reading(Source(name, text.removeprefix("\ufeff").replace("\r\n", "\n")))
    return Lock(tuple(reading.models()), name)


def _unreadable(name: str, why: str, help: str = _AGAIN) -> RulesError:
    return RulesError(Diagnostic("E902", f"`{name}` cannot be read as a lock: {why}", help=help))


class _Reading:
    """The lines of a file, and the place in them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines = source.text.split("\n")
        self._at = 0
        self._labels = self._tensors = 0

    def models(self) -> Iterator[LockedModel]:
        version = self._check_head()
        seen: set[Identity | str] = set()
        self._at = 1
        while self._skip_blank():
            start = self._at
            section = self._model()
            is_first = version == VERSIONS[0]
            key = section.model if is_first else identity(section.model, section.options)
            if key in seen:
                which = "" if is_first else " with the same options"
                raise self._fault("E906", f"the model `{section.model}` has two sections{which}", start)
            seen.add(key)
            yield section
        if not seen:
            raise self._cut_off()

    def _check_head(self) -> int:
        """Return the version of the format."""
        for number, line in enumerate(self._lines):
            if _CONFLICT.fullmatch(line):
                raise self._fault(
                    "E904",
                    f"`{self._source.name}` holds a merge conflict",
                    number,
                    "lock again: `paramrules lock`",
                )
        head = _HEAD.fullmatch(self._lines[0])
        if head is None:
            raise self._fault("E902", f"`{self._source.name}` is not a lock", 0)
        version = int(head[1])
        if version not in VERSIONS:
            raise self._fault(
                "E905",
                f"`{self._source.name}` has version {version}, and this paramrules reads up to "
                f"version {VERSIONS[-1]}",
                0,
                "install the paramrules that wrote it, or lock again with this one",
            )
        return version

    def _fault(self, code: str, message: str, line: int, help: str = _AGAIN) -> RulesError:
        line = min(line, len(self._lines) - 1)
        start = self._source.line_starts[line]
        span = Span(self._source, start, start + len(self._lines[line]))
        return RulesError(Diagnostic(code, message, span, help=help))

    def _wrong(self, line: int, why: str) -> RulesError:
        return self._fault("E902", f"this line of a lock cannot be understood: {why}", line)

    def _cut_off(self) -> RulesError:
        last = max((n for n, line in enumerate(self._lines) if line), default=0)
        return self._fault("E903", f"`{self._source.name}` ends in the middle of a model", last)

    def _skip_blank(self) -> bool:
        """Go to the next line that says something; return False at the end."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line and not line.startswith("#"):
                return True
            self._at += 1
        return False

    def _line(self) -> str:
        if not self._skip_blank():
            raise self._cut_off()
        return self._lines[self._at]

    def _word(self, key: str) -> str:
        """Read a line that begins with a word, and return the rest of it."""
        line = self._line()
        if not line.startswith(f"{key} "):
            raise self._wrong(self._at, f"`{key} ...` should stand here")
        try:
            found = words.unquoted(line[len(key) + 1 :])
        except ValueError:
            raise self._wrong(self._at, "its quotes do not hold a text") from None
        self._at += 1
        return found

    def _model(self) -> LockedModel:
        model, rules, framework = map(self._word, ("model", "rules", "framework"))
        versions = self._versions() if self._line().startswith("versions ") else {}
        options = self._options()
        axes = []
        while axis := _AXIS.fullmatch(self._line()):
            self._at += 1
            axes.append(LockedAxis(axis[1], self._slots()))
        if self._line() != "parameters" or not axes:
            raise self._wrong(self._at, "`[axis]` or `parameters` should stand here")
        first, count = self._tree()
        try:
            columns = read_columns(self._lines[first : self._at - 1], axes, self._tensors)
        except TreeFault as fault:
            raise self._wrong(first + fault.line, fault.why) from None
        self._tensors += len(columns.names)
        if len(columns.names) != count:
            raise self._fault(
                "E908",
                f"the lines above stand for {counted(len(columns.names), 'tensor')}, not for {count:,}: "
                "somebody has edited or merged them",
                self._at - 1,
            )
        return LockedModel(model, rules, framework, versions, options, tuple(axes), *columns)

    def _versions(self) -> dict[str, str]:
        found = {}
        for each in self._word("versions").split(", "):
            version = _VERSION.fullmatch(each)
            if version is None:
                raise self._wrong(self._at - 1, f"`{each}` is not a package and its version")
            found[version[1]] = version[2]
        return found

    def _options(self) -> dict[str, Scalar]:
        found: dict[str, Scalar] = {}
        while (line := self._line()).startswith("option "):
            option = _OPTION.fullmatch(line.removeprefix("option "))
            try:
                if option is None or option[1] in found:
                    raise ValueError
                found[option[1]] = words.read_value(option[2])
            except ValueError:
                raise self._wrong(self._at, "it does not set an option") from None
            self._at += 1
        return found

    def _slots(self) -> tuple[Slot, ...]:
        slots: dict[str, Slot] = {}
        while not (_AXIS.fullmatch(line := self._line()) or line == "parameters"):
            try:
                more = read_slots(line, limits.LABELS - self._labels)
            except ValueError:
                raise self._wrong(self._at, "it is not a label with its settings") from None
            self._labels += len(more)
            for slot in more:
                if slots.setdefault(slot.name, slot) is not slot:
                    raise self._wrong(self._at, f"`{slot.name}` has a line above already")
            self._at += 1
        return tuple(slots.values())

    def _tree(self) -> tuple[int, int]:
        """Go behind the end of the tree, and return its first line and how many tensors it should hold."""
        first = self._at + 1
        for number in range(first, len(self._lines)):
            if end := _END.fullmatch(self._lines[number]):
                self._at = number + 1
                return first, int(end[1])
            if not self._lines[number]:
                break
        raise self._cut_off()
