"""Rule files read, understood and checked, without a model and without a framework."""

from paramrules.rules.load import check, load, parse
from paramrules.rules.model import Rules

__all__ = ["Rules", "check", "load", "parse"]
