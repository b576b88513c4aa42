"""Diffs: what a change of rules, or of a model, does to the groups of its parameters."""

from paramrules.diffs.changes import Change, Diff
from paramrules.diffs.compare import compared
from paramrules.diffs.sides import diff

__all__ = ["Change", "Diff", "compared", "diff"]
