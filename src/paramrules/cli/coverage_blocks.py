"""Coverage on standard output and as JSON."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from paramrules.display import Block, Table

if TYPE_CHECKING:
    from paramrules.assignment.coverage import Coverage


def coverage_blocks(covered: "Mapping[str, Coverage]") -> list[Block]:
    """Return a table of rule files, and one of what no model reaches."""
    rows = []
    for file, each in covered.items():
        counts = ("{} of {}".format(*each.reached(kind)) for kind in ("rule", "branch"))
        rows.append((file, *counts, f"{each.percent} %"))
    blocks: list[Block] = [Table(("coverage", "rules", "branches", "reached"), rows, right=("reached",))]
    missed = [part for each in covered.values() for part in each.missed]
    if missed:
        lines = [(part.kind, part.span.location, part.span.quote) for part in missed]
        blocks += ["", Table(("no model reaches", "place", "text"), lines)]
    return blocks


def coverage_row(file: str, covered: "Coverage") -> dict[str, Any]:
    """Return the coverage of a rule file as plain values."""
    rules, branches = covered.reached("rule"), covered.reached("branch")
    return {
        "rules": file,
        "percent": covered.percent,
        "rules_reached": rules[0],
        "rules_total": rules[1],
        "branches_reached": branches[0],
        "branches_total": branches[1],
        "missed": [
            {
                "kind": part.kind,
                "text": part.span.one_line,
                "file": part.span.source.name,
                "line": part.span.line,
            }
            for part in covered.missed
        ],
    }
