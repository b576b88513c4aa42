"""Which findings the `# allow:` comments of a file silence."""

from collections.abc import Iterable

from paramrules.diagnostics import Diagnostic, covers
from paramrules.syntax.nodes import Allow


def unsilenced(diagnostics: Iterable[Diagnostic], allows: Iterable[Allow]) -> list[Diagnostic]:
    """The findings without the warnings that an allow comment names for the statement they stand in.

    A finding stands where its `span` starts; one without a span, which is about the model, is silenced by any
    comment that names it. Errors are never silenced, nor what `strict` made an error.

    >>> unsilenced(findings, rules.allows)
    """
    by_source: dict[int, list[Allow]] = {}
    for allow in allows:
        by_source.setdefault(id(allow.statement.source), []).append(allow)
    return [d for d in diagnostics if not _silenced(d, by_source)]


def _silenced(diagnostic: Diagnostic, by_source: dict[int, list[Allow]]) -> bool:
    span = diagnostic.span
    if diagnostic.is_error:
        return False
    if span is None:
        return any(_names(allow, diagnostic) for allows in by_source.values() for allow in allows)
    return any(
        _names(allow, diagnostic) and allow.statement.start <= span.start < allow.statement.end
        for allow in by_source.get(id(span.source), ())
    )


def _names(allow: Allow, diagnostic: Diagnostic) -> bool:
    return any(covers(code, diagnostic.code) for code in allow.codes)
