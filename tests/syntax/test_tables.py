"""The tables that were made ahead, and what happens without them."""

import json

import lark
import paramrules_grammar
import pytest

from paramrules.syntax import tables

STATEMENT = (
    "block_{i+1}?: name ~ ^h\\.(?<i>\\d+) and (ndim <= 1 or type(A|b.C*)) -> lr_scale = 0.5 ** (3 - i)"
)


def test_the_tables_are_those_of_the_grammar() -> None:
    """What they hold is not compared: Lark numbers its states in another order in each process."""
    saved, made = json.loads(paramrules_grammar.tables()), json.loads(tables.made())
    assert saved["made_by"] == made["made_by"], "run `python grammar/make_tables.py`"


@pytest.mark.parametrize("change", ["grammar", "lark"])
def test_tables_of_another_grammar_or_lark_are_not_used(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = tables.parser().parse(STATEMENT)
    monkeypatch.setattr(tables, "_loaded", None)
    if change == "lark":
        monkeypatch.setattr(lark, "__version__", "1.2.2")
    else:
        text = paramrules_grammar.text()
        monkeypatch.setattr(paramrules_grammar, "text", lambda: text + "\n// changed\n")
    assert tables.parser().parse(STATEMENT) == expected
