"""From a model and rules to one MLX optimizer."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers
from mlx.optimizers import AdamW, Optimizer

from paramrules.backends import (
    DEFAULT,
    SCHEDULES,
    Aliases,
    AnyRules,
    Bases,
    Bound,
    Diagnostic,
    Inventory,
    OptimizerSpec,
    Options,
    RoutedGroup,
    RulesError,
    VocabularyLike,
    a,
    arguments_of,
    bind,
    by_name,
    by_schedule,
    check_lr,
    check_marks,
    check_rate,
    check_rules,
    check_use,
    freezes_trained,
    instead_of_optimizer,
    is_of_another,
    lost_bases,
    names_in_rules,
    plural,
    report,
    rest_by_name,
    route,
    schedule_of,
    unbound,
    unused_schedules,
    warn,
)
from paramrules_mlx import living
from paramrules_mlx.freezing import freeze
from paramrules_mlx.grouped import GroupedOptimizer
from paramrules_mlx.inventory import Slot, inventory_and_slots

Make = Callable[..., Optimizer]

_ALIASES = Aliases(
    suggested={
        "b1": "betas",
        "b2": "betas",
        "beta1": "betas",
        "beta2": "betas",
        "decay": "alpha",
        "wd": "weight_decay",
    }
)
"""Names that other libraries have for the settings of MLX's optimizers."""


@rest_by_name
def build(
    model: nn.Module,
    rules: AnyRules,
    optimizer: Make | Mapping[str, Make] = AdamW,
    *,
    learning_rate: Any = None,
    weight_decay: float | None = None,
    options: Options = None,
    strict: bool = False,
    marks: Sequence[str] = (),
    vocabulary: VocabularyLike | None = None,
    **settings: Any,
) -> GroupedOptimizer:
    """Return one optimizer of a model's groups.

    Args:
        model: the model. Arrays that `model.freeze()` froze are in no group.
        rules: what `paramrules.load` returns, the path of a rule file, or an assignment to this model.
        optimizer: an optimizer class of `mlx.optimizers`, or a function like one; or, if rules set
            `optimizer = "muon"`, a mapping from these names to such. Groups that name none go to the
            entry `default`, or to the only one. `functools.partial` binds arguments to one of them.
        learning_rate: the base rate, a number or a schedule of the step. A group gets it times its
            `lr_scale`; a rule's `lr` replaces a number. It may be left out if `functools.partial` binds one
            to each optimizer.
            If rules set `schedule = "late"`, a mapping of these names to numbers or schedules; groups that
            name none follow the entry `default`.
        weight_decay: the base weight decay; that of the optimizer's signature if None. MLX's optimizers have
            one for all steps, so rules cannot set `weight_decay_schedule`. MLX's `Muon` adds it
            to the gradient, PyTorch's subtracts it from the weight.
        options: values for the file's options.
        strict: make dead rules and parameters that no rule takes errors.
        marks: keys that rules set for others to read, as `paramrules_torch.build` takes them; nothing is done
            with them here.
        vocabulary: TOML files, a path or several, that say what the model's classes are.
        **settings: further settings, each for those of the optimizers that take it.

    Returns:
        The optimizer. Arrays with `freeze = true` are frozen in the model; those that earlier rules froze and
        these do not train again.

    Raises:
        RulesError: what `paramrules.assign` raises; E604, E610, E611, E612, E614 as for the other frameworks;
            E630 if a rule sets `lr` beside a schedule; E644 if a schedule that a rule names is not there;
            E646 if rules schedule the decay. Nothing is frozen then.
        TypeError, ValueError: an argument is of no use.

    Warns:
        RulesWarning: for each finding that is not an error; W617 for an optimizer that no rule names;
            W619 if rules have no settings, and groups differ in nothing but their labels; W643 if the rules
            freeze what an optimizer that `build` made before still trains.

    >>> optimizer = paramrules_mlx.build(model, "vit.rules", learning_rate=1e-3, weight_decay=0.05)
    >>> optimizer.update(model, gradients)
    """
    check_rules(rules, options, strict, first=model, after="the model")
    entries = by_name(optimizer)
    specs = {name: _spec(name, make) for name, make in entries.items()}
    check_lr(learning_rate, specs, settings)
    for rate in by_schedule(learning_rate).values():
        check_rate("learning_rate", rate, _is_rate, wanted="a number or a schedule", is_finite=_is_finite)
    own_keys = check_marks(marks)
    check_rate(
        "weight_decay",
        weight_decay,
        lambda rate: False,
        scheduled="MLX's optimizers take one decay for all steps, and `learning_rate` may be a schedule",
    )
    bases = Bases(learning_rate, weight_decay)
    arguments, lost = arguments_of(settings, specs, rules, build)
    _raise([*lost_bases(bases, specs.values(), lr="learning_rate"), *lost])
    slots: list[Slot] = []

    def describe() -> Inventory:
        inventory, found = inventory_and_slots(model)
        slots.extend(found)
        return inventory

    bound = bind(
        rules,
        describe,
        options=options,
        strict=strict,
        first=model,
        vocabulary=vocabulary,
        stacklevel=2,
    )
    names = bound.inventory.names
    _raise(_scheduled_decays(bound))
    routed, wrong = route(
        bound,
        bound.groups(),
        specs,
        bases,
        frozen_by="`model.freeze()`",
        marks=own_keys,
        schedules=True,
        lr="learning_rate",
        is_finite=_is_finite,
    )
    _raise(wrong)
    named = names_in_rules(bound.assignment, SCHEDULES["lr"])
    unused = unused_schedules("lr", named, learning_rate) + check_use(bound.assignment, specs, bases)
    warn(unused, allows=bound.assignment.rules.allows, stacklevel=2)
    base = by_schedule(learning_rate).get(DEFAULT)
    made = [_construct(entries[one.optimizer.name], one, arguments[one.optimizer.name]) for one in routed]
    frozen, skipped = (
        {(id(slots[number].module), slots[number].key): number for number in numbers}
        for numbers in (bound.frozen(), bound.skipped())
    )
    stopped = {place: number for place, number in frozen.items() if not _is_frozen(slots[number])}
    freeze(((slot.module, slot.key) for slot in slots), frozen, skipped)
    if trained := living.training(stopped):
        halted = [place for place in stopped if place in trained]
        finding = freezes_trained(bound, [stopped[place] for place in halted], trained[halted[0]])
        warn([finding], allows=bound.assignment.rules.allows, stacklevel=2)
    grouped = GroupedOptimizer(
        made,
        [one.group.label for one in routed],
        [[[names[e] for e in bound.inventory.entries(n)] for n in one.numbers] for one in routed],
        [_scale(one, base) for one in routed],
        0.0 if base is None else base,
        [names[e] for number in bound.skipped() for e in bound.inventory.entries(number)],
    )
    living.remember(grouped, ((slots[n].module, slots[n].key) for one in routed for n in one.numbers))
    return grouped


def _is_frozen(slot: Slot) -> bool:
    """Return whether an array is frozen in its module, by whoever."""
    return slot.key in slot.module._no_grad


def _is_rate(rate: object) -> bool:
    """Return whether MLX takes something for a learning rate that is not a number."""
    return callable(rate) or (isinstance(rate, mx.array) and rate.ndim == 0)


def _is_finite(rate: Any) -> bool:
    """Return whether a rate is finite. A schedule is not looked into."""
    return not isinstance(rate, mx.array) or bool(mx.isfinite(rate).item())


def _spec(name: str, make: Make) -> OptimizerSpec:
    """Describe an optimizer that `build` was given."""
    is_made = isinstance(make, Optimizer)
    is_other = (isinstance(make, type) and not issubclass(make, Optimizer)) or is_of_another(make, "mlx")
    if is_made or is_other or not callable(make):
        known = [
            f"mlx.optimizers.{name}"
            for name, value in vars(mlx.optimizers).items()
            if isinstance(value, type) and issubclass(value, Optimizer)
        ]
        raise TypeError(
            "`optimizer` should be a class such as `mlx.optimizers.AdamW`, or a function that makes an "
            f"optimizer, and not {instead_of_optimizer(make, known)}"
        )
    inner, bound = unbound(make)
    takes = inspect.signature(inner).parameters
    named = [key for key, p in takes.items() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    decay = takes["weight_decay"].default if "weight_decay" in takes else None
    return OptimizerSpec(
        name,
        name or getattr(inner, "__name__", "the function that was passed"),
        tuple(key for key in named if key not in ("learning_rate", "weight_decay")),
        takes_any=len(named) < len(takes),
        rates=("lr", "weight_decay") if "weight_decay" in takes else ("lr",),
        bound={"lr" if key == "learning_rate" else key: value for key, value in bound.items()},
        weight_decay=decay if isinstance(decay, int | float) else None,
        aliases=_ALIASES,
    )


def _construct(make: Make, one: RoutedGroup, arguments: Mapping[str, Any]) -> Optimizer:
    """Return the optimizer of one group."""
    rates: dict[str, Any] = {"learning_rate": _rate(one)}
    if "weight_decay" in one.optimizer.rates and one.weight_decay.value is not None:
        rates["weight_decay"] = one.weight_decay.value
    made = unbound(make)[0](**{**arguments, **one.settings, **rates})
    if not isinstance(made, Optimizer):
        raise TypeError(
            f"`{one.optimizer.called}` made {a(type(made).__name__)}, and should make an "
            "`mlx.optimizers.Optimizer`"
        )
    return made


def _rate(one: RoutedGroup) -> Any:
    """Return the learning rate of a group: a number, or a schedule times its scale."""
    base, scale = one.lr.base, one.lr.scale
    return (lambda step: base(step) * scale) if callable(base) else one.lr.value


def _scale(one: RoutedGroup, base: Any) -> float | None:
    """Return the ratio of a group's rate to the base rate; None if it does not follow the base."""
    if one.schedules:
        return None
    if one.lr.base is base:
        return float(one.lr.scale)
    return None if callable(base) or callable(one.lr.base) else one.lr.over(base)


def _scheduled_decays(bound: Bound) -> list[Diagnostic]:
    """Return a finding (E646) if rules name schedules of decay, of which MLX's optimizers have none."""
    having = [
        one.group for one in bound.groups() if schedule_of(one.group.settings, "weight_decay") != DEFAULT
    ]
    if not having:
        return []
    labels = plural("group", [group.label for group in having])
    return [
        report(
            "E646",
            f"MLX's optimizers have one weight decay for all steps, and {labels} "
            f"{'name' if len(having) > 1 else 'names'} a schedule of it",
            "leave it out for MLX, and set `optimizer.optimizers[number].weight_decay` as you train",
            assignment=bound.assignment,
            groups=having,
            key=SCHEDULES["weight_decay"],
            whole=True,
        )
    ]


def _raise(wrong: Sequence[Diagnostic]) -> None:
    if wrong:
        raise RulesError(wrong)
