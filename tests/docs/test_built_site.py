"""The site as MkDocs builds it."""

import html.parser
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import paramrules_mlx
import paramrules_optax
import paramrules_torch
import pytest
from docs.pages import ROOT
from docs.site_config import pages_of_nav

import paramrules

pytest.importorskip("mkdocs", reason="the site needs `pip install -e '.[site]'`")

BACKENDS = {"backend", "OptaxBackend"}
"""Public for `paramrules.testing`, and described in docs/backends.md."""


class Page(html.parser.HTMLParser):
    """The ids of a page, its links, and what a browser loads to show it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.loaded: list[str] = []
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {given.get("id") or ""}
        if tag == "a":
            self.links |= {given.get("href") or ""}
        loads = tag in ("script", "img", "iframe") or (tag == "link" and given.get("rel") != "canonical")
        if loads and (source := given.get("src") or given.get("href")):
            self.loaded.append(source)


def test_the_site_is_whole_and_asks_no_other_host(tmp_path: Path) -> None:
    """In one test, because building takes ten seconds."""
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path]
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (built.returncode, built.stdout, built.stderr) == (0, "", "")

    pages = {}
    for page in pages_of_nav():
        stem = page.removesuffix(".md")
        path = tmp_path / ("index.html" if stem == "index" else f"{stem}/index.html")
        pages[stem] = Page(path.read_text("utf-8"))
        assert not [source for source in pages[stem].loaded if re.match(r"(https?:)?//", source)], page
    assert not list(tmp_path.rglob("*.py"))

    for package in (paramrules, paramrules_torch, paramrules_optax, paramrules_mlx):
        name = package.__name__
        public = {f"{name}.{each}" for each in set(package.__all__) - BACKENDS}
        assert public - pages[f"api/{name}"].ids == set()
    assert "../../diagnostics/E601/" in pages["api/paramrules_torch"].links

    index = json.loads((tmp_path / "search" / "search_index.json").read_text("utf-8"))
    found = {entry["location"] for entry in index["docs"]}
    assert {"diagnostics/E205/", "api/paramrules/#paramrules.assign", "language/#predicates"} <= found
