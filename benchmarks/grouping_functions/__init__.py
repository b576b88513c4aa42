"""Grouping functions of other libraries, each with models to run it on: the yardstick of `paramrules infer`.

One module for each peer. Installed peers run their own code; the others are written down again from their
source, which the docstrings name.
"""

from grouping_functions.comparing import Difference, differences
from grouping_functions.corpus import KINDS, GroupingFunction, Subject, grouping_of, missing_packages
from grouping_functions.every import every, timed
from grouping_functions.held_out import held_out

__all__ = [
    "KINDS",
    "Difference",
    "GroupingFunction",
    "Subject",
    "differences",
    "every",
    "grouping_of",
    "held_out",
    "missing_packages",
    "timed",
]
