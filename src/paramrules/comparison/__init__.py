"""Two models under one rule file: which parameters are the same, and whether they are in the same groups."""

from paramrules.comparison.compare import parity
from paramrules.comparison.result import Count, Difference, Pair, Parity, Reason, Unpaired

__all__ = ["Count", "Difference", "Pair", "Parity", "Reason", "Unpaired", "parity"]
