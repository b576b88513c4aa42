"""Regexes as rule files may use them: parsed, judged without running them, and compiled to Python's `re`."""

from paramrules.regex.read import read
from paramrules.regex.regex import Group, Regex

__all__ = ["Group", "Regex", "read"]
