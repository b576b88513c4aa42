"""MkDocs hooks: pages that read well on GitHub become pages of the site.

What differs between the two is rewritten here, so that no page is written for the site alone:

- a fence that names its file (```rules vit.rules) gets that name as its title;
- parts headed by a bold line between `<!-- tabs -->` and `<!-- /tabs -->` become tabs;
- links into the repository outside docs/ lead to its files on GitHub;
- in tables `a\\|b` is written `a|b`;
- `PAGES` are files of the top level that are pages of the site, too.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

PAGES = {"changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}
"""The pages of the site that are not in docs/, each with its file in the repository."""

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^```(\w+) ([^\n=\"]+)$", re.MULTILINE)
_TABS = re.compile(r"^<!-- tabs -->\n(.*?)^<!-- /tabs -->$", re.MULTILINE | re.DOTALL)
_TAB = re.compile(r"^\*\*([^*\n]+)\*\*$", re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)#\s]+)")
_CELL = re.compile(r"`[^`\n]*\\\|[^`\n]*`")
_NAMED_CODE = re.compile(r"(?<=[\s(>])[EWN]\d{3}\b(?![^<]*</(?:a|code)>)")
_CODE = re.compile(r"^- \[(\w+)\]\((diagnostics/\w+\.md)\) (.+)$")


def on_config(config: Any) -> None:
    """Use GitHub's slugs for headings, and replace `diagnostics/` in the nav by the pages it stands for."""
    from pymdownx.slugs import slugify

    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")
    config.nav = expanded(config.nav)


def on_files(files: Any, config: Any) -> None:
    """Add the pages that stand at the top level of the repository."""
    from mkdocs.structure.files import File

    for page, source in PAGES.items():
        file = File.generated(config, page, content=(ROOT / source).read_text("utf-8"))
        file.edit_uri = f"../{source}"
        files.append(file)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Rewrite a page for the site."""
    return for_site(markdown, page.file.src_uri, config.repo_url)


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Mark short words of code, and link the codes that docstrings name.

    style.css keeps the words on one line: `--json` would break after its hyphens.
    """
    html = re.sub(r"<code>(?=[^<]{1,24}</code>)", '<code class="word">', html)
    return _NAMED_CODE.sub(code_link, html) if page.file.src_uri.startswith("api/") else html


def code_link(found: re.Match[str]) -> str:
    """Return the link from a page of the API to the page of a code, or the code if it has none."""
    code = found[0]
    has_page = (ROOT / f"docs/diagnostics/{code}.md").exists()
    return f'<a href="../../diagnostics/{code}/">{code}</a>' if has_page else code


def expanded(nav: list[Any]) -> list[Any]:
    """Return a nav in which `diagnostics/` is the pages of diagnostics.md, below the headings there."""
    whole: list[Any] = []
    for entry in nav:
        if entry == "diagnostics/":
            whole += diagnostics()
        elif isinstance(entry, dict):
            ((title, value),) = entry.items()
            whole.append({title: expanded(value) if isinstance(value, list) else value})
        else:
            whole.append(entry)
    return whole


def diagnostics() -> list[dict[str, list[dict[str, str]]]]:
    """Return the sections of diagnostics.md that list codes, each with its pages by title."""
    sections: dict[str, list[dict[str, str]]] = {}
    heading = ""
    for line in (ROOT / "docs/diagnostics.md").read_text("utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif entry := _CODE.match(line):
            sections.setdefault(heading, []).append({f"{entry[1]}: {entry[3].replace('`', '')}": entry[2]})
    return [{heading: pages} for heading, pages in sections.items()]


def for_site(markdown: str, page: str, repository: str) -> str:
    """Return the text of a page as the site has it; `page` is its path in the site.

    >>> for_site("```rules a.rules\\nall: else\\n```\\n[a](../CHANGELOG.md)", "a/b.md", "https://example.org")
    '```rules title="a.rules"\\nall: else\\n```\\n[a](../changelog.md)'
    """
    parts: list[str] = []
    for text, is_code in split(markdown):
        if is_code:
            parts.append(_NAMED.sub(r'```\1 title="\2"', text, count=1))
        else:
            text = _CELL.sub(lambda cell: cell[0].replace("\\|", "|"), text)
            parts.append(_LINK.sub(lambda link: site_link(link[1], page, repository), text))
    return _TABS.sub(lambda tabs: tabbed(tabs[1]), "".join(parts))


def split(markdown: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a page in order, each with whether it is a block of code."""
    end = 0
    for fence in _FENCE.finditer(markdown):
        yield markdown[end : fence.start()], False
        yield fence[0], True
        end = fence.end()
    yield markdown[end:], False


def site_link(target: str, page: str, repository: str) -> str:
    """Return where a relative link of a page leads on the site: to a page, or to a file on GitHub."""
    source = posixpath.dirname(PAGES.get(page, f"docs/{page}"))
    path = posixpath.normpath(posixpath.join(source, target))
    pages = {source: page for page, source in PAGES.items()}
    inside = pages.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else "")
    if inside:
        return posixpath.relpath(inside, posixpath.dirname(page) or ".")
    return f"{repository}/{'tree' if (ROOT / path).is_dir() else 'blob'}/main/{path}"


def tabbed(text: str) -> str:
    """Return parts that are headed by a bold line as tabs."""
    _, *parts = _TAB.split(text)
    tabs = zip(parts[::2], parts[1::2], strict=True)
    return "\n\n".join(f'=== "{name}"\n\n{indented(part.strip())}' for name, part in tabs)


def indented(text: str) -> str:
    """Return a text four spaces further in."""
    return re.sub(r"^(?=.)", "    ", text, flags=re.MULTILINE)
