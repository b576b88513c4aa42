"""Warnings about parts of a rule file that are likely to differ between frameworks, found without a model."""

from paramrules.portability.findings import portable

__all__ = ["portable"]
