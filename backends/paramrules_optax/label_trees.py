"""Labels: a tree of strings for `optax.partition`, and a function that gives it."""

from collections.abc import Callable, Sequence
from typing import Any

from paramrules.assignment import Assignment
from paramrules_optax.assigned import AnyRules, Assigned, Options
from paramrules_optax.fit import fitted


def labels(
    params: Any,
    rules: AnyRules,
    axis: str | None = None,
    *,
    options: Options = None,
    strict: bool = False,
    model: Any = None,
) -> Any:
    """The label of every parameter, as a tree of the structure of `params`.

    Args:
        params: an Equinox or NNX module, its parameters, an NNX state, or a tree of arrays, concrete or
            abstract. Labels of an Equinox module have the structure of `eqx.filter(module,
            eqx.is_inexact_array)`, those of an NNX module that of `nnx.state(module, nnx.Param)`.
        rules: what `paramrules.load` gives, the path of a rule file, or an assignment to the same model.
        axis: an axis's labels, as the rules write them; None for the labels of the groups: those of all
            axes, joined with `/`.
        options: values for the file's options.
        strict: see `paramrules.assign`.
        model: the module, where `params` is a tree that does not know its types.

    Returns:
        A tree of str. Frozen parameters are labelled like others.

    Raises:
        RulesError: what `paramrules.assign` raises, E601 where `params` holds a leaf that is no parameter of
            `model`, E603 for an axis that the rules do not have.

    >>> labels({"norm": {"scale": jnp.ones(3)}, "dense": {"kernel": jnp.ones((3, 3))}}, "decay.rules")
    {'dense': {'kernel': 'decay'}, 'norm': {'scale': 'no_decay'}}
    """
    assigned = Assigned(params, rules, options, strict, model)
    return assigned.tree(_column(assigned.assignment, axis))


def label_fn(
    params: Any,
    rules: AnyRules,
    axis: str | None = None,
    *,
    options: Options = None,
    strict: bool = False,
    model: Any = None,
) -> Callable[[Any], Any]:
    """A function that gives the labels of any tree of these parameters: hand this to `optax.partition`.

    The rules are assigned once, here. The function answers by the names in the tree that it is called
    with, so that NNX's boxed and pure trees, gradients and partly masked trees have the same labels; it
    raises RulesError (E601) where the tree holds something else. Takes what `labels` takes.

    >>> tx = optax.partition({"decay": adamw, "no_decay": adam}, label_fn(model, "decay.rules"))
    """
    assigned = Assigned(params, rules, options, strict, model)
    values = assigned.by_name(_column(assigned.assignment, axis))
    return lambda tree: fitted(values, tree)


def _column(assignment: Assignment, axis: str | None) -> Sequence[str]:
    if axis is None:
        texts = [group.label for group in assignment.groups]
        return [texts[number] for number in assignment.group_numbers]
    found = assignment.axis(axis)
    return [found.labels[number] for number in found.of]
