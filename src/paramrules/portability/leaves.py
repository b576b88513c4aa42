"""W811: names of leaves that not every framework uses."""

from collections.abc import Iterator
from typing import Final

from paramrules.diagnostics import Diagnostic
from paramrules.regex.analysis import runs
from paramrules.rules.terms import GlobTest, RegexTest, Term, TextTest

_CALLED: Final = {
    "kernel": ("flax", "role == weight"),
    "w": ("haiku", "role == weight"),
    "weight": ("torch and Equinox", "role == weight"),
    "scale": ("flax and haiku", "role == scale"),
    "offset": ("haiku", "role == bias"),
    "embedding": ("flax", "role == embedding"),
    "embeddings": ("haiku", "role == embedding"),
}
"""The libraries that use a name for a leaf, and the portable test."""

_WEIGHTS: Final = ("kernel", "w", "weight")
_SAME: Final = {
    **dict.fromkeys(_WEIGHTS, frozenset(_WEIGHTS)),
    "scale": frozenset({"weight", "scale", "gamma", "g"}),
    "offset": frozenset({"bias", "beta", "b"}),
    "embedding": frozenset({"weight", "embedding", "embeddings"}),
    "embeddings": frozenset({"weight", "embedding", "embeddings"}),
}
"""Names in other libraries: a statement that has one of these as well is about several frameworks already."""

_MORE: Final = "; a norm's gain is `role == scale`, a table `role == embedding`"

_TOO_COMMON: Final = frozenset({"w", "scale", "offset", "embedding", "embeddings"})
"""Names of modules too, so that elsewhere in a name they need not be the leaf."""


def leaves_named(term: Term) -> Iterator[str]:
    """Yield the leaves that a test of names asks for, known or not."""
    match term:
        case TextTest(subject="leaf" | "name"):
            yield from (value.rpartition(".")[2] for value in term.values)
        case GlobTest(subject="leaf" | "name"):
            yield term.glob.rpartition(".")[2]
        case RegexTest(subject="leaf" | "name"):
            for branch in runs(term.regex.parsed):
                for run in branch:
                    yield from _in_run(run.text, term.subject == "leaf")


def leaf_findings(term: RegexTest | GlobTest | TextTest, named: frozenset[str]) -> Iterator[Diagnostic]:
    """Yield a warning for the first leaf of the test that only some frameworks use."""
    for leaf in leaves_named(term):
        if leaf in _CALLED and not (_SAME[leaf] - {leaf}) & named:
            who, instead = _CALLED[leaf]
            module = term.values[0].rpartition(".")[0] if isinstance(term, TextTest) else ""
            role = f'module == "{module}" and {instead}' if module else instead
            yield Diagnostic(
                "W811",
                f"`{leaf}` is what {who} {'call' if ' and ' in who else 'calls'} it",
                term.span,
                "other frameworks have another name",
                help=f"write `{role}`{_MORE if leaf == 'weight' and not module else ''}",
            )
            return


def _in_run(text: str, whole: bool) -> Iterator[str]:
    """Yield the last component of a literal in a regex, unless it may be a part of another component."""
    leaf = text.rpartition(".")[2]
    if whole or "." in text or leaf not in _TOO_COMMON:
        yield leaf
