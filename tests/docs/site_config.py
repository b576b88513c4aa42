"""The hooks of the site and the pages of its nav, as MkDocs reads them."""

import importlib.util
from collections.abc import Iterator
from typing import Any

import yaml
from docs.pages import DOCS, ROOT

_SPEC = importlib.util.spec_from_file_location("site_hooks", DOCS / "site" / "hooks.py")
assert _SPEC
assert _SPEC.loader
hooks = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hooks)


def pages_of_nav() -> Iterator[str]:
    """The pages of the nav, in order."""
    yield from _pages_of(hooks.expanded(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]))


def _pages_of(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from _pages_of(entry)
