"""Findings as the protocol's diagnostics."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from lsprotocol import types

from paramrules.diagnostics import Diagnostic, Place, printable
from paramrules.diagnostics.pages import page_url
from paramrules.language_server.positions import Lines

if TYPE_CHECKING:
    from paramrules.language_server.document import Document

_SEVERITIES: Final[Mapping[str, types.DiagnosticSeverity]] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}


def published(finding: Diagnostic, document: "Document") -> types.Diagnostic:
    """Return a finding as a diagnostic of a document.

    One in an included file stands at the `include` through which it comes, and points there. One without a
    place, which is about the model, stands on the first line.
    """
    finding = finding.on_command_line(configured=True)
    related = list(_related(finding.also, document))
    text = [finding.message, *([finding.label] if finding.label else [])]
    span = finding.span
    if span is None:
        range = document.lines.range(0, len(document.lines.line(0)))
    elif span.source is document.source:
        range = document.lines.of(span)
    else:
        range = document.lines.of(document.include_of(span.source))
        text[0] = f"in `{span.source.name}`, line {span.line}: {text[0]}"
        related = [*_related([Place(span, finding.label)], document), *related]
    return _diagnostic(finding, range, text, related)


def in_settings(finding: Diagnostic, lines: Lines) -> types.Diagnostic:
    """Return a finding about a project's settings as a diagnostic of their file."""
    assert finding.span is not None
    return _diagnostic(finding, lines.of(finding.span), [finding.message])


def _diagnostic(
    finding: Diagnostic,
    range: types.Range,
    text: list[str],
    related: Sequence[types.DiagnosticRelatedInformation] = (),
) -> types.Diagnostic:
    lines = [*text, f"help: {finding.help}"] if finding.help else text
    return types.Diagnostic(
        range=range,
        message="\n".join(map(printable, lines)),
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(page_url(finding.code)),
        source="paramrules",
        related_information=related or None,
    )


def _related(places: Iterable[Place], document: "Document") -> Iterable[types.DiagnosticRelatedInformation]:
    for place in places:
        if location := document.location(place.span):
            yield types.DiagnosticRelatedInformation(location, printable(place.label or "here"))
