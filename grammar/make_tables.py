"""Regenerate the parser's tables after a change of the grammar: `python grammar/make_tables.py`."""

import json
from pathlib import Path

import paramrules_grammar

from paramrules.syntax.tables import make_tables

tables = json.dumps(make_tables(paramrules_grammar.text()), separators=(",", ":"))
Path(__file__).with_name("paramrules_grammar").joinpath("tables.json").write_text(f"{tables}\n", "utf-8")
