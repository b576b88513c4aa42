"""Every code has a page: what causes it, what is printed, and a mend that prints nothing.

Where a file alone causes the finding, the page's first block of rules is that file, the text after it what
is printed, and every further block of rules a mend. Codes that need a model, an option or a framework show
a console session or Python instead. test_code_blocks.py runs all of it.
"""

import re
from pathlib import Path

import pytest
from docs.pages import DOCS, ROOT, Block, blocks, write

import paramrules
from paramrules.diagnostics import CODES

PAGES = DOCS / "diagnostics"


def page_blocks(code: str) -> list[Block]:
    return blocks((PAGES / f"{code}.md").read_text("utf-8"))


def is_shown_by_a_file(code: str) -> bool:
    return [block.language for block in page_blocks(code) if not block.name][:2] == ["rules", "text"]


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_headed_by_its_code_and_listed(code: str) -> None:
    page = (PAGES / f"{code}.md").read_text("utf-8")
    assert page.splitlines()[0] == f"# {code}: {CODES[code].title}"
    assert f"[{code}](diagnostics/{code}.md)" in (DOCS / "diagnostics.md").read_text("utf-8")


def test_a_code_is_in_the_list_that_contributing_has_for_its_number() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    ranges = re.findall(r"^\| (\d+) to (\d+) \| (.+) \|$", contributing, re.MULTILINE)
    lists = re.split("^## ", (DOCS / "diagnostics.md").read_text("utf-8"), flags=re.MULTILINE)
    listed = {
        code: text.partition("\n")[0]
        for text in lists
        for code in re.findall(r"^- \[(\w+)\]", text, re.MULTILINE)
    }
    assert listed == {
        code: name for code in CODES for first, last, name in ranges if first <= code[1:] <= last
    }


@pytest.mark.parametrize("code", CODES)
def test_a_page_shows_the_finding_that_it_is_about(code: str) -> None:
    shown = [block.text for block in page_blocks(code) if block.language in ("text", "console")]
    assert any(re.search(rf"\w+\[{code}\]: |^{code}: ", text, re.MULTILINE) for text in shown)


@pytest.mark.parametrize("code", [code for code in CODES if is_shown_by_a_file(code)])
def test_a_file_causes_its_finding_and_the_mend_none(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for block in page_blocks(code):
        if block.name:
            write(block, tmp_path)
    causing, *mends = (block for block in page_blocks(code) if block.language == "rules" and not block.name)
    assert {finding.code for finding in paramrules.check(write(causing, tmp_path))} == {code}
    assert mends
    for mend in mends:
        assert paramrules.check(write(mend, tmp_path)) == []
