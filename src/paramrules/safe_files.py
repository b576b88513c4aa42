"""Files that are read without waiting forever, and written whole or not at all."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from os import PathLike
from typing import Final

from paramrules.diagnostics import Diagnostic, RulesError

_LINKS: Final = 40
"""The links that a path may lead through, as in Linux."""


_ANOTHER_DISK: Final = "or name a file on another disk"

_HELPS: Final = {
    errno.ENOSPC: f"free some space, {_ANOTHER_DISK}",
    errno.EDQUOT: f"your quota is used up: delete what you do not need, {_ANOTHER_DISK}",
    errno.EROFS: "this disk can only be read: name a file on another disk",
    errno.EFBIG: f"a file may not be that large here: raise the limit (`ulimit -f`), {_ANOTHER_DISK}",
    errno.ENAMETOOLONG: "give the file, and the folders around it, shorter names",
    errno.ELOOP: "its links lead in a circle: name the file itself",
}
"""How to mend the errors of the system that have another cause than the folder."""


def unreadable(path: str | PathLike[str]) -> str:
    """Return why a path cannot be read like a file, or an empty text if it can or does not exist.

    A device may be endless, and a named pipe waits for somebody to write. An anonymous pipe has a writer:
    standard input, and the shell's `<(command)`.
    """
    if "\0" in os.fspath(path):
        return "its name contains a null byte"
    real = os.path.realpath(path)
    if real.startswith("/dev/fd/"):  # where an anonymous pipe has a name
        return ""
    try:
        mode = os.stat(real).st_mode
    except OSError:
        return ""
    if stat.S_ISDIR(mode):
        return "it is a directory"
    return "" if stat.S_ISREG(mode) else "it is a pipe" if stat.S_ISFIFO(mode) else "it is a device"


def names_in(folder: str | PathLike[str], ending: str = "") -> list[str]:
    """Return the names in a folder that end so, in order; none if it does not exist or cannot be read."""
    try:
        return sorted(name for name in os.listdir(folder or os.curdir) if name.endswith(ending))
    except (OSError, ValueError):  # a path with a null byte is a ValueError
        return []


class UnreadableError(Exception):
    """A file cannot be read; the text is the reason, as part of a diagnostic's message."""


def read_text(path: str | PathLike[str], most: int) -> str:
    """Return the text of a file, without a byte order mark.

    Args:
        path: the file.
        most: the number of bytes that it may have.

    Raises:
        FileNotFoundError: there is no such file.
        UnreadableError: it is not a file, larger, or not UTF-8.
    """
    if reason := unreadable(path):
        raise UnreadableError(reason)
    try:
        with open(path, "rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise UnreadableError(why(error)) from None
    return decoded(data, most)


def decoded(data: bytes, most: int) -> str:
    """Return the text in a file's bytes. Raises what `read_text` raises of a file that is there."""
    if len(data) > most:
        size = f"{most >> 20} MiB" if most >> 20 else f"{most >> 10} KiB"
        raise UnreadableError(f"it is larger than {size}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("it is not UTF-8") from None


def why(error: OSError | ValueError) -> str:
    """Return the reason that an error of a file gives, as part of a diagnostic's message."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def write_whole(path: str | PathLike[str], text: str) -> None:
    """Replace a file, so that every reader finds the whole old text or the whole new one.

    The text goes into an exclusive temporary file in the same folder, reaches the disk, and then takes the
    target's name. An existing file keeps its mode, and its owner and group if the user may set them. A
    symbolic link is replaced, never followed: the file that it points to stays as it is. Line ends are those
    of the text. Only a device or a pipe is written in place, and what is named by its descriptor
    (`/dev/stdout`), even if it is a file.

    Raises:
        RulesError: E703 if the file cannot be written; an existing one is then unchanged.
    """
    try:
        number = _descriptor(path)
        if number is not None or _is_stream(path):
            to: int | str | PathLike[str] = path if number is None else os.dup(number)
            with open(to, "w", encoding="utf-8", newline="") as stream:
                stream.write(text)
        else:
            _through_temporary(path, text, os.replace)
    except (OSError, ValueError) as error:  # a path with a null byte is a ValueError
        raise _unwritable(path, error) from None


def already_there(path: str | PathLike[str], way_out: str = "remove this one") -> RulesError:
    """Return the error (E806) for a file that a command would overwrite."""
    return RulesError(
        Diagnostic(
            "E806",
            f"`{path}` already exists, and may have been edited by hand",
            help=f"name another file, or {way_out}",
        )
    )


def write_new(path: str | PathLike[str], text: str, way_out: str = "remove this one") -> None:
    """Create a file, whole or not at all.

    Raises:
        RulesError: E806 with the `way_out` if there is a file of this name; E703 if it cannot be written.
    """
    try:
        _through_temporary(path, text, _take_free_name)
    except FileExistsError:
        raise already_there(path, way_out) from None
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None


def _is_stream(path: str | PathLike[str]) -> bool:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _descriptor(path: str | PathLike[str]) -> int | None:
    """Return the open file of this process that a path stands for; None for any other path.

    `/dev/stdout` is a link to one. A root user could replace it, and nobody would find standard output there
    any more.
    """
    at = os.fspath(path)
    for _ in range(_LINKS):
        folder, name = os.path.split(at)
        if name.isascii() and name.isdecimal() and os.path.realpath(folder) in _descriptors():
            return int(name)
        if not os.path.islink(at):
            return None
        at = os.path.join(folder, os.readlink(at))
    return None


def _descriptors() -> tuple[str, ...]:
    """Return the real folders that list the open files of this process."""
    return "/dev/fd", os.path.realpath("/proc/self/fd")


def _through_temporary(
    path: str | PathLike[str], text: str, publish: Callable[[str, str | PathLike[str]], None]
) -> None:
    beside = os.path.join(os.path.dirname(path), f".paramrules.{os.urandom(8).hex()}")
    old = _regular(path)
    # Exclusive, so that it follows no link. A new file obeys the umask; one that replaces another is the
    # user's alone until it has the mode of the other.
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if old else 0o666)
    try:
        with open(number, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            if old:
                _keep_access(old, beside)
            os.fsync(number)
        publish(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


def _take_free_name(beside: str, path: str | PathLike[str]) -> None:
    """Give the file a name that nobody has. A link is the only step that fails where somebody has it."""
    if os.path.lexists(path):
        raise FileExistsError
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.rename(beside, path)
    else:
        os.unlink(beside)


def _regular(path: str | PathLike[str]) -> os.stat_result | None:
    """Return the state of the file that is there; None if there is none, or it is a link."""
    with suppress(FileNotFoundError):
        found = os.lstat(path)
        if stat.S_ISREG(found.st_mode):
            return found
    return None


def _keep_access(old: os.stat_result, beside: str) -> None:
    """Give the new file the owner, the group and the mode of the one that it replaces.

    Only root may keep another's file theirs. If the group cannot be kept, the new one may do what everybody
    may.
    """
    mode = stat.S_IMODE(old.st_mode) & 0o777
    new = os.stat(beside)
    if new.st_uid != old.st_uid:
        with suppress(PermissionError):
            os.chown(beside, old.st_uid, -1)
    if new.st_gid != old.st_gid:
        try:
            os.chown(beside, -1, old.st_gid)
        except PermissionError:
            mode = mode & 0o707 | (mode & 0o007) << 3
    os.chmod(beside, mode)


def _unwritable(path: str | PathLike[str], error: OSError | ValueError) -> RulesError:
    help = "name a file in a folder that exists and is writable"
    if os.path.isdir(path):
        help = "move it away, or name another file"
    return RulesError(not_written(f"`{path}`", error, help))


def not_written(what: str, error: OSError | ValueError, help: str = "") -> Diagnostic:
    """Return the finding (E703) about a file or a stream; `help` is for where the error itself has none."""
    help = _HELPS.get(getattr(error, "errno", None) or 0, help)
    return Diagnostic("E703", f"{what} cannot be written: {why(error)}", help=help)
