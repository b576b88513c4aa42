"""The JAX libraries: one file for each, with everything that knows it.

Each function here asks the libraries that have an answer. To support another one, write its file and add it
to the lines that apply:

- its modules are pytrees that own the arrays below them (Equinox): `module_classes`;
- its modules are not pytrees, and an optimizer gets a state of them (NNX): `graph_classes`, `state_of_graph`,
  `unfold_graph`;
- it wraps single parameters (NNX, linen): `box_classes`;
- its pytrees hold arrays that nobody trains (Equinox): `state_classes`;
- its modules take random keys when they are made (NNX, Equinox): `random_arguments`;
- its models have no parameters before they run (linen, haiku): `init_of`;
- a layer and not its class decides how a kernel is laid out (linen, NNX): `kernel_layout`;
- users pass something of it that is not a parameter (linen, NNX): `refuse`;
- users pass an object that keeps a model and its parameters (transformers): `holds_a_model`, `refuse_holder`.

No library is imported before a model of it turns up: classes are looked up with `loaded`.
"""

from collections.abc import Callable
from typing import Any

from paramrules.backends import Diagnostic, RulesError, a, class_name
from paramrules_optax.libraries import equinox, haiku, linen, nnx, transformers
from paramrules_optax.libraries.abstract_init import InitCall, InitRun
from paramrules_optax.libraries.loaded import Classes, Layout, Refusal


def module_classes() -> Classes:
    """Return the pytree nodes that own every array below them, in dicts and lists as well."""
    return equinox.modules()


def graph_classes() -> Classes:
    """Return the modules that jax does not flatten."""
    return nnx.modules()


def state_of_graph(model: Any) -> Any:
    """Return the tree that an optimizer gets for a module that jax does not flatten."""
    return nnx.parameters(model)


def unfold_graph(model: Any) -> nnx.ModuleGraph:
    """Return the names, owners and modules of such a module, with all names of what is shared."""
    return nnx.unfold(model)


def box_classes() -> Classes:
    """Return the nodes around single parameters, which have no part in names."""
    return nnx.variables() + linen.boxes()


def state_classes() -> Classes:
    """Return the pytree nodes that hold arrays which are not trained."""
    return equinox.states()


def init_of(model: Any) -> Callable[[Any, InitCall], InitRun] | None:
    """Return the function that runs a model's `init`; None if the model has its parameters already."""
    if isinstance(model, linen.modules()):
        return linen.run
    return haiku.run if haiku.is_model(model) else None


def random_arguments(maker: Callable[..., object]) -> dict[str, Callable[[], object]]:
    """Return functions that make the random keys that a class of modules requires, by argument."""
    return {**nnx.random_arguments(maker), **equinox.random_arguments(maker)}


def holds_a_model(value: Any) -> bool:
    """Return whether a value keeps a model and its parameters beside each other."""
    return transformers.is_model(value)


def refuse_holder(value: Any) -> None:
    """Refuse what keeps parameters beside something else. Raises RulesError (E519)."""
    transformers.refuse_model(value)
    if hasattr(value, "opt_state") and hasattr(value, "tx"):
        cls = type(value)
        raise RulesError(
            Diagnostic(
                "E519",
                f"{a(class_name(cls))} keeps the state of an optimizer beside parameters",
                help="pass its `.params`" if hasattr(value, "params") else "pass the module that it trains",
            )
        )


def kernel_layout(module: Any) -> Layout | None:
    """Return the layout of a layer's kernel, if the layer decides it and not its class."""
    return linen.kernel_layout(module) or nnx.kernel_layout(module)


def refuse(leaf: Any, box: Any) -> Refusal | None:
    """Refuse a leaf, or the variable around it, that a library keeps apart from parameters."""
    return nnx.refuse_untrained(box) or linen.refuse_module(leaf)
