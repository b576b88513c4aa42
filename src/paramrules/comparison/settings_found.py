"""Differences of settings as diagnostics (E807)."""

import re
from collections import defaultdict
from collections.abc import Container, Hashable, Iterable, Iterator, Sequence

from paramrules.assignment import Assignment
from paramrules.comparison.differences import Difference, Pair, SettingsDifference, settings_text
from paramrules.comparison.differing_pairs import label_differences
from paramrules.comparison.labels_apart import places_apart, values_apart
from paramrules.diagnostics import Diagnostic, Place
from paramrules.rules.model import Setting
from paramrules.rules.terms import Extent, terms_in

_Assignments = tuple[Assignment, Assignment]


def settings_found(
    settings: Iterable[SettingsDifference], assignments: _Assignments, differences: Sequence[Difference]
) -> Iterator[Diagnostic]:
    """Yield E807 for each change of settings, with the first pair that has it and where it is written.

    Where E801 tells of different groups, it has told of different settings of one label too.

    Args:
        settings: the pairs with different settings.
        assignments: the rules assigned to each model.
        differences: the pairs that E801 tells of; empty if only settings are compared.
    """
    alike: dict[Hashable, list[SettingsDifference]] = defaultdict(list)
    for pair in settings:
        states = _states(pair, assignments)
        alike[states or (_of_one_label(pair), repr(pair.settings))].append(pair)
    for first, *others in alike.values():
        more = f" (and {len(others)} more)" if others else ""
        if states := _states(first, assignments):
            yield _frozen(first, states, more)
            continue
        a, b = (settings_text(first.settings, side) for side in (0, 1))
        message = f"`{first.a}` has {a}, its partner `{first.b}` {b}{more}"
        if not _of_one_label(first):
            yield _with_two_labels(message, first, assignments, is_told=bool(differences))
        elif not differences:
            yield _with_one_label(message, first, assignments)


def _states(pair: SettingsDifference, assignments: _Assignments) -> tuple[str, str] | None:
    """Return what becomes of a parameter in each model, if one model itself freezes it."""
    one, other = (
        assignment.inventory.column("trainable")[assignment.inventory.index(name)]
        for assignment, name in zip(assignments, (pair.a, pair.b), strict=True)
    )
    if one == other:
        return None
    state = "skipped" if "skip" in pair.settings else "trained"
    return (state, "frozen") if one else ("frozen", state)


def _of_one_label(pair: SettingsDifference) -> bool:
    one, other = (re.sub(r"#\d+", "", group) for group in pair.groups)
    return one == other


def _frozen(pair: SettingsDifference, states: tuple[str, str], more: str) -> Diagnostic:
    first, second = states
    partner = "" if pair.a == pair.b else f"its partner `{pair.b}` "
    return Diagnostic(
        "E807",
        f"`{pair.a}` is {first} in the first model, {partner}{second} in the second{more}",
        help="the model itself freezes it; a rule with `freeze = true` does so in both",
    )


def _with_one_label(message: str, pair: SettingsDifference, assignments: _Assignments) -> Diagnostic:
    """Return the finding with what the setting reads in each model."""
    difference = next(label_differences(assignments, [Pair((pair.a,), (pair.b,), "")]))
    values = values_apart(difference, assignments)
    help = ""
    if any(isinstance(term, Extent) for term in terms_in(*values)):
        help = "`fan_in` and `fan_out` do not depend on how a framework stores a matrix, as `shape[0]` does"
    place, also = places_apart(difference, assignments)
    return Diagnostic("E807", message, place.span, place.label, help=help, also=(also,))


def _with_two_labels(
    message: str, pair: SettingsDifference, assignments: _Assignments, *, is_told: bool
) -> Diagnostic:
    """Return the finding with the settings of each label; E801 tells why there are two, if it is told."""
    names = zip(assignments, (pair.a, pair.b), strict=True)
    written = (_written(*each, pair.settings) for each in names)
    places = list(dict.fromkeys(setting.span for setting in written if setting))
    where = "E801" if is_told else "`--compare both`"
    return Diagnostic(
        "E807",
        message,
        places[0] if places else None,
        help=f"their labels differ: {where} shows the clause that decides",
        also=tuple(Place(span, f"set for `{pair.b}`") for span in places[1:]),
    )


def _written(assignment: Assignment, name: str, keys: Container[str]) -> Setting | None:
    """Return the first of these settings that a rule writes for a parameter."""
    taking = {axis.axis: axis.rule for axis in assignment.explain(name).axes if axis.rule}
    return next(
        (
            setting
            for axis in assignment.rules.axes
            if axis.name in taking
            for rule in axis.rules
            if rule.label.text == taking[axis.name].label.text
            for setting in rule.settings or ()
            if setting.key in keys
        ),
        None,
    )
