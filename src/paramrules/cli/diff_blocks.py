"""Diffs as JSON."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paramrules.diffs.diffs import Diffs


def result_of(diffs: "Diffs") -> dict[str, Any]:
    """Return the diffs as plain values."""
    found = [
        {
            "name": name,
            "model": diff.new.model,
            "rules": diff.new.rules,
            "same": diff.same,
            "changes": diff.rows(),
            "groups_came": list(diff.groups_came),
            "groups_went": list(diff.groups_went),
            "reordered": diff.reordered,
            "options": {name: list(values) for name, values in diff.options.items()},
            "versions": {name: list(values) for name, values in diff.versions.items()},
            "reasons": list(diff.reasons),
        }
        for name, diff in zip(diffs.names, diffs.diffs, strict=True)
    ]
    return {"same": diffs.same, "went": list(diffs.went), "came": list(diffs.came), "diffs": found}


def files_of(diffs: "Diffs") -> dict[str, list[str]]:
    """Return the rule files and the targets without another side as plain values."""
    return {
        "new_files": list(diffs.new_files),
        "gone_files": list(diffs.gone_files),
        "new_targets": list(diffs.new_targets),
        "gone_targets": list(diffs.gone_targets),
    }
