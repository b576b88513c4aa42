"""From groups that code made to a `Grouping`: each parameter once, with settings that a rule can hold."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from paramrules import registry
from paramrules.diagnostics import Diagnostic, RulesError, listed
from paramrules.inference.group_settings import held_settings
from paramrules.inference.grouping import Grouping, SettingValue
from paramrules.inference.made_groups import LabelSettings, MadeGroup, made_groups
from paramrules.inference.native_parameters import Parameters
from paramrules.inventories import Inventory

Ungrouped = Literal["error", "skip"]
"""`error` if every trained parameter has to be in a group; `skip` leaves the others to another optimizer."""


def grouping(
    name: str,
    model: Any,
    groups: object,
    describe: Callable[[], Inventory],
    *,
    labels: LabelSettings | None = None,
    missing: Ungrouped = "error",
) -> Grouping:
    """Return the settings that code gives each parameter of a model.

    Args:
        name: the model's name, for comments and messages.
        model: the model, or its inventory.
        groups: what the code made, or a function that makes it of the model. The function may freeze
            parameters, and change the model in no other way.
        describe: returns the model's inventory.
        labels: the settings of labels, for groups that are labels by name.
        missing: `"skip"` leaves trained parameters without a group to somebody else.

    Raises:
        RulesError: E952 to E958, each with what to do about it; what the function raises.
    """
    inventory = describe()
    backend = registry.backend_named(inventory.framework)
    trained = list(inventory.column("trainable"))[: len(inventory)]
    values_of = partial(backend.values_by_name, inventory=inventory)
    if callable(groups) and values_of(groups) is None:  # a mask is of the module's class
        before = Inventory.from_json(inventory.to_json())  # the function may change the model
        made = groups(backend.for_groups(model, inventory))
        made = list(made) if isinstance(made, Iterator) else made
        after = describe()
        _refuse_changes(before, after)
        inventory, frozen = before, [not now for now in after.column("trainable")]
    else:
        made, frozen = groups, [False] * len(inventory)
    parameters = Parameters(inventory, backend.parameter_names(model))
    found = made_groups(made, parameters, values_of, labels)
    settings = _settings(found, inventory)
    for number, was_trained in enumerate(trained):
        if not was_trained:
            settings[number] = None
        elif frozen[number]:
            settings[number] = {"freeze": True}
    lost = [number for number in range(len(inventory)) if number not in settings]
    if lost and missing == "error":
        raise RulesError(_lost([inventory.names[number] for number in lost]))
    settings |= {number: {"skip": True} for number in lost}
    return Grouping(name, inventory, tuple(settings[number] for number in range(len(inventory))))


def _settings(
    groups: Sequence[MadeGroup], inventory: Inventory
) -> "dict[int, Mapping[str, SettingValue] | None]":
    """Return the settings of each parameter that is in a group. Raises RulesError: E954, E957."""
    groups = [group for group in groups if group.numbers]
    held, wrong = held_settings([(group.place, group.settings) for group in groups])
    if wrong:
        raise RulesError(wrong)
    found: dict[int, Mapping[str, SettingValue] | None] = {}
    places: dict[int, str] = {}
    twice: dict[str, tuple[str, str]] = {}
    for group, settings in zip(groups, held, strict=True):
        if group.optimizer:
            settings = {"optimizer": group.optimizer, **settings}
        for number in group.numbers:
            if number in found and not (group.by_name and found[number] == settings):
                twice.setdefault(inventory.names[number], (places[number], group.place))
            found.setdefault(number, settings)
            places.setdefault(number, group.place)
    if twice:
        raise RulesError(_twice(twice))
    return found


def _twice(places: Mapping[str, tuple[str, str]]) -> Diagnostic:
    name, (one, other) = next(iter(places.items()))
    where = f"{one} twice" if one == other else f"{one} and in {other}"
    more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
    return Diagnostic(
        "E954",
        f"`{name}` is in {where}{more}",
        help="an optimizer updates it twice, or refuses it: leave it out of one of them",
    )


def _lost(names: Sequence[str]) -> Diagnostic:
    is_one = len(names) == 1
    them = "it" if is_one else "them"
    way_out = f"mend the groups, freeze {them}, or write `{{}}` if something else takes {them}"
    help = f"no optimizer updates {them}: {way_out}"
    return Diagnostic(
        "E953",
        f"{listed(names, 3)} {'is' if is_one else 'are'} trained and in no group",
        help=help.format('missing="skip"'),
        cli_help=help.format("--missing skip"),
    )


def _refuse_changes(before: Inventory, after: Inventory) -> None:
    """Refuse a function that changes a model in any way but freezing. Raises RulesError: E958."""
    facts = ["stored", "dtype", *([] if "variable" in before.unknown else ["variable"])]
    old, new = (
        dict(zip(each.names, zip(*(each.column(fact) for fact in facts), strict=True), strict=False))
        for each in (before, after)
    )
    trained = zip(before.names, before.column("trainable"), after.column("trainable"), strict=False)
    changes = {
        "removes": [name for name in old if name not in new],
        "adds": [name for name in new if name not in old],
        "replaces": [name for name, kind in old.items() if new.get(name, kind) != kind],
        "unfreezes": [name for name, was, now in trained if now and not was] if [*old] == [*new] else [],
    }
    if any(changes.values()):
        found = [f"{what} {listed(names, 3)}" for what, names in changes.items() if names]
        raise RulesError(
            Diagnostic(
                "E958",
                f"making the groups changes the model: it {' and '.join(found)}",
                help="make the change where the model is built: a rule file describes a model that stays as "
                "it is, and freezing is all that it can do",
            )
        )
