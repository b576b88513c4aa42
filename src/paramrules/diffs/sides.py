"""The two sides of a diff: rule files, locks, revisions of them, or assignments, each on a model."""

import os
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import TypeAlias

from paramrules.assignment import Assignment, examine
from paramrules.assignment.value_evaluator import Scalar
from paramrules.comparison.settings import BOTH, check_compared
from paramrules.diagnostics import Diagnostic, RulesError, a, class_name
from paramrules.diffs.changes import Diff
from paramrules.diffs.compare import compared
from paramrules.diffs.diffs import Diffs
from paramrules.diffs.rules_or_lock import rules_or_lock
from paramrules.diffs.seen_from_here import section_seen_from_here, seen_from_here
from paramrules.diffs.vocabulary_moves import moves
from paramrules.inventories import Inventory
from paramrules.inventories.own_vocabulary import VocabularyLike
from paramrules.inventory_of_model import inventory as inventory_of
from paramrules.locks import Lock, LockedModel
from paramrules.locks.locked import locked
from paramrules.locks.sections import identity_of
from paramrules.named_models import ModelName
from paramrules.projects import Models, Target
from paramrules.rules import Rules
from paramrules.rules.load import RuleFile, is_rule_file

_Opened: TypeAlias = Assignment | LockedModel | Lock | Rules
Side: TypeAlias = "Assignment | LockedModel | Lock | Rules | RuleFile"
OptionsOf: TypeAlias = Callable[[Rules], Mapping[str, Scalar]]


def diff(
    old: Side,
    new: Side,
    model: object | None = None,
    *,
    name: str = "model",
    options: Mapping[str, Scalar] | None = None,
    vocabulary: VocabularyLike | None = None,
    compare: str = BOTH,
) -> Diff:
    """Compare the groups that two versions of rules, or of a model, make.

    Args:
        old: a rule file, a lock, or `REV:path`, either of them in a revision of git; what `read_lock`, `load`
            or `assign` returned.
        new: the other side, likewise.
        model: the model to which rules are assigned: one that an installed backend recognises, or an
            `Inventory`. Locks and assignments need none.
        name: the model's name, which selects the section of a lock that has several.
        options: values for the options of rule files, by name. Each file takes those that it declares. They
            also select the section of a lock that has several of the model.
        vocabulary: TOML files, a path or several, that say what the model's classes are.
        compare: `labels` for the labels of each axis and their settings, `settings` for what the optimizer
            gets whatever the labels, or `both`.

    Returns:
        The diff. `same` is True if nothing differs; `changes` holds who has moved and what has changed.

    Raises:
        RulesError: E912 if a side is rules and there is no model; E907 if a lock has no section of the model,
            E975 if it has several; E910 or E911 for a revision; E808 for `compare`; what `load`, `read_lock`
            and `assign` raise.

    >>> print(paramrules.diff("main:vit.rules", "vit.rules", model))
    moved from  to        tensors  parameters  settings               names
    decay       no_decay        2        1024  weight_decay - -> 0    blocks.{0,1}.gamma
    """
    check_compared(compare)
    described = None if model is None else inventory_of(model, vocabulary=vocabulary)
    sides = _opened(old), _opened(new)
    given = _for_each(sides, lambda rules, others: options or {})
    return _compared(*sides, described, [(name,)] * 2, given, options or {}, compare)


def diff_target(
    old: Side,
    new: Side,
    target: Target,
    build: Callable[[Models], Sequence[Inventory]],
    *,
    compare: str = BOTH,
) -> Diffs:
    """Compare two sides on each model of a target; two locks without models, section by section.

    Args:
        old: as for `diff`.
        new: likewise.
        target: the models, if any, and the options of rules.
        build: describes the models; called only if a side is rules.
        compare: as for `diff`.

    Raises:
        RulesError: what `diff` raises.
    """
    check_compared(compare)
    sides = _opened(old), _opened(new)
    models = target.models.names
    before, now = sides
    if isinstance(before, Lock) and isinstance(now, Lock):
        pairs = [(_of_model(before, model), _of_model(now, model)) for model in models] or [(before, now)]
        here = [(seen_from_here(a, a.name), seen_from_here(b, b.name)) for a, b in pairs]
        return Diffs.joined(diffs_of_locks(*pair, compare=compare) for pair in here)
    given = _for_each(sides, target.options_for)
    needs_models = any(isinstance(side, Rules) for side in sides)
    described = build(target.models) if models and needs_models else [None] * max(1, len(models))
    diffs = []
    for model, inventory in zip(models or (None,), described, strict=True):
        names = [_names_in(side, model) for side in sides]
        diffs.append(_compared(*sides, inventory, names, given, {}, compare))
    return Diffs(tuple(diffs))


def diff_targets(
    old: tuple[RuleFile, Target, Inventory], new: tuple[RuleFile, Target, Inventory], compare: str
) -> Diff:
    """Compare two rule files, each with the options of a target of its own and its description of a model.

    Raises:
        RulesError: what `diff` raises.
    """
    opened = [_opened(file) for file, _, _ in (old, new)]
    before, now = (
        _locked(
            _assigned(rules, model, _for_each(opened, target.options_for)), (target.models.names[0].text,), {}
        )
        for rules, (_, target, model) in zip(opened, (old, new), strict=True)
    )
    return compared(before, now, compare)


def _of_model(lock: Lock, model: ModelName) -> Lock:
    """Return a lock with the sections of a model alone; one that has a single section is of any model."""
    return lock if len(lock) == 1 else Lock(tuple(lock.sections(_names_in(lock, model))), lock.name)


def _names_in(side: object, model: ModelName | None) -> tuple[str, ...]:
    """Return the names that a model may have in a lock: as typed, and relative to the lock's folder."""
    if model is None:
        return ("model",)
    path = side.name.rpartition(":")[2] if isinstance(side, Lock) else ""
    return model.text, model.relative_to(os.path.dirname(path))


def diffs_of_locks(old: Lock, new: Lock, compare: str = BOTH, *, by_name: bool = False) -> Diffs:
    """Compare two locks section by section.

    Sections of one model and the same options belong together, then those of one model in order, because a
    value or the options themselves may have changed. If as many are left on both sides, the rest do in order,
    because a saved inventory has another name than the model that it stands for. With `by_name`, it stands
    for none.
    """
    left, right = (dict(zip(lock.names, lock, strict=True)) for lock in (old, new))
    pairs: dict[str, tuple[LockedModel, LockedModel]] = {}
    for key_of in (identity_of, attrgetter("model")):
        waiting: dict[object, list[str]] = {}
        for name, section in left.items():
            waiting.setdefault(key_of(section), []).append(name)
        for name, section in list(right.items()):
            if own := waiting.get(key_of(section)):
                pairs[name] = left.pop(own.pop(0)), right.pop(name)
    if len(left) == len(right) and not by_name:
        pairs |= {name: (a, b) for a, (name, b) in zip(left.values(), right.items(), strict=True)}
        left, right = {}, {}
    found = (compared(*pairs[name], compare) for name in new.names if name in pairs)
    return Diffs(tuple(found), tuple(left), tuple(right))


def _opened(side: Side) -> _Opened:
    if isinstance(side, Assignment | LockedModel | Lock | Rules):
        return side
    if is_rule_file(side):
        return rules_or_lock(side)
    raise TypeError(
        "write `paramrules.diff(old, new, model)`, with paths of rules or locks, or what `read_lock`, `load` "
        f"or `assign` returned; this is {a(class_name(type(side)))}"
    )


def _for_each(
    sides: Iterable[object], options: Callable[[Rules, Container[str]], Mapping[str, Scalar]]
) -> OptionsOf:
    """Return the options of a file without those that only the other one declares."""
    declared = {name for side in sides if isinstance(side, Rules) for name in side.options}

    def given(rules: Rules) -> Mapping[str, Scalar]:
        mine = options(rules, declared)
        return {name: mine[name] for name in mine if name in rules.options or name not in declared}

    return given


def _compared(
    old: _Opened,
    new: _Opened,
    model: Inventory | None,
    names: Sequence[tuple[str, ...]],
    given: OptionsOf,
    options: Mapping[str, Scalar],
    compare: str,
) -> Diff:
    """Compare both sides on a model.

    Args:
        old: the one side.
        new: the other side.
        model: the model for rules.
        names: for each side, the names that the model may have in a lock.
        given: the options of rules.
        options: values of options. Those of the other side go before them to select one of several sections.
        compare: as for `diff`.
    """
    old, new = (_assigned(side, model, given) for side in (old, new))
    if isinstance(old, Lock):
        now = _locked(new, names[1], options)
        before = _locked(old, names[0], now.options)
    else:
        before = _locked(old, names[0], options)
        now = _locked(new, names[1], before.options)
    found = compared(before, now, compare)
    if isinstance(old, Lock | LockedModel) and isinstance(new, Assignment):
        return replace(found, reasons=tuple(moves(found, new)))
    return found


def _section(lock: Lock, names: tuple[str, ...], options: Mapping[str, Scalar]) -> LockedModel:
    """Return the section of a model; that of a lock with a single one is of any model."""
    if len(lock) == 1:
        return lock.models[0]
    whole = [name for name in names if name in lock.names]
    return lock[whole[0]] if whole else lock.section(names, options)


def _assigned(side: _Opened, model: Inventory | None, given: OptionsOf) -> Assignment | LockedModel | Lock:
    """Return a side with rules assigned to the model."""
    if not isinstance(side, Rules):
        return side
    if model is None:
        raise RulesError(
            Diagnostic(
                "E912",
                f"`{side.source.name}` holds rules, which make groups only of a model",
                help="pass the model: `paramrules.diff(old, new, model)`",
                cli_help="name the model with `--model M`; two locks need none",
            )
        )
    return examine(side, model, options=given(side))


def _locked(
    side: Assignment | LockedModel | Lock, names: tuple[str, ...], options: Mapping[str, Scalar]
) -> LockedModel:
    if isinstance(side, Lock):
        return section_seen_from_here(_section(side, names, options), side.name)
    if isinstance(side, Assignment):
        return replace(locked(side, names[0]), rules=side.rules.source.name)
    return side
