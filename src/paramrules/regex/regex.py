"""A regex of a rule file: read, checked, and ready to search with."""

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Protocol

from paramrules.diagnostics import Diagnostic, Span
from paramrules.regex import analysis, refusal
from paramrules.regex.analysis import Group
from paramrules.regex.automaton import Automaton
from paramrules.regex.backtracking import is_linear
from paramrules.regex.findings import refuse_empty, warn_dots
from paramrules.regex.impossible import refuse_impossible
from paramrules.regex.parse import Parsed, parse
from paramrules.regex.refusal import Fault, Refused


class Match(Protocol):
    """A match of a regex."""

    def __getitem__(self, group: int, /) -> str | None:
        """Return its text, for `match[0]`."""

    def groups(self) -> tuple[str | None, ...]:
        """Return what each group captured, None for a group that took no part."""

    def span(self, group: int, /) -> tuple[int, int]:
        """Return where it begins and ends, for `match.span(1)`; (-1, -1) if it took no part."""


class Search(Protocol):
    """A function that searches a text."""

    def __call__(self, text: str, /) -> Match | None:
        """Return the leftmost match in a text, or None."""


@dataclass(frozen=True)
class Regex:
    """A regex that searches a name in time linear in its length.

    Attributes:
        text: the regex as it was written.
        groups: its capturing groups, in order.
        parsed: its tree.
        linear: `re` is fast enough on every name. If not, an automaton takes its place.
    """

    text: str
    groups: tuple[Group, ...] = field(compare=False)
    parsed: Parsed = field(compare=False, repr=False)
    linear: bool = field(compare=False, repr=False)

    @property
    def search(self) -> Search:
        """`search(name)` returns the leftmost match or None; classes are ASCII (`\\d` is `[0-9]`).

        The engine is made on first use, since that takes longer than reading the regex.

        >>> regex.search("blocks.3.weight").groups()
        ('3',)
        """
        if self.linear:
            return _compiled(self.parsed.python).search
        return _automaton(self).search

    @cached_property
    def takes_digits_alike(self) -> bool:
        """True if it makes no difference which digits stand in a name, to what it matches and captures."""
        return analysis.takes_digits_alike(self.parsed.tree)

    @property
    def prefix(self) -> str:
        """A text with which every name begins that it is found in, "" if none is known."""
        return analysis.prefix(self.parsed)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the named groups, in their order."""
        return tuple(group.name for group in self.groups if group.name is not None)


@dataclass(slots=True)
class RegexBudget:
    """The size of all automata of a file and its includes, which is limited.

    Attributes:
        spent: the sum of their sizes so far.
        exceeded: it is too large, which has been reported.
        seen: the regexes that were counted.
    """

    spent: int = 0
    exceeded: bool = False
    seen: set[str] = field(default_factory=set)


def read(text: str, span: Span, budget: RegexBudget | None = None) -> tuple[Regex | None, list[Diagnostic]]:
    """Return the regex that `text` is, None if it cannot be used, and every finding about it.

    Args:
        text: the regex.
        span: where it stands, without quotes; findings point at the characters inside.
        budget: that of the whole file. Once it is exceeded, which is reported once, no further regex may
            need an automaton.

    >>> regex, findings = read(r"^blocks\\.(?<i>\\d+)\\.", span)
    >>> regex.names
    ('i',)
    """
    regex, faults = _read(text) if len(text) <= _SHORT else _read.__wrapped__(text)
    if regex is None or regex.linear or budget is None:
        return regex, [fault.at(span) for fault in faults]
    if text not in budget.seen:
        budget.seen.add(text)
        budget.spent += analysis.size(regex.parsed.tree)
    if budget.spent <= refusal.ALL_SIZES:
        return regex, [fault.at(span) for fault in faults]
    reported, budget.exceeded = budget.exceeded, True
    return None, [] if reported else [_TOO_MUCH._replace(end=len(text)).at(span)]


_TOO_MUCH = Fault(
    "E406",
    "the regexes of this file are too large together",
    0,
    0,
    label="this one exceeds the limit, and others below it may",
    help="use fewer, begin them with `^`, or write `[^.]*` for a `.*` that need not cross a dot",
)


_SHORT = 300
"""Characters of a regex that is kept in memory for the next file that has it."""


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[Regex | None, tuple[Fault, ...]]:
    """Read a regex; files often repeat one."""
    try:
        parsed = parse(text)
        refuse_empty(text, parsed.tree)
        refuse_impossible(text, parsed.tree)
        regex = Regex(text, analysis.groups(parsed), parsed, is_linear(parsed))
        _refuse_large(regex)
    except Refused as refused:
        return None, (refused.fault,)
    return regex, tuple(warn_dots(text, parsed.tree))


def _refuse_large(regex: Regex) -> None:
    """Refuse a regex that is too large for an automaton, and needs one."""
    states = 0 if regex.linear else analysis.size(regex.parsed.tree)
    if states > refusal.SIZE:
        raise Refused(
            "E406",
            f"the regex needs an automaton of {states:,} states, and {refusal.SIZE:,} are allowed",
            0,
            len(regex.text),
            "split it into several tests with `or`, or write `*` or `+` for a large `{m,n}`",
        )


@lru_cache(maxsize=1024)
def _compiled(python: str) -> re.Pattern[str]:
    return re.compile(python, re.ASCII)


@lru_cache(maxsize=16)
def _automaton(regex: Regex) -> Automaton:
    return Automaton(regex.parsed)
