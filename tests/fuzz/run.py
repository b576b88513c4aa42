"""Fuzz the readers and the evaluator, guided by coverage.

    python tests/fuzz/run.py                         all targets, in a minute
    python tests/fuzz/run.py rules regexes --seconds 3600
    python tests/fuzz/run.py rules --grow --seconds 3600   keep what reaches new code

An input that makes a target fail is shown, and the exit code is 1. Mend what is wrong, and add the line to
the target's file in `fallen/`, which the tests replay.

Needs atheris, which has wheels for Linux on x86-64: `pip install -e ".[core-test]"`.
"""

import argparse
import os
import re
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import atheris

if TYPE_CHECKING:
    from fuzz.targets import Target

TESTS = Path(__file__).parents[1]
ROOMS = (
    *("diagnostics", "syntax", "regex", "rules", "inventories", "assignment", "comparison"),
    *("formatting", "locks", "named_models"),
)
LIMITS = ["-timeout=20", "-rss_limit_mb=2048"]
"""The limits of one input: memory, and seconds (so many that only an endless loop reaches them)."""

INPUT = "the input, for fallen/{}.txt:"


class Ran(NamedTuple):
    """A run of libFuzzer, read from its log."""

    status: int
    executions: int
    covered: int
    log: str


def main() -> int:
    """Fuzz the targets of the command line and show a row for each."""
    if sys.argv[1:2] == ["--libfuzzer"]:  # as libFuzzer calls itself when it merges
        fuzz(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="by default all")
    parser.add_argument("--seconds", type=float, default=60, help="for all targets together (60)")
    parser.add_argument("--grow", action="store_true", help="start from seeds too, and keep what is new")
    given = parser.parse_args()
    known = instrumented()
    for name in set(given.targets) - known.keys():
        parser.error(f"`{name}` is not a target: {', '.join(known)}")
    names = given.targets or list(known)
    fell = False
    print(f"{'target':<14}{'executions':>12}{'covered':>10}{'corpus':>8}", flush=True)
    for name in names:
        ran, count = one(name, given.seconds / len(names), grow=given.grow)
        print(f"{name:<14}{ran.executions:>12,}{ran.covered:>10,}{count:>8,}", flush=True)
        if ran.status:
            fell = True
            print(f"\n{ran.log}\n", flush=True)
    return int(fell)


def one(name: str, seconds: float, *, grow: bool) -> tuple[Ran, int]:
    """Fuzz one target; return what happened and the size of its corpus."""
    from fuzz import corpus
    from fuzz.targets import TARGETS

    with tempfile.TemporaryDirectory() as folder:
        kept, words, merged = Path(folder, "kept"), Path(folder, "words"), Path(folder, "merged")
        kept.mkdir()
        merged.mkdir()
        start = corpus.inputs(name)
        for number, data in enumerate([*start, *(TARGETS[name].seeds() if grow or not start else ())]):
            (kept / str(number)).write_bytes(data)
        limits = [*LIMITS, f"-artifact_prefix={folder}/fell-"]
        options = [*limits, f"-max_total_time={max(1, round(seconds))}"]
        if TARGETS[name].words:
            words.write_text("".join(f'"{escaped(word)}"\n' for word in TARGETS[name].words), "ascii")
            options.append(f"-dict={words}")
        ran = forked(name, [*options, str(kept)])
        for path in Path(folder).glob("fell-*"):  # what took too long, or too much memory
            ran = ran._replace(log=f"{ran.log}\n{INPUT.format(name)}\n{path.read_bytes()!a}")
        if grow and TARGETS[name].has_corpus:
            forked(name, ["-set_cover_merge=1", *limits, str(merged), str(kept)])
            corpus.write(name, (path.read_bytes() for path in merged.iterdir()))
        return ran, len(corpus.inputs(name))


def forked(name: str, arguments: list[str]) -> Ran:
    """Run libFuzzer in a process of its own, since it ends its process."""
    with tempfile.TemporaryFile() as log:
        child = os.fork()
        if not child:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            try:
                fuzz(name, arguments)
            except SystemExit as end:  # nothing of the parent's may run here, such as the end of its `with`
                os._exit(int(end.code or 0))
            finally:
                os._exit(1)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        log.seek(0)
        text = log.read().decode("utf-8", "replace")
    done, covered = re.findall(r"^#(\d+)\t", text, re.MULTILINE), re.findall(r" cov: (\d+)", text)
    shown = "\n".join(line for line in text.splitlines() if not line.startswith(("#", "INFO", "WARNING")))
    return Ran(status, int(done[-1]) if done else 0, int(covered[-1]) if covered else 0, shown)


def fuzz(name: str, arguments: list[str]) -> NoReturn:
    """Hand the process over to libFuzzer."""
    target = instrumented()[name].run

    def run(data: bytes) -> None:
        try:
            target(data)
        except Exception:
            traceback.print_exc()
            print(INPUT.format(name), ascii(data), sep="\n", file=sys.stderr, flush=True)
            os._exit(1)

    atheris.Setup([f"{sys.executable} {Path(__file__)} --libfuzzer {name}", *arguments], run)
    atheris.Fuzz()
    raise AssertionError("libFuzzer returned")


def instrumented() -> "dict[str, Target]":
    """Import the targets, and all that they test in a form that counts the branches taken."""
    sys.path[:0] = [str(TESTS), str(TESTS / "regex")]
    if "paramrules" not in sys.modules:
        with open(os.devnull, "w") as quiet:
            loud, sys.stderr = sys.stderr, quiet  # a line for each module
            with atheris.instrument_imports(include=["paramrules", "paramrules_grammar"]):
                import_rooms()
            sys.stderr = loud
    from fuzz.targets import TARGETS

    return TARGETS


def import_rooms() -> None:
    """Import all modules that a target can come to; later they would not be instrumented."""
    import importlib
    import pkgutil

    import paramrules

    for module in pkgutil.walk_packages(paramrules.__path__, "paramrules."):
        if module.name.split(".")[1] in ROOMS:
            importlib.import_module(module.name)


def escaped(word: str) -> str:
    """Return a word as libFuzzer's dictionaries write it."""
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    sys.exit(main())
