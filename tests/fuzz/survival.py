"""The property that fuzzing tests: every text can be read, and reads the same when it is read again."""

from typing import NamedTuple

from paramrules import RulesError, parse, render
from paramrules.diagnostics import CODES, Diagnostic
from paramrules.rules import Rules


class Outcome(NamedTuple):
    """The rules of a text, or None if it has an error, and each finding as a message."""

    rules: Rules | None
    messages: list[str]


def survives(text: str) -> Rules | None:
    """Read a text twice. Every finding has its place in the text; only RulesError is raised."""
    first, second = outcome(text), outcome(text)
    assert first.messages == second.messages
    assert (first.rules and first.rules.file) == (second.rules and second.rules.file)
    return first.rules


def outcome(text: str) -> Outcome:
    """Read a text, and check what is reported of it."""
    rules, findings = None, []
    try:
        rules = parse(text)
        findings = [*rules.findings]
    except RulesError as error:
        findings = [*error.diagnostics]
        assert any(finding.is_error for finding in findings)
    for statement in rules.file.statements if rules else ():
        assert statement.span.text == statement.span.text.strip() != ""
    return Outcome(rules, [message(finding) for finding in findings])


def message(finding: Diagnostic) -> str:
    """Render a finding, all of whose places are inside of its file."""
    assert finding.code in CODES
    assert finding.span is not None
    for span in (finding.span, *(place.span for place in finding.also)):
        assert 0 <= span.start <= span.end <= len(span.source.text)
        line, column = span.source.position(span.start)
        assert 0 < column <= len(span.source.line(line)) + 1
    return render(finding)
