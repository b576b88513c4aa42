"""The backend as the core sees it. Importing it imports no framework."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from paramrules.backends import Backend, Inventory


class OptaxBackend(Backend):
    """Modules of Equinox, NNX and linen, haiku functions, NNX states, and trees of arrays."""

    name = "optax"
    frameworks = ("jax",)
    keywords = frozenset(("types", "inputs", "kwargs", "method", "rngs", "stacked"))
    wrappers: Mapping[str, str] = {"flax.core.FrozenDict": "params", "equinox.nn.Shared": "pytree"}

    def recognises(self, model: object) -> bool:
        """Return whether a model is one of these, or a tree with an array of jax or NumPy."""
        from paramrules_optax.libraries import holds_a_model, init_of
        from paramrules_optax.trees.param_tree import holds_arrays

        return init_of(model) is not None or holds_arrays(model) or holds_a_model(model)

    def inventory(self, model: Any, **how: Any) -> Inventory:
        """Return the inventory of a model; `how` are the arguments of `inventory_of`."""
        from paramrules_optax.inventory import inventory_of

        return inventory_of(model, **how)

    def needs_inputs(self, model: object) -> bool:
        """Return whether a model is a linen module or a haiku function."""
        from paramrules_optax.libraries import init_of

        return init_of(model) is not None

    def abstract_array(self, shape: tuple[int, ...], dtype: str) -> object:
        """Return a `jax.ShapeDtypeStruct`."""
        import jax

        return jax.ShapeDtypeStruct(shape, dtype)  # type: ignore[no-untyped-call]  # jax gives no types

    def supplied(self, maker: Callable[..., object]) -> Mapping[str, Callable[[], object]]:
        """Return what makes the `rngs` of an NNX module and the `key` of an Equinox one."""
        from paramrules_optax.libraries import random_arguments

        return random_arguments(maker)

    def build_abstract(self, make: Callable[[], object]) -> object:
        """See `paramrules_optax.build_abstract`."""
        from paramrules_optax.abstract import build_abstract

        return build_abstract(make)

    def for_groups(self, model: Any, inventory: Inventory) -> object:
        """Return the tree of parameters as an optimizer gets it, abstract for a linen module."""
        from paramrules_optax.made_masks import trained_tree

        tree = trained_tree(inventory)
        return super().for_groups(model, inventory) if tree is None else tree

    def groups_need_values(self, model: object) -> bool:
        """Return whether `equinox.is_array` and its like tell the model's arrays: abstract ones are none."""
        return not self.needs_inputs(model)

    def values_by_name(self, tree: object, inventory: Inventory) -> Mapping[str, object] | None:
        """Return the leaves of a mask or of labels, by name; see `paramrules_optax.made_masks`."""
        from paramrules_optax.made_masks import values_by_name

        return values_by_name(tree, inventory)

    def optimizers(self) -> Collection[str]:
        """Return the names of the optimizers whose state is known; see `paramrules_optax.state_bytes`."""
        from paramrules_optax.state_bytes import optimizers

        return optimizers()

    def state_bytes(
        self, optimizer: str, shape: tuple[int, ...], dtype: str, settings: Mapping[str, Any]
    ) -> int:
        """Return the bytes of an optimizer's state of one array; see `paramrules_optax.state_bytes`."""
        from paramrules_optax.state_bytes import state_bytes

        return state_bytes(optimizer, shape, dtype, settings)


backend = OptaxBackend()
