"""From the arguments of `build` to how each parameter is trained."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax

from paramrules.backends import (
    SCHEDULES,
    AnyRules,
    Bases,
    Bound,
    Diagnostic,
    OptimizerSpec,
    Options,
    RulesError,
    VocabularyLike,
    arguments_of,
    by_name,
    check_choice,
    check_lr,
    check_marks,
    check_rate,
    check_rules,
    lost_bases,
    names_in_rules,
    unused_schedules,
)
from paramrules_optax.bound_tree import BoundTree
from paramrules_optax.transforms.group_config import GroupConfig, group_configs, is_finite
from paramrules_optax.transforms.optax_factories import Factory, optax_factory


class Plan(NamedTuple):
    """The optimizer and settings of each parameter.

    Attributes:
        bound: the rules and the parameters.
        specs: the optimizers.
        bases: the base rates.
        configs: one per parameter.
        unscaled: whether decay is left unscaled by the learning rate.
        findings: what to warn about.
    """

    bound: Bound
    specs: Mapping[str, OptimizerSpec]
    bases: Bases
    configs: Sequence[GroupConfig]
    unscaled: bool
    findings: list[Diagnostic]


def plan(
    params: Any,
    rules: AnyRules,
    optimizer: Factory | Mapping[str, Factory],
    *,
    learning_rate: Any,
    weight_decay: Any,
    decay: str,
    options: Options,
    strict: bool,
    model: Any,
    marks: Sequence[str],
    vocabulary: VocabularyLike | None,
    settings: Mapping[str, Any],
    call: Callable[..., Any],
    stacklevel: int,
) -> Plan:
    """Check the arguments of `build`, which is `call`, and hold the rules against the parameters.

    Raises what `build` raises. Warns of the assignment's findings, at the frame `stacklevel` (1 is the caller
    of this function).
    """
    for name, given in (("learning_rate", learning_rate), ("weight_decay", weight_decay)):
        for rate in given.values() if isinstance(given, Mapping) else (given,):
            check_rate(name, rate, _is_rate, wanted=_WANTED, optional=given is None, is_finite=is_finite)
    check_rules(rules, options, strict, first=params, model=model, after="the parameters")
    own_keys = check_marks(marks)
    check_choice("decay", decay, "scaled", "unscaled")
    entries = by_name(optimizer)
    unscaled = decay == "unscaled"
    factories = {name: optax_factory(name, factory, unscaled=unscaled) for name, factory in entries.items()}
    specs = {name: factory.spec for name, factory in factories.items()}
    check_lr(learning_rate, specs, settings)
    bases = Bases(learning_rate, weight_decay)
    arguments, lost = arguments_of(settings, specs, rules, call)
    if lost := lost_bases(bases, specs.values(), lr="learning_rate") + lost:
        raise RulesError(lost)
    bound = BoundTree(params, rules, options, strict, model, vocabulary, stacklevel + 1).bound
    configs, findings = group_configs(
        bound, factories, bases, arguments, given=settings, unscaled=unscaled, marks=own_keys
    )
    for rate, key in SCHEDULES.items():
        named = names_in_rules(bound.assignment, key)
        findings += unused_schedules(rate, named, getattr(bases, rate))
    return Plan(bound, specs, bases, configs, unscaled, findings)


_WANTED = "a number or a schedule"


def _is_rate(rate: object) -> bool:
    """Return whether something other than a number is a rate: a schedule, or a traced number."""
    return callable(rate) or (isinstance(rate, jax.Array) and rate.ndim == 0)
