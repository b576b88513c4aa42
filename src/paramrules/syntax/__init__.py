"""The syntax of rule files: from text to a tree, without knowing what any name means."""

from paramrules.syntax.reader import read

__all__ = ["read"]
