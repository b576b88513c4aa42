"""The grammar of rule files, for the reader and for other tools."""

from pkgutil import get_data  # importlib.resources takes 7 ms to import


def text() -> str:
    """Return the Lark grammar of one statement, edition 1 (`paramrules.lark` beside this file)."""
    return _file("paramrules.lark")


def tables() -> str:
    """Return Lark's tables for it (`tables.json`; see `paramrules.syntax.tables`)."""
    return _file("tables.json")


def _file(name: str) -> str:
    data = get_data(__name__, name)
    assert data is not None
    return data.decode("utf-8")
