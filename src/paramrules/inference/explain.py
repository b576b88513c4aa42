"""From the columns of one axis to the cheapest decision list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inference.atoms import MOST_COMPARED, Atom, atoms_of
from paramrules.inference.cover import Covers
from paramrules.inference.decision_list import DecisionList, Search
from paramrules.inference.effective import FREE, Column, close, distinct, is_number
from paramrules.inference.fans import by_fans
from paramrules.inference.forms import Form, constants
from paramrules.inference.heads import Head, heads_of, selections
from paramrules.inference.indexes import Index
from paramrules.inference.kinds import Key, Kinds
from paramrules.inference.lone_powers import lone_powers
from paramrules.inference.rates_by_block import series_of
from paramrules.inference.space import Space, bits_of, mask_of

_KEEP: Final = "a rule file is for settings that follow the structure of a model; keep these where they are"

_MOST_LISTED: Final = 200
"""The most names that the rules of an axis list."""


@dataclass(frozen=True, slots=True)
class Explained:
    """An axis with its rules."""

    name: str
    keys: tuple[str, ...]
    list: DecisionList


class Explainer:
    """The search for rules on one space. What all axes share is computed once."""

    def __init__(self, space: Space, keys: Sequence[Key], indexes: Sequence[Index]) -> None:
        self._space = space
        self._indexes = indexes
        self._keys = keys
        self.general = Kinds(space, lambda entry: self._keys[entry])
        self._single: Kinds | None = None
        self._explained: dict[str, Explained] = {}
        self._tests: dict[bool, Sequence[Atom]] = {}
        self._covers: dict[tuple[bool, str], Covers] = {}

    @property
    def single(self) -> Kinds:
        """The kinds of one name and shape each, in models of the same depths."""
        if self._single is None:
            space, shapes = self._space, self._space.column("shape")
            depths = [
                tuple(index.depth[model] for index in self._indexes[:MOST_COMPARED])
                for model in range(len(space.groupings))
            ]

            def key(entry: int) -> Key:
                return space.names[entry], tuple(shapes[entry]), depths[space.model[entry]], self._keys[entry]

            self._single = Kinds(space, key, single=True)
        return self._single

    def tests(self, kinds: Kinds) -> Sequence[Atom]:
        """Return the tests over these kinds."""
        if kinds.single not in self._tests:
            self._tests[kinds.single] = atoms_of(self._space, kinds, self._indexes)
        return self._tests[kinds.single]

    def covers(self, kinds: Kinds, style: str) -> Covers:
        """Return the covers of these kinds in the style of an axis, see `style_of`."""
        key = (kinds.single, style)
        if key not in self._covers:
            self._covers[key] = Covers(kinds, self.tests(kinds), style)
        return self._covers[key]

    def explain(self, name: str, columns: Mapping[str, Column]) -> Explained:
        """Return the rules of an axis.

        Raises:
            RulesError: E961 if nothing that a rule can see tells apart what has different settings.
        """
        key = repr(columns)
        if key not in self._explained:
            self._explained[key] = self._explain(name, columns)
        return self._explained[key]

    def _explain(self, name: str, columns: Mapping[str, Column]) -> Explained:
        rows = zip(*columns.values(), strict=True)
        cared = mask_of([any(value is not FREE for value in row) for row in rows])
        forms = {key: self._forms(column) for key, column in columns.items()}
        heads = heads_of(forms, cared)
        best: DecisionList | None = None
        chosen = list(selections(heads, cared))
        for kinds in (self.general, self.single):
            for selection in chosen:
                found = self._searched(kinds, selection, cared)
                if found is not None and (best is None or found.cost < best.cost - 1e-9):
                    best = found
            if best is not None:
                _refuse_lists(name, best)
                return Explained(name, tuple(columns), best)
            chosen = [*chosen[:4], *chosen[4:][-1:]]  # the last one is of constants
        raise self._contradiction(columns, cared)

    def _forms(self, column: Column) -> list[Form]:
        """Return the forms of one setting: constants, series, powers of their rates, and formulas of fans."""
        forms = constants(column, self._space)
        if len(forms) > 1 and any(is_number(form.value) for form in forms):
            found = [*by_fans(column, self._space), *series_of(column, self._space, self._indexes)]
            explained = 0
            for form in found:
                explained |= form.ok
            left = [FREE if explained >> entry & 1 else value for entry, value in enumerate(column)]
            known = {form.text for form in forms}
            forms += [form for form in constants(column, self._space, left) if form.text not in known]
            forms += found
            forms += lone_powers(column, left, self._space)
        return forms

    def _searched(self, kinds: Kinds, heads: Sequence[Head], cared: int) -> DecisionList | None:
        ok = [kinds.all_in(head.ok) for head in heads]
        domains = [kinds.all_in(head.domain) for head in heads]
        explained = 0
        for mask in ok:
            explained |= mask
        wanted = kinds.any_in(cared)
        if wanted & ~explained:
            return None
        return Search(kinds, self.covers(kinds, style_of(heads)), wanted).best(heads, ok, domains)

    def _contradiction(self, columns: Mapping[str, Column], cared: int) -> RulesError:
        space = self._space
        shapes = space.column("shape")
        seen: dict[object, int] = {}
        for entry in bits_of(cared):
            first = seen.setdefault((space.names[entry], tuple(shapes[entry])), entry)
            for key, column in columns.items():
                if FREE not in (column[first], column[entry]) and not close(column[first], column[entry]):
                    models = [space.groupings[space.model[e]].model for e in (first, entry)]
                    return RulesError(
                        Diagnostic(
                            "E961",
                            f"`{space.names[entry]}` has `{key} = {column[first]!r}` in `{models[0]}` and "
                            f"`{key} = {column[entry]!r}` in `{models[1]}`",
                            help="no rule can tell the two apart; infer a file for each, or give the "
                            "function the same arguments for both",
                        )
                    )
        counts = {key: len(distinct(column)) for key, column in columns.items()}
        key = max(counts, key=lambda each: counts[each])
        return RulesError(
            Diagnostic(
                "E965",
                f"`{key}` has {counts[key]:,} different values, which no formula explains",
                help=_KEEP,
            )
        )


def style_of(heads: Sequence[Head]) -> str:
    """Return what the rules of these heads go by: `place` in the model, kind of `layer`, or "" for facts.

    An axis that counts blocks goes by the place; one that gives several decays goes by the kind of layer. In
    one that gives none, `undecayed`, marks that speak of decay say nothing.
    """
    if any(head.index is not None for head in heads):
        return "place"
    if not any(key.startswith("weight_decay") for head in heads for key in head.forms):
        return "undecayed"
    if any("optimizer" in head.forms for head in heads):
        return ""
    decays = [head.forms["weight_decay"].value for head in heads if "weight_decay" in head.forms]
    return "layer" if len([decay for decay in decays if decay != 0]) > 1 else ""


def _refuse_lists(name: str, best: DecisionList) -> None:
    """Refuse rules that would list too many names."""
    listed = [
        literal.text
        for line in best.lines
        for branch in line.branches
        for literal in branch.literals
        if literal.test.is_literal
    ]
    if len(listed) > _MOST_LISTED:
        raise RulesError(
            Diagnostic(
                "E966",
                f"nothing explains the groups of the axis `{name}`: its rules would list "
                f"{len(listed):,} names and numbers, such as `{listed[0]}`",
                help=_KEEP,
            )
        )
