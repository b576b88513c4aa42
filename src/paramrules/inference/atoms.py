"""Tests: the predicates that rules are built from, each with its cost and the kinds for which it holds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from paramrules.inference import costs
from paramrules.inference.block_tests import block_tests
from paramrules.inference.drafts import Draft, Holds, among, at_most, equals
from paramrules.inference.indexes import Index
from paramrules.inference.kinds import Kinds
from paramrules.inference.patterns import literal_drafts, name_drafts
from paramrules.inference.quoting import escaped, is_quotable, quoted_pattern
from paramrules.inference.space import Space, mask_of
from paramrules.inventories import Class, Owner
from paramrules.inventories.classes import family_by_name, in_family, is_root, match

_CONTAINERS: Final = ("ParameterDict", "ParameterList", "ModuleDict", "ModuleList", "Sequential")
"""Classes that tell nothing about what they hold."""

_EXTENTS: Final = ("fan_in", "fan_out", "size")

MOST_COMPARED: Final = 6
"""The number of indexes whose numbers are compared, the plainest ones."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A predicate without `and`, `or` and captures.

    Attributes:
        text: as a rule writes it.
        negation: its negation.
        mask: the kinds that have an entry for which it holds.
        cost: see `costs`.
        join: what tests that can be written as one share, "" if it is written alone.
        item: its part in that one.
        words: what it is about, for comments and labels.
        index: of a comparison with the number of a block, what counts it: `{block}`, `{place}` and
            `{depth}` stand for it in the text. Such a test has no negation.
        is_literal: True if it names something that another size of the model may not have.
    """

    text: str
    negation: str
    mask: int
    cost: float
    join: str = ""
    item: str = ""
    words: str = field(default="", compare=False)
    index: Index | None = field(default=None, compare=False)
    is_literal: bool = False

    @property
    def is_name(self) -> bool:
        """True if it looks at the name alone."""
        return self.join in ("name", "leaf", "full")

    @property
    def is_extent(self) -> bool:
        """True if it compares a fan or a size with a number."""
        return self.text.startswith(_EXTENTS)

    @property
    def is_ndim(self) -> bool:
        """True if it is about the number of axes."""
        return self.text.startswith(("ndim ", "squeezed_ndim "))

    @property
    def denial(self) -> float:
        """The cost that its negation adds."""
        if self.text.startswith("ndim <="):
            return 0.0
        return costs.UNLIKE if self.is_name else costs.NOT


def atoms_of(space: Space, kinds: Kinds, indexes: Sequence[Index]) -> list[Atom]:
    """Return the tests that tell kinds apart, the cheapest first."""
    drafts: dict[str, tuple[Draft, bool]] = {}
    samples = [entries[0] for entries in kinds.entries]
    for draft in (*_facts(space, samples), *_classes(space, samples), *name_drafts(space, samples)):
        drafts.setdefault(draft.text, (draft, False))
    if kinds.single:
        for draft in (*literal_drafts(space, samples), *_extents(space, samples)):
            drafts.setdefault(draft.text, (draft, True))
    found = []
    for (text, negation, cost, words, holds, join, item), literal in drafts.values():
        mask = mask_of([holds(entry) for entry in samples])
        found.append(Atom(text, negation, mask, cost, join, item, words, is_literal=literal))
    if kinds.single:
        for index in indexes[:MOST_COMPARED]:
            compared = [bool(index.compared >> entry & 1) for entry in samples]
            for text, cost, words, compare in block_tests(index, space):
                mask = mask_of(
                    [
                        known and compare(index.at[e], index.depth[space.model[e]])
                        for e, known in zip(samples, compared, strict=True)
                    ]
                )
                found.append(Atom(text, "", mask, cost, words=words, index=index))
        named: dict[str, int] = {}
        for at, entry in enumerate(samples):
            named[space.names[entry]] = named.get(space.names[entry], 0) | 1 << at
        for name, mask in named.items():
            if is_quotable(name):
                tests = f'name == "{name}"', f'name != "{name}"'
                found.append(Atom(*tests, mask, costs.FULL_NAME, "full", name, name, is_literal=True))
            else:
                pattern = quoted_pattern(f"^{escaped(name)}$")
                tests = f"name ~ {pattern}", f"name !~ {pattern}"
                found.append(Atom(*tests, mask, costs.FULL_NAME, words="a name", is_literal=True))
    found = [test for test in found if test.mask and test.mask != kinds.everything]
    return sorted(found, key=lambda test: (test.cost, test.text))


def _facts(space: Space, samples: Sequence[int]) -> Iterator[Draft]:
    ndim = space.column("ndim")
    for bound in sorted({ndim[entry] for entry in samples}):
        words = {0: "scalars", 1: "vectors", 2: "vectors and matrices"}.get(bound, f"up to {bound} axes")
        cost = costs.NDIM + costs.AXES * (bound != 1)
        yield Draft(f"ndim <= {bound}", f"ndim >= {bound + 1}", cost, words, at_most(ndim, bound))
        words = {1: "vectors", 2: "matrices"}.get(bound, f"{bound} axes")
        cost = costs.NDIM + 0.3 + costs.AXES * (bound > 2)
        yield Draft(f"ndim == {bound}", f"ndim != {bound}", cost, words, equals(ndim, bound))
    squeezed = space.column("squeezed_ndim")
    for bound in sorted({squeezed[entry] for entry in samples}):
        tests = f"squeezed_ndim <= {bound}", f"squeezed_ndim > {bound}"
        yield Draft(*tests, costs.SQUEEZED, "flat", at_most(squeezed, bound))
    trainable = space.column("trainable")
    yield Draft("trainable", "not trainable", costs.TRAINABLE, "trainable", equals(trainable, True))
    if "role" not in space.unknown:
        roles = space.column("role")
        for role in sorted({roles[entry] for entry in samples}):
            words = {"bias": "biases", "scale": "gains", "embedding": "embeddings"}.get(role, "weights")
            cost = costs.OTHER if role == "other" else costs.ROLE
            yield Draft(f"role == {role}", f"role != {role}", cost, words, equals(roles, role), "role", role)
    tied = [len(siblings) > 1 for siblings in space.siblings]
    yield Draft("tied", "not tied", costs.ROLE + 2, "tied", equals(tied, True))
    if "attr" not in space.unknown:
        yield from _attributes(space, samples)


def _attributes(space: Space, samples: Sequence[int]) -> Iterator[Draft]:
    rows = space.attributes
    for name in sorted({name for entry in samples for name in rows[entry]}):
        if not all(part.isidentifier() for part in name.split(".")):
            continue
        if all(isinstance(rows[entry].get(name), bool | int | float | str | None) for entry in samples):
            words = re.sub(r"^_*(is_)?|_param(eter)?$", "", name)
            yield Draft(f"attr({name})", f"not attr({name})", costs.ATTRIBUTE, words, _marked(rows, name))


def _classes(space: Space, samples: Sequence[int]) -> Iterator[Draft]:
    if "type" not in space.unknown:
        owners = {cls for entry in samples if (cls := space.classes[entry]) is not None}
        for name, cost in _class_names(space, owners):
            having = {cls for cls in owners if _has(name, cls, space)}
            tests = f"type({name})", f"not type({name})"
            yield Draft(*tests, cost, name, among(space.classes, having), "type", name)
    if "within" not in space.unknown and "type" not in space.unknown:
        around = {cls for entry in samples for cls in space.owners[entry].around}
        for name, cost in _class_names(space, around):
            if "." in name:
                continue
            having = {cls for cls in around if _has(name, cls, space)}
            cost = costs.WITHIN + 0.3 * (cost != costs.FAMILY)
            tests = f"within({name})", f"not within({name})"
            yield Draft(*tests, cost, name, _within(space.owners, having), "within", name)
    if "variable" not in space.unknown:
        variables = space.column("variable")
        used = {variables[entry] for entry in samples}
        for name in sorted({cls.short for cls in used}) if len(used) > 1 else ():
            having = {cls for cls in used if _has(name, cls, space)}
            tests = f"variable({name})", f"not variable({name})"
            yield Draft(*tests, costs.VARIABLE, name, among(variables, having), "variable", name)


def _marked(rows: Sequence[Mapping[str, object]], name: str) -> Holds:
    return lambda entry: bool(rows[entry].get(name))


def _within(owners: Sequence[Owner], classes: set[Class]) -> Holds:
    return lambda entry: not classes.isdisjoint(owners[entry].around)


def _class_names(space: Space, classes: set[Class]) -> list[tuple[str, float]]:
    """Return the alternatives that name these classes, families and dotted names among them."""
    found: dict[str, float] = {}
    words = space.groupings[0].inventory.vocabulary
    for cls in sorted(classes):
        own = [name for name in (cls.name, *cls.bases) if not is_root(name, words)]
        by_name = family_by_name(cls, words)[0]
        for family in words.families:
            if family == by_name or any(in_family(family, name, words) for name in own):
                found[family] = costs.FAMILY
        for at, name in enumerate(own[:3]):
            module, _, short = name.rpartition(".")
            held = costs.OTHER if short in _CONTAINERS else costs.CLASS
            found.setdefault(short, held + 0.2 * at + costs.LETTER * len(short))
            root = module.partition(".")[0]
            if root and short.isidentifier() and root.isidentifier():
                shown = "torch.nn" if module.startswith("torch.nn.") else root
                found.setdefault(f"{shown}.{short}", costs.DOTTED + 0.2 * at)
    return sorted(((name, cost) for name, cost in found.items() if all(map(_plain, name.split(".")))))


def _plain(part: str) -> bool:
    return part.isidentifier() and part.isascii()


def _has(alternative: str, cls: Class, space: Space) -> bool:
    return match(alternative, cls, space.groupings[0].inventory.vocabulary) is not None


def _extents(space: Space, samples: Sequence[int]) -> Iterator[Draft]:
    for fact in _EXTENTS:
        if fact in space.unknown or (fact == "fan_out" and "fan_in" in space.unknown):
            continue
        column: Sequence[Any] = space.column(fact)
        for value in sorted({column[e] for e in samples if column[e] is not None})[:50]:
            test = f"{fact} == {value}"
            yield Draft(test, f"not {test}", costs.EXTENT, f"{fact} {value}", equals(column, value))
