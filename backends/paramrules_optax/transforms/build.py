"""From parameters and rules to an optimizer in one call."""

from collections.abc import Mapping
from typing import Any, Literal

import optax

from paramrules.assignment import Assignment
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules_optax.assigned import AnyRules, Assigned, Options
from paramrules_optax.transforms.arrays import arrays_of
from paramrules_optax.transforms.checks import (
    check_decay,
    check_decays,
    check_matrices,
    check_rate,
    check_trains,
    guarded,
)
from paramrules_optax.transforms.optimizers import Factory, Optimizer, optimizer_of
from paramrules_optax.transforms.parts import parts_of, transformation
from paramrules_optax.transforms.settings import arguments
from paramrules_optax.transforms.treatment import Bases, Treatment, treatment_of
from paramrules_optax.trees.fit import fitted


def build(
    params: Any,
    rules: AnyRules,
    optimizer: Factory | Mapping[str, Factory] = optax.adamw,
    *,
    learning_rate: Any,
    weight_decay: Any = None,
    decay: Literal["scaled", "unscaled"] = "scaled",
    options: Options = None,
    strict: bool = False,
    model: Any = None,
    **settings: Any,
) -> optax.GradientTransformationExtraArgs:
    """The optimizer of a tree of parameters: its moments once for all groups, rates and decays by parameter.

    Args:
        params: the parameters that are to be trained, or the module: see `labels`.
        rules: what `paramrules.load` gives, the path of a rule file, or an assignment to the same model.
        optimizer: a factory of optax's or one like it; or, where rules say `optimizer = "muon"`, a mapping
            of these names to such. Groups that name none go to `default`, or to the only one.
            `functools.partial` binds settings for one of them, also `learning_rate` and `weight_decay`, and
            what is bound comes before what is given here.
        learning_rate: the base rate, a number or a schedule. A rule's `lr` replaces a number, and
            `lr_scale` multiplies either.
        weight_decay: the base weight decay, that of the factory's signature if None.
        decay: `"scaled"`: decay is that of PyTorch's optimizer of the same name, and of optax's where it
            has one, multiplied by the learning rate. `"unscaled"`: `p -= weight_decay * p` beside the
            step, whatever the rate (big_vision).
        options: values for the file's options.
        strict: see `paramrules.assign`.
        model: the module, where `params` is a tree that does not know its types.
        **settings: further settings, each for those of the optimizers that take it.

    Returns:
        A transformation for any tree of these parameters. Those with `freeze = true` have no state and do
        not move. Clip gradients before it, so that the norm is that of all groups:
        `optax.chain(optax.clip_by_global_norm(1.0), build(...))`.

    Raises:
        RulesError: what `labels` raises; E604 where a scale has nothing to multiply; E610 where a group's
            optimizer is not clear; E611 where a group has a setting, and E612 where there is an argument,
            that no optimizer knows; E614 where nothing is left to train; E630 where a schedule has no base
            rate; E631 where layers of one array cannot be trained apart; E633 where Muon gets what is no
            matrix. The transformation's `update` raises E632 for gradients of another tree.
        TypeError, ValueError: an argument is of no use.

    Warns:
        RulesWarning: for each finding that is no error, such as a dead rule.

    >>> schedule = optax.warmup_cosine_decay_schedule(0.0, 1e-3, 500, 10_000)
    >>> tx = build(params, "vit.rules", optax.adamw, learning_rate=schedule, weight_decay=0.05)
    """
    check_rate("learning_rate", learning_rate, or_schedule=True)
    check_rate("weight_decay", weight_decay)
    check_decay(decay)
    if optimizer == {}:
        raise ValueError("`optimizer` is an empty mapping and should name an optimizer")
    entries = optimizer if isinstance(optimizer, Mapping) else {"": optimizer}
    optimizers = {name: optimizer_of(name, factory) for name, factory in entries.items()}
    own = arguments(settings, optimizers)
    check_decays(weight_decay, decay, optimizers)
    assignment = Assigned(params, rules, options, strict, model).assignment
    bases = Bases(learning_rate, weight_decay, decay == "unscaled", own)
    treatments = _treatments(assignment, optimizers, bases)
    check_trains(treatments)
    parts = parts_of(arrays_of(assignment.inventory), treatments, assignment.inventory.names)
    for part in parts:
        check_matrices(part)
    made = {part.label: transformation(part, treatments, bases.unscaled) for part in parts}
    labels = {name: part.label for part in parts for array in part.arrays for name in array.names}
    whole = optax.partition(made, lambda tree: fitted(labels, tree))
    return guarded(made[parts[0].label] if len(parts) == 1 else whole, labels)


def _treatments(assignment: Assignment, optimizers: Mapping[str, Optimizer], bases: Bases) -> list[Treatment]:
    """How each parameter is treated."""
    found, wrong = [], list[Diagnostic]()
    for group in assignment.groups:
        treatment, findings = treatment_of(assignment, group, optimizers, bases)
        found.append(treatment)
        wrong += findings
    if wrong:
        raise RulesError(list(dict.fromkeys(wrong)))
    return [found[number] for number in assignment.group_numbers]
