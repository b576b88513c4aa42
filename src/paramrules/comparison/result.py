"""What a comparison of two models finds, as values."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from paramrules.assignment import Assignment, Clause
from paramrules.diagnostics import Diagnostic
from paramrules.rules.model import Rule


class Pair(NamedTuple):
    """Parameters of the two models that are the same.

    Attributes:
        a: the name in the first model; several where a mapping says that they are one in the other.
        b: the name in the second model; likewise.
        how: `name`, `normalised name`, `similar name`, `shape`, `shape and order` or `mapping`.
    """

    a: tuple[str, ...]
    b: tuple[str, ...]
    how: str


class Reason(NamedTuple):
    """What decided on one side, at the first rule that did not go the same way on both.

    Attributes:
        rule: that rule; None where no rule took either.
        clause: the part of its predicate that decided; None for `else`.
        held: whether it held on this side.
    """

    rule: Rule | None
    clause: Clause | None
    held: bool


class Difference(NamedTuple):
    """A pair that one axis puts into different groups. Two values are those of the two models.

    Attributes:
        a: the parameter's name in the first model.
        b: its name in the second.
        axis: the axis, "" for the one without a name.
        labels: the labels.
        settings: the settings that the labels give.
        reasons: what decided.
    """

    a: str
    b: str
    axis: str
    labels: tuple[str, str]
    settings: tuple[Mapping[str, Any], Mapping[str, Any]]
    reasons: tuple[Reason, Reason]


class Unpaired(NamedTuple):
    """A parameter without a partner.

    Attributes:
        name: its name.
        candidates: a few unpaired ones of the other model that it could be.
        together: whether it could be all of these together and none of them alone.
    """

    name: str
    candidates: tuple[str, ...]
    together: bool = False


class Count(NamedTuple):
    """How much of each model has a label.

    Attributes:
        axis: the axis of the label; None for the labels of all axes joined with `/`.
        label: the label.
        tensors: how many parameters have it, in either model.
        parameters: how many elements these have.
    """

    axis: str | None
    label: str
    tensors: tuple[int, int]
    parameters: tuple[int, int]


@dataclass(frozen=True, slots=True, repr=False)
class Parity:
    """One rule file on two models.

    Attributes:
        assignments: the rules held against each.
        pairs: the parameters that are the same, in the order of the first model.
        differences: the pairs that are in different groups, by axis.
        unpaired: for either model what has no partner.
        counts: tensors and parameters of each label, of joined labels first, then axis by axis.
    """

    assignments: tuple[Assignment, Assignment]
    pairs: tuple[Pair, ...]
    differences: tuple[Difference, ...]
    unpaired: tuple[tuple[Unpaired, ...], tuple[Unpaired, ...]]
    counts: tuple[Count, ...]

    @property
    def same(self) -> bool:
        """Whether every parameter has a partner, and both have the same labels and settings."""
        return not self.differences and not any(self.unpaired)

    @property
    def found(self) -> Mapping[str, int]:
        """How many pairs were found in which way."""
        return Counter(pair.how for pair in self.pairs)

    def mapping(self) -> str:
        """The text of a mapping file that says what has been paired, and as comments what has not.

        Complete it, save it and hand it to `parity` as `mapping=`.
        """
        from paramrules.comparison.draft import draft

        return draft(self)

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """The same as errors: E801 for each clause at which models part, E802 for what has no partner."""
        from paramrules.comparison.findings import findings_of

        return tuple(findings_of(self))

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
        return "\n".join(lines)

    def __repr__(self) -> str:
        left, right = map(len, self.unpaired)
        return (
            f"<Parity of {len(self.pairs)} pairs: {len(self.differences)} differ, "
            f"{left} and {right} without a partner>"
        )
