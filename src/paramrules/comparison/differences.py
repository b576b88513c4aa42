"""The differences between two models under one rule file, as values and as diagnostics."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from paramrules.assignment import Assignment, Clause
from paramrules.comparison.items import Item
from paramrules.diagnostics import Diagnostic
from paramrules.display import value_text
from paramrules.rules.model import Rule

_FEW: Final = 4


class Pair(NamedTuple):
    """Parameters of the two models that are the same.

    Attributes:
        a: the name in the first model; several if a mapping joins them to one in the other.
        b: the name in the second model; likewise.
        how: the evidence: `name`, `normalised name`, `similar name`, `shape`, `shape and order` or `mapping`.
    """

    a: tuple[str, ...]
    b: tuple[str, ...]
    how: str


class Reason(NamedTuple):
    """The reason on one side of a difference, at the first rule with different verdicts.

    Attributes:
        rule: that rule; None if no rule took either.
        clause: the part of its predicate that decided; None for `else`.
        held: True if it held on this side.
    """

    rule: Rule | None
    clause: Clause | None
    held: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A pair that one axis puts into different groups. Values come in twos, one for each model.

    Attributes:
        a: the parameter's name in the first model.
        b: its name in the second.
        axis: the axis, "" for the axis without a name.
        labels: the labels.
        settings: the settings that the labels give.
    """

    a: str
    b: str
    axis: str
    labels: tuple[str, str]
    settings: tuple[Mapping[str, Any], Mapping[str, Any]]
    _parting: "Parting" = field(repr=False, compare=False)

    @property
    def reasons(self) -> tuple[Reason, Reason]:
        """The clauses of the first rule that decided otherwise, or that took both.

        A rule that took both has a label or a setting that reads something else of either model, which the
        finding tells.
        """
        return self._parting.reasons(self.a, self.b)

    @property
    def kind(self) -> Hashable:
        """The same clauses decided all differences of one kind."""
        return self._parting, self._parting.kind(self.a, self.b)


class Parting:
    """The first rule that took one parameter of a pair, or both, for all pairs that are parted by it.

    Args:
        assignments: the rules assigned to each model.
        axis: the number of the axis of the rule.
        rules: for each side, the number of the rule that took the parameter; -1 if none did.
    """

    def __init__(self, assignments: tuple[Assignment, Assignment], axis: int, rules: tuple[int, int]) -> None:
        self._assignments = assignments
        self._winners = [assignment.axes[axis].rules for assignment in assignments]
        self._number = min(rule for rule in rules if rule >= 0)
        self._rule = assignments[0].rules.axes[axis].rules[self._number]
        self._held = [rule == self._number for rule in rules]

    def __deepcopy__(self, memo: object) -> "Parting":
        """Return it itself, as all that `dataclasses.asdict` copies shares two whole assignments."""
        return self

    def reasons(self, a: str, b: str) -> tuple[Reason, Reason]:
        """Return the clauses that held and failed for a pair."""
        one, other = (
            Reason(self._rule, assignment.clause(self._rule, assignment.inventory.index(name)), held)
            for assignment, name, held in zip(self._assignments, (a, b), self._held, strict=True)
        )
        return one, other

    def kind(self, a: str, b: str) -> Hashable:
        """Return the kind of a pair: the same clauses decide all pairs of one kind."""
        one, other = self._assignments
        return self._kinds[0][one.inventory.index(a)], self._kinds[1][other.inventory.index(b)]

    @cached_property
    def _kinds(self) -> list[Sequence[Hashable]]:
        return [
            assignment.kinds(self._rule, [winner == self._number for winner in winners])
            for assignment, winners in zip(self._assignments, self._winners, strict=True)
        ]


class SettingsDifference(NamedTuple):
    """A pair with different effective settings. Values come in twos, one for each model.

    Attributes:
        a: the parameter's name in the first model.
        b: its name in the second.
        groups: the groups' labels.
        settings: the settings that differ, by key; None where the group leaves one to the optimizer.
    """

    a: str
    b: str
    groups: tuple[str, str]
    settings: Mapping[str, tuple[Any, Any]]


def number_of(differences: Sequence[Difference], settings: Sequence[SettingsDifference]) -> int:
    """Return how many differences there are; what differs in its label and its settings counts once."""
    told = {(each.a, each.b) for each in differences}
    return len(differences) + sum((each.a, each.b) not in told for each in settings)


class Unpaired(NamedTuple):
    """A parameter without a partner.

    Attributes:
        name: its name.
        candidates: a few unpaired parameters of the other model that it could be, the likeliest first.
        together: True if it could be all of these together and none of them alone.
    """

    name: str
    candidates: tuple[str, ...]
    together: bool = False


class Count(NamedTuple):
    """The part of each model that has a label.

    Attributes:
        axis: the axis of the label; None for the labels of all axes joined with `/`.
        label: the label.
        tensors: the number of parameters with it, in each model.
        parameters: the number of their elements, in each model.
        differs: True if one of the parameters with it is in another group in the other model, or alone.

    Frozen parameters are not counted: an optimizer gets none of them.
    """

    axis: str | None
    label: str
    tensors: tuple[int, int]
    parameters: tuple[int, int]
    differs: bool = False


def unpaired(items: Sequence[Item], others: Sequence[Item]) -> tuple[Unpaired, ...]:
    """Return the items without a partner, with candidates among those of the other model."""
    rest = _Rest(others)
    return tuple(rest.unpaired(item) for item in items)


class _Rest:
    """The parameters of one model that have no partner."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._by_size: dict[int, list[Item]] = defaultdict(list)
        beside: dict[tuple[str, str], list[Item]] = defaultdict(list)
        for item in items:
            self._by_size[item.size].append(item)
            beside[item.module.rpartition(".")[0], item.leaf].append(item)
        self._in_parts: dict[tuple[int, str], list[list[Item]]] = defaultdict(list)
        for (_, leaf), parts in beside.items():
            if len(parts) > 1:
                self._in_parts[sum(part.size for part in parts), leaf].append(parts)

    def unpaired(self, item: Item) -> Unpaired:
        """Return a parameter of the other model with its candidates: one of its size, or several together."""
        sized = self._by_size.get(item.size, ())
        fitting = [other for other in sized if item.kind.fits(other.kind, loosely=True)]
        if fitting:
            likely = sorted(fitting, key=lambda other: _distance(item, other))[:_FEW]
            nearest = _distance(item, likely[0])[0]
            near = tuple(other.name for other in likely if _distance(item, other)[0] == nearest)
            return Unpaired(item.name, near)
        in_parts = self._in_parts.get((item.size, item.leaf), ())
        parts = min(in_parts, key=lambda parts: _distance(item, parts[0]), default=())
        return Unpaired(item.name, tuple(part.name for part in parts), bool(parts))


def _distance(item: Item, other: Item) -> tuple[bool, bool, int]:
    """Return a sort key: another layer is farthest, then another leaf, then fewer words in common."""
    ranks = zip(item.ranks, other.ranks, strict=False)
    return any(a != b for a, b in ranks), item.leaf != other.leaf, -len(set(item.words) & set(other.words))


def settings_text(settings: Mapping[str, tuple[Any, Any]], side: int) -> str:
    """Return one side of the settings that differ: `lr_scale = 0.5, no weight_decay`."""
    return ", ".join(
        f"no {key}" if values[side] is None else f"{key} = {_short(values[side])}"
        for key, values in settings.items()
    )


def _short(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else value_text(value)


def unpaired_found(unpaired: tuple[Sequence[Unpaired], Sequence[Unpaired]]) -> Iterator[Diagnostic]:
    """Yield E802 for each model with parameters that have no partner."""
    for which, alone in zip(("first", "second"), unpaired, strict=True):
        if alone:
            yield _alone(which, alone)


def _alone(which: str, unpaired: Sequence[Unpaired]) -> Diagnostic:
    first = unpaired[0]
    more = f" and {len(unpaired) - 1} more" if len(unpaired) > 1 else ""
    others = (" and " if first.together else " or ").join(f"`{name}`" for name in first.candidates)
    line = f"{first.name} = -" if which == "first" else f"- = {first.name}"
    return Diagnostic(
        "E802",
        f"`{first.name}`{more} of the {which} model {'have' if more else 'has'} no partner in the other",
        help=f"`{first.name}` could be {others}; say so in a mapping file"
        if others
        else f"if it has none on purpose, write `{line}` in a mapping file",
    )
