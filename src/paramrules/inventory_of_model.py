"""The inventory of a model: the backend that knows it is found and asked."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from paramrules.argument_types import check_mapping, rest_by_name
from paramrules.inventories import Inventory
from paramrules.inventories.described import described
from paramrules.inventories.own_vocabulary import VocabularyLike
from paramrules.registry import backend_of


@rest_by_name
def inventory(
    model: object,
    *,
    inputs: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    method: Any = None,
    rngs: Any = None,
    types: Mapping[str, Any] | None = None,
    stacked: Mapping[str, int] | None = None,
    vocabulary: VocabularyLike | None = None,
    **how: Any,
) -> Inventory:
    """Return the facts about a model's parameters, in a form that needs no framework to read.

    Args:
        model: anything that an installed backend knows: a `torch.nn.Module`, an Equinox or NNX module, a tree
            of arrays, concrete or abstract (meta device, `jax.eval_shape`). An `Inventory` is returned as it
            is.
        inputs: the positional arguments of a linen module or haiku function, arrays or
            `jax.ShapeDtypeStruct`: a tuple, or the only one. Its `init` runs abstractly, so nothing is
            computed.
        kwargs: its arguments by name: `{"train": False}`.
        method: the method of a linen module to initialise with, in place of `__call__`.
        rngs: random keys for `init`, one or a dict of several; needed only if a model reads them.
        types: the class of each module by path, for a JAX tree that does not know its modules:
            `{"encoder.norm": flax.linen.LayerNorm}`; `""` is the root.
        stacked: the number of leading axes that are layers, for all JAX arrays below a path:
            `{"layers": 1}`; `""` is the root. 0 says that there is no stack.
        vocabulary: TOML files, a path or several, that say what the model's classes are.
        how: what a backend of your own takes beside the model.

    Raises:
        RulesError: E504 if no backend knows the model, with E515 for each that cannot be loaded; E510 or E511
            for a vocabulary that cannot be read or contradicts another; E517 for keywords that its backend
            does not take; E545 if the inventory was taken with another vocabulary; what the backend finds
            wrong with the model.
        TypeError: `kwargs`, `types` or `stacked` is not a mapping of texts.

    >>> paramrules.inventory(torch.nn.Linear(3, 2))
    <Inventory of 2 parameters, torch>
    """
    check_mapping("types", types, '{"encoder.norm": LayerNorm}', "paths of modules")
    check_mapping("stacked", stacked, '{"layers": 1}', "paths in the model")
    check_mapping("kwargs", kwargs, '{"train": False}', "names of arguments")
    named = {
        "inputs": inputs,
        "kwargs": kwargs,
        "method": method,
        "rngs": rngs,
        "types": types,
        "stacked": stacked,
    }
    how |= {name: value for name, value in named.items() if value is not None}
    if isinstance(model, Inventory) and not how:
        return described(lambda: model, vocabulary)
    backend = None if isinstance(model, Inventory) else backend_of(model)
    if backend is not None and how.keys() <= backend.keywords:
        return described(partial(backend.inventory, model, **how), vocabulary)
    from paramrules.wrong_models import refused

    raise refused(model, backend, how)
