"""From a model and rules to an optimizer in one call."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch.optim import Optimizer

from paramrules.backends import (
    SCHEDULES,
    AnyRules,
    Bases,
    Diagnostic,
    OptimizerSpec,
    Options,
    RoutedGroup,
    RulesError,
    VocabularyLike,
    arguments_of,
    base_of,
    by_name,
    check_marks,
    check_rules,
    check_use,
    listed,
    lost_bases,
    names_in_rules,
    overall_base,
    rest_by_name,
    route,
    unknown_settings,
    warn,
)
from paramrules_torch.bound_model import (
    KEEP_INSTEAD,
    BoundModel,
    bind_model,
    check_rates,
    is_finite,
    settings_in_group,
)
from paramrules_torch.living import remember
from paramrules_torch.named_tensors import Parameters
from paramrules_torch.optimizers.added_groups import KnownParameters, name_added_groups
from paramrules_torch.optimizers.factories import Factory, Make
from paramrules_torch.optimizers.group_keys import DECAY_RATIO, FIRST_DECAY, RATIO
from paramrules_torch.optimizers.load_watch import watch_loading
from paramrules_torch.optimizers.multi import MultiOptimizer
from paramrules_torch.optimizers.ratio_watch import watch
from paramrules_torch.optimizers.refused_parameters import check_lr, check_matrices, refusal


@rest_by_name
def build(
    model: Parameters,
    rules: AnyRules,
    optimizer: Make | Mapping[str, Make] = torch.optim.AdamW,
    *,
    lr: float | None = None,
    weight_decay: float | None = None,
    options: Options = None,
    strict: bool = False,
    lr_scale: Literal["fold", "keep"] = "fold",
    part: bool = False,
    marks: Sequence[str] = (),
    vocabulary: VocabularyLike | None = None,
    **defaults: Any,
) -> Optimizer:
    """Return the optimizer of a model's groups, or several optimizers as one.

    Args:
        model: the model, wrapped or not; or parameters without one, by name: `{"means": tensor}`.
        rules: as for `paramrules_torch.param_groups`.
        optimizer: an optimizer class, or a function that makes an optimizer of a list of groups; or, if rules
            set `optimizer = "muon"`, a mapping from these names to such. Groups that name none go to the
            entry `default`, or to the only one. `functools.partial` binds arguments to one of them, and those
            win over the ones given here.
        lr: the base learning rate; None takes the default of the optimizer's signature.
        weight_decay: the base weight decay, likewise.
        options: values for the file's options.
        strict: make dead rules and parameters that no rule takes errors.
        lr_scale: as for `param_groups`.
        marks: keys that rules set for your own code to read in the groups, such as `is_last_layer`. Any other
            key has to be a setting of the optimizer.
        part, vocabulary: as for `param_groups`.
        **defaults: further arguments, each for those of the optimizers that take it.

    Returns:
        The optimizer, or a `MultiOptimizer` for a mapping. Beside the keys of `param_groups`, a group has
        `lr_ratio` and `weight_decay_ratio`, its ratios to the base rate and decay (where a rule names a
        schedule, to those of its own optimizer), and `initial_weight_decay`. Parameters with `freeze = true`
        no longer train; those that earlier rules froze and these do not train again. Its `add_param_group`
        names the parameters of a new group and gives it a label and the settings of the rules.

    Raises:
        RulesError: what `param_groups` raises; E610 if a group's optimizer is not clear; E611 if an optimizer
            does not have a setting; E612 if no optimizer takes an argument; E613 if an optimizer takes one
            group only; E614 if there is nothing to train; E615 if one of several needs a closure; E633 if
            torch's Muon gets something other than a matrix; E662 if a constructor refuses a parameter.
            Nothing is frozen then.
        TypeError, ValueError: as `param_groups`; an optimizer without a default learning rate, and no `lr`;
            and what the optimizer's constructor raises.

    Warns:
        RulesWarning: for each finding that is not an error; W617 for an optimizer that no rule names;
            W619 if rules have no settings, and groups differ in nothing but their labels; W643 if the rules
            freeze what an earlier optimizer of `build` trains. Loading a state into the optimizer warns
            (W642) if that replaces settings of the rules.

    >>> optimizer = paramrules_torch.build(model, "vit.rules", torch.optim.AdamW, lr=1e-3, betas=(0.9, 0.95))
    """
    check_rates(lr, weight_decay, lr_scale)
    check_rules(rules, options, strict, first=model, part=part, after="the model")
    own_keys = check_marks(marks)
    entries = by_name(optimizer)
    factories = {name: Factory(name, make) for name, make in entries.items()}
    specs = {name: factory.spec for name, factory in factories.items()}
    bases = Bases(lr, weight_decay)
    arguments, lost = arguments_of(defaults, specs, rules, build)
    _raise(lost_bases(bases, specs.values()) + lost)
    held = bind_model(model, rules, options, strict, part, vocabulary, stacklevel=2)
    held.check_trainable()
    # A function may take settings that its signature does not show: the optimizer that it makes has the word.
    routed, wrong = route(
        held.bound,
        held.bound.groups(),
        {
            name: factory.spec._replace(takes_any=True, rates=factory.rates)
            for name, factory in factories.items()
        },
        bases,
        lr_without_base=lr_scale == "keep",
        otherwise=KEEP_INSTEAD,
        frozen_by="`requires_grad_(False)`",
        marks=own_keys,
        is_finite=is_finite,
    )
    _raise(wrong)
    assignment = held.bound.assignment
    warn(check_use(assignment, specs, bases), allows=assignment.rules.allows, stacklevel=2)
    given = {key: rate for key, rate in bases._asdict().items() if rate is not None}
    overall = {key: overall_base(specs, key, rate) for key, rate in bases._asdict().items()}
    made = {}
    for name, factory in factories.items():
        if own := [one for one in routed if one.optimizer.name == name]:
            rates = {key: rate for key, rate in given.items() if factory.takes(key)}
            passed = rates | arguments[name]
            made[name] = _construct(held, factory, own, passed, lr_scale, own_keys, bases, overall)
    if len(made) == len(factories) or not part:  # one that has nothing to do here may take it on another part
        _raise(lost_bases(bases, [_spec_of(made[name], factories[name]) for name in made]))
    whole = MultiOptimizer(made, [o.optimizer.name for o in routed]) if entries is optimizer else made[""]
    for key, rate in overall.items():
        if rate is not None and key in ("lr", *whole.defaults):
            whole.defaults[key] = rate
    if lr_scale == "fold":
        watch(whole)
    watch_loading(whole, {key for one in routed for key in settings_in_group(one, lr_scale)} | _RATIOS.keys())
    known = KnownParameters(held)
    if isinstance(whole, MultiOptimizer):
        whole.known = known
    else:
        name_added_groups(whole, known)
    held.freeze(stacklevel=2)
    remember(whole, {key: names_in_rules(assignment, key) for key in SCHEDULES.values()})
    return whole


def _construct(
    held: BoundModel,
    factory: Factory,
    routed: Sequence[RoutedGroup],
    arguments: Mapping[str, Any],
    lr_scale: str,
    marks: Sequence[str],
    bases: Bases,
    overall: Mapping[str, Any],
) -> Optimizer:
    """Return one optimizer of its groups. Raise RulesError for settings that it does not have (E611)."""
    labels = [one.group.label for one in routed]
    if factory.cls is not None and issubclass(factory.cls, torch.optim.LBFGS) and len(routed) > 1:
        _raise([_one_group_only(factory, labels)])
    groups = []
    for one in routed:
        settings = settings_in_group(one, lr_scale)
        if factory.spec.name:
            settings["optimizer"] = factory.spec.name
        settings |= _ratios(one, bases, overall)
        groups.append(held.group(one.group.label, settings, one.numbers))
    check_matrices(held.bound, factory, routed, held.tensors)
    check_lr(factory, groups, arguments)
    try:
        made = factory.construct(groups, arguments)
    except Exception as error:
        if refused := refusal(held.bound, factory, routed, groups, arguments, error):
            raise RulesError(refused) from error
        error.add_note(f"raised by `{factory.spec.called}` for the groups {listed(labels)}")
        raise
    spec = _spec_of(made, factory)
    _raise(unknown_settings(held.bound.assignment, ((one.group, spec) for one in routed), marks))
    for key in Bases._fields:
        if key not in spec.rates:
            for group in made.param_groups:
                for own in _OF_RATES[key]:
                    group.pop(own, None)
    return made


def _ratios(one: RoutedGroup, bases: Bases, overall: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ratios of a group's rates to the bases that their schedules replace, and its decay."""
    found: dict[str, Any] = {}
    for own, key in _RATIOS.items():
        named = SCHEDULES[key] in one.schedules
        base = base_of(one.optimizer, key, getattr(bases, key)) if named else overall[key]
        if (ratio := getattr(one, key).over(base)) is not None:
            found[own] = ratio
    if one.weight_decay.value is not None:
        found[FIRST_DECAY] = one.weight_decay.value
    return found


_OF_RATES = {"lr": ("lr",), "weight_decay": ("weight_decay", DECAY_RATIO, FIRST_DECAY)}
_RATIOS = {RATIO: "lr", DECAY_RATIO: "weight_decay"}


def _spec_of(made: Optimizer, factory: Factory) -> OptimizerSpec:
    """Return the settings and rates that an optimizer has: its defaults."""
    rates = tuple(key for key in Bases._fields if key in made.defaults)
    return factory.spec._replace(keys=tuple(made.defaults), takes_any=False, rates=rates)


def _one_group_only(factory: Factory, labels: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "E613",
        f"`{factory.spec.called}` takes one group only, and there are {len(labels)}: {listed(labels, 3)}",
        help="give it all parameters with one label, as in `all: else`",
    )


def _raise(wrong: Sequence[Diagnostic]) -> None:
    if wrong:
        raise RulesError(wrong)
