"""The parser, from tables that were made ahead: they load in 10 ms, making them takes 50.

`python grammar/make_tables.py` makes them anew after a change of the grammar; a test says when that is due.
Tables of another grammar or another Lark are never used.
"""

import json
from typing import Any
from zlib import crc32

import lark
import paramrules_grammar
from lark.grammar import Rule
from lark.lexer import TerminalDef

_OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "start": "statement",
    "keep_all_tokens": True,
    "maybe_placeholders": False,
}


def parser(**callbacks: Any) -> lark.Lark:
    """Lark's parser of one statement. `callbacks` are its options that hold code."""
    grammar = paramrules_grammar.text()
    saved = json.loads(paramrules_grammar.tables())
    if saved["made_by"] == _maker(grammar):
        return _loaded(saved["data"], saved["memo"], callbacks)
    return lark.Lark(grammar, **_OPTIONS, **callbacks)


def made() -> str:
    """The text of `tables.json` for the present grammar."""
    grammar = paramrules_grammar.text()
    parser = lark.Lark(grammar, **_OPTIONS)
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    tables = {"made_by": _maker(grammar), "data": data, "memo": memo}
    return json.dumps(tables, separators=(",", ":")) + "\n"


def _maker(grammar: str) -> str:
    return f"lark {lark.__version__}, grammar {crc32(f'{_OPTIONS}{grammar}'.encode()):08x}"


def _loaded(data: Any, memo: dict[str, Any], callbacks: dict[str, Any]) -> lark.Lark:
    """As `lark.tools.standalone` loads its parsers. JSON has made texts of the numbers in keys."""
    tables = data["parser"]["parser"]
    tables["states"] = {int(state): actions for state, actions in tables["states"].items()}
    numbered = {int(number): value for number, value in memo.items()}
    return lark.Lark._load_from_dict(data, numbered, **callbacks)  # type: ignore[no-untyped-call,no-any-return]
