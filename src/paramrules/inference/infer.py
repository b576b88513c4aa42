"""The function `infer`: from groupings to a rule file that gives the same settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from paramrules.assignment import Assignment, examine
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inference.axes import divisions
from paramrules.inference.effective import Columns, columns_of, differences, refuse_unwritable
from paramrules.inference.explain import Explained, Explainer
from paramrules.inference.grouping import Grouping, SettingValue
from paramrules.inference.indexes import indexes_of
from paramrules.inference.kinds import general_keys
from paramrules.inference.remarks import counted_by, expectations, is_list, remarks, taken_by, title
from paramrules.inference.space import Space
from paramrules.inference.write import Names, file_text, rule_texts, shared_constants
from paramrules.rules import Rules, parse

_MOST_TENSORS: Final = 30_000


@dataclass(frozen=True, slots=True)
class ListedNames:
    """A rule that goes by whole names or extents, because nothing else explained it.

    Attributes:
        axis: the axis of the rule.
        label: its label.
        names: the parameters that it takes, of all models.
    """

    axis: str
    label: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """The result of an inferred file on a further model.

    Attributes:
        model: the model's name.
        names: the parameters to which the file gives other settings; all, if it cannot be assigned.
        error: why it cannot be assigned.
    """

    model: str
    names: tuple[str, ...]
    error: RulesError | None = None


@dataclass(frozen=True, slots=True)
class Inferred:
    """An inferred rule file.

    Attributes:
        text: the file, formatted.
        rules: the same, parsed.
        listed: the rules that list names, because nothing explained them.
        base: the settings that all parameters share and no rule sets; its caller gives them to the optimizer.
        checks: how it does on each further model.
    """

    text: str
    rules: Rules
    listed: tuple[ListedNames, ...]
    base: Mapping[str, SettingValue]
    checks: tuple[Check, ...] = ()


def infer(groupings: Sequence[Grouping], *, checks: Sequence[Grouping] = ()) -> Inferred:
    """Return a rule file that gives every parameter of the groupings its settings.

    The file is short and general rather than exact in the code's own words: see docs/inferring.md.

    Args:
        groupings: what the code did with each of one or more sizes of a model.
        checks: groupings of further models, on which the file is only tried.

    Raises:
        RulesError: E961 if two models contradict each other, E962 if the models are too large, E963 for a
            setting that no rule can have, E964 if there is nothing to explain, E965 for too many values that
            no formula explains, E966 for groups that nothing explains.

    >>> print(infer([grouping]).text)
    no_decay: ndim <= 1
    decay: else -> weight_decay = 0.1
    """
    _refuse(groupings)
    space = Space(groupings)
    columns, axes = _cheapest(space)
    text, listed = _written(axes, groupings, columns.base)
    rules = parse(text, "inferred.rules")
    for grouping in groupings:
        wrong = differences(rules, grouping, columns.base)
        if wrong:
            raise AssertionError(f"a bug of `infer`: {wrong[0]} of {grouping.model} in\n{text}")
    results = tuple(_check(rules, grouping, columns.base) for grouping in checks)
    return Inferred(text, rules, listed, columns.base, results)


def _cheapest(space: Space) -> tuple[Columns, list[Explained]]:
    """Return the axes of the way to write the settings that takes the shortest rules."""
    explainer = Explainer(space, general_keys(space), indexes_of(space))
    ways: list[tuple[float, Columns, list[Explained]]] = []
    refusals: list[RulesError] = []
    divided = ((each, division) for each in columns_of(space) for division in divisions(each.by_key))
    for columns, (cost, division) in divided:
        try:
            axes = [
                explainer.explain(name, {key: columns.by_key[key] for key in keys})
                for name, keys in division.items()
            ]
        except RulesError as refusal:  # another way may explain them
            refusals.append(refusal)
        else:
            ways.append((columns.cost + cost + sum(axis.list.cost for axis in axes), columns, axes))
    if not ways:
        raise refusals[0]
    return min(ways, key=lambda way: round(way[0], 9))[1:]


def _check(rules: Rules, grouping: Grouping, base: Mapping[str, SettingValue]) -> Check:
    try:
        return Check(grouping.model, differences(rules, grouping, base))
    except RulesError as error:
        names = grouping.inventory.names[: len(grouping.inventory)]
        return Check(grouping.model, tuple(names), error)


def _refuse(groupings: Sequence[Grouping]) -> None:
    refuse_unwritable(groupings)
    count = sum(len(grouping.inventory) for grouping in groupings)
    if count > _MOST_TENSORS:
        raise RulesError(
            Diagnostic(
                "E962",
                f"the models have {count:,} tensors together, and `infer` takes up to {_MOST_TENSORS:,}",
                help="infer the file from a smaller size of the model, and check it on this one",
            )
        )
    if not any(settings is not None for grouping in groupings for settings in grouping.settings):
        raise RulesError(
            Diagnostic(
                "E964",
                "there is nothing to infer: no parameter is trained",
                help="call the function on a model whose parameters are trainable",
            )
        )


def _written(
    axes: Sequence[Explained], groupings: Sequence[Grouping], base: Mapping[str, SettingValue]
) -> tuple[str, tuple[ListedNames, ...]]:
    """Return the text of the file, and the rules in it that list names."""
    names = Names(counted_by(axes), shared_constants(axes))
    parts = [(axis.name, *rule_texts(axis, names)) for axis in axes] or [("", ["all"], ["else"])]
    draft = parse(file_text([], names, parts, {}, {}), "inferred.rules")
    assignments = [examine(draft, grouping.inventory) for grouping in groupings]
    optional = {
        (at, parsed.rules.index(rule))
        for each in assignments
        for at, (axis, parsed) in enumerate(zip(each.axes, draft.axes, strict=True))
        for rule in axis.dead
    }
    parts = [
        (name, [f"{label}?" if (at, n) in optional else label for n, label in enumerate(labels)], rules)
        for at, (name, labels, rules) in enumerate(parts)
    ]
    expected = expectations(file_text([], names, parts, {}, {}), axes, groupings)
    listed = tuple(
        ListedNames(axis.name, parts[at][1][rule].rstrip("?"), _names(assignments, at, rule))
        for at, axis in enumerate(axes)
        for rule, line in enumerate(axis.list.lines)
        if is_list(line)
    )
    text = file_text(title(groupings, base, axes), names, parts, remarks(axes, assignments[0]), expected)
    return text, listed


def _names(assignments: Sequence[Assignment], axis: int, rule: int) -> tuple[str, ...]:
    """Return the names of what a rule takes of any model, each once."""
    names = (each.inventory.names[number] for each in assignments for number in taken_by(each, axis, rule))
    return tuple(dict.fromkeys(names))


__all__ = ["Check", "Inferred", "ListedNames", "infer"]
