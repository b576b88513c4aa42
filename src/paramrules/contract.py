"""The contract of a backend: what the core asks of a framework.

A third party fulfils it in a package of its own, with an entry point in the group `paramrules.backends` that
names a `Backend`:

    [project.entry-points."paramrules.backends"]
    toy = "paramrules_toy:backend"

Importing it must be cheap and must not import the framework.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from warnings import warn

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inventories import Inventory


class Backend:
    """A framework, as the core sees it. A backend is an instance of a subclass.

    Attributes:
        name: the name of the framework, as users see it and saved inventories hold it.
        frameworks: modules, one of which is in `sys.modules` whenever a model of the framework exists.
        keywords: the keyword arguments that `inventory` takes beside the model.
        wrappers: what wrappers add to native names: by the dotted name of a wrapper's class, or of a base
            of it, the name of the child that it wraps. Canonical names are without it.

    >>> class ToyBackend(Backend):
    ...     name = "toy"
    ...     frameworks = ("toy",)
    ...     def recognises(self, model): return isinstance(model, sys.modules["toy"].Module)
    ...     def inventory(self, model):
    ...         names, owners, arrays = walk(model)
    ...         return Inventory("toy", names, owners, ToyColumns(arrays))
    """

    name: str
    frameworks: tuple[str, ...]
    keywords: frozenset[str] = frozenset()
    wrappers: Mapping[str, str] = {}

    def recognises(self, model: object) -> bool:
        """Return whether the object is a model, or a tree of parameters, of this framework.

        It is asked about models of any framework, and only while one of `frameworks` is loaded.
        """
        raise NotImplementedError

    def inventory(self, model: Any, **how: Any) -> Inventory:
        """Return the parameters of a model that it recognises; `how` holds some of `keywords`.

        Raises:
            RulesError: the parameters cannot be described.
        """
        raise NotImplementedError

    def build_abstract(self, make: Callable[[], object]) -> object:
        """Return what `make()` returns, without memory for its parameters if the framework can do that.

        `make` may return a model of another framework, and may be called more than once.
        """
        return make()

    def needs_inputs(self, model: object) -> bool:
        """Return whether a model that it recognises has no parameters before it runs.

        `inventory` takes the arguments `inputs` (a tuple) and `kwargs` (a dict) for such a model.
        """
        return False

    def abstract_array(self, shape: tuple[int, ...], dtype: str) -> object:
        """Return an array without values, for the `inputs` of `inventory`; `dtype` is such as `float32`."""
        raise NotImplementedError

    def supplied(self, maker: Callable[..., object]) -> Mapping[str, Callable[[], object]]:
        """Return functions that make the arguments of a model's class that a command line cannot write.

        They are called under `build_abstract`, for arguments that are not given.
        """
        return {}

    def for_groups(self, model: Any, inventory: Inventory) -> object:
        """Return what a user's function that makes param groups, a mask or labels is called with.

        Args:
            model: the model, or its inventory.
            inventory: its inventory, as `inventory` returned it.
        """
        if isinstance(model, Inventory):
            raise RulesError(
                Diagnostic(
                    "E951",
                    "a function makes groups of a model, and this is an inventory",
                    help="pass the model itself, or settings by name",
                    cli_help="name the model itself, or a JSON file with settings by name",
                )
            )
        return model

    def needs_values(self, error: Exception) -> bool:
        """Return whether code failed because a model that `build_abstract` built has no values."""
        return False

    def groups_need_values(self, model: object) -> bool:
        """Return whether code may make other groups of a model that `build_abstract` built."""
        return False

    def parameter_names(self, model: Any) -> Callable[[object], str | None]:
        """Return a function from a parameter as the framework has it to its canonical name.

        It returns None for anything else. Only a framework whose parameters are objects has one.
        """
        return lambda parameter: None

    def values_by_name(self, tree: object, inventory: Inventory) -> Mapping[str, object] | None:
        """Return the booleans or texts in a tree with the structure of parameters, by canonical names.

        A value may stand above parameters, and is theirs then. None for anything but such a tree; dicts of
        names, also nested, need not be flattened. `inventory` is that of the model.
        """
        return None

    def optimizers(self) -> Collection[str]:
        """Return the names of the framework's optimizers for which `state_bytes` has an answer."""
        return ()

    def state_bytes(
        self, optimizer: str, shape: tuple[int, ...], dtype: str, settings: Mapping[str, Any]
    ) -> int:
        """Return the bytes of an optimizer's state of one array.

        Args:
            optimizer: one of `optimizers`.
            shape: the array's shape as it is stored, of one layer.
            dtype: its dtype, as `Columns.dtype` has it.
            settings: what a rule sets beside rates; keys that the optimizer does not have say nothing.
        """
        raise NotImplementedError

    def abstractly(self, make: Callable[[], object]) -> object:
        """Call `build_abstract`, which this was called before."""
        warn("`Backend.abstractly` is now called `build_abstract`", DeprecationWarning, stacklevel=2)
        return self.build_abstract(make)
