"""The property that fuzzing tests: every text can be read."""

from paramrules import RulesError, parse, render
from paramrules.diagnostics import CODES, Source
from paramrules.syntax import read


def survives(text: str) -> None:
    """Read a text in both ways. Every finding has its place in the text; only RulesError is raised."""
    source = Source("f.rules", text)
    file, findings = read(source)
    for finding in findings:
        assert finding.code in CODES
        assert finding.span is not None
        assert 0 <= finding.span.start <= finding.span.end <= len(text)
        render(finding)
    for statement in file.statements:
        assert statement.span.text == statement.span.text.strip() != ""
    try:
        parse(text)
    except RulesError as error:
        str(error)
