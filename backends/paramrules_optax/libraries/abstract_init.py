"""Models that have no parameters before they run: linen modules and haiku functions.

Both keep their parameters in dicts that do not know whose they are. So `init` is run once, under
`jax.eval_shape`, and whoever asks for a parameter is written down. Nothing is computed and nothing allocated.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
from jax.tree_util import tree_flatten, tree_unflatten

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inventories import UNKNOWN_OWNER, Class, Owner
from paramrules_optax.stacks.seen_stacks import Shape, Views
from paramrules_optax.trees.param_tree import is_array


class How(NamedTuple):
    """How a model is to be run.

    Attributes:
        inputs: the positional arguments, as a tuple; anything else is the only one. None if not given.
        kwargs: the arguments by name.
        method: the method that runs in place of `__call__`.
        rngs: a random key, or several by name.
    """

    inputs: Any = None
    kwargs: Mapping[str, Any] | None = None
    method: Callable[..., Any] | str | None = None
    rngs: Any = None


class Run(NamedTuple):
    """What a run has shown.

    Attributes:
        params: the parameters, abstract.
        around: for each parameter that a module was seen to make, by canonical name, the classes of the
            modules around it, from the root to its owner.
        views: in which shapes each parameter was seen, from the inside of stacks and from outside.
        modules: the modules by canonical name, as far as they can be asked for anything later.
    """

    params: Any
    around: Mapping[str, tuple[type, ...]]
    views: Mapping[str, Views]
    modules: Mapping[str, Any]

    def owners(self, names: Sequence[str], foreign: tuple[type, ...]) -> list[Owner]:
        """Whose each parameter is. What is inside of `foreign` modules is of classes that nobody saw."""
        interned: dict[tuple[type, ...], Owner] = {}
        found = []
        for name in names:
            around = self.around.get(name, ())
            if around not in interned:
                known = around and not issubclass(around[-1], foreign)
                interned[around] = Owner(tuple(map(Class.of, around))) if known else UNKNOWN_OWNER
            found.append(interned[around])
        return found


class Sightings:
    """Who makes each parameter, and in which shapes modules around it see it. A run's watcher fills it in."""

    def __init__(self) -> None:
        self.around: dict[str, tuple[type, ...]] = {}
        self.views: dict[str, dict[Shape, str]] = {}

    def seen(self, name: str, shape: Shape, path: str) -> None:
        """A module of this path has seen the parameter in this shape; of several paths the shortest stays."""
        views = self.views.setdefault(name.replace("/", "."), {})
        if len(path) < len(views.setdefault(shape, path)):
            views[shape] = path


def evaluated(what: str, init: Callable[..., Any], how: How, example: str) -> Any:
    """What `init(rngs, *inputs, **kwargs)` gives, with a `jax.ShapeDtypeStruct` for each array.

    Arrays among the inputs, concrete or abstract, are traced; all else (a flag, a text) is handed over
    as it is.

    Raises RulesError: E501 where there are no inputs, or where running fails.
    """
    if how.inputs is None:
        raise RulesError(
            Diagnostic(
                "E501",
                f"{what} has no parameters before it is run, and nothing is there to run it with",
                help=f"hand over inputs, arrays or shapes: `paramrules.inventory({example})`",
            )
        )
    inputs = how.inputs if type(how.inputs) is tuple else (how.inputs,)
    leaves, structure = tree_flatten((how.rngs, inputs, dict(how.kwargs or {})))
    arrays = {number: leaf for number, leaf in enumerate(leaves) if is_array(leaf)}

    def traced(arrays: dict[int, Any]) -> Any:
        rngs, inputs, kwargs = tree_unflatten(
            structure, [arrays.get(number, leaf) for number, leaf in enumerate(leaves)]
        )
        return init(jax.random.key(0) if rngs is None else rngs, *inputs, **kwargs)

    try:
        return jax.eval_shape(traced, arrays)
    except Exception as error:  # whatever the model's code raises
        paragraph = str(error).strip().partition("\n\n")[0]
        why = " ".join(f"{type(error).__name__}: {paragraph}".split()).removesuffix(".")
        raise RulesError(
            Diagnostic(
                "E501",
                f"{what} cannot be run with these inputs: {why}",
                help="`inputs` is a tuple of what it is called with, arrays or shapes; what it takes by name "
                'goes into `kwargs={"train": False}`',
            )
        ) from error
