"""The function `parity`: one rule file on two models, and where they differ."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Never

from paramrules.assignment import Assignment, examine
from paramrules.assignment.assign import RulesLike, rules_from
from paramrules.assignment.unknown_keywords import refuse_unknown
from paramrules.assignment.value_evaluator import Scalar
from paramrules.comparison.counts import counts
from paramrules.comparison.differences import (
    Count,
    Difference,
    Pair,
    SettingsDifference,
    Unpaired,
    number_of,
    unpaired,
    unpaired_found,
)
from paramrules.comparison.differing_pairs import label_differences, settings_differences
from paramrules.comparison.found import MAPPING, TIED
from paramrules.comparison.items import Item, Side
from paramrules.comparison.labels_apart import differences_found
from paramrules.comparison.mapping_draft import draft
from paramrules.comparison.mapping_file import Mapped, read, resolved
from paramrules.comparison.pairing import Pairing
from paramrules.comparison.settings import LABELS, SETTINGS, check_compared
from paramrules.comparison.settings_found import settings_found
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
        counts: trained tensors and parameters of each label: joined labels first, then axis by axis.
        settings: the pairs with different effective settings, if these are compared.
        alone: for each model, the parameters that the mapping leaves without a partner on purpose.
    """

    assignments: tuple[Assignment, Assignment]
    pairs: tuple[Pair, ...]
    differences: tuple[Difference, ...]
    unpaired: tuple[tuple[Unpaired, ...], tuple[Unpaired, ...]]
    counts: tuple[Count, ...]
    settings: tuple[SettingsDifference, ...] = ()
    alone: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def same(self) -> bool:
        """True if every parameter that needs a partner has one, and what is compared is equal."""
        return not self.differences and not self.settings and not any(self.unpaired)

    @property
    def found(self) -> Mapping[str, int]:
        """The number of pairs by the way in which they were found."""
        return Counter(pair.how for pair in self.pairs)

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """The differences as errors: E801 of labels and what they give, E807 of settings that it does not
        tell, E802 for missing partners."""
        return (
            *differences_found(self.differences, self.assignments),
            *settings_found(self.settings, self.assignments, self.differences),
            *unpaired_found(self.unpaired),
        )

    @property
    def frozen(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """For each model, the parameters that are frozen; `counts` leaves them out, and skipped ones."""
        first, second = self.assignments
        return first.frozen, second.frozen

    def mapping(self) -> str:
        """Return the text of a mapping file with the pairs, and with unpaired names as comments.

        Complete it, save it, and pass it to `parity` as `mapping=`.
        """
        names = [assignment.inventory.names for assignment in self.assignments]
        return draft(self.pairs, self.unpaired, names, self.alone)

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
        differ = number_of(self.differences, self.settings)
        return f"<Parity of {len(self.pairs)} pairs: {differ} differ, {left} and {right} without a partner>"


def parity(
    rules: RulesLike,
    a: object,
    b: object,
    mapping: str | Path | None = None,
    *,
    options: Mapping[str, Scalar] | None = None,
    vocabulary: VocabularyLike | None = None,
    compare: str = LABELS,
    **unknown: Never,
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
        compare: `labels` for the label of each axis and the settings that it computes, `settings` for what
            the optimizer gets whatever the labels, or `both`.

    Returns:
        The comparison. `same` is True if every parameter has a counterpart, and what is compared is equal.
        A label's settings are compared exactly, because the same rules compute the same numbers. A frozen
        parameter needs no counterpart: it is in no group, and often a constant elsewhere.

    Raises:
        RulesError: the errors of `assign` for either model; E803 to E805 for the mapping; E808 for `compare`.

    >>> parity = paramrules.parity("vit.rules", torch_vit, flax_vit)
    >>> parity.same, len(parity.pairs)
    (True, 152)
    """
    refuse_unknown(parity, unknown, rules)
    check_compared(compare)
    rules = rules_from(rules, "parity(rules, a, b)")
    first, second = (examine(rules, one, options=options, vocabulary=vocabulary) for one in (a, b))
    assignments = first, second
    pairing = Pairing(Side(assignments[0].inventory), Side(assignments[1].inventory))
    mapped = resolved(read(mapping), *(each.inventory for each in assignments)) if mapping else []
    pairing.given(mapped)
    pairing.run()
    pairs = list(_pairs(pairing, mapped))
    indices = [assignment.inventory.index for assignment in assignments]
    pairs.sort(key=lambda pair: indices[0](pair.a[0]))
    left = [_missed(*each) for each in zip(assignments, pairing.left, strict=True)]
    alone = unpaired(left[0], left[1]), unpaired(left[1], left[0])
    differences = [] if compare == SETTINGS else list(label_differences(assignments, pairs))
    settings = [] if compare == LABELS else list(settings_differences(assignments, pairs))

    def apart(axis: str | None) -> tuple[set[int], set[int]]:
        found = [(each.a, each.b) for each in differences if axis in (None, each.axis)]
        found += [(each.a, each.b) for each in settings if axis is None]
        one, other = (
            {*(index(pair[side]) for pair in found), *(item.number for item in left[side])}
            for side, index in enumerate(indices)
        )
        return one, other

    return Parity(
        assignments,
        tuple(pairs),
        tuple(differences),
        alone,
        tuple(counts(assignments, apart)),
        tuple(settings),
        (
            tuple(name for each in mapped if not each.b for name in each.a),
            tuple(name for each in mapped if not each.a for name in each.b),
        ),
    )


def _pairs(pairing: Pairing, mapped: Iterable[Mapped]) -> Iterator[Pair]:
    for a, b, how in pairing.pairs:
        tied = pairing.tied.get(a.number)
        if not tied:
            yield Pair((a.name,), (b.name,), how)
            continue
        names = [
            (first.name, *(item.name for at, item in tied if at == side)) for side, first in enumerate((a, b))
        ]
        yield Pair(names[0], names[1], TIED)
    for parts, whole, how in pairing.parts:
        yield Pair(tuple(item.name for item in parts), tuple(item.name for item in whole), how)
    for each in mapped:
        if each.a and each.b and len(each.a) + len(each.b) > 2:
            yield Pair(each.a, each.b, MAPPING)


def _missed(assignment: Assignment, left: Mapping[int, Item]) -> list[Item]:
    """Return the parameters that need a partner, that is all but frozen ones."""
    frozen = frozenset(assignment.frozen)
    return [item for item in left.values() if item.name not in frozen]
