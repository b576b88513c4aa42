"""Models that have no parameters before `init` runs: linen modules and haiku functions.

Both keep their parameters in dicts that do not name the modules. So `init` runs once, under `jax.eval_shape`,
while the library's file watches which module makes each parameter. Nothing is computed or allocated.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
from jax.tree_util import tree_flatten, tree_unflatten

from paramrules.backends import Diagnostic, RulesError
from paramrules_optax.trees.leaves import Shape, is_array

Views = Mapping[Shape, str]
"""The shapes in which modules saw a parameter, innermost first, each with the shortest path that saw it."""


class InitCall(NamedTuple):
    """The arguments that a model is initialised with.

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


class InitRun(NamedTuple):
    """The parameters that a run of `init` made, and how the modules saw them.

    Attributes:
        params: the parameters, abstract.
        around: for each parameter that a module made, by canonical name, the classes of the modules around
            it, from the root to its owner; none where the modules are not visible.
        views: the shapes in which each parameter was seen, from inside of stacks and from outside.
        modules: the modules by canonical name, as far as they can be asked for anything later.
        every: name and module of all modules, outer ones first, for the marks on them.
        unknown: facts that the run cannot show, each with what to do about it.
        groups: the groups of convolutions whose modules are not in `every`, by the name of the weight.
    """

    params: Any
    around: Mapping[str, tuple[type, ...]]
    views: Mapping[str, Views]
    modules: Mapping[str, Any]
    every: Sequence[tuple[str, Any]]
    unknown: Mapping[str, str]
    groups: Mapping[str, int] = {}


class Sightings:
    """The modules that make each parameter, and the shapes in which modules see it."""

    def __init__(self) -> None:
        self.around: dict[str, tuple[type, ...]] = {}
        self.views: dict[str, dict[Shape, str]] = {}

    def seen(self, name: str, shape: Shape, path: str) -> None:
        """Note that the module at a path sees a parameter in a shape; the shortest path stays."""
        views = self.views.setdefault(name.replace("/", "."), {})
        if len(path) < len(views.setdefault(shape, path)):
            views[shape] = path


def run_abstractly(what: str, init: Callable[..., Any], call: InitCall, model: str, shape: str) -> Any:
    """Return the result of `init(rngs, *inputs, **kwargs)` with a `jax.ShapeDtypeStruct` for each array.

    Arrays among the inputs, concrete or abstract, are traced; anything else (a flag, a string) is passed on
    as it is.

    Args:
        what: the model in words.
        init: what runs.
        call: its arguments.
        model: how code that uses the model calls it, for the help.
        shape: a shape of inputs that it may take, for the help.

    Raises RulesError: E541 without inputs, E542 where `init` raises.
    """
    if call.inputs is None:
        raise RulesError(
            Diagnostic(
                "E541",
                f"{what} has no parameters before it runs, and there are no inputs to run it with",
                help="pass inputs, arrays or shapes: "
                f'`paramrules.inventory({model}, inputs=jax.ShapeDtypeStruct({shape}, "float32"))`',
                cli_help=f'add its inputs, in order: `--input "{shape}"`, `--input int32[1,128]` or '
                "`--input train=False`",
            )
        )
    inputs = call.inputs if type(call.inputs) is tuple else (call.inputs,)
    leaves, structure = tree_flatten((call.rngs, inputs, dict(call.kwargs or {})))
    arrays = {number: leaf for number, leaf in enumerate(leaves) if is_array(leaf)}

    def traced(arrays: dict[int, Any]) -> Any:
        rngs, inputs, kwargs = tree_unflatten(
            structure, [arrays.get(number, leaf) for number, leaf in enumerate(leaves)]
        )
        return init(jax.random.key(0) if rngs is None else rngs, *inputs, **kwargs)

    try:
        return jax.eval_shape(traced, arrays)
    except Exception as error:  # whatever the model's code raises
        paragraph = " ".join(str(error).strip().partition("\n\n")[0].split()).removesuffix(".")
        why = f"{type(error).__name__}: {paragraph}" if paragraph else type(error).__name__
        raise RulesError(
            Diagnostic(
                "E542",
                f"{what} cannot run with these inputs: {why}",
                help="`inputs` is a tuple of the positional arguments, arrays or shapes; those by name go "
                'into `kwargs={"train": False}`',
                cli_help="each `--input` is an argument, in order: a shape, `int32[1,128]` for another type, "
                "or by name, `train=False`",
            )
        ) from error
