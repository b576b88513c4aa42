"""Makes the parser's tables anew, after a change of the grammar: `python grammar/make_tables.py`."""

from pathlib import Path

from paramrules.syntax.tables import made

Path(__file__).with_name("paramrules_grammar").joinpath("tables.json").write_text(made(), "utf-8")
