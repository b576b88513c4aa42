"""The pages of the documentation as what they hold: rules, Python, console sessions and what these print.

A block may name a file after its language (```rules norms.rules): it is then written to that file in the
folder in which the page's code runs; rules without a name are `example.rules`. `python tests/docs/pages.py`
writes what is printed now into the pages, so that a changed message is one look at a diff.
"""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

import paramrules
from paramrules.cli import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MODELS = DOCS / "models"

_AUTHOR = {"NAME": "A", "EMAIL": "a@example.org", "DATE": "2026-01-01T00:00:00Z"}
_GIT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # git calls paramrules
    **{f"GIT_{who}_{key}": text for who in ("AUTHOR", "COMMITTER") for key, text in _AUTHOR.items()},
    "GIT_CONFIG_GLOBAL": os.devnull,  # the same session for everybody
    "GIT_CONFIG_SYSTEM": os.devnull,
    "LC_ALL": "C",
}

_FENCE = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block. `name` is the file that it stands for, `start` and `end` are the places of its text."""

    language: str
    name: str
    text: str
    start: int
    end: int
    line: int


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page that have a language."""
    return [
        Block(fence[1], fence[2] or "", fence[3], *fence.span(3), page.count("\n", 0, fence.start()) + 1)
        for fence in _FENCE.finditer(page)
    ]


def prepare(folder: Path) -> None:
    """Puts what every page may use into the folder in which its code runs: models and examples."""
    for model in MODELS.iterdir():
        (folder / model.name).symlink_to(model)
    (folder / "examples").symlink_to(ROOT / "examples")


class Run(NamedTuple):
    """A block whose text was printed by the page's own code: what it says and what was printed now."""

    block: Block
    said: str
    printed: str


def run(path: Path, folder: Path) -> Iterator[Run]:
    """Runs a page from top to bottom in a folder that holds nothing of another page.

    Files are written, Python is executed in one namespace, consoles are typed. Given back are the console
    blocks, and the text blocks that follow Python or rules, each with what was printed now.
    """
    namespace: dict[str, Any] = {"__name__": path.stem}
    printed = ""
    for block in blocks(path.read_text("utf-8")):
        if block.language == "text":
            yield Run(block, block.text, printed)
        elif block.language == "console":
            yield Run(block, block.text, console(block.text))
        elif block.language == "python" and not block.name:
            printed = execute(block, path, namespace)
        else:
            name = write(block, folder)
            printed = findings(name) if block.language == "rules" else ""


def write(block: Block, folder: Path) -> str:
    """Writes a block to the file that it stands for, and gives back the file's name."""
    name = block.name or f"example.{block.language}"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(block.text, "utf-8")
    return name


def findings(name: str) -> str:
    """Everything that is wrong with a rule file of the present folder, as text."""
    return "\n\n".join(map(paramrules.render, paramrules.check(name))) + "\n"


def execute(block: Block, path: Path, namespace: dict[str, Any]) -> str:
    """Runs a block of Python; tracebacks name the page and its line."""
    code = compile("\n" * block.line + block.text, str(path), "exec")
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(code, namespace)
    return output.getvalue()


def console(text: str) -> str:
    """A console session as it would look now: each command with what it prints."""
    session = ""
    for line in text.splitlines():
        if line.startswith("$ "):
            session += f"{line}\n{typed(line.removeprefix('$ '))}"
    return session


def typed(command: str) -> str:
    """Return the output of a command, findings last, without a blank line at the end."""
    name, *arguments = shlex.split(command)
    assert name in ("paramrules", "git", "pre-commit"), f"{command!r} is not run here"
    if name != "paramrules":
        program = [sys.executable, "-m", "pre_commit"] if name == "pre-commit" else [name]
        ran = subprocess.run([*program, *arguments], capture_output=True, text=True, check=False, env=_GIT)
        printed = ran.stdout + ran.stderr
    else:
        printed = CliRunner().invoke(main, arguments, prog_name="paramrules", catch_exceptions=False).output
    output = "\n".join(line.rstrip() for line in printed.splitlines()).strip("\n")
    return output and output + "\n"


def rewrite(path: Path, runs: list[Run]) -> None:
    """Writes into a page what its code prints now."""
    page = path.read_text("utf-8")
    for block, said, printed in sorted(runs, key=lambda run: -run.block.start):
        assert page[block.start : block.end] == said, f"{path} was changed meanwhile"
        page = page[: block.start] + printed + page[block.end :]
    path.write_text(page, "utf-8")


def all_pages() -> list[Path]:
    """README.md and every page of docs/."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


if __name__ == "__main__":
    import tempfile

    sys.path.insert(0, str(ROOT / "tests"))
    import torchvision_ops

    torchvision_ops.install()
    for page in [Path(name).resolve() for name in sys.argv[1:]] or all_pages():
        with tempfile.TemporaryDirectory() as temporary:
            prepare(Path(temporary))
            os.chdir(temporary)
            sys.path.insert(0, temporary)
            rewrite(page, list(run(page, Path(temporary))))
