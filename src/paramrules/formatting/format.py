"""Format a text, and prove that it still says the same."""

from paramrules.diagnostics import Diagnostic, RulesError, Source, a, class_name
from paramrules.formatting.layout import layout
from paramrules.syntax import read
from paramrules.syntax.decode import normalised
from paramrules.syntax.nodes import File

_LIMITS = ("E103", "E110", "E111")
"""The codes of a text that holds too much."""


def format_rules(text: str, name: str = "<rules>") -> str:
    r"""Return the text of a rule file in the one style that rule files have.

    The rules and the comments stay the same, and formatting the result again changes nothing; both are
    checked before anything is returned. Line ends stay LF or CRLF, as the first line has them. A byte order
    mark is dropped.

    Args:
        text: the text of a rule file. What its names mean, and what it includes, does not matter.
        name: what diagnostics call it.

    Raises:
        RulesError: every error that keeps the text from being read; E711 if the formatted text would hold
            too much; E710 if a check fails, which is a bug of this function.

    >>> print(format_rules("no_decay:ndim<=1\ndecay: else"), end="")
    no_decay: ndim <= 1
    decay:    else
    """
    if not isinstance(text, str):
        what = a(class_name(type(text)))
        raise TypeError(f"`text` is {what} and should be the text of a rule file, a `str`")
    source = Source(name, normalised(text))
    file = _read(source)
    formatted = layout(source.text, file)
    if formatted != source.text:
        _check(file, Source(name, formatted))
    first, end, _ = text.partition("\n")
    return formatted.replace("\n", "\r\n") if end and first.endswith("\r") else formatted


def _read(source: Source) -> File:
    file, findings = read(source)
    if any(finding.is_error for finding in findings):
        raise RulesError(findings)
    return file


def _check(file: File, formatted: Source) -> None:
    """Raise unless a formatted text has the same meaning and comments as a file, and is formatted."""
    again, findings = read(formatted)
    errors = [finding for finding in findings if finding.is_error]
    if any(finding.code in _LIMITS for finding in errors):
        raise RulesError(
            Diagnostic(
                "E711",
                f"`{formatted.name}` would hold too much, formatted: {errors[0].message}",
                help="divide the file, or give parts of a long statement names with `let`",
            )
        )
    if errors or _meaning(again) != _meaning(file) or layout(formatted.text, again) != formatted.text:
        raise RulesError(
            Diagnostic(
                "E710",
                f"`{formatted.name}` cannot be formatted without changing it",
                help="please report this as a bug of paramrules, with the file; it is left as it is",
            )
        )


def _meaning(file: File) -> tuple[str, list[str], list[tuple[tuple[str, ...], str, int]]]:
    """Return the statements, the comments, and which statements allow what.

    The statements as text, which tells 1 from 1.0 and a quoted pattern from a bare one, and has no places.
    """
    numbers = {statement.span.start: number for number, statement in enumerate(file.statements)}
    allows = [(allow.codes, allow.reason, numbers[allow.statement.start]) for allow in file.allows]
    return repr(file.statements), [comment.text.rstrip(" \t") for comment in file.comments], allows
