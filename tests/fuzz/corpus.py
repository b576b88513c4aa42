"""The fuzzers' corpus: a text file for each target, one input a line, written as a Python bytes literal.

`fallen/` holds inputs that a target once failed on; they stay. `corpus/` holds the fewest inputs that reach
all that was ever reached, and is written by `run.py --grow`.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
FALLEN = Path(__file__).parent / "fallen"


def inputs(target: str) -> list[bytes]:
    """Return the inputs of a target; none if it has none yet."""
    paths = [folder / f"{target}.txt" for folder in (FALLEN, FOLDER)]
    lines = [line for path in paths if path.exists() for line in path.read_text("ascii").splitlines()]
    return [ast.literal_eval(line) for line in lines]


def write(target: str, found: Iterable[bytes]) -> None:
    """Replace a target's corpus, the short inputs first."""
    lines = sorted({ascii(data) for data in found}, key=lambda line: (len(line), line))
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{target}.txt").write_text("".join(f"{line}\n" for line in lines), "ascii")
