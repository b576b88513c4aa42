"""Regexes as rule files may use them: parsed, judged without running them, and compiled to Python's `re`."""

from paramrules.regex.read import Effort, read
from paramrules.regex.regex import Group, Regex

__all__ = ["Effort", "Group", "Regex", "read"]
