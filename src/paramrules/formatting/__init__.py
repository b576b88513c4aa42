"""Formatting of rule files: from a text to the same rules in one style (docs/formatting.md).

Only white space, line ends, quotes and superfluous commas change. `format_rules` proves that before it
returns: it reads its own output and compares.
"""

from paramrules.formatting.format import format_rules

__all__ = ["format_rules"]
