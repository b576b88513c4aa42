"""From the characters of a regex in a rule file to a `Regex`, or to what is wrong with it."""

from functools import lru_cache

from paramrules.diagnostics import Diagnostic, Span
from paramrules.regex.cost import refuse_slow
from paramrules.regex.dots import warn_dots
from paramrules.regex.empty import refuse_empty
from paramrules.regex.facts import groups
from paramrules.regex.faults import Fault, Refused
from paramrules.regex.parse import parse
from paramrules.regex.regex import Regex


def read(text: str, span: Span) -> tuple[Regex | None, list[Diagnostic]]:
    """The regex that `text` says, and every finding about it; None where one of them is an error.

    `span` is where `text` stands, without quotes: findings point at the characters inside it.

    >>> regex, findings = read(r"^blocks\\.(?<i>\\d+)\\.", span)
    >>> regex.names
    ('i',)
    """
    regex, faults = _read(text)
    return regex, [fault.at(span) for fault in faults]


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[Regex | None, tuple[Fault, ...]]:
    """A file often repeats a regex, so the work is done once for a text."""
    try:
        parsed = parse(text)
        refuse_empty(text, parsed)
        refuse_slow(text, parsed)
    except Refused as refused:
        return None, (refused.fault,)
    return Regex(text, groups(parsed.tree, parsed.groups), parsed.python), tuple(warn_dots(text, parsed.tree))
