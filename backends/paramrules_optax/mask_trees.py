"""Masks: trees of booleans for `optax.adamw(mask=)` and `optax.masked`, and a function that gives one."""

from collections.abc import Callable, Sequence
from typing import Any

from paramrules.assignment import Assignment, AxisLabels
from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean
from paramrules_optax.assigned import AnyRules, Assigned, Labels, Options, labels_of
from paramrules_optax.trees.fit import fitted


def mask(
    params: Any,
    rules: AnyRules,
    label: str,
    axis: str | None = None,
    *,
    options: Options = None,
    strict: bool = False,
    model: Any = None,
) -> Any:
    """Where a label is, as a tree of booleans of the structure of `params`.

    Args:
        label: a label of an axis, or of a group: `no_decay`, `no_decay/block_3`.
        axis: the axis that has the label; needed only where several have it.
        params, rules, options, strict, model: see `labels`.

    Raises:
        RulesError: as `labels`, and E602 for a label that the rules cannot give, or that several axes have.

    >>> mask({"norm": {"scale": jnp.ones(3)}, "dense": {"kernel": jnp.ones((3, 3))}}, "decay.rules", "decay")
    {'dense': {'kernel': True}, 'norm': {'scale': False}}
    """
    assigned = Assigned(params, rules, options, strict, model)
    labels, number = _find(assigned.assignment, label, axis)
    return assigned.tree(labels.where(number), labels)


def mask_fn(
    params: Any,
    rules: AnyRules,
    label: str,
    axis: str | None = None,
    *,
    options: Options = None,
    strict: bool = False,
    model: Any = None,
) -> Callable[[Any], Any]:
    """A function that gives the mask of any tree of these parameters: hand this to an optimizer.

    It is to `mask` what `label_fn` is to `labels`, and takes what `mask` takes.

    >>> tx = optax.adamw(1e-3, weight_decay=0.1, mask=mask_fn(model, "decay.rules", "decay"))
    """
    assigned = Assigned(params, rules, options, strict, model)
    labels, number = _find(assigned.assignment, label, axis)
    values = assigned.by_name(labels.where(number), labels)
    return lambda tree: fitted(values, tree)


def masks(
    params: Any,
    rules: AnyRules,
    axis: str | None = None,
    *,
    options: Options = None,
    strict: bool = False,
    model: Any = None,
) -> dict[str, Any]:
    """The masks of all groups (or of all labels of an axis) by label, in the order of groups.

    >>> list(masks(params, "decay.rules"))
    ['no_decay', 'decay']
    """
    assigned = Assigned(params, rules, options, strict, model)
    labels = labels_of(assigned.assignment, axis)
    return {text: assigned.tree(labels.where(number), labels) for number, text in enumerate(labels.texts)}


def _find(assignment: Assignment, label: str, axis: str | None) -> tuple[Labels, int]:
    """The labels among which this one is, and its number there; -1 where no parameter has it."""
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
    """The labels of an axis, also those that no parameter of this model has, as far as they have no holes."""
    rules = next(a.rules for a in assignment.rules.axes if a.name == axis.name)
    written = [rule.label.text for rule in rules if len(rule.label.parts) == 1]
    if rules[-1].predicate is not None:  # without `else` there may always be something left
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
        names = " and ".join(f"`{a.name}`" for a in having)
        return Diagnostic(
            "E602",
            f"the axes {names} of `{source}` have a label `{label}` each",
            help=f'name the axis: `axis="{having[0].name}"`',
        )
    where = f"the axis `{axis}` of `{source}`" if axis else f"`{source}`"
    known = [text for a in axes for text in _labels(assignment, a)]
    return Diagnostic(
        "E602",
        f"{where} gives no parameter the label `{label}`",
        help=did_you_mean(str(label), known) or "its labels: " + ", ".join(f"`{text}`" for text in known),
    )
