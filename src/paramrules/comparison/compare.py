"""The function `parity`: one rule file on two models, and where they differ."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paramrules.assignment import Assignment, AxisExplanation, examine
from paramrules.assignment.assign import RulesLike, rules_from
from paramrules.assignment.value_evaluator import Scalar
from paramrules.comparison.differences import (
    Count,
    Difference,
    Pair,
    Reason,
    Unpaired,
    differences_found,
    unpaired,
    unpaired_found,
)
from paramrules.comparison.items import Item, Side
from paramrules.comparison.mapping_draft import draft
from paramrules.comparison.mapping_file import read, resolved
from paramrules.comparison.pairing import MAPPING, Pairing
from paramrules.diagnostics import Diagnostic, printable
from paramrules.inventories.own_vocabulary import VocabularyLike
from paramrules.safe_files import write_new


@dataclass(frozen=True, slots=True, repr=False)
class Parity:
    """One rule file on two models.

    Attributes:
        assignments: the rules assigned to each model.
        pairs: the parameters that are the same, in the order of the first model.
        differences: the pairs that are in different groups, by axis.
        unpaired: for each model, the parameters without a partner.
        counts: tensors and parameters of each label: joined labels first, then axis by axis.
    """

    assignments: tuple[Assignment, Assignment]
    pairs: tuple[Pair, ...]
    differences: tuple[Difference, ...]
    unpaired: tuple[tuple[Unpaired, ...], tuple[Unpaired, ...]]
    counts: tuple[Count, ...]

    @property
    def same(self) -> bool:
        """True if every parameter has a partner, and both have the same labels and settings."""
        return not self.differences and not any(self.unpaired)

    @property
    def found(self) -> Mapping[str, int]:
        """The number of pairs by the way in which they were found."""
        return Counter(pair.how for pair in self.pairs)

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """The differences as errors: E801 by the clause that decides, E802 for missing partners."""
        return (*differences_found(self.differences), *unpaired_found(self.unpaired))

    def mapping(self) -> str:
        """Return the text of a mapping file with the pairs, and with unpaired names as comments.

        Complete it, save it, and pass it to `parity` as `mapping=`.
        """
        names = [assignment.inventory.names for assignment in self.assignments]
        return draft(self.pairs, self.unpaired, names)

    def save_mapping(self, path: str | Path) -> None:
        """Write the mapping to a new file.

        Raises:
            RulesError: E806 if the file exists; E703 if it cannot be written.
        """
        write_new(path, self.mapping())

    def __str__(self) -> str:
        ways = ", ".join(f"{number} by {how}" for how, number in self.found.items())
        lines = [repr(self)[1:-1] + (f"; found {ways}" if ways else "")]
        for count in self.counts:
            axis = "" if count.axis is None else f"[{count.axis}] "
            tensors, parameters = count.tensors, count.parameters
            lines.append(
                f"  {axis}{count.label}: {tensors[0]:,} and {tensors[1]:,} tensors, "
                f"{parameters[0]:,} and {parameters[1]:,} parameters"
            )
        lines += (f"  {finding.message}" for finding in self.findings)
        return "\n".join(map(printable, lines))

    def __repr__(self) -> str:
        left, right = map(len, self.unpaired)
        return (
            f"<Parity of {len(self.pairs)} pairs: {len(self.differences)} differ, "
            f"{left} and {right} without a partner>"
        )


def parity(
    rules: RulesLike,
    a: object,
    b: object,
    mapping: str | Path | None = None,
    *,
    options: Mapping[str, Scalar] | None = None,
    vocabulary: VocabularyLike | None = None,
) -> Parity:
    """Assign one rule file to two models, and compare the groups of each parameter and its counterpart.

    Args:
        rules: `Rules` from `paramrules.load`, or a rule file as `load` takes it.
        a: a model that an installed backend recognises, or an `Inventory`.
        b: the other model, of the same framework or another.
        mapping: the path of a mapping file, for pairs that cannot be found (see
            `paramrules.comparison.mapping_file`).
        options: values for the file's options, by name.
        vocabulary: TOML files, a path or several, that say what classes of the two models are.

    Returns:
        The comparison. `same` is True if every parameter has a counterpart, and both have the same labels and
        settings. Settings are compared exactly, because the same rules compute the same numbers. A frozen
        parameter needs no counterpart: it is in no group, and often a constant elsewhere.

    Raises:
        RulesError: the errors of `assign` for either model; E803 to E805 for the mapping.

    >>> parity = paramrules.parity("vit.rules", torch_vit, flax_vit)
    >>> parity.same, len(parity.pairs)
    (True, 152)
    """
    rules = rules_from(rules, "parity(rules, a, b)")
    first, second = (examine(rules, one, options=options, vocabulary=vocabulary) for one in (a, b))
    assignments = first, second
    pairing = Pairing(Side(assignments[0].inventory), Side(assignments[1].inventory))
    mapped = resolved(read(mapping), *(each.inventory for each in assignments)) if mapping else []
    pairing.given(mapped)
    pairing.run()
    pairs = [Pair((found.a.name,), (found.b.name,), found.how) for found in pairing.pairs]
    pairs += [Pair(*each, MAPPING) for each in mapped if len(each.a) + len(each.b) > 2]
    order = assignments[0].inventory.index
    pairs.sort(key=lambda pair: order(pair.a[0]))
    alone = [_missed(*each) for each in zip(assignments, pairing.left, strict=True)]
    return Parity(
        assignments,
        tuple(pairs),
        tuple(_differences(assignments, pairs)),
        (unpaired(alone[0], alone[1]), unpaired(alone[1], alone[0])),
        tuple(_counts(assignments)),
    )


def _missed(assignment: Assignment, left: Mapping[int, Item]) -> list[Item]:
    """Return the parameters that need a partner, that is all but frozen ones."""
    trainable = assignment.inventory.column("trainable")
    return [item for item in left.values() if trainable[item.number]]


def _differences(assignments: tuple[Assignment, Assignment], pairs: Sequence[Pair]) -> Iterator[Difference]:
    first, second = assignments
    for pair in pairs:
        for x in pair.a:
            for y in pair.b:
                groups = first.group_of(x), second.group_of(y)
                if (groups[0].labels, groups[0].settings) == (groups[1].labels, groups[1].settings):
                    continue
                explained = zip(first.explain(x).axes, second.explain(y).axes, strict=True)
                for axes in explained:
                    if (axes[0].label, axes[0].settings) != (axes[1].label, axes[1].settings):
                        yield Difference(
                            x,
                            y,
                            axes[0].axis,
                            (axes[0].label, axes[1].label),
                            (axes[0].settings, axes[1].settings),
                            _reasons(*axes),
                        )


def _reasons(a: AxisExplanation, b: AxisExplanation) -> tuple[Reason, Reason]:
    """Return the clauses that held and failed at the first rule that took only one of the two."""
    if a.rule is b.rule:
        return Reason(a.rule, a.clause, True), Reason(b.rule, b.clause, True)
    if b.rule is None or (a.rule is not None and len(a.earlier) < len(b.earlier)):
        assert a.rule is not None
        failed = next(verdict for verdict in b.earlier if verdict.rule is a.rule)
        return Reason(a.rule, a.clause, True), Reason(a.rule, failed.clause, False)
    failed = next(verdict for verdict in a.earlier if verdict.rule is b.rule)
    return Reason(b.rule, failed.clause, False), Reason(b.rule, b.clause, True)


def _counts(assignments: tuple[Assignment, Assignment]) -> Iterator[Count]:
    """Yield the tensors and parameters of each label, first of all axes joined, then axis by axis."""
    axes = assignments[0].rules.axes
    joined = [_joined(assignment) for assignment in assignments]
    order = ["/".join(group.labels) for assignment in assignments for group in assignment.groups]
    yield from _counted(None, order, assignments, joined)
    if len(axes) > 1:
        for number, axis in enumerate(axes):
            labels = []
            for assignment in assignments:
                found = assignment.axes[number]
                labels.append([found.labels[label] for label in found.of])
            order = [label for assignment in assignments for label in assignment.axes[number].labels]
            yield from _counted(axis.name, order, assignments, labels)


def _joined(assignment: Assignment) -> list[str]:
    return ["/".join(assignment.groups[number].labels) for number in assignment.group_numbers]


def _counted(
    axis: str | None,
    order: Sequence[str],
    assignments: tuple[Assignment, Assignment],
    labels: Sequence[Sequence[str]],
) -> Iterator[Count]:
    tensors = [Counter(of) for of in labels]
    parameters: list[Counter[str]] = [Counter(), Counter()]
    for side, assignment in enumerate(assignments):
        for label, elements in zip(labels[side], assignment.inventory.column("elements"), strict=True):
            parameters[side][label] += elements
    for label in dict.fromkeys(order):
        yield Count(
            axis,
            label,
            (tensors[0][label], tensors[1][label]),
            (parameters[0][label], parameters[1][label]),
        )
