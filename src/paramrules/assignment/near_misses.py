"""Help for a predicate that holds for nothing: a change of one of its tests that finds some.

`^encoder\\.` finds nothing in a model whose names begin with `bert.encoder.`, a glob matches the whole name,
and `==` compares it. An attribute may be set elsewhere, and a class may be misspelt.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from paramrules.assignment.attribute_helps import attribute_help
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.diagnostics import Span, did_you_mean
from paramrules.display import counted
from paramrules.regex import Regex, read
from paramrules.regex.analysis import children
from paramrules.regex.nodes import Anchor
from paramrules.registry import wrapper_names
from paramrules.rules import terms
from paramrules.rules.terms import Predicate, terms_in

TRIALS: Final = 200
"""The number of tests that are tried for one model, each of which takes a search through all names."""

_TERMS: Final = 20_000
"""The number of terms that are looked through for one model."""

_WORDS: Final = 100
"""The number of classes for which one model's classes are compared with near ones."""

_NameTest = terms.RegexTest | terms.GlobTest | terms.TextTest
_VALUES: Final = 4
"""The number of values of an `in` that are tried."""

_SUBJECTS: Final = ("name", "module", "leaf")

_EVERYDAY: Final = frozenset(("module", "model", "params"))
"""Names that modules of a model have too: only at the beginning of a name are they a wrapper's."""


class NearMisses:
    """The helps for one model. Searching for them is bounded: a file may hold thousands of dead rules."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._trials = TRIALS
        self._terms = _TERMS
        self._words = _WORDS
        self.lacking: dict[int, bool] = {}
        """For each predicate, by identity: it fails only because the model has no class of some families."""
        self.off: dict[tuple[int, bool], bool] = {}
        """Answers that `switched_off` has already found."""

    def help(self, predicate: Predicate) -> str:
        """Return a help line for a predicate that holds for nothing; "" if no test in it nearly finds a name.

        >>> NearMisses(evaluator).help(rule.predicate)
        'without `^` it finds 199 names, such as `bert.encoder.layer.0.attention.self.query.weight`'
        """
        inside = list(islice(terms_in(predicate), self._terms))
        self._terms -= len(inside)
        if not inside:
            return ""
        return (
            _added(inside)
            or attribute_help(inside, self._evaluator.facts.inventory)
            or next(filter(None, map(self._help, _needed(predicate))), "")
        )

    def word(self, name: str, *known: Iterable[str]) -> str:
        """Return `did you mean ...?` for a class, from the first of the collections that has a near one."""
        self._words = max(self._words - 1, 0)
        near = (did_you_mean(name, each) for each in known) if self._words else ()
        return next(filter(None, near), "")

    def _help(self, test: _NameTest) -> str:
        if self._found(test):
            return ""
        for change, changed in _changes(test):
            if found := self._found(changed):
                example = self._evaluator.facts.names[found[0]]
                return f"{change} finds {counted(len(found), 'name')}, such as `{example}`"
        return ""

    def _found(self, test: _NameTest) -> list[int]:
        if not self._trials:
            return []
        self._trials -= 1
        return sorted(self._evaluator.holds(test, list(range(len(self._evaluator.facts.names)))))


def _added(inside: Iterable[terms.Term]) -> str:
    """Return a help line if a test looks for what wrappers add to names; canonical names are without it."""
    names = sorted(wrapper_names())
    patterns = [
        rf"""(?<=[\^"' ]){name}(?=\\?\.)""" if name in _EVERYDAY else re.escape(name) for name in names
    ]
    for term in inside:
        if patterns and isinstance(term, _NameTest):
            found = re.search("|".join(patterns), term.span.text)
            if found:
                return f"names do not contain what wrappers add: leave out `{found[0]}`"
    return ""


def _needed(predicate: Predicate) -> Iterator[_NameTest]:
    """Yield the tests of names that a predicate asks to hold, those of its lets too."""
    seen: set[int] = set()
    stack = [predicate]
    while stack:
        match stack.pop():
            case terms.LetPredicate() as let if id(let.predicate) not in seen:
                seen.add(id(let.predicate))
                stack.append(let.predicate)
            case terms.AnyOf() | terms.AllOf() as compound:
                stack += reversed(compound.items)
            case terms.RegexTest() | terms.GlobTest() | terms.TextTest() as test if not test.negated:
                yield test


def _changes(test: _NameTest) -> Iterator[tuple[str, _NameTest]]:
    """Yield changed tests, each with words for the change, the most likely one first."""
    if isinstance(test, terms.RegexTest):
        for anchors, words in (("^", "`^`"), ("$", "`$`"), ("^$", "`^` and `$`")):
            if regex := _without(test.regex, anchors, test.span):
                yield f"without {words} it", replace(test, regex=regex)
    if isinstance(test, terms.GlobTest) and not test.option:
        for glob in _longer(test.glob):
            yield f"a glob matches the whole {test.subject}: `{glob}`", replace(test, glob=glob)
    for subject in _SUBJECTS:
        if subject != test.subject:
            yield f"with `{subject}` instead of `{test.subject}` it", replace(test, subject=subject)
    if isinstance(test, terms.TextTest):
        for value in test.values[:_VALUES]:
            for glob in () if set(value) & set("*?[") else _longer(value):
                like = terms.GlobTest(test.span, test.subject, glob, negated=False)
                yield f"texts are compared whole: `{test.subject} like {glob}`", like


def _longer(glob: str) -> tuple[str, ...]:
    """Return globs for what ends in, begins with or holds the components that a glob matches."""
    return f"*.{glob}", f"{glob}.*", f"*.{glob}.*"


def _without(regex: Regex, anchors: str, span: Span) -> Regex | None:
    """Return a regex without its anchors of some kinds, None if it has none or is not a regex without."""
    found, stack = [], [regex.parsed.tree]
    while stack:
        node = stack.pop()
        stack += children(node)
        if isinstance(node, Anchor) and node.kind in anchors:
            found.append(node)
    if {node.kind for node in found} != set(anchors):
        return None
    text = regex.text
    for node in sorted(found, reverse=True):
        text = text[: node.start] + text[node.end :]
    return read(text, span)[0]
