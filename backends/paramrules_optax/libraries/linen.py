"""Linen modules: which module each parameter belongs to, seen from inside while `init` runs."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax
from flax import linen as nn

from paramrules_optax.libraries import frameworks
from paramrules_optax.libraries.abstract_init import How, Run, Sightings, evaluated
from paramrules_optax.stacks.seen_stacks import Shape
from paramrules_optax.trees.tree_walk import Walk

_EXAMPLE = 'module, inputs=jax.ShapeDtypeStruct((1, 224, 224, 3), "float32")'

_TELLING = (nn.DenseGeneral, nn.ConvTranspose)
"""Modules that are asked for the layout of their kernels."""


def linen_run(model: nn.Module, how: How) -> Run:
    """Runs `model.init` abstractly. Raises RulesError (E501) where that fails."""
    watcher = _Watcher()

    def init(rngs: Any, *inputs: Any, **kwargs: Any) -> Any:
        with nn.intercept_methods(watcher):
            return model.init(rngs, *inputs, method=how.method, **kwargs)

    variables = evaluated(f"the linen module `{type(model).__name__}`", init, how, _EXAMPLE)
    seen = watcher.sightings
    return Run(variables.get("params", {}), seen.around, seen.views, watcher.modules)


class _Watcher:
    """Is told of every call of a module's method, and looks at the module's parameters when it returns."""

    def __init__(self) -> None:
        self.sightings = Sightings()
        self.modules: dict[str, Any] = {}
        self._classes: dict[str, list[type]] = {}  # of the modules of a name, outermost first
        self._root: type = object
        self._boxes = frameworks.boxes()
        self._depth = 0
        self._outside = 0

    def __call__(self, call: Any, args: Any, kwargs: Any, context: Any) -> Any:
        module = context.module
        outside = self._is_outside(module)
        self._depth += 1
        self._outside += outside
        try:
            if self._outside:
                return call(*args, **kwargs)
            name = _dotted(*module.path)
            self._enter(name, module)
            result = call(*args, **kwargs)
            self._look(name, module)
            return result
        finally:
            self._depth -= 1
            self._outside -= outside

    def _is_outside(self, module: nn.Module) -> bool:
        """Whether it is a model of its own, which the model that is run initialises or applies by itself."""
        if not self._depth:
            self._root = type(module)
        return module.scope is None or (not module.path and type(module) not in self._root.__mro__)

    def _enter(self, name: str, module: nn.Module) -> None:
        cls, here = type(module), self._classes.setdefault(name, [])
        if hasattr(cls, "no_weight_decay") or isinstance(module, _TELLING):
            self.modules[name] = module.clone(parent=None)  # which holds nothing of this run
        # `issubclass` would ask every subclass that there is, and flax makes new ones for each scan.
        # What `nn.scan`, `nn.remat` and the like make of a class is a subclass, and runs the class itself.
        if here and cls in here[-1].__mro__:
            here[-1] = cls
        elif not any(other in cls.__mro__ for other in here):
            here.append(cls)  # the first, or one that `nn.share_scope` puts into another's place

    def _look(self, name: str, module: nn.Module) -> None:
        """Who is first to see a parameter has made it. Inside a scan it does not have the axis of layers."""
        params = module.variables.get("params", {})
        around: tuple[type, ...] = ()
        for key, value in params.items():
            whole = _dotted(name, key)
            if whole not in self._classes:
                around = around or self._around(name, type(module))
                for inner, _ in self._leaves(value):
                    self.sightings.around.setdefault(_dotted(whole, inner), around)
        self._view(name, f"{name}." if name else "", params)

    def _view(self, path: str, prefix: str, params: Mapping[str, Any]) -> None:
        """Writes down how a module of this path sees all that is in it."""
        for key, value in params.items():
            if isinstance(value, Mapping):
                self._view(path, f"{prefix}{key}.", value)
                continue
            for inner, shape in self._leaves(value):
                self.sightings.seen(_dotted(f"{prefix}{key}", inner), shape, path)

    def _leaves(self, value: Any) -> Iterator[tuple[str, Shape]]:
        """The arrays of a parameter, which may be a box or a tree, with their names in it."""
        if hasattr(value, "shape"):
            yield "", value.shape
            return
        leaves = jax.tree_util.tree_leaves(value)
        names = [""] if isinstance(value, self._boxes) and len(leaves) == 1 else Walk(value).names
        for name, leaf in zip(names, leaves, strict=True):
            yield name, leaf.shape

    def _around(self, name: str, cls: type) -> tuple[type, ...]:
        """The classes around a parameter of a module of this name and class."""
        parts = name.split(".") if name else []
        outer = (self._classes.get(".".join(parts[:count]), ()) for count in range(len(parts)))
        here = self._classes[name]
        own = next(n for n, other in enumerate(here) if other in cls.__mro__)
        return (*(cls for classes in outer for cls in classes), *here[: own + 1])


def _dotted(*parts: str) -> str:
    """A canonical name."""
    return ".".join(filter(None, parts)).replace("/", ".")
