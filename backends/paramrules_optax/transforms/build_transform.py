"""From parameters and rules to an optimizer in one call."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import optax

from paramrules.backends import AnyRules, Options, VocabularyLike, check_use, rest_by_name, warn
from paramrules_optax.transforms.arrays import arrays_of
from paramrules_optax.transforms.build_checks import check_matrices, guarded
from paramrules_optax.transforms.optax_factories import Factory
from paramrules_optax.transforms.parts import parts_of, transformation
from paramrules_optax.transforms.plan import plan
from paramrules_optax.transforms.shared_estimates import split_estimates
from paramrules_optax.trees.fit import fitted


@rest_by_name
def build(
    params: Any,
    rules: AnyRules,
    optimizer: Factory | Mapping[str, Factory] = optax.adamw,
    *,
    learning_rate: Any = None,
    weight_decay: Any = None,
    decay: Literal["scaled", "unscaled"] = "scaled",
    options: Options = None,
    strict: bool = False,
    model: Any = None,
    marks: Sequence[str] = (),
    vocabulary: VocabularyLike | None = None,
    **settings: Any,
) -> optax.GradientTransformationExtraArgs:
    """Return the optimizer of a tree of parameters: moments once for all groups, rates and decays by
    parameter.

    Args:
        params: the parameters to train, or the module: see `labels`.
        rules: what `paramrules.load` returns, the path of a rule file, or an assignment to the same model.
        optimizer: one of optax's factories or one like them; or, if rules set `optimizer = "muon"`, a mapping
            from these names to such. Groups that name none go to the entry `default`, or to the only one.
            `functools.partial` binds settings to one of them, and `learning_rate` and `weight_decay` too;
            those win over the ones given here, which are refused if all optimizers bind their own.
        learning_rate: the base rate, a number or a schedule. A rule's `lr` replaces a number, and its
            `lr_scale` multiplies either. If rules set `schedule = "late"`, a mapping of these names to such;
            groups that name none follow the entry `default`. A named schedule replaces the base rate of
            whatever optimizer takes the group. It may be left out if `functools.partial` binds one to
            each optimizer.
        weight_decay: the base weight decay; that of the factory's signature if None. It may be a schedule
            too, or a mapping of the names that rules give as `weight_decay_schedule`.
        decay: `"scaled"`: multiplied by the learning rate, as in PyTorch's optimizer of the same name, and in
            optax's if it decays. `"unscaled"`: `p -= weight_decay * p` beside the step, whatever the rate (as
            big_vision does).
        options: values for the file's options.
        strict: see `paramrules.assign`.
        model: the module, if `params` is a tree that does not know its types.
        marks: keys that rules set for others to read, as `paramrules_torch.build` takes them; nothing is done
            with them here.
        vocabulary: TOML files, a path or several, that say what the model's classes are.
        **settings: further settings, each for those of the optimizers that take it.

    Returns:
        A transformation of any tree of these parameters. Those with `freeze = true` or `skip = true` have no
        state and do not move. Clip gradients before it, so that the norm is that of all groups:
        `optax.chain(optax.clip_by_global_norm(1.0), build(...))`.

    Raises:
        RulesError: what `labels` raises; E604 if a scale has no base to multiply; E610 if a group's optimizer
            is not clear; E611 if an optimizer does not have a setting; E612 if no optimizer takes an
            argument; E614 if there is nothing to train; E630 if a schedule has no base rate; E631 if layers
            of one array cannot be trained apart; E633 if Muon gets something other than a matrix; E644 if a
            schedule that a rule names is not there; E646 if an optimizer cannot schedule its decay;
            E652 for a schedule-free optimizer. The transformation's `update` raises E632 for gradients of
            another tree.
        TypeError, ValueError: an argument of a wrong type or without effect.

    Warns:
        RulesWarning: for each finding that is not an error; W617 for an optimizer that no rule names; W619 if
            rules have no settings, and groups differ in nothing but their labels; W650 for a setting that
            means something else in PyTorch; W651 for an estimate over all parameters that the rules split.

    >>> schedule = optax.warmup_cosine_decay_schedule(0.0, 1e-3, 500, 10_000)
    >>> tx = build(params, "vit.rules", optax.adamw, learning_rate=schedule, weight_decay=0.05)
    """
    planned = plan(
        params,
        rules,
        optimizer,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        decay=decay,
        options=options,
        strict=strict,
        model=model,
        marks=marks,
        vocabulary=vocabulary,
        settings=settings,
        call=build,
        stacklevel=2,
    )
    bound, configs = planned.bound, planned.configs
    parts = parts_of(arrays_of(bound.inventory), configs, bound.inventory.names)
    for part in parts:
        check_matrices(part, bound.assignment)
    made = {part.label: transformation(part, configs, planned.unscaled) for part in parts}
    findings = planned.findings + check_use(bound.assignment, planned.specs, planned.bases)
    findings += split_estimates(parts, made)
    warn(findings, allows=bound.assignment.rules.allows, stacklevel=2)
    labels = {name: part.label for part in parts for array in part.arrays for name in array.names}
    whole = optax.partition(made, lambda tree: fitted(labels, tree))
    return guarded(made[parts[0].label] if len(parts) == 1 else whole, labels)
