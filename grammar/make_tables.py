"""Regenerate the parser's tables after a change of the grammar: `python grammar/make_tables.py`."""

from pathlib import Path

from paramrules.syntax.lark_parser import make_tables

Path(__file__).with_name("paramrules_grammar").joinpath("tables.json").write_text(make_tables(), "utf-8")
