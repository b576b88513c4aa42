"""Two models under one rule file: which parameters are the same, and whether their groups are."""

from paramrules.comparison.compare import Parity, parity
from paramrules.comparison.differences import Count, Difference, Pair, Reason, Unpaired

__all__ = ["Count", "Difference", "Pair", "Parity", "Reason", "Unpaired", "parity"]
