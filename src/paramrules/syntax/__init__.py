"""The syntax of rule files: from text to a tree, without knowing what any name means."""

from paramrules.syntax.reading import read

__all__ = ["read"]
