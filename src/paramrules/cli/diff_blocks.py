"""Diffs as JSON."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paramrules.diffs.changes import Diff
    from paramrules.diffs.diffs import Diffs


def result_of(diffs: "Diffs") -> dict[str, Any]:
    """Return the diffs as plain values."""
    return {
        "same": diffs.same,
        "went": list(diffs.went),
        "came": list(diffs.came),
        "diffs": _rows(diffs.names, diffs.diffs),
    }


def _rows(names: "Sequence[str]", diffs: "Sequence[Diff]") -> list[dict[str, Any]]:
    return [
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
        for name, diff in zip(names, diffs, strict=True)
    ]


def files_of(diffs: "Diffs") -> dict[str, list[Any]]:
    """Return what only `--against` finds as plain values: files and targets of one side, and locks."""
    return {
        "new_files": list(diffs.new_files),
        "gone_files": list(diffs.gone_files),
        "new_targets": list(diffs.new_targets),
        "gone_targets": list(diffs.gone_targets),
        "locks": [
            {"lock": each.lock, "before": each.before, "diffs": _rows(each.names, each.diffs)}
            for each in diffs.locks
        ],
    }
