"""Mistakes of users who know Python, YAML, TOML, JSON, CSS, SQL, regexes or optimizer libraries.

`mistakes.txt` holds each as lines that begin with `> `, followed by what is reported: the code, the text with
the carets, the message, the help. What a help tells the user to write is accepted.

To rewrite the reports, and then to read the diff: UPDATE=1 pytest tests/syntax/test_mistakes.py
"""

import os
import re
from pathlib import Path

import pytest

from paramrules.diagnostics import Diagnostic, Source
from paramrules.syntax import read

GOLDEN = Path(__file__).with_name("mistakes.txt")
FOLDER = Path(__file__).parent.parent / "cases" / "diagnostics"

BLOCKS = [block.splitlines() for block in GOLDEN.read_text("utf-8").strip().split("\n\n")]
MISTAKES = ["\n".join(line[2:] for line in block if line.startswith("> ")) for block in BLOCKS]
CASES = [path.read_text("utf-8") for path in sorted(FOLDER.glob("E1*.rules")) if "E102" not in path.stem]


def findings(text: str) -> list[Diagnostic]:
    return read(Source("t.rules", text))[1]


def reported(text: str) -> list[str]:
    lines = []
    for finding in findings(text):
        assert finding.span is not None
        place = f"{finding.code} `{finding.span.text}`".replace("\n", "\\n")
        lines.append(f"{place}: {finding.message}" + (f" ({finding.label})" if finding.label else ""))
        lines.append(f"  = {finding.help}" if finding.help else "  (no help)")
    return lines


def test_mistakes_are_reported_as_the_golden_file_has_it() -> None:
    blocks = ["\n".join([*(f"> {line}" for line in m.split("\n")), *reported(m)]) for m in MISTAKES]
    if os.environ.get("UPDATE"):
        GOLDEN.write_text("\n\n".join(blocks) + "\n", "utf-8")
    assert blocks == GOLDEN.read_text("utf-8").strip().split("\n\n")


def accepted(written: str, text: str, finding: Diagnostic) -> bool:
    """Return whether what a help says to write parses by itself, as part of a rule, or in its place."""
    assert finding.span is not None
    replaced = f"{text[: finding.span.start]}{written}{text[finding.span.end :]}"
    tried = (written, f"a: {written}", f"a: b -> {written}", f"a: b -> c = {written}", replaced)
    return any(not findings(each) for each in tried)


@pytest.mark.parametrize("text", [*MISTAKES, *CASES], ids=lambda text: text.split("\n")[0])
def test_what_a_help_says_to_write_is_accepted(text: str) -> None:
    for finding in findings(text):
        for written in re.findall(r"(?:write|written(?: as in)?|as in|for a rule,) `([^`]+)`", finding.help):
            assert written in _NOT_ALONE or accepted(written, text, finding), (finding, written)


_NOT_ALONE = {"->", ",", "and", "or", "and not", "not", "(", ")", "]", "}", "\\(", "!~"}
"""Signs and words to write at another place than under the carets."""
