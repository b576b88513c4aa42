"""Every code block of the pages runs, and prints what the page shows."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs.pages import ROOT, all_pages, blocks, findings, prepare, run, write

from paramrules.diagnostics import CODES

PAGES = [page for page in all_pages() if page.read_text("utf-8")]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
RUN = [
    pytest.param(page, marks=pytest.mark.timm if page.name == "timm.md" else (), id=name)
    for page, name in zip(PAGES, NAMES, strict=True)
]


@pytest.fixture(autouse=True)
def no_lasting_codes() -> Iterator[None]:
    """Forget the codes that a page declares."""
    before = dict(CODES)
    yield
    CODES.clear()
    CODES.update(before)


# peft asks transformers for what transformers has renamed, and Lightning asks torch's trees for their kind
# in a way that torch has given up
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec.. is deprecated:FutureWarning")
@pytest.mark.parametrize("page", RUN)
def test_a_pages_code_prints_what_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    forget_modules_below(tmp_path.parent)
    for block, said, printed in run(page, tmp_path):
        assert printed == said, f"{page.name}:{block.line}"


def forget_modules_below(folder: Path) -> None:
    """Forget the modules of other tests and pages, which a page may call by the same name."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and file.startswith(f"{folder}{os.sep}"):  # thousands of modules are too many for `Path`
            del sys.modules[name]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_rules_without_printed_findings_have_none(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = blocks(page.read_text("utf-8"))
    for number, block in enumerate(found):
        if block.language != "rules":
            continue
        name = write(block, tmp_path)
        if not block.name and [after.language for after in found[number + 1 : number + 2]] != ["text"]:
            assert findings(name) == "\n", f"{page.name}:{block.line}"
