"""One message for one cause: findings that say the same about several places."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from paramrules.diagnostics.codes import SEVERITIES
from paramrules.diagnostics.diagnostic import Diagnostic, Place
from paramrules.diagnostics.render import to_json


def together(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return findings for reading: those that differ only in their place as one, with all their places.

    A misspelt name that stands in three rules is one message with three places.

    >>> [len(finding.also) for finding in together(paramrules.check("vit.rules"))]
    [2]
    """
    found: dict[object, tuple[Diagnostic, list[Place]]] = {}
    for finding in findings:
        if finding.span is None or finding.also:
            found[id(finding)] = finding, []
            continue
        cause = replace(finding, span=None)
        if cause in found:
            found[cause][1].append(Place(finding.span, finding.label))
        else:
            found[cause] = finding, []
    return [replace(first, also=tuple(places)) if places else first for first, places in found.values()]


def distinct(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return findings without repetitions, also where a file was read several times."""
    found: dict[str, Diagnostic] = {}
    for finding in findings:
        found.setdefault(repr(to_json(finding)), finding)
    return list(found.values())


def count_text(findings: Iterable[Diagnostic]) -> str:
    """Return how many findings of each severity there are, alike ones as one; empty for none.

    >>> count_text(paramrules.check("vit.rules"))
    '1 error, 2 warnings'
    """
    found = Counter(finding.severity for finding in together(findings))
    parts = (f"{found[each]} {each}{'' if found[each] == 1 else 's'}" for each in SEVERITIES if found[each])
    return ", ".join(parts)
