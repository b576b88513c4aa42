"""Regexes of rule files: parsed, checked, and searched with in time linear in the name."""

from paramrules.regex.analysis import Group
from paramrules.regex.regex import Match, Regex, RegexBudget, read

__all__ = ["Group", "Match", "Regex", "RegexBudget", "read"]
