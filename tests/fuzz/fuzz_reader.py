"""Coverage-guided fuzzing of the reader with atheris, which no session installs.

    pip install atheris
    python tests/fuzz/fuzz_reader.py -max_total_time=3600 -timeout=10 CORPUS_FOLDER tests/cases/policies

An input is a fault when reading it raises anything but RulesError, or takes more than the timeout. Add each
text that is found to test_reader.py.
"""

import sys

import atheris

with atheris.instrument_imports(include=["paramrules"]):
    from survival import survives


def one_input(data: bytes) -> None:
    """Read the bytes as a text."""
    survives(data.decode("utf-8", "replace"))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
