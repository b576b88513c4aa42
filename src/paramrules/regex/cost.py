"""E404: how slow a regex can be."""

from paramrules.regex.parse import Parsed


def refuse_slow(parsed: Parsed) -> None:
    """Refuse what could take forever."""
