"""Chromium for the tests of a report's page, and nothing that a page may ask of a network."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report_pages import Opener


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Start Chromium, or skip the test if it or playwright is missing."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install -e '.[report]'"
    )
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no Chromium; `CHROMIUM` may name one")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Opener]:
    """Open reports; no page may report an error or ask for anything."""
    opener = Opener(browser, tmp_path)
    yield opener
    opener.close()
    assert opener.trouble == []
