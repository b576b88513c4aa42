"""One message for one cause: findings that say the same about several places."""

from collections.abc import Iterable
from dataclasses import replace

from paramrules.diagnostics.diagnostic import Diagnostic, Place


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
