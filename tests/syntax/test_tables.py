"""The tables generated ahead, and what happens without them."""

import json

import lark
import paramrules_grammar
import pytest

from paramrules.syntax import lark_parser

STATEMENT = (
    "block_{i+1}?: name ~ ^h\\.(?<i>\\d+) and (ndim <= 1 or type(A|b.C*)) -> lr_scale = 0.5 ** (3 - i)"
)


def test_the_tables_are_those_of_the_grammar() -> None:
    """Their content is not compared: Lark numbers its states in another order in each process.

    Lark's version is not compared either: with another one the parser is built from the grammar.
    """
    saved, made = json.loads(paramrules_grammar.tables()), json.loads(lark_parser.make_tables())
    assert saved["made_by"].startswith("lark ")
    grammars = [tables["made_by"].partition(", ")[2] for tables in (saved, made)]
    assert grammars[0] == grammars[1] != "", "run `python grammar/make_tables.py`"


@pytest.mark.parametrize("change", ["grammar", "lark"])
def test_tables_of_another_grammar_or_lark_are_not_used(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = lark_parser.parser().parse(STATEMENT)
    monkeypatch.setattr(lark_parser, "_loaded", None)
    if change == "lark":
        monkeypatch.setattr(lark, "__version__", "0.0.0")
    else:
        text = paramrules_grammar.text()
        monkeypatch.setattr(paramrules_grammar, "text", lambda: text + "\n// changed\n")
    assert lark_parser.parser().parse(STATEMENT) == expected
