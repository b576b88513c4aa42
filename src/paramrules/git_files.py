"""Files as they were in a revision of a git repository, without a checkout."""

import io
import os
import posixpath
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from typing import IO, Any, Final

from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean, listed
from paramrules.display import counted, from_here
from paramrules.safe_files import why

_HASH: Final = re.compile(r"[0-9a-f]{7,39}")
"""An abbreviated hash of a commit."""
_MOST: Final = 128 << 20
"""The most bytes that are read of a file, twice what the largest lock may have."""


class GitFile(Traversable):
    """A file or a folder of a revision: `main:rules/vit.rules`.

    A path is relative to the root of the repository; one that begins with `./` or `../`, to the working
    directory. It is read as git stores it, and what it includes comes from the same revision.

    Args:
        revision: a commit: a branch, a tag, a hash, `HEAD~3`.
        path: the path, with `/`.
        follows: whether a symbolic link is read as the file of the revision that it points to. Never for what
            a file includes, which has to be in the folder of that file.
    """

    def __init__(self, revision: str, path: str, *, follows: bool = False) -> None:
        self.revision = revision
        self.path = path
        self._follows = follows

    def __str__(self) -> str:
        return f"{self.revision}:{self.path}"

    @property
    def _object(self) -> str:
        """The name that git takes; `REV:.` is not relative to the working directory."""
        return f"{self}/" if self.name in (".", "..") else str(self)

    def __repr__(self) -> str:
        return f"GitFile({str(self)!r})"

    @property
    def name(self) -> str:
        """The last component of the path."""
        return posixpath.basename(self.path)

    @property
    def parent(self) -> "GitFile":
        """The folder that holds the file."""
        return GitFile(self.revision, posixpath.dirname(self.path))

    def joinpath(self, *descendants: Any) -> "GitFile":
        """Return a file below this folder."""
        return GitFile(self.revision, posixpath.join(self.path, *map(str, descendants)))

    __truediv__ = joinpath

    def is_file(self) -> bool:
        """Return whether the revision has a file of this path."""
        return self._kind == "blob"

    def is_dir(self) -> bool:
        """Return whether the revision has a folder of this path."""
        return self._kind == "tree"

    @property
    def _kind(self) -> str:
        asked = _git("cat-file", "-t", self._object)
        said = asked.stderr.decode("utf-8", "replace")
        if "could not get object info" in said:  # a clone that cannot fetch it, or a damaged one
            first = re.sub("^(fatal|error): ", "", said.partition("\n")[0])
            message = f"git cannot read `{self}`, which is in the revision: {first}"
            raise RulesError(Diagnostic("E910", message, help="`git fsck` shows what this clone lacks"))
        return asked.stdout.decode().strip()

    def iterdir(self) -> Iterator["GitFile"]:
        """Yield the files and folders in this folder."""
        listed = _git("ls-tree", "--name-only", "-z", self._object)
        for name in filter(None, listed.stdout.decode("utf-8", "replace").split("\0")):
            yield self.joinpath(name)

    def read_bytes(self) -> bytes:
        """Return the file as git stores it, of a larger one only more than any reader takes.

        Raises:
            RulesError: E911 if the revision has no such file.
        """
        if self._follows and "\n" not in str(self):  # which would be two names
            batch = ("cat-file", "--batch", "--follow-symlinks")
            head, _, content = _beginning(*batch, given=f"{self}\n").stdout.partition(b"\n")
            if found := re.fullmatch(rb"[0-9a-f]+ blob ([0-9]+)", head):
                return content[: int(found[1])]
        read = _beginning("cat-file", "blob", str(self))
        if read.returncode:
            raise self._missing()
        return read.stdout

    def read_text(self, encoding: str | None = None) -> str:
        """Return the text of the file. Raises what `read_bytes` raises."""
        return self.read_bytes().decode(encoding or "utf-8")

    def open(self, mode: str = "r", *args: Any, **kwargs: Any) -> IO[Any]:
        """Open the file for reading. Raises what `read_bytes` raises."""
        raw = io.BytesIO(self.read_bytes())
        return raw if "b" in mode else io.TextIOWrapper(raw, *args, **kwargs)

    def require(self) -> None:
        """Raise RulesError if the file cannot be read: E910 or E911."""
        self.require_revision()
        if not self.is_file():
            raise self._missing()

    def require_revision(self) -> None:
        """Raise RulesError if there is no such revision: E910 or E911."""
        if (
            not self.revision
            or self.revision.startswith(("-", "^"))
            or ":" in self.revision.partition("{")[0]
        ):
            # nothing, options, what git leaves out, and files
            raise RulesError(
                Diagnostic(
                    "E911",
                    f"`{self.revision}` is not a revision",
                    help=_not_a_revision(self.revision, self.path),
                )
            )
        commit = f"{self.revision}^{{commit}}"
        if _git("rev-parse", "--verify", "--quiet", "--end-of-options", commit).returncode:
            inside = _git("rev-parse", "--git-dir")
            if inside.returncode:
                said = inside.stderr.decode("utf-8", "replace").removeprefix("fatal: ")
                why = said.partition("\n")[0]
                if why.startswith("not a git repository"):  # and up to where git has looked
                    why = "this folder is in no repository"
                raise _no_git(f"the revision `{self.revision}` cannot be read from git: {why}")
            message = f"git knows no revision `{self.revision}`"
            raise RulesError(Diagnostic("E911", message, help=self._how_to_get_it()))

    def _how_to_get_it(self) -> str:
        """Return what to do about a revision that git does not know."""
        branch = self.revision.removeprefix("origin/")
        start = re.split(r"[~^@]", self.revision, maxsplit=1)[0] or "HEAD"
        has_steps = start != self.revision
        is_hash = bool(_HASH.fullmatch(branch))
        if _git("rev-parse", "--is-shallow-repository").stdout.strip() == b"true":
            if has_steps or is_hash:  # a server finds a commit by its whole hash alone
                return "this clone is shallow: `git fetch --unshallow` gets the rest of its history"
            return (
                f"this clone is shallow: `git fetch --depth=1 origin {branch}`, "
                "and name the revision `FETCH_HEAD`"
            )
        count = _git("rev-list", "--count", "--end-of-options", start, "--").stdout.decode().strip()
        if count:  # the start is known, and the steps from it lead out of the history
            return f"the history of `{start}` has {counted(int(count), 'commit')}"
        known = _git("for-each-ref", "--format=%(refname:short)").stdout.decode("utf-8", "replace")
        if near := did_you_mean(start, known.splitlines()):
            return near
        remotes = _git("remote").stdout.decode("utf-8", "replace").split()
        if not remotes:
            return "this repository has no remote to fetch from; `git branch --all` lists its branches"
        remote = "origin" if "origin" in remotes else remotes[0]
        if has_steps or is_hash:
            return f"fetch it first: `git fetch {remote}`"
        return f"fetch it first, if it is a branch: `git fetch {remote} {branch}`"

    def require_no_submodule(self) -> None:
        """Raise RulesError (E911) if the file is in a submodule, whose files the revision does not have."""
        path = self.path
        while path := posixpath.dirname(path):
            whole = () if path.startswith(".") else ("--full-tree",)
            listed = _git("ls-tree", *whole, self.revision, "--", path).stdout
            if listed.startswith(b"160000 "):
                raise RulesError(
                    Diagnostic(
                        "E911",
                        f"the revision `{self.revision}` has no file `{self.path}`: `{path}` is a submodule",
                        help="compare it in the submodule, with a revision of that one",
                    )
                )

    def _folder(self) -> RulesError:
        """Return the error for a folder where a file should be."""
        tree = _git("ls-tree", "-r", "--name-only", "-z", self._object).stdout.decode("utf-8", "replace")
        files = [
            f"{self.revision}:{posixpath.join(self.path, name)}"
            for name in tree.split("\0")
            if name.endswith((".rules", ".lock"))
        ]
        what = (
            f"`{self.path}` is a folder of the revision"
            if self.path
            else "the revision is named without a file"
        )
        return RulesError(
            Diagnostic(
                "E911",
                f"`{self}` is not a file: {what}",
                help=f"name a file in it: {listed(files, 3, 'or')}" if files else "name a file in it",
            )
        )

    def _missing(self) -> RulesError:
        self.require_no_submodule()
        if self.is_dir():
            return self._folder()
        help = ""
        if not self.path.startswith((".", "/")) and GitFile(self.revision, f"./{self.path}").is_file():
            help = f"a path is relative to the root of the repository; write `{self.revision}:./{self.path}`"
        if not help:
            tree = _git("ls-tree", "-r", "--name-only", "--full-tree", "-z", self.revision)
            paths = tree.stdout.decode("utf-8", "replace").split("\0")
            near = [path for path in paths if path.endswith((".rules", ".lock"))]
            same = [path for path in near if posixpath.basename(path) == self.name]
            help = did_you_mean(str(self), [f"{self.revision}:{path}" for path in near])
            help = f"did you mean `{self.revision}:{same[0]}`?" if same else help
        message = f"the revision `{self.revision}` has no file `{self.path}`"
        return RulesError(Diagnostic("E911", message, help=help))


def _not_a_revision(text: str, path: str) -> str:
    """Return what to write in place of what cannot name a revision; it has no path behind `--against`."""
    revision = text.partition(":")[0]
    if path:
        return "name a branch, a tag or a commit: `main:vit.rules`, `HEAD^:vit.rules`"
    if steps := re.fullmatch(r"-([0-9]+)", text):
        return f"write `--against HEAD~{steps[1]}`"
    if revision and not revision.startswith(("-", "^")):
        return f"`--against` takes a revision without a file: `--against {revision}`"
    return "name a branch, a tag or a commit: `--against main`, `--against HEAD^`"


def for_git(path: str) -> str:
    """Return a path as git takes one that is relative to the working directory."""
    relative = from_here(path)
    return relative if relative.startswith("../") else f"./{relative}"


def _git(*arguments: str, given: str = "") -> "subprocess.CompletedProcess[bytes]":
    """Run git, with a text on standard input. Raises RulesError (E910) if there is none."""
    with _starting():
        return subprocess.run(
            ("git", *arguments),
            capture_output=True,
            input=os.fsencode(given),
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )


def _beginning(*arguments: str, given: str = "") -> "subprocess.CompletedProcess[bytes]":
    """Run git as `_git` does, and return what it wrote, or as much as no reader takes."""
    with (
        _starting(),
        subprocess.Popen(
            ("git", *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        process.stdin.write(os.fsencode(given))
        process.stdin.close()
        found = process.stdout.read(_MOST)
        is_whole = len(found) < _MOST
        if not is_whole:  # a packed file may unpack to a thousand times its size
            process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode if is_whole else 0, found)


@contextmanager
def _starting() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _no_git(f"git cannot be started: {why(error)}") from None
    except ValueError:  # a null byte
        raise RulesError(Diagnostic("E911", "a revision and a path hold no null bytes")) from None


def _no_git(message: str) -> RulesError:
    help = "compare files on the disk, or run this in a clone with git installed"
    return RulesError(Diagnostic("E910", message, help=help))
