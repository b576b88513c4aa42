"""Labels and masks: trees of strings for `optax.partition`, trees of booleans for `optax.masked`.

Each comes as a tree for the parameters at hand, and as a function that takes any tree of these parameters.
"""

from collections.abc import Callable, Sequence
from typing import Any, Never

from paramrules.backends import (
    AnyRules,
    Assignment,
    AxisLabels,
    Diagnostic,
    Group,
    Options,
    RulesError,
    VocabularyLike,
    a,
    class_name,
    did_you_mean,
    listed,
    refuse_unknown,
    report,
    rest_by_name,
)
from paramrules_optax.bound_tree import BoundTree, Labels, labels_of
from paramrules_optax.trees.fit import fitted


@rest_by_name
def labels(
    params: Any,
    rules: AnyRules,
    axis: str | None = None,
    *,
    options: Options = None,
    strict: bool = False,
    model: Any = None,
    vocabulary: VocabularyLike | None = None,
    **unknown: Never,
) -> Any:
    """Return the label of every parameter, in a tree with the structure of `params`.

    Args:
        params: an Equinox or NNX module, its parameters, an NNX state, or a tree of arrays, concrete or
            abstract. Labels of an Equinox module have the structure of `eqx.filter(module,
            eqx.is_inexact_array)`, those of an NNX module that of `nnx.state(module, nnx.Param)`.
        rules: what `paramrules.load` returns, the path of a rule file, or an assignment to the same model.
        axis: the axis whose labels to return, as the rules write them; None for the labels of the groups,
            which join those of all axes with `/`.
        options: values for the file's options.
        strict: see `paramrules.assign`.
        model: the module, if `params` is a tree that does not know its types; or its inventory, if you have
            more to say about it: `paramrules.inventory(module, stacked={"layers": 1})`.
        vocabulary: TOML files, a path or several, that say what the model's classes are.

    Returns:
        A tree of str. Frozen parameters are labelled like others.

    Raises:
        RulesError: what `paramrules.assign` raises; E601 if `params` has a leaf that is not a parameter of
            `model`, or stacks of other layers; E603 for an axis that the rules do not have; E605 if layers of
            one array have different labels.
        TypeError, ValueError: see `paramrules.emission.check_rules`.

    Warns:
        RulesWarning: for each finding that is not an error, such as a dead rule.

    >>> labels({"norm": {"scale": jnp.ones(3)}, "dense": {"kernel": jnp.ones((3, 3))}}, "decay.rules")
    {'dense': {'kernel': 'decay'}, 'norm': {'scale': 'no_decay'}}
    """
    refuse_unknown(labels, unknown, rules)
    bound = BoundTree(params, rules, options, strict, model, vocabulary)
    found = labels_of(bound.assignment, axis)
    return bound.tree(found.each(), found)


@rest_by_name
def label_fn(
    params: Any,
    rules: AnyRules,
    axis: str | None = None,
    *,
    options: Options = None,
    strict: bool = False,
    model: Any = None,
    vocabulary: VocabularyLike | None = None,
    **unknown: Never,
) -> Callable[[Any], Any]:
    """Return a function that labels any tree of these parameters, for `optax.partition`.

    The rules are assigned once, here. The function goes by the names in the tree that it is called with, so
    that NNX's boxed and pure trees, gradients and partly masked trees have the same labels; it raises
    RulesError (E601) for anything else in the tree. The arguments are those of `labels`.

    >>> tx = optax.partition({"decay": adamw, "no_decay": adam}, label_fn(model, "decay.rules"))
    """
    refuse_unknown(label_fn, unknown, rules)
    bound = BoundTree(params, rules, options, strict, model, vocabulary)
    found = labels_of(bound.assignment, axis)
    values = bound.by_name(found.each(), found)
    return lambda tree: fitted(values, tree)


@rest_by_name
def mask(
    params: Any,
    rules: AnyRules,
    label: str,
    axis: str | None = None,
    *,
    options: Options = None,
    strict: bool = False,
    model: Any = None,
    vocabulary: VocabularyLike | None = None,
    **unknown: Never,
) -> Any:
    """Return whether each parameter has a label, in a tree with the structure of `params`.

    It is for `optax.masked`, and says nothing about settings: the mask of `no_decay` is the opposite of what
    `optax.adamw(mask=)` wants, which `decay_mask` returns.

    Args:
        label: a label of an axis, or of a group: `no_decay`, `no_decay/block_3`.
        axis: the axis that has the label; needed only if several have it.
        params, rules, options, strict, model, vocabulary: see `labels`.

    Raises:
        RulesError: what `labels` raises; E602 for a label that the rules cannot give, or that several axes
            have.
        TypeError, ValueError: as `labels`.

    Warns:
        RulesWarning: as `labels`.

    >>> mask({"norm": {"scale": jnp.ones(3)}, "dense": {"kernel": jnp.ones((3, 3))}}, "decay.rules", "decay")
    {'dense': {'kernel': True}, 'norm': {'scale': False}}
    """
    refuse_unknown(mask, unknown, rules)
    _check_label(label)
    bound = BoundTree(params, rules, options, strict, model, vocabulary)
    labels, number = _find(bound.assignment, label, axis)
    return bound.tree(labels.where(number), labels)


@rest_by_name
def mask_fn(
    params: Any,
    rules: AnyRules,
    label: str,
    axis: str | None = None,
    *,
    options: Options = None,
    strict: bool = False,
    model: Any = None,
    vocabulary: VocabularyLike | None = None,
    **unknown: Never,
) -> Callable[[Any], Any]:
    """Return a function that masks any tree of these parameters, for `optax.masked`.

    It is to `mask` what `label_fn` is to `labels`. The arguments are those of `mask`. For
    `optax.adamw(mask=)` use `decay_mask_fn`.

    >>> tx = optax.masked(optax.scale(0.1), mask_fn(model, "vit.rules", "backbone"))
    """
    refuse_unknown(mask_fn, unknown, rules)
    _check_label(label)
    bound = BoundTree(params, rules, options, strict, model, vocabulary)
    labels, number = _find(bound.assignment, label, axis)
    values = bound.by_name(labels.where(number), labels)
    return lambda tree: fitted(values, tree)


@rest_by_name
def decay_mask(
    params: Any,
    rules: AnyRules,
    *,
    options: Options = None,
    strict: bool = False,
    model: Any = None,
    vocabulary: VocabularyLike | None = None,
    **unknown: Never,
) -> Any:
    """Return what `optax.adamw(mask=)` takes: True for each parameter that decays under the rules.

    A parameter decays unless its settings have `weight_decay = 0`, which the label `no_decay` implies,
    `weight_decay_scale = 0`, `freeze = true` or `skip = true`. A mask holds nothing else of the
    rules: `build` follows all their settings.

    Args:
        params, rules, options, strict, model, vocabulary: see `labels`.

    Raises:
        RulesError: what `labels` raises; E640 if a parameter has a decay other than 0 and the base.
        TypeError, ValueError: as `labels`.

    Warns:
        RulesWarning: as `labels`.

    >>> tx = optax.adamw(1e-3, weight_decay=0.1, mask=decay_mask(params, "decay.rules"))
    """
    refuse_unknown(decay_mask, unknown, rules)
    bound = BoundTree(params, rules, options, strict, model, vocabulary)
    return bound.tree(_decays(bound.assignment), labels_of(bound.assignment, None))


@rest_by_name
def decay_mask_fn(
    params: Any,
    rules: AnyRules,
    *,
    options: Options = None,
    strict: bool = False,
    model: Any = None,
    vocabulary: VocabularyLike | None = None,
    **unknown: Never,
) -> Callable[[Any], Any]:
    """Return a function that is to `decay_mask` what `label_fn` is to `labels`, with the same arguments.

    >>> tx = optax.adamw(1e-3, weight_decay=0.1, mask=decay_mask_fn(model, "decay.rules"))
    """
    refuse_unknown(decay_mask_fn, unknown, rules)
    bound = BoundTree(params, rules, options, strict, model, vocabulary)
    values = bound.by_name(_decays(bound.assignment), labels_of(bound.assignment, None))
    return lambda tree: fitted(values, tree)


_OWN_DECAY = ("weight_decay", "weight_decay_scale", "weight_decay_schedule")
"""The keys that give a group a decay other than the base."""


def _decays(assignment: Assignment) -> list[bool]:
    """Return for each parameter whether it decays. Raises RulesError (E640) for a decay of its own."""
    decays, wrong = [], []
    for group in assignment.groups:
        settings = group.settings
        scale = settings.get("weight_decay_scale", 1)
        untrained = settings.get("freeze") or settings.get("skip")
        decays.append(not (untrained or scale == 0 or settings.get("weight_decay") == 0))
        own = [key for key in _OWN_DECAY if key in settings and (scale != 1 or key != "weight_decay_scale")]
        if decays[-1] and own:
            wrong.append(_own_decay(assignment, group, own[0]))
    if wrong:
        raise RulesError(wrong)
    return [decays[number] for number in assignment.group_numbers]


def _own_decay(assignment: Assignment, group: Group, key: str) -> Diagnostic:
    return report(
        "E640",
        f"the group `{group.label}` has `{key} = {group.settings[key]!r}`, "
        "and a mask says only whether a parameter decays",
        "train with `paramrules_optax.build`, which gives each group its own decay",
        assignment=assignment,
        groups=[group],
        key=key,
        whole=True,
    )


@rest_by_name
def masks(
    params: Any,
    rules: AnyRules,
    axis: str | None = None,
    *,
    options: Options = None,
    strict: bool = False,
    model: Any = None,
    vocabulary: VocabularyLike | None = None,
    **unknown: Never,
) -> dict[str, Any]:
    """Return the masks of all groups, or of all labels of an axis, by label and in the order of groups.

    The arguments are those of `labels`.

    >>> list(masks(params, "decay.rules"))
    ['no_decay', 'decay']
    """
    refuse_unknown(masks, unknown, rules)
    bound = BoundTree(params, rules, options, strict, model, vocabulary)
    labels = labels_of(bound.assignment, axis)
    return {text: bound.tree(labels.where(number), labels) for number, text in enumerate(labels.texts)}


def _check_label(label: object) -> None:
    """Raise TypeError for something passed in place of a label, such as rules."""
    if label is not None and not isinstance(label, str):
        raise TypeError(
            f"`label` is {a(class_name(type(label)))} and should be a text: "
            "pass the parameters, the rules, then the label"
        )


def _find(assignment: Assignment, label: str, axis: str | None) -> tuple[Labels, int]:
    """Return the labels that include this one, and its number among them; -1 if no parameter has it."""
    if axis is None:
        of_groups = labels_of(assignment, None)
        if label in of_groups.texts:
            return of_groups, of_groups.texts.index(label)
    axes = assignment.axes if axis is None else (assignment.axis(axis),)
    having = [a for a in axes if label in _labels(assignment, a)]
    if len(having) != 1:
        raise RulesError(_no_one_axis(assignment, label, axis, axes, having))
    found = having[0]
    return Labels(found.of, found.labels), found.labels.index(label) if label in found.labels else -1


def _labels(assignment: Assignment, axis: AxisLabels) -> list[str]:
    """Return the labels of an axis, and those without holes that none of these parameters has."""
    rules = next(a.rules for a in assignment.rules.axes if a.name == axis.name)
    written = [rule.label.text for rule in rules if len(rule.label.parts) == 1]
    if rules[-1].predicate is not None:  # without `else`, another model may have parameters left over
        written.append("default")
    return list(dict.fromkeys((*axis.labels, *written)))


def _no_one_axis(
    assignment: Assignment,
    label: str,
    axis: str | None,
    axes: Sequence[AxisLabels],
    having: Sequence[AxisLabels],
) -> Diagnostic:
    source = assignment.rules.source.name
    if having:
        names = listed([a.name for a in having])
        return Diagnostic(
            "E602",
            f"the axes {names} of `{source}` each have a label `{label}`",
            help=f'name the axis: `axis="{having[0].name}"`',
        )
    where = f"the axis `{axis}` of `{source}`" if axis else f"`{source}`"
    known = [text for a in axes for text in _labels(assignment, a)]
    return Diagnostic(
        "E602",
        f"{where} gives no parameter the label `{label}`",
        help=did_you_mean(str(label), known) or f"its labels: {listed(known)}",
    )
