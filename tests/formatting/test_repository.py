"""Every rule file of this repository is formatted, and so are the rules on its pages."""

from pathlib import Path

import pytest
from docs.pages import all_pages, blocks

from paramrules import RulesError, format_rules
from paramrules.rule_files import rule_files

ROOT = Path(__file__).parents[2]
ODD = ROOT / "tests" / "cases" / "diagnostics"
"""Mistakes: most cannot be read, others are about the very spacing, line ends or bytes that they have."""

FOLDERS = ("benchmarks", "docs", "examples", "grammar", "src", "tests", "backends")
FILES = [str(path) for path in rule_files(str(ROOT / folder) for folder in FOLDERS)]
FORMATTED = [path for path in FILES if not Path(path).is_relative_to(ODD)]


@pytest.mark.parametrize("path", FORMATTED, ids=lambda path: path.removeprefix(f"{ROOT}/"))
def test_a_file_is_formatted(path: str) -> None:
    text = Path(path).read_bytes().decode()
    assert format_rules(text, path) == text


def test_few_files_are_left_out() -> None:
    assert len(FORMATTED) > 130


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_rules_on_a_page_are_formatted(page: Path) -> None:
    """But for those that cannot be read, which show mistakes, and those that show what formatting does."""
    for block in blocks(page.read_text("utf-8")):
        if block.language == "rules" and block.name != "ugly.rules" and page.stem != "E941":
            try:
                formatted = format_rules(block.text)
            except RulesError:
                continue
            assert block.text == formatted, f"{page.name}:{block.line}"
