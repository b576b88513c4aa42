"""The fixes behind the helps, applied to the text of a rule file. Nothing is written here.

A fix counts only if reading the text again shows that its finding is gone and that no other came.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from paramrules.diagnostics import Diagnostic, Fix, Source
from paramrules.rule_files import Formatted
from paramrules.rules.load import check, check_text
from paramrules.rules.shipped import names_shipped
from paramrules.syntax.decode import decode, normalised, read_bytes

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_ROUNDS: Final = 20
"""Fixes one after the other in one statement: `a && b && c` needs one for each operator."""
_READS: Final = 20
_CHARACTERS: Final = 300_000
"""The most characters that are read again for a text; it is read again at least `_READS` times."""

_Fixes: TypeAlias = "Sequence[tuple[Diagnostic, Fix]]"


class Fixed(NamedTuple):
    """A rule file before and after fixing.

    Attributes:
        file: its name and its text, with the line ends and the byte order mark that it has.
        found: the findings before. Those whose fix was tried and made nothing better have none.
        applied: the findings that are fixed.
        left: the findings after.
    """

    file: Formatted
    found: tuple[Diagnostic, ...] = ()
    applied: tuple[Diagnostic, ...] = ()
    left: tuple[Diagnostic, ...] = ()


def fix_file(path: "str | Traversable", *, unsafe: bool = False) -> Fixed:
    """Return a rule file with its fixes applied; a file that cannot be read has that finding left.

    A file of the shipped library has no fixes, because it is not the user's to change.
    """
    name = str(path)
    if names_shipped(path):
        found = tuple(check(path))
        return Fixed(Formatted(name, "", ""), found, left=found)
    data = read_bytes(path, name)
    if isinstance(data, bytes):
        source = decode(data, name)
        if isinstance(source, Source):
            return fix_text(data.decode(), path, unsafe=unsafe)
        data = source
    return Fixed(Formatted(name, "", ""), found=(data,), left=(data,))


def fix_text(text: str, path: "str | Traversable", *, unsafe: bool = False) -> Fixed:
    """Return a text with the fixes of its findings applied, as far as they make it better.

    Args:
        text: the text of a rule file.
        path: its path, beside which it includes others; these are read and never fixed.
        unsafe: whether to apply the fixes that are likely and not certain, too.

    >>> fix_text("a: ndim <= 1 && tied", "vit.rules").file.after
    'a: ndim <= 1 and tied'
    """
    fixer = _Fixer(path, unsafe, normalised(text))
    first = state = fixer.read(normalised(text))
    applied: list[Diagnostic] = []
    so_far = -1
    while len(applied) > so_far:  # those that overlap take turns
        so_far = len(applied)
        state = fixer.some(state, fixer.fixable(state), applied)
    proven = set(map(id, applied))
    found = (
        replace(each, help=str(each.help)) if fixer.is_wanted(each) and id(each) not in proven else each
        for each in first.findings
    )
    after = _as_before(text, state.source.text) if applied else text
    return Fixed(Formatted(str(path), text, after), tuple(found), tuple(applied), tuple(state.findings))


class _State(NamedTuple):
    """A text, and the findings of reading it."""

    source: Source
    findings: list[Diagnostic]


class _Fixer:
    def __init__(self, path: "str | Traversable", unsafe: bool, text: str) -> None:
        self._path, self._unsafe = path, unsafe
        self._reads = max(_READS, _CHARACTERS // (len(text) + 1_000))

    def read(self, text: str) -> _State:
        self._reads -= 1
        source = Source(str(self._path), text)
        return _State(source, check_text(source, self._path))

    def is_wanted(self, finding: Diagnostic) -> bool:
        """Return whether a finding has a fix of the kind to apply."""
        return finding.fix is not None and (finding.fix.is_safe or self._unsafe)

    def fixable(self, state: _State) -> _Fixes:
        """Return the findings with a fix, as far as these do not overlap, from top to bottom."""
        found = [
            (each, fix)
            for each in state.findings
            if (fix := each.fix) and self.is_wanted(each) and fix.span.source is state.source and _fits(fix)
        ]
        found.sort(key=lambda pair: (pair[1].span.start, pair[1].span.end))
        kept: list[tuple[Diagnostic, Fix]] = []
        for pair in found:
            if not kept or kept[-1][1].span.end < pair[1].span.start:
                kept.append(pair)
        return kept

    def some(self, state: _State, fixes: _Fixes, applied: list[Diagnostic], top: int = 0) -> _State:
        """Return the state after those of the fixes that make it better, which halving finds.

        What stands above `top` keeps its place.
        """
        if not fixes or self._reads <= 0:
            return state
        if better := self._all(state, fixes, top):
            after, done = better
            applied += done
            return after
        if len(fixes) == 1:
            return state
        half = len(fixes) // 2
        after = self.some(state, fixes[half:], applied, fixes[half - 1][1].span.end)
        upper = [
            (each, fix._replace(span=fix.span._replace(source=after.source))) for each, fix in fixes[:half]
        ]
        return self.some(after, upper, applied, top)

    def _all(self, state: _State, fixes: _Fixes, top: int) -> tuple[_State, list[Diagnostic]] | None:
        """Return the state after all of the fixes, None if it is not better.

        A statement is read up to its first mistake, so safe fixes, or more of the same kind, may follow.
        """
        before, done, now = Counter(map(_cause, state.findings)), list[Diagnostic](), state
        pending, codes = fixes, {finding.code for finding, _ in fixes}
        for _ in range(_ROUNDS):
            done += [finding for finding, _ in pending]
            lines = {fix.span.line for _, fix in pending}
            now = self.read(_edited(now.source.text, [fix for _, fix in pending]))
            after = Counter(map(_cause, now.findings))
            if after <= before and after.total() <= before.total() - len(fixes):
                return now, done
            pending = [
                (each, fix)
                for each, fix in self.fixable(now)
                if fix.span.start >= top and fix.span.line in lines and (fix.is_safe or each.code in codes)
            ]
            if not pending or self._reads <= 0:
                break
        return None


def fixes_between(text: str, path: "str | Traversable", start: int, end: int) -> list[Fixed]:
    """Return the text with one fix each, for the findings in a part of it whose fixes make it better.

    Args:
        text: the text of a rule file.
        path: its path, beside which it includes others.
        start: the first character of the part, counted in the normalised text.
        end: its end; a finding that touches the part is in it.

    >>> [fixed.file.after for fixed in fixes_between("a: ndim <= 1 && tied", "vit.rules", 13, 13)]
    ['a: ndim <= 1 and tied']
    """
    fixer = _Fixer(path, True, normalised(text))
    first = fixer.read(normalised(text))
    found = []
    for each in fixer.fixable(first):
        span = each[0].span
        if span is not None and span.start <= end and start <= max(span.start, span.end):
            applied: list[Diagnostic] = []
            state = fixer.some(first, [each], applied)
            if applied:
                after = _as_before(text, state.source.text)
                found.append(Fixed(Formatted(str(path), text, after), (each[0],), tuple(applied)))
    return found


def _cause(finding: Diagnostic) -> tuple[str, str]:
    return finding.code, finding.message


def _fits(fix: Fix) -> bool:
    """Return whether a fix changes something, keeps comments and lines, and does not run into its neighbours.

    A help may say more than its finding marks: it would join two words, or repeat what follows.
    """
    source, start, end = fix.span
    old, new = fix.span.text, fix.text
    if old == new or old.count("#") > new.count("#") or "\n" in old + new:
        return False
    following = re.match(r"[^\s,)]{0,100}", source.text[end : end + 100])
    repeats = bool(following and following[0] and new != following[0] and new.endswith(following[0]))
    joins = re.compile(r"\w\w")
    return not (
        repeats
        or joins.fullmatch(source.text[max(0, start - 1) : start] + new[:1])
        or joins.fullmatch(new[-1:] + source.text[end : end + 1])
    )


def _edited(text: str, fixes: Sequence[Fix]) -> str:
    parts, at = [], 0
    for fix in fixes:
        parts += [text[at : fix.span.start], fix.text]
        at = fix.span.end
    return "".join([*parts, text[at:]])


def _as_before(before: str, after: str) -> str:
    """Return a text with the byte order mark and the line ends of the one that it was made of."""
    ends = ["\r" if line.endswith("\r") else "" for line in before.split("\n")[:-1]]
    mark = "\ufeff" if before.startswith("\ufeff") else ""
    *lines, last = after.split("\n")
    return (
        mark
        + "".join(f"{line.removesuffix(end)}{end}\n" for line, end in zip(lines, ends, strict=True))
        + last
    )
