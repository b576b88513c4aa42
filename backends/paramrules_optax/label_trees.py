"""Labels: a tree of strings for `optax.partition`, and a function that gives it."""

from collections.abc import Callable
from typing import Any

from paramrules_optax.assigned import AnyRules, Assigned, Options, labels_of
from paramrules_optax.trees.fit import fitted


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
        model: the module, where `params` is a tree that does not know its types; or its inventory, where
            there is more to say of it: `paramrules.inventory(module, stacked={"layers": 1})`.

    Returns:
        A tree of str. Frozen parameters are labelled like others.

    Raises:
        RulesError: what `paramrules.assign` raises, E601 where `params` holds a leaf that is no parameter of
            `model` or stacks of other layers, E603 for an axis that the rules do not have, E605 where layers
            of one array have different labels.

    >>> labels({"norm": {"scale": jnp.ones(3)}, "dense": {"kernel": jnp.ones((3, 3))}}, "decay.rules")
    {'dense': {'kernel': 'decay'}, 'norm': {'scale': 'no_decay'}}
    """
    assigned = Assigned(params, rules, options, strict, model)
    found = labels_of(assigned.assignment, axis)
    return assigned.tree(found.each(), found)


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
    found = labels_of(assigned.assignment, axis)
    values = assigned.by_name(found.each(), found)
    return lambda tree: fitted(values, tree)
