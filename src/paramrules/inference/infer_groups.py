"""`paramrules.infer`: from a model and the groups that code makes of it to a rule file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from paramrules.argument_types import check_mapping, rest_by_name
from paramrules.inference.collect import Ungrouped, grouping
from paramrules.inference.grouping import Grouping, SettingValue
from paramrules.inference.infer import Inferred
from paramrules.inference.infer import infer as explained
from paramrules.inference.made_groups import LabelSettings
from paramrules.inventories import Inventory
from paramrules.inventories.own_vocabulary import VocabularyLike
from paramrules.inventory_of_model import inventory as inventory_of


@rest_by_name
def infer(
    model: object,
    groups: object,
    *,
    also: Iterable[object] = (),
    checks: Iterable[object] = (),
    labels: LabelSettings | None = None,
    missing: Ungrouped = "error",
    vocabulary: VocabularyLike | None = None,
) -> Inferred:
    """Return a rule file that gives the parameters of a model the settings that code gives them.

    Args:
        model: anything that `paramrules.inventory` takes.
        groups: a function that is called with the model and makes its groups, or what it returned: param
            groups, an optimizer, a list or dict of optimizers, or by the name of the parameter its settings,
            the name of its optimizer, or whether its weights decay.
        also: further sizes of the model, on which the file has to hold too. They need a function.
        checks: models on which the finished file is tried: see `Inferred.checks`. They need a function.
        labels: the settings of each label, if the groups are labels by name. Without it a label is the name
            of an optimizer.
        missing: what a trained parameter that is in no group is: `"error"`, or `"skip"` for one that another
            optimizer takes.
        vocabulary: see `paramrules.inventory`.

    Raises:
        RulesError: E951 to E958 for groups that cannot be read, each with what to do about it; the errors of
            `paramrules.inventory`; what a function raises is raised as it is.
        TypeError, ValueError: for an argument that does not fit.

    >>> inferred = paramrules.infer(model, {"weight": {"weight_decay": 0.1}, "bias": {"weight_decay": 0}})
    >>> print(inferred.text)
    """
    if missing not in ("error", "skip"):
        raise ValueError(f"`missing` is {missing!r} and should be 'error' or 'skip'")
    check_mapping("labels", labels, '{"decay": {"weight_decay": 0.1}}', "labels that are texts")
    others, further = list(also), list(checks)
    if (others or further) and not callable(groups):
        raise TypeError("`also` and `checks` need a function that makes the groups of each model")
    named = zip(_names([model, *others, *further]), (model, *others, *further), strict=True)
    made = [
        grouping(
            name,
            each,
            groups,
            partial(inventory_of, each, vocabulary=vocabulary),
            labels=labels,
            missing=missing,
        )
        for name, each in named
    ]
    return inferred_from(made[: 1 + len(others)], made[1 + len(others) :])


def inferred_from(groupings: Sequence[Grouping], checks: Sequence[Grouping] = ()) -> Inferred:
    """Return the rule file for groupings, tried on others.

    Where groups go to several optimizers, a setting that all groups of one share is its own, and no rule
    sets it: it is in `Inferred.base` as `muon.momentum`.
    """
    own = _own_settings(groupings)
    inferred = explained(
        [_without(own, grouping) for grouping in groupings],
        checks=[_without(own, grouping) for grouping in checks],
    )
    named = {f"{name}.{key}": value for name, settings in own.items() for key, value in settings.items()}
    return replace(inferred, base={**named, **inferred.base})


def _own_settings(groupings: Sequence[Grouping]) -> dict[str, dict[str, SettingValue]]:
    """Return for each optimizer that groups name the settings that all of these have in common."""
    own: dict[str, dict[str, SettingValue]] = {}
    for settings in (settings for each in groupings for settings in each.settings if settings):
        name = settings.get("optimizer")
        if isinstance(name, str):
            rest = {key: value for key, value in settings.items() if key != "optimizer"}
            common = own.setdefault(name, rest)
            own[name] = {key: value for key, value in common.items() if _has(rest, key, value)}
    return own


def _without(own: Mapping[str, Mapping[str, SettingValue]], grouping: Grouping) -> Grouping:
    """Return a grouping without the settings that its optimizers have anyway."""
    return replace(
        grouping,
        settings=tuple(
            settings
            and {
                key: value
                for key, value in settings.items()
                if not _has(own.get(str(settings.get("optimizer")), {}), key, value)
            }
            for settings in grouping.settings
        ),
    )


def _has(settings: Mapping[str, SettingValue], key: str, value: SettingValue) -> bool:
    """Return whether settings have this one; `True` is not `1`."""
    return key in settings and settings[key] == value and type(settings[key]) is type(value)


def _names(models: list[object]) -> list[str]:
    """Return the name of each model's class, with its number where several have one class."""
    alone = (Inventory, Mapping, list, tuple)
    names = ["model" if isinstance(model, alone) else type(model).__name__ for model in models]
    return [
        f"{name} {names[: number + 1].count(name)}" if names.count(name) > 1 else name
        for number, name in enumerate(names)
    ]
