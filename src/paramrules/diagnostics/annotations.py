"""Findings as the lines by which GitHub Actions annotates a change.

References:
    https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from collections.abc import Callable, Iterable

from paramrules.diagnostics.diagnostic import Diagnostic, Place
from paramrules.diagnostics.message_text import printable

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def annotations(findings: Iterable[Diagnostic], named: Callable[[str], str] = str) -> list[str]:
    """Return a workflow command for each finding; its further places are lines of the text.

    Args:
        findings: what was found.
        named: returns the name under which GitHub knows a file.

    >>> annotations(paramrules.check("vit.rules"))
    ['::warning title=W203,file=vit.rules,line=9,endLine=9,col=16,endColumn=24::no module of the model ...']
    """
    return [_annotation(finding, named) for finding in findings]


def notice(title: str, text: str) -> str:
    """Return the workflow command for a line that is not a finding.

    >>> notice("paramrules diff", "1 tensor moved")
    '::notice title=paramrules diff::1 tensor moved'
    """
    return f"::notice title={_property(title)}::{_data(text)}"


def _annotation(finding: Diagnostic, named: Callable[[str], str]) -> str:
    properties: dict[str, object] = {"title": finding.code}
    if finding.span:
        source = finding.span.source
        line, column = source.position(finding.span.start)
        end_line, end_column = source.position(max(finding.span.start, finding.span.end))
        properties |= {
            "file": named(source.name),
            "line": line,
            "endLine": end_line,
            "col": column,
            "endColumn": end_column,
        }
    given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    text = [finding.message, *([finding.label] if finding.label else []), *map(_also, finding.also)]
    text += [f"help: {finding.help}"] if finding.help else []
    return f"::{_COMMANDS[finding.severity]} {given}::{'%0A'.join(map(_data, text))}"


def _also(place: Place) -> str:
    return f"{place.span.location}: {place.label}" if place.label else place.span.location


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
