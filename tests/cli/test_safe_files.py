"""Files that are written whole or not at all: by threads, by processes that are killed, through links."""

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from support import Ran

import paramrules
from paramrules import RulesError
from paramrules.safe_files import names_in, unreadable, write_new, write_whole

OLD, NEW = "old " * 50_000, "new " * 50_000


def test_a_new_file_has_the_mode_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a", NEW)
        write_new(tmp_path / "b", NEW)
    finally:
        os.umask(before)
    for name in "ab":
        assert (tmp_path / name).read_text() == NEW
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o777, 0o400])
def test_an_old_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "a"
    file.write_text(OLD)
    file.chmod(mode)
    write_whole(file, NEW)
    assert file.read_text() == NEW
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize(("may", "mode"), [(True, 0o664), (False, 0o644)])
def test_an_old_file_keeps_its_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, may: bool, mode: int
) -> None:
    file = tmp_path / "a"
    file.write_text(OLD)
    file.chmod(0o664)
    groups = []

    def chown(path: str, user: int, group: int) -> None:
        groups.append((user, group))
        if not may:
            raise PermissionError

    lstat = os.lstat
    other = os.lstat(file).st_gid + 1
    monkeypatch.setattr(os, "chown", chown)
    monkeypatch.setattr(os, "lstat", lambda path: os.stat_result((*lstat(path)[:5], other, *lstat(path)[6:])))
    write_whole(file, NEW)
    monkeypatch.undo()
    assert groups == [(-1, other)]
    assert stat.S_IMODE(file.stat().st_mode) == mode


@pytest.mark.parametrize("may", [True, False])
def test_root_leaves_a_file_to_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, may: bool) -> None:
    """In a container, root formats the files of a user, who could not read one of mode 600 any more."""
    file = tmp_path / "a"
    file.write_text(OLD)
    asked = []

    def chown(path: str, user: int, group: int) -> None:
        asked.append((user, group))
        if not may:
            raise PermissionError

    lstat = os.lstat
    other = os.lstat(file).st_uid + 1
    monkeypatch.setattr(os, "chown", chown)
    monkeypatch.setattr(os, "lstat", lambda path: os.stat_result((*lstat(path)[:4], other, *lstat(path)[5:])))
    write_whole(file, NEW)
    monkeypatch.undo()
    assert asked == [(other, -1)]
    assert file.read_text() == NEW


DESCRIPTORS = """\
import os, sys
from paramrules.safe_files import write_whole
print("before ", end="", flush=True)
for path in sys.argv[1:]:
    write_whole(path, f"{path} ")
print("after", flush=True)
"""


@pytest.mark.parametrize("append", [False, True])
def test_standard_output_is_written_where_it_stands(tmp_path: Path, append: bool) -> None:
    """A root user can replace `/dev/stdout`; here links of our own stand for it."""
    (tmp_path / "fd").symlink_to("/proc/self/fd" if os.path.exists("/proc/self/fd") else "/dev/fd")
    (tmp_path / "stdout").symlink_to("fd/1")
    (tmp_path / "link").symlink_to("stdout")
    names = ["stdout", "link", "fd/1"]
    (tmp_path / "out").write_text("old ")
    with open(tmp_path / "out", "a" if append else "w") as out:
        command = [sys.executable, "-c", DESCRIPTORS, *names]
        subprocess.run(command, cwd=tmp_path, stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "old " * append + "before stdout link fd/1 after\n"
    assert sorted(os.listdir(tmp_path)) == ["fd", "link", "out", "stdout"]
    assert all((tmp_path / name).is_symlink() for name in ("fd", "stdout", "link"))


def test_a_descriptor_that_nobody_has_opened(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"E703.*bad file descriptor"):
        write_whole("/dev/fd/987654", NEW)


def test_links_without_an_end(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(RulesError, match=r"E703.*too many levels of symbolic links"):
        write_whole(tmp_path / "loop", NEW)
    assert os.listdir(tmp_path) == ["loop"]


def test_nobody_else_reads_what_replaces_a_file_before_its_mode_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a"
    file.write_text(OLD)
    file.chmod(0o600)
    modes = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: modes.append(os.fstat(number).st_mode) or fsync(number))
    opened = os.open

    def opening(path: str, flags: int, mode: int = 0o777) -> int:
        number = opened(path, flags, mode)
        modes.append(os.fstat(number).st_mode)
        return number

    monkeypatch.setattr(os, "open", opening)
    write_whole(file, NEW)
    assert [stat.S_IMODE(mode) for mode in modes] == [0o600, 0o600]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text(OLD)
    (tmp_path / "link").symlink_to("target")
    write_whole(tmp_path / "link", NEW)
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "link").read_text() == NEW
    assert (tmp_path / "target").read_text() == OLD


def test_a_link_to_nothing_is_somebodys(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nothing")
    with pytest.raises(RulesError, match="E806"):
        write_new(tmp_path / "link", NEW)
    assert os.listdir(tmp_path) == ["link"]


def test_a_pipe_is_written_in_place(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=write_whole, args=(pipe, NEW))
    writer.start()
    assert pipe.read_text() == NEW
    writer.join()
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("write", [write_whole, write_new])
@pytest.mark.parametrize(
    ("name", "reason", "help"),
    [
        ("no/a", "no such file or directory", "name a file in a folder that exists and is writable"),
        ("a\0b", "embedded null byte", "name a file in a folder that exists and is writable"),
        ("x" * 300, "file name too long", "give the file, and the folders around it, shorter names"),
    ],
)
def test_a_path_that_cannot_be_written(
    tmp_path: Path, write: type, name: str, reason: str, help: str
) -> None:
    with pytest.raises(RulesError) as raised:
        write(f"{tmp_path}/{name}", NEW)
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.message) == ("E703", f"`{tmp_path}/{name}` cannot be written: {reason}")
    assert finding.help == help
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("write", [write_whole, write_new])
@pytest.mark.parametrize(
    ("number", "help"),
    [
        (errno.ENOSPC, "free some space, or name a file on another disk"),
        (errno.EDQUOT, "your quota is used up: delete what you do not need, or name a file on another disk"),
        (errno.EROFS, "this disk can only be read: name a file on another disk"),
        (
            errno.EFBIG,
            "a file may not be that large here: raise the limit (`ulimit -f`), "
            "or name a file on another disk",
        ),
        (errno.ELOOP, "its links lead in a circle: name the file itself"),
        (errno.EACCES, "name a file in a folder that exists and is writable"),
    ],
)
def test_a_disk_that_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: type, number: int, help: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(RulesError) as raised:
        write(tmp_path / "a", NEW)
    (finding,) = raised.value.diagnostics
    reason = os.strerror(number).lower()
    assert (finding.code, finding.message) == ("E703", f"`{tmp_path}/a` cannot be written: {reason}")
    assert finding.help == help
    assert os.listdir(tmp_path) == []


def test_names_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b").touch()
    (tmp_path / "a").symlink_to("a")
    assert names_in(tmp_path) == ["a", "b"]
    for missing in ("none", "a", "b", "a\0b", "x" * 5_000):
        assert names_in(tmp_path / missing) == []


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(RulesError, match=r"E703.*is a directory\n.*move it away, or name another file"):
        write_whole(tmp_path / "a", NEW)
    assert os.listdir(tmp_path) == ["a"]


def test_a_name_that_is_taken_while_the_file_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody takes the name after it was found to be free."""
    (tmp_path / "a").write_text(OLD)
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    with pytest.raises(RulesError, match="E806"):
        write_new(tmp_path / "a", NEW)
    assert (tmp_path / "a").read_text() == OLD
    assert os.listdir(tmp_path) == ["a"]


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write_new(tmp_path / "a", NEW)
    assert (tmp_path / "a").read_text() == NEW
    assert os.listdir(tmp_path) == ["a"]


def test_one_of_many_threads_creates_a_file(tmp_path: Path) -> None:
    created: list[int] = []
    refused: list[str] = []

    def create(number: int) -> None:
        try:
            write_new(tmp_path / "a", str(number) * 10_000)
            created.append(number)
        except RulesError as error:
            refused.append(error.diagnostics[0].code)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = created
    assert refused == ["E806"] * 7
    assert (tmp_path / "a").read_text() == str(winner) * 10_000
    assert os.listdir(tmp_path) == ["a"]


def test_readers_beside_many_threads_see_whole_texts(tmp_path: Path) -> None:
    file = tmp_path / "a"
    texts = {str(number) * 20_000 for number in range(4)}
    write_whole(file, "0" * 20_000)
    done = threading.Event()

    def write(text: str) -> None:
        for _ in range(25):
            write_whole(file, text)

    def read() -> None:
        while not done.is_set():
            seen.add(file.read_text())

    seen: set[str] = set()
    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert seen <= texts
    assert os.listdir(tmp_path) == ["a"]


ENDLESS = """\
import sys
from paramrules.safe_files import write_whole
print("ready", flush=True)
while True:
    for word in ("old ", "new "):
        write_whole(sys.argv[1], word * 50_000)
"""


def test_a_process_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "a"
    write_whole(file, OLD)
    random = Random(0)
    for _ in range(8):
        with subprocess.Popen([sys.executable, "-c", ENDLESS, str(file)], stdout=subprocess.PIPE) as writing:
            assert writing.stdout is not None
            assert writing.stdout.readline() == b"ready\n"
            time.sleep(random.random() / 20)
            writing.send_signal(signal.SIGKILL)
        assert file.read_text() in (OLD, NEW)


FULL = """\
import resource, signal
from paramrules import RulesError
from paramrules.safe_files import write_whole

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    write_whole("out.json", "x" * 5000)
except RulesError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text("old")
    (tmp_path / "link.json").hardlink_to(tmp_path / "out.json")
    command = [sys.executable, "-B", "-c", FULL]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "E703" in ran.stdout
    assert "`out.json` cannot be written: file too large" in ran.stdout
    assert sorted(os.listdir(tmp_path)) == ["link.json", "out.json"]
    assert (tmp_path / "out.json").read_text() == "old"
    write_whole(tmp_path / "out.json", "new")
    assert (tmp_path / "link.json").read_text() == "old"


def test_pipes_and_devices_are_not_read(run: Callable[..., Ran]) -> None:
    for name in ("pipe.rules", "pipe.json", "pipe.py"):
        os.mkfifo(name)
    Path("zero.json").symlink_to("/dev/zero")
    for arguments, code, message in (
        (("check", "pipe.rules"), "E101", "`pipe.rules` cannot be read: it is a pipe"),
        (("check", "/dev/zero"), "E101", "`/dev/zero` cannot be read: it is a device"),
        (("check", "."), "E101", "`.` cannot be read: it is a directory"),
        (("show", "pipe.rules", "-m", "net.py:model"), "E101", "`pipe.rules` cannot be read: it is a pipe"),
        (
            ("show", "net.rules", "-m", "pipe.json"),
            "E505",
            "`pipe.json` cannot be read as an inventory: it is a pipe",
        ),
        (
            ("show", "net.rules", "-m", "zero.json"),
            "E505",
            "`zero.json` cannot be read as an inventory: it is a device",
        ),
        (("show", "net.rules", "-m", "pipe.py:make"), "E701", "`pipe.py` cannot be read: it is a pipe"),
        (
            ("parity", "net.rules", "-m", "net.py:model", "-m", "net.py:model", "--mapping", "pipe.rules"),
            "E101",
            "`pipe.rules` cannot be read: it is a pipe",
        ),
    ):
        ran = run(*arguments)
        assert (ran.code, ran.err.splitlines()[0]) == (2, f"error[{code}]: {message}")


@pytest.mark.usefixtures("folder")
def test_standard_input_and_the_shells_pipes_are_read() -> None:
    check = f'"{sys.executable}" -m paramrules check'
    for command in (f"cat net.rules | {check} /dev/stdin", f"{check} <(cat net.rules)"):
        ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout) == (0, "1 file: no findings\n")


def test_a_null_byte_in_a_path() -> None:
    (finding,) = paramrules.check("a\0b")
    assert finding.message == "`a\0b` cannot be read: its name contains a null byte"
    with pytest.raises(RulesError, match=r"`a\\x00b` cannot be read as an inventory: its name contains"):
        paramrules.Inventory.load("a\0b")


def test_a_pipe_with_a_number_is_anonymous(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS names anonymous pipes so."""
    monkeypatch.setattr(os.path, "realpath", lambda path: path)
    assert unreadable("/dev/fd/63") == ""
