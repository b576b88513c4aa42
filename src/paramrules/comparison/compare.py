"""parity: one rule file on two models, and where they part."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from paramrules.assignment import Assignment, AxisExplanation, examine
from paramrules.assignment.options import OptionValue
from paramrules.comparison.candidates import Rest
from paramrules.comparison.items import Item, Side
from paramrules.comparison.mapping import read, resolved
from paramrules.comparison.pairing import MAPPING, Pairing
from paramrules.comparison.result import Count, Difference, Pair, Parity, Reason, Unpaired
from paramrules.rules.load import load
from paramrules.rules.model import Rules


def parity(
    rules: Rules | str | Path,
    a: object,
    b: object,
    mapping: str | Path | None = None,
    *,
    options: Mapping[str, OptionValue] | None = None,
) -> Parity:
    """Holds one rule file against two models, and compares the groups of each parameter and its counterpart.

    Args:
        rules: what `paramrules.load` gives, or the path of a rule file.
        a: a model that an installed backend knows, or an `Inventory`.
        b: the other one, of the same framework or of another.
        mapping: the path of a mapping file (see paramrules.comparison.mapping), for what cannot be found out.
        options: values for the file's options, by name.

    Returns:
        What was found; `same` says whether every parameter has a counterpart, and both of them the same
        labels and settings. Settings are compared exactly: the same rules give the same numbers. A frozen
        parameter may be without one: it is in no group, and elsewhere often a constant.

    Raises:
        RulesError: for whatever keeps the rules from being assigned to one of the models, or, E803 to E805,
            the mapping from being understood.

    >>> parity = paramrules.parity("vit.rules", torch_vit, flax_vit)
    >>> parity.same, len(parity.pairs)
    (True, 152)
    """
    if not isinstance(rules, Rules):
        rules = load(rules)
    assignments = examine(rules, a, options=options), examine(rules, b, options=options)
    pairing = Pairing(Side(assignments[0].inventory), Side(assignments[1].inventory))
    mapped = resolved(read(mapping), *(each.inventory for each in assignments)) if mapping else []
    pairing.given(mapped)
    pairing.run()
    pairs = [Pair((found.a.name,), (found.b.name,), found.how) for found in pairing.pairs]
    pairs += [Pair(*each, MAPPING) for each in mapped if len(each.a) + len(each.b) > 2]
    order = assignments[0].inventory.index
    pairs.sort(key=lambda pair: order(pair.a[0]))
    alone = [_missed(*each) for each in zip(assignments, pairing.left, strict=True)]
    rests = [Rest(items) for items in alone]
    return Parity(
        assignments,
        tuple(pairs),
        tuple(_differences(assignments, pairs)),
        (
            tuple(Unpaired(item.name, *rests[1].candidates(item)) for item in alone[0]),
            tuple(Unpaired(item.name, *rests[0].candidates(item)) for item in alone[1]),
        ),
        tuple(_counts(assignments)),
    )


def _missed(assignment: Assignment, left: Mapping[int, Item]) -> list[Item]:
    """What has to have a partner: a frozen parameter is in no group, and elsewhere often a constant."""
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
                told = zip(first.explain(x).axes, second.explain(y).axes, strict=True)
                for axes in told:
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
    """At the first rule that took one and not the other: the clauses that held and failed there."""
    if a.rule is b.rule:
        return Reason(a.rule, a.clause, True), Reason(b.rule, b.clause, True)
    if b.rule is None or (a.rule is not None and len(a.earlier) < len(b.earlier)):
        assert a.rule is not None
        failed = next(verdict for verdict in b.earlier if verdict.rule is a.rule)
        return Reason(a.rule, a.clause, True), Reason(a.rule, failed.clause, False)
    failed = next(verdict for verdict in a.earlier if verdict.rule is b.rule)
    return Reason(b.rule, failed.clause, False), Reason(b.rule, b.clause, True)


def _counts(assignments: tuple[Assignment, Assignment]) -> Iterator[Count]:
    """Tensors and parameters of each label, of the axes joined first."""
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
    labels = [""] * len(assignment.inventory)
    for group in assignment.groups:
        for parameter in group.parameters:
            labels[parameter] = "/".join(group.labels)
    return labels


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
