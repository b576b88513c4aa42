"""A rule file from a mask, labels, or settings by name."""

from collections.abc import Callable, Iterable
from typing import Any

from paramrules.backends import Inferred, LabelSettings, Ungrouped, VocabularyLike
from paramrules.backends import infer as infer_from_any
from paramrules_optax.inventory import inventory_of


def infer(
    params: Any,
    groups: Callable[[Any], object] | object,
    *,
    model: Any = None,
    settings: LabelSettings | None = None,
    also: Iterable[Any] = (),
    checks: Iterable[Any] = (),
    missing: Ungrouped = "error",
    vocabulary: VocabularyLike | None = None,
) -> Inferred:
    """Return a rule file that does with the parameters what a mask or labels do.

    Args:
        params: an Equinox or NNX module, its parameters, an NNX state, a tree of arrays, or an
            inventory: `paramrules.inventory(module, inputs=batch)` of a linen module.
        groups: a function that is called with the tree of parameters, as `optax.adamw(mask=)` and
            `optax.partition` call it, or what it returned: a mask, in which True means that a parameter
            decays; labels, such as those of `optax.partition`; settings by name,
            `{"dense.kernel": {"weight_decay": 0.1}}`. A mask or labels may be a prefix of the tree.
        model: the module, if `params` is a tree that does not know its types; or its inventory.
        settings: for each label its settings, `{"no_decay": {"weight_decay": 0}, "stem": {"freeze": True}}`.
            A label that has none is the name of an optimizer: `optimizer = "label"`.
        also: further sizes of the model, on which the file has to hold too; `groups` is a function then.
        checks: models on which the finished file is tried, see `Inferred.checks`; `groups` is a function
            then.
        missing: what a parameter in no group is: `"error"`, or `"skip"` for one that something else updates.
        vocabulary: see `paramrules.inventory`.

    Returns:
        The file as `text` and `rules`; in `listed` the rules that only list names.

    Raises:
        RulesError: E952 to E958 for groups that cannot be read, E961 to E965 for groups that no file
            describes; what `paramrules.inventory` raises.
        TypeError, ValueError: for an argument that does not fit. What a function raises comes as it is.

    >>> mask = lambda params: jax.tree.map(lambda x: x.ndim > 1, params)
    >>> print(infer(params, mask).text)
    """
    given: Any = params
    if model is not None:
        given = inventory_of(model)
        if callable(groups):
            groups = _with_params(groups, params)
    return infer_from_any(
        given,
        groups,
        also=also,
        checks=checks,
        labels=settings,
        missing=missing,
        vocabulary=vocabulary,
    )


def _with_params(function: Callable[[Any], object], params: Any) -> Callable[[Any], object]:
    """Return a function that calls another with the parameters first, then with whatever it gets."""
    calls = iter((params,))
    return lambda tree: function(next(calls, tree))
