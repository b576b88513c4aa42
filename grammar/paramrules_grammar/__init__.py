"""The grammar of rule files, for the reader and for whoever writes another one."""

from importlib.resources import files


def text() -> str:
    """The Lark grammar of one statement, edition 1 (`paramrules.lark` beside this file)."""
    return files(__name__).joinpath("paramrules.lark").read_text(encoding="utf-8")
