"""From the characters of a regex in a rule file to a `Regex`, or to what is wrong with it."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from paramrules.diagnostics import Diagnostic, Span
from paramrules.regex import limits
from paramrules.regex.cost import refuse_slow
from paramrules.regex.dots import warn_dots
from paramrules.regex.empty import refuse_empty
from paramrules.regex.facts import groups
from paramrules.regex.faults import Fault, Refused
from paramrules.regex.parse import parse
from paramrules.regex.regex import Regex


@dataclass(slots=True)
class Effort:
    """The steps spent on the regexes of a file and its includes; `refused` says that they were too many."""

    steps: int = 0
    refused: bool = False
    seen: set[str] = field(default_factory=set)


def read(text: str, span: Span, effort: Effort | None = None) -> tuple[Regex | None, list[Diagnostic]]:
    """The regex that `text` says, and every finding about it; None where one of them is an error.

    `span` is where `text` stands, without quotes: findings point at the characters inside it. `effort` is
    that of the whole file: from where it is too much, no further regex is looked at, which is reported once.

    >>> regex, findings = read(r"^blocks\\.(?<i>\\d+)\\.", span)
    >>> regex.names
    ('i',)
    """
    effort = effort or Effort()
    if text not in effort.seen:
        if effort.steps > limits.ALL_STEPS:
            known, effort.refused = effort.refused, True
            return None, [] if known else [_TOO_MUCH._replace(end=len(text)).at(span)]
        effort.seen.add(text)
        effort.steps += _read(text).steps
    regex, faults, _ = _read(text)
    return regex, [fault.at(span) for fault in faults]


class _Reading(NamedTuple):
    regex: Regex | None
    faults: tuple[Fault, ...]
    steps: int


_TOO_MUCH = Fault(
    "E406",
    "judging the regexes of this file takes too long",
    0,
    0,
    label="this one and those below it were not looked at",
    help="use fewer, smaller ones: without repeats inside of repeats, and without many `?` in a row",
)


@lru_cache(maxsize=4096)
def _read(text: str) -> _Reading:
    """A file often repeats a regex, so the work is done once for a text."""
    try:
        parsed = parse(text)
        refuse_empty(text, parsed)
        steps = refuse_slow(text, parsed)
    except Refused as refused:
        return _Reading(None, (refused.fault,), refused.steps)
    regex = Regex(text, groups(parsed.tree, parsed.groups), parsed.python)
    return _Reading(regex, tuple(warn_dots(text, parsed.tree)), steps)
