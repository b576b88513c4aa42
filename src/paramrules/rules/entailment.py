"""What else is true of a name where some tests hold, and of a parameter where some facts are so.

Everything said here is certain for every model; what is not certain is left out, and a rule then counts as
one that can win. A bare class name stands for a family with members of other names: `type(LayerNorm)` says
nothing about `type(*Norm)`.
"""

import operator
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from math import ceil, floor
from typing import Any

from paramrules.regex import Regex
from paramrules.regex.literals import Run, literals, runs
from paramrules.rules.dnf import ALWAYS, Atom

_COMPARE: dict[str, Any] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WITHIN = {"name": ("name",), "leaf": ("leaf", "name"), "module": ("module", "name")}
"""Texts that hold another one."""


class Known:
    """The atoms of the rules so far, found by what implies them."""

    def __init__(self) -> None:
        self.atoms: set[Atom] = set()
        self.by_text: dict[str, list[Atom]] = defaultdict(list)
        self.by_number: dict[str, list[Atom]] = defaultdict(list)
        self.by_literal: dict[tuple[str, Run], list[Atom]] = defaultdict(list)
        self.literals: dict[int, set[str]] = defaultdict(set)
        """Their texts, by length."""

    def add(self, atom: Atom) -> None:
        """Make an atom known, so that others can imply it."""
        if atom in self.atoms:
            return
        self.atoms.add(atom)
        if atom.kind in ("regex", "glob"):
            self.by_text[atom.subject].append(atom)
        if atom.kind == "number":
            self.by_number[atom.subject].append(atom)
        if isinstance(atom.what, Regex):
            for run in literals(atom.what.text):
                self.by_literal[atom.subject, run].append(atom)
                self.literals[len(run.text)].add(run.text)

    def closure(self, here: Iterable[Atom]) -> frozenset[Atom] | None:
        """The atoms, and all known ones that hold with them; None if they exclude each other."""
        found = set(here)
        texts = _texts(found)
        if texts is None or not _possible(found) or any(_holds(atom, texts) is False for atom in found):
            return None
        for atom in list(found):
            found.update(self._implied(atom))
        for subject, text in texts.items():
            found.update(atom for atom in self.by_text[subject] if _holds(atom, texts))
            found.add(Atom("text", subject, text))
        return frozenset(found)

    def _implied(self, atom: Atom) -> Iterator[Atom]:
        if atom.kind == "class" and atom.subject == "type":
            yield atom._replace(subject="within")
        elif atom.kind == "number":
            yield from (a for a in self.by_number[atom.subject] if not _feasible([(atom, True), (a, False)]))
        elif atom.kind in ("regex", "glob", "text") and self.by_literal:
            for subject in _WITHIN[atom.subject]:
                yield from self._holding(atom, subject)

    def _holding(self, atom: Atom, subject: str) -> Iterable[Atom]:
        """The regexes that are found wherever the atom holds: each branch of it has one of their literals."""
        common: set[Atom] | None = None
        for branch in _runs(atom):
            here = {
                other
                for run in branch
                for part in self._parts(run)
                for other in self._with(atom, subject, part)
            }
            common = here if common is None else common & here
        return common or ()

    def _with(self, atom: Atom, subject: str, run: Run) -> Iterable[Atom]:
        if run.first and atom.subject == "leaf" and subject == "name":
            return ()
        return self.by_literal.get((subject, run), ())

    def _parts(self, run: Run) -> Iterator[Run]:
        """The known literals inside a run, and what else is spelt like one."""
        text = run.text
        lower = text.lower() if text.isascii() else text
        for length, known in self.literals.items():
            for at in range(len(text) - length + 1):
                if text[at : at + length] in known or lower[at : at + length] in known:
                    if run.first and at == 0:
                        yield from _cases(Run(text[:length], True, run.folded))
                    yield from _cases(Run(text[at : at + length], False, run.folded))


def consistent(facts: Iterable[tuple[Atom, bool]]) -> bool:
    """Whether some parameter may have all of these facts."""
    fields: dict[str, list[tuple[Atom, bool]]] = defaultdict(list)
    dtypes = 0
    for atom, value in facts:
        if atom.kind == "number":
            fields[atom.subject].append((atom, value))
        dtypes += atom.kind == "constant" and value
    return dtypes <= 1 and all(map(_feasible, fields.values()))


def _feasible(some: list[tuple[Atom, bool]]) -> bool:
    """Whether a whole number from 0, or none where it may be absent, compares like this."""
    if some[0][0].subject not in ALWAYS and not any(value for _, value in some):
        return True
    constants: list[Any] = [atom.what[1] for atom, _ in some]  # type: ignore[index]  # see `Atom`
    numbers = {0} | {n + more for c in constants for n in (floor(c), ceil(c)) for more in (-1, 0, 1)}
    return any(
        all(_COMPARE[atom.what[0]](n, atom.what[1]) == value for atom, value in some)  # type: ignore[index]
        for n in numbers
        if n >= 0
    )


def _possible(here: set[Atom]) -> bool:
    """Whether one name may have these roles and numbers."""
    fields: dict[str, list[tuple[Atom, bool]]] = defaultdict(list)
    for atom in here:
        if atom.kind == "number":
            fields[atom.subject].append((atom, True))
    roles = sum(atom.kind == "constant" for atom in here)
    return roles <= 1 and all(map(_feasible, fields.values()))


def _texts(here: set[Atom]) -> dict[str, str] | None:
    """What the name, its leaf and its module are, where that is said; None for different texts of one."""
    found: dict[str, str] = {}
    for atom in here:
        for subject, text in _said(atom):
            if found.setdefault(subject, text) != text:
                return None
    return found


def _said(atom: Atom) -> Iterator[tuple[str, str]]:
    text = str(atom.what)
    if atom.kind == "text":
        yield atom.subject, text
        if atom.subject == "name":
            module, _, leaf = text.rpartition(".")
            yield from (("leaf", leaf), ("module", module))
    elif atom.kind == "glob" and atom.subject == "name":
        _, dot, leaf = text.rpartition(".")
        if dot and not set("*?[]") & set(leaf):
            yield "leaf", leaf


def _holds(atom: Atom, texts: dict[str, str]) -> bool | None:
    """Whether a test of a text holds; None if that is not known."""
    if atom.kind not in ("regex", "glob", "text") or atom.subject not in texts:
        return None
    text = texts[atom.subject]
    if isinstance(atom.what, Regex):
        return atom.what.pattern.search(text) is not None
    return fnmatchcase(text, str(atom.what)) if atom.kind == "glob" else text == atom.what


def _runs(atom: Atom) -> list[list[Run]]:
    """For each branch of a test the texts that it cannot do without."""
    if isinstance(atom.what, Regex):
        return runs(atom.what.text)
    text = str(atom.what)
    if atom.kind == "text":
        return [[Run(text, True, False)]]
    if "[" in text:
        return []
    pieces = text.replace("?", "*").split("*")
    return [[Run(piece, place == 0, False) for place, piece in enumerate(pieces) if piece]]


def _cases(run: Run) -> Iterator[Run]:
    """The literals that are found where this text is: itself, and the same in any case."""
    if not run.folded:
        yield run
    if run.text.isascii():
        yield Run(run.text.lower(), run.first, True)
