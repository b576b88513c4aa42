"""What in a rule file is likely to mean something else in another framework, said without a model."""

from paramrules.portability.findings import portable

__all__ = ["portable"]
