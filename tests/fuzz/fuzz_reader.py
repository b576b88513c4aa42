"""Coverage-guided fuzzing of the reader with atheris; not part of the test run.

    pip install atheris
    python tests/fuzz/fuzz_reader.py -max_total_time=3600 -timeout=10 CORPUS_FOLDER tests/cases/policies

An input is a fault when reading it raises anything but RulesError, or takes more than the timeout.
"""

import sys

import atheris

with atheris.instrument_imports(include=["paramrules"]):
    from paramrules import RulesError, parse, render
    from paramrules.diagnostics import Source
    from paramrules.syntax import hints, read  # noqa: F401  (instrumented before the first use)


def one_input(data: bytes) -> None:
    """Reads the bytes as a text, in both ways."""
    text = data.decode("utf-8", "replace")
    file, findings = read(Source("fuzz.rules", text))
    for finding in findings:
        render(finding)
    for statement in file.statements:
        assert statement.span.text
    try:
        parse(text)
    except RulesError as error:
        str(error)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
