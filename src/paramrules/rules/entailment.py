"""Entailment between tests: what else is true of a name where some tests hold.

Everything concluded here is certain for every model. What is not certain is left out, and a rule then counts
as one that can win. A bare class name stands for a family with members of other names, so `type(LayerNorm)`
says nothing about `type(*Norm)`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import ceil, floor, inf

from paramrules.globs import glob
from paramrules.regex import Regex
from paramrules.regex.analysis import Run, literals, runs, size
from paramrules.rules.dnf import ALWAYS, Atom, Budget, GaveUp

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_WITHIN = {"name": ("name",), "leaf": ("leaf", "name"), "module": ("module", "name")}
"""Each string fact, and those that contain it."""


_LONGEST = 1_000
"""Characters of a text in which patterns are searched."""


class Known:
    """The atoms of the rules so far, indexed by the atoms that may imply them."""

    def __init__(self) -> None:
        self.atoms: set[Atom] = set()
        self.by_text: dict[str, list[Atom]] = defaultdict(list)
        self.by_literal: dict[tuple[str, Run], list[Atom]] = defaultdict(list)
        self.searching: dict[str, int] = defaultdict(int)
        """The steps that all patterns of `by_text` take to search 100 characters."""
        self.literals: dict[int, set[str]] = defaultdict(set)
        """The literals of these regexes, by length."""

    def add(self, atom: Atom) -> None:
        """Add an atom, so that others can imply it."""
        if atom in self.atoms:
            return
        self.atoms.add(atom)
        if atom.kind in ("regex", "glob"):
            self.by_text[atom.subject].append(atom)
            self.searching[atom.subject] += _cost(atom)
        if isinstance(atom.what, Regex):
            for run in literals(atom.what.text, atom.what.parsed):
                self.by_literal[atom.subject, run].append(atom)
                self.literals[len(run.text)].add(run.text)

    def closure(self, here: Iterable[Atom], budget: Budget) -> frozenset[Atom] | None:
        """Return the atoms and all known ones that they imply; None if they exclude one another."""
        found = set(here)
        budget.spend(len(found))
        texts = _texts(found)
        if texts is None or any(_holds(atom, texts) is False for atom in found):
            return None
        for atom in list(found):
            found.update(self._implied(atom, budget))
        for subject, text in texts.items():
            if len(text) > _LONGEST:
                raise GaveUp
            budget.spend(self.searching[subject] * (1 + len(text) // 100))
            found.update(atom for atom in self.by_text[subject] if _holds(atom, texts))
            found.add(Atom("text", subject, text))
        return frozenset(found)

    def _implied(self, atom: Atom, budget: Budget) -> Iterator[Atom]:
        if atom.kind == "class" and atom.subject == "type":
            yield atom._replace(subject="within")
        elif atom.kind in ("regex", "glob", "text") and self.by_literal:
            for subject in _WITHIN[atom.subject]:
                yield from self._holding(atom, subject, budget)

    def _holding(self, atom: Atom, subject: str, budget: Budget) -> Iterable[Atom]:
        """Return the regexes that the atom implies: each of its branches has one of their literals."""
        common: set[Atom] | None = None
        for branch in _runs(atom):
            here = {
                other
                for run in branch
                for part in self._parts(run, budget)
                for other in self._with(atom, subject, part)
            }
            common = here if common is None else common & here
        return common or ()

    def _with(self, atom: Atom, subject: str, run: Run) -> Iterable[Atom]:
        if run.first and atom.subject == "leaf" and subject == "name":
            return ()
        return self.by_literal.get((subject, run), ())

    def _parts(self, run: Run, budget: Budget) -> Iterator[Run]:
        """Yield the known literals inside a run, in every spelling that it implies."""
        text = run.text
        lower = text.lower() if text.isascii() else text
        folds = lower != text
        for length, known in self.literals.items():
            budget.spend(1 + len(text) // 8)
            for at in range(len(text) - length + 1):
                if text[at : at + length] in known or (folds and lower[at : at + length] in known):
                    budget.spend()
                    if run.first and at == 0:
                        yield from _cases(Run(text[:length], True, run.folded))
                    yield from _cases(Run(text[at : at + length], False, run.folded))


def _cost(atom: Atom) -> int:
    """Return the steps of a search in 100 characters; an automaton, or a glob's pattern, is built as well."""
    if not isinstance(atom.what, Regex):
        return 5 + len(str(atom.what)) // 10
    states = size(atom.what.parsed.tree)
    return 1 + states // 50 if atom.what.linear else 100 + states


def consistent(facts: Iterable[tuple[Atom, bool]]) -> bool:
    """Return whether some parameter may have all of these facts."""
    fields: dict[str, list[tuple[Atom, bool]]] = defaultdict(list)
    constants: set[str] = set()
    for atom, value in facts:
        if atom.kind == "number":
            fields[atom.subject].append((atom, value))
        elif atom.kind == "constant" and value:
            if atom.subject in constants:
                return False
            constants.add(atom.subject)
    return all(map(_feasible, fields.values()))


def _feasible(some: list[tuple[Atom, bool]]) -> bool:
    """Return whether a whole number from 0, or an absent one where that is possible, compares like this."""
    if some[0][0].subject not in ALWAYS and not any(value for _, value in some):
        return True
    least, most = 0.0, inf
    excluded: set[float] = set()
    for atom, value in some:
        relation, constant = _relation(atom, value)
        if relation == "!=":
            excluded.add(constant)
        if relation in ("==", ">=", ">"):
            least = max(least, floor(constant) + 1 if relation == ">" else ceil(constant))
        if relation in ("==", "<=", "<"):
            most = min(most, ceil(constant) - 1 if relation == "<" else floor(constant))
    return most - least + 1 > sum(least <= n <= most and n % 1 == 0 for n in excluded)


def _relation(atom: Atom, value: bool) -> tuple[str, float]:
    assert isinstance(atom.what, tuple)
    relation, constant = atom.what
    return relation if value else _OPPOSITE[relation], constant


def _texts(here: set[Atom]) -> dict[str, str] | None:
    """Return the name, the leaf and the module where the tests fix them; None if they fix one twice."""
    found: dict[str, str] = {}
    for atom in here:
        for subject, text in _fixed(atom):
            if found.setdefault(subject, text) != text:
                return None
    return found


def _fixed(atom: Atom) -> Iterator[tuple[str, str]]:
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
    """Return whether a test of a string holds; None if that is not known."""
    if atom.kind not in ("regex", "glob", "text") or atom.subject not in texts:
        return None
    text = texts[atom.subject]
    if isinstance(atom.what, Regex):
        return atom.what.search(text) is not None
    return glob(str(atom.what)).match(text) is not None if atom.kind == "glob" else text == atom.what


def _runs(atom: Atom) -> list[list[Run]]:
    """Return the substrings that each branch of a test requires."""
    if isinstance(atom.what, Regex):
        return runs(atom.what.parsed)
    text = str(atom.what)
    if atom.kind == "text":
        return [[Run(text, True, False)]]
    if "[" in text:
        return []
    pieces = text.replace("?", "*").split("*")
    return [[Run(piece, place == 0, False) for place, piece in enumerate(pieces) if piece]]


def _cases(run: Run) -> Iterator[Run]:
    """Yield the literals that are found where this text is: itself, and the same in any case."""
    if not run.folded:
        yield run
    if run.text.isascii():
        yield Run(run.text.lower(), run.first, True)
