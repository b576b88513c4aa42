"""Comments that silence warnings and notes, `# allow: W402 -- reason`, and those that fail to."""

import re
from bisect import bisect_right

from paramrules.diagnostics import CODES, Diagnostic, Source, Span, did_you_mean, is_known, is_undeclared
from paramrules.syntax.nodes import Allow, Broken, Statement

_ALLOW = re.compile(
    r"#+[ \t]*allow[ \t]*(?::|(?=[EWN][A-Z]*[0-9]))(?P<codes>(?:(?!--).)*)(?:--(?P<reason>.*))?"
)
_FEW = 50
"""Findings up to which a search for the code that was meant is worth its time."""
_LAST_COMMA = re.compile(r"(?:[ \t\n]++|#[^\n]*+\n)*+,")
_HELP = "write `# allow: W402 -- reason` behind the statement, or on the line above it"


def allowances(
    source: Source, comments: list[Span], statements: tuple[Statement, ...], broken: tuple[Broken, ...]
) -> tuple[tuple[Allow, ...], list[Diagnostic]]:
    """Return what the comments of a file allow, and a finding for each that allows nothing."""
    allows: list[Allow] = []
    findings: list[Diagnostic] = []
    places: _Places | None = None
    for comment in comments:
        found = _ALLOW.match(source.text, comment.start, comment.end)
        if not found:
            continue
        places = places or _Places(source, statements, broken)
        codes, reason = found["codes"].replace(",", " ").split(), (found["reason"] or "").strip()
        finding = _idle(comment, codes, reason, few=len(findings) < _FEW)
        statement = places.of(comment)
        if finding:
            findings.append(finding)
        elif statement is None:
            findings.append(
                Diagnostic("W117", "the comment does not belong to a statement", comment, help=_HELP)
            )
        else:
            allows.append(Allow(tuple(codes), statement, reason))
    return tuple(allows), findings


def _idle(comment: Span, codes: list[str], reason: str, *, few: bool) -> Diagnostic | None:
    """Return the finding for a comment that silences nothing, wherever it stands."""
    for code in codes:
        if is_undeclared(code):
            continue
        if not is_known(code):
            near = did_you_mean(code, [known for known in CODES if known[0] != "E"]) if few else ""
            return Diagnostic("W117", f"`{code}` is not the code of a warning", comment, help=near or _HELP)
        if code[0] == "E":
            return Diagnostic("W117", f"`{code}` is an error, and errors cannot be silenced", comment)
    if not codes:
        return Diagnostic("W117", "the comment names no warning", comment, help=_HELP)
    if not reason:
        return Diagnostic("W117", "the comment gives no reason", comment, help=_HELP)
    return None


class _Places:
    """The statements of a file, by the comments that belong to them."""

    def __init__(self, source: Source, statements: tuple[Statement, ...], broken: tuple[Broken, ...]) -> None:
        self._source = source
        self._spans = sorted((s.span for s in (*statements, *broken)), key=lambda span: span.start)
        self._starts = [span.start for span in self._spans]
        self._above: dict[int, int] = {}
        self._ends: dict[int, int] = {}

    def of(self, comment: Span) -> Span | None:
        """Return the statement that the comment stands in or behind, or else the one right below it."""
        number = bisect_right(self._starts, comment.start)
        if number:
            span = self._spans[number - 1]
            if comment.start < self._end(number - 1):
                return span
        if number < len(self._spans) and comment.start >= self._block_above(number):
            return self._spans[number]
        return None

    def _end(self, number: int) -> int:
        """Return where the last line of a statement ends. A comma may stand behind its last setting."""
        if number not in self._ends:
            text, end = self._source.text, self._spans[number].end
            comma = _LAST_COMMA.match(text, end)
            line_end = text.find("\n", comma.end() if comma else end)
            self._ends[number] = len(text) if line_end < 0 else line_end
        return self._ends[number]

    def _block_above(self, number: int) -> int:
        """Return where the comment lines right above a statement begin."""
        if number not in self._above:
            source = self._source
            line, _ = source.position(self._starts[number])
            while line > 1 and source.line(line - 1).lstrip(" \t").startswith("#"):
                line -= 1
            self._above[number] = source.line_starts[line - 1]
        return self._above[number]
