"""`docs/team.md` sets up hooks and a workflow that are there."""

from typing import Any

import yaml
from docs.pages import DOCS, blocks
from teams.test_action import ACTION
from teams.test_hooks import HOOKS

from paramrules import __version__

PAGE = {block.name: block.text for block in blocks((DOCS / "team.md").read_text("utf-8")) if block.name}


def test_its_hooks_are_in_the_manifest() -> None:
    (repo,) = yaml.safe_load(PAGE[".pre-commit-config.yaml"])["repos"]
    assert repo["rev"] == f"v{__version__}"
    assert {hook["id"] for hook in repo["hooks"]} <= set(HOOKS)


def test_its_workflow_uses_pinned_actions_and_known_inputs() -> None:
    workflow = yaml.safe_load(PAGE[".github/workflows/paramrules.yml"])
    steps: list[dict[str, Any]] = workflow["jobs"]["rules"]["steps"]
    used = dict(step["uses"].split("@") for step in steps)
    assert all(tag.startswith("v") for tag in used.values())
    assert used["paramrules/paramrules"] == f"v{__version__}"
    assert set(steps[-1]["with"]) <= set(ACTION["inputs"])
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}
