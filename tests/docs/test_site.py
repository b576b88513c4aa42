"""The site: its nav, the links of the pages, and what docs/site/hooks.py makes of a page."""

import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from docs.pages import DOCS, ROOT, all_pages
from docs.site_config import hooks, pages_of_nav

WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "docs.yml").read_text("utf-8"))
REPOSITORY = "https://example.org/repo"
LINKED = [*all_pages(), *(ROOT / name for name in hooks.PAGES.values()), ROOT / "examples" / "README.md"]


@cache
def anchors(page: Path) -> set[str]:
    """The anchors that GitHub and the site give a page's headings."""
    without_code = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    found: list[str] = []
    for heading in re.findall(r"^#+ (.+)$", without_code, re.MULTILINE):
        text = re.sub(r"\[([^]]+)\]\([^)]*\)|[`*]", r"\1", heading)
        found.append(re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-"))
    return set(found)


def test_the_nav_has_each_page_once() -> None:
    pages = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]
    assert sorted(pages_of_nav()) == sorted([*pages, *hooks.PAGES])


def test_the_diagnostics_stand_below_the_headings_of_their_page() -> None:
    nav = {title: pages for section in hooks.diagnostics() for title, pages in section.items()}
    assert nav["Rules held against a model"][0] == {
        "W201: a rule takes no parameter of the model": "diagnostics/W201.md"
    }
    assert {"Reading a file", "Regexes", "Settings of a project"} < set(nav)


def test_links_lead_to_files_and_headings() -> None:
    for page in LINKED:
        text = re.sub(r"^```.*?^```$|`[^`\n]+`", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)]+)\)", text):
            if target.startswith("https://"):
                continue
            name, _, anchor = target.partition("#")
            aim = page.parent / name if name else page
            assert aim.exists(), (page, target)
            if anchor:
                assert anchor in anchors(aim), (page, target)


@pytest.mark.parametrize(
    ("page", "link", "on_the_site"),
    [
        ("resume.md", "distributed.md#deepspeed", "distributed.md#deepspeed"),
        ("diagnostics/E205.md", "../models/vit.json", "../models/vit.json"),
        ("team.md", "../CHANGELOG.md", "changelog.md"),
        ("diagnostics/E205.md", "../../CONTRIBUTING.md#style", "../contributing.md#style"),
        ("changelog.md", "docs/resume.md", "resume.md"),
        ("contributing.md", "CHANGELOG.md", "changelog.md"),
        ("contributing.md", "README.md#install", f"{REPOSITORY}/blob/main/README.md#install"),
        ("schedules.md", "../examples/sam2", f"{REPOSITORY}/tree/main/examples/sam2"),
        ("twins.md", "../benchmarks/pairing.rules", f"{REPOSITORY}/blob/main/benchmarks/pairing.rules"),
        ("index.md", "https://example.org/a.md", "https://example.org/a.md"),
        ("index.md", "#top", "#top"),
    ],
)
def test_links_on_the_site(page: str, link: str, on_the_site: str) -> None:
    assert hooks.for_site(f"See [it]({link}).", page, REPOSITORY) == f"See [it]({on_the_site})."


def test_a_fence_is_titled_by_its_file() -> None:
    page = "```rules a.rules\n[x](../y)\n```\n\n```rules\nall: else\n```\n"
    assert hooks.for_site(page, "a.md", REPOSITORY) == page.replace(
        "```rules a.rules", '```rules title="a.rules"'
    )


def test_a_bar_in_a_table_is_not_escaped() -> None:
    row = "| `type(A\\|*B)` | [`A\\|B`](language.md) or a\\|b |\n"
    assert hooks.for_site(row, "a.md", REPOSITORY) == "| `type(A|*B)` | [`A|B`](language.md) or a\\|b |\n"


def test_a_page_reads_alike_on_github_and_on_the_site() -> None:
    """MkDocs knows lists after a blank line alone, and blocks in a list if they are four spaces in."""
    for page in LINKED:
        text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        assert re.findall(r"^(?![-*\d\s]).+\n(?:[-*]|\d+\.) .+", text, re.MULTILINE) == [], page
        assert re.findall(r"^ {1,3}```.*", text, re.MULTILINE) == [], page


def test_parts_become_tabs() -> None:
    page = """\
<!-- tabs -->
**PyTorch**

```python
import torch

torch.ones(1)
```

**JAX**

With jax.
<!-- /tabs -->
"""
    assert (
        hooks.for_site(page, "a.md", REPOSITORY)
        == """\
=== "PyTorch"

    ```python
    import torch

    torch.ones(1)
    ```

=== "JAX"

    With jax.
"""
    )


def content(html: str, page: str) -> str:
    """The HTML of a page as the site has it."""
    return str(hooks.on_page_content(html, SimpleNamespace(file=SimpleNamespace(src_uri=page)), None, None))


def test_a_short_word_of_code_stays_on_one_line() -> None:
    html = "<p><code>--json</code> <code>a phrase of more than 24 characters</code></p>"
    marked = html.replace("<code>--json", '<code class="word">--json')
    assert content(html, "index.md") == marked


def test_codes_in_the_api_are_links() -> None:
    html = "<p>E601 if (W203), not E999, <a>E601</a> nor <code class='x'>E601</code></p>"
    link = '<a href="../../diagnostics/{0}/">{0}</a>'.format
    linked = html.replace("<p>E601", f"<p>{link('E601')}").replace("W203", link("W203"))
    assert content(html, "api/paramrules.md") == linked
    assert content(html, "python.md") == html


def test_the_workflow_publishes_from_main_only() -> None:
    build, publish = WORKFLOW["jobs"]["build"], WORKFLOW["jobs"]["publish"]
    assert [step["run"] for step in build["steps"] if "run" in step] == [
        'pip install ".[site]"',
        "mkdocs build --strict",
    ]
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    upload = next(step for step in build["steps"] if "upload-pages" in step.get("uses", ""))
    condition = "github.ref == 'refs/heads/main' && github.event_name != 'pull_request'"
    assert upload["if"] == publish["if"] == condition
