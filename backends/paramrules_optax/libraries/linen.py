"""Linen: parameters are dicts apart from the modules, and `init` shows which module makes each of them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jax.tree_util import tree_flatten_with_path

from paramrules.backends import Diagnostic, RulesError, a, class_name
from paramrules_optax.libraries import nnx
from paramrules_optax.libraries.abstract_init import InitCall, InitRun, Sightings, run_abstractly
from paramrules_optax.libraries.loaded import Classes, Layout, Refusal, einsum_layout, general_layout, loaded
from paramrules_optax.trees.key_paths import joined
from paramrules_optax.trees.leaves import Shape

_COLLECTIONS = ("batch_stats", "cache", "intermediates", "losses", "metrics")
_HIDDEN_ATTRIBUTES = (
    "the attributes of an NNX module inside a linen module are unknown: match a name, a type or a shape"
)
_SHAPE = "(1, 224, 224, 3)"


def modules() -> Classes:
    """Return `flax.linen.Module`."""
    return loaded("flax.linen", "Module")


def boxes() -> Classes:
    """Return the base of what linen wraps around a single parameter, such as `Partitioned`."""
    return loaded("flax.core.meta", "AxisMetadata")


def dicts() -> tuple[type[Mapping[str, Any]], ...]:
    """Return `dict` and `flax.core.FrozenDict`."""
    return dict, *loaded("flax.core.frozen_dict", "FrozenDict")


def without_collection(tree: Any) -> Any:
    """Return what is inside the `params` collection of a dict that holds nothing else."""
    if isinstance(tree, dicts()) and list(tree) == ["params"]:
        inside = tree["params"]
        if isinstance(inside, dicts()):
            return inside
    return tree


def refuse_collections(tree: Any) -> None:
    """Refuse linen's variables, which hold more than parameters. Raises RulesError (E540)."""
    if isinstance(tree, dicts()) and isinstance(tree.get("params"), dicts()):
        for beside in _COLLECTIONS:
            if beside in tree:
                raise RulesError(
                    Diagnostic(
                        "E540",
                        f"the tree holds the collection `{beside}` beside `params`",
                        help='pass `variables["params"]`',
                        cli_help='name the module, with its `--input`, or return `variables["params"]`',
                    )
                )


def refuse_module(leaf: Any) -> Refusal | None:
    """Refuse a module in the place of a parameter."""
    if isinstance(leaf, modules()):
        kind = type(leaf)
        return Refusal(
            f"is {a(class_name(kind))}, not an array",
            'linen keeps parameters apart from modules: pass `model.init(...)["params"]`',
        )
    return None


def kernel_layout(module: Any) -> Layout | None:
    """Return the layout of a layer's kernel, if the layer decides it and not its class."""
    if isinstance(module, loaded("flax.linen", "DenseGeneral")):
        return general_layout(module.batch_dims, module.axis, module.features)
    if isinstance(module, loaded("flax.linen", "ConvTranspose")) and module.transpose_kernel:
        return "*", "out", "in"
    if isinstance(module, loaded("flax.linen", "Einsum")):
        return einsum_layout(module.einsum_str)
    return None


def run(model: Any, call: InitCall) -> InitRun:
    """Run `model.init` abstractly. Raises RulesError: E541 without inputs, E542 where the model raises."""
    from flax import linen

    watcher = _Watcher()

    def init(rngs: Any, *inputs: Any, **kwargs: Any) -> Any:
        with linen.intercept_methods(watcher):
            return model.init(rngs, *inputs, method=call.method, **kwargs)

    variables = run_abstractly(f"the linen module `{type(model).__name__}`", init, call, "module", _SHAPE)
    seen = watcher.sightings
    unknown = {"attr": _HIDDEN_ATTRIBUTES} if watcher.bridged else {}
    return InitRun(
        variables.get("params", {}), seen.around, seen.views, watcher.modules, watcher.every, unknown
    )


class _Watcher:
    """Intercepts every call of a module's method, and looks at the module's parameters when it returns."""

    def __init__(self) -> None:
        self.sightings = Sightings()
        self.modules: dict[str, Any] = {}
        self.every: list[tuple[str, Any]] = []
        self._classes: dict[str, list[type]] = {}  # of the modules of one name, outermost first
        self._root: type = object
        self._boxes = boxes()
        self._general = loaded("flax.linen", "DenseGeneral", "ConvTranspose")
        self._einsums = loaded("flax.linen", "Einsum")
        self._equations: dict[str, set[str]] = {}  # of the einsum of each name
        self._bridges = nnx.in_linen()
        self.bridged = False
        self._depth = 0
        self._outside = 0
        self._scopes: list[Any] = []  # of the modules that run

    def __call__(self, call: Any, args: Any, kwargs: Any, context: Any) -> Any:
        module = context.module
        outside = self._is_outside(module)
        self._depth += 1
        self._outside += outside
        try:
            if self._outside:
                return call(*args, **kwargs)
            name = _dotted(*module.path)
            self._enter(name, module, args, kwargs)
            self._scopes.append(module.scope)
            try:
                result = call(*args, **kwargs)
            finally:
                self._scopes.pop()
            self._look(name, module)
            return result
        finally:
            self._depth -= 1
            self._outside -= outside

    def _is_outside(self, module: Any) -> bool:
        """Return whether a module is a model of its own, which the running one initialises or applies."""
        if not self._depth:
            self._root = type(module)
        return module.scope is None or (not module.path and type(module) not in self._root.__mro__)

    def _enter(self, name: str, module: Any, args: Any, kwargs: Any) -> None:
        cls, here = type(module), self._classes.setdefault(name, [])
        if cls not in here:
            self.every.append((name, module.clone(parent=None)))  # a clone holds nothing of this run
        if hasattr(cls, "no_weight_decay") or isinstance(module, self._general):
            self.modules[name] = module.clone(parent=None)
        elif isinstance(module, self._einsums):
            self.modules[name] = self._einsum(name, module, (*args, *kwargs.values()))
        # `issubclass` would ask every subclass there is, and flax makes new ones for each scan.
        # `nn.scan`, `nn.remat` and the like make a subclass of a class, which runs the class itself.
        if here and cls in here[-1].__mro__:
            here[-1] = cls
        elif not any(other in cls.__mro__ for other in here):
            here.append(cls)  # the first, or one that `nn.share_scope` puts into another's place

    def _einsum(self, name: str, module: Any, arguments: Iterable[Any]) -> Any:
        """Return a copy of an einsum with the equation that it has or is called with; None for several."""
        texts = (text for text in (module.einsum_str, *arguments) if isinstance(text, str))
        equations = self._equations.setdefault(name, set())
        equations.update(text.replace(" ", "") for text in texts)
        return module.clone(parent=None, einsum_str=next(iter(equations)) if len(equations) == 1 else None)

    def _look(self, name: str, module: Any) -> None:
        """Note the module's parameters. The first module to see a parameter owns it.

        Inside a scan a parameter lacks the axis of layers.
        """
        params = module.variables.get("params", {})
        around: tuple[type, ...] | None = None
        if isinstance(module, self._bridges):
            self._look_inside(name, module)
            params = {}
        for key, value in params.items():
            whole = _dotted(name, key)
            if whole not in self._classes:
                if around is None:
                    around = self._around(name, type(module))
                for inner, _ in self._leaves(value):
                    self.sightings.around.setdefault(_dotted(whole, inner), around)
        if not self._is_covered(module.scope):
            self._view(name, f"{name}." if name else "", module.variables.get("params", {}))

    def _is_covered(self, scope: Any) -> bool:
        """Return whether a module around this scope, with nothing lifted between, looks at it as well."""
        return any(
            scope.root is outer.root and scope.path[: len(outer.path)] == outer.path for outer in self._scopes
        )

    def _look_inside(self, name: str, bridge: Any) -> None:
        """Note the classes and modules of the NNX module that a linen one wraps."""
        self.bridged = True
        outer = self._around(name, type(bridge))
        for path, classes, module in nnx.wrapped(bridge):
            if module is None:
                self.sightings.around.setdefault(_dotted(name, path), (*outer, *classes))
            else:
                self.modules[_dotted(name, path)] = module
                self.every.append((_dotted(name, path), module))

    def _view(self, path: str, prefix: str, params: Mapping[str, Any]) -> None:
        """Note in which shapes a module of this path sees all parameters below it."""
        for key, value in params.items():
            if isinstance(value, Mapping):
                self._view(path, f"{prefix}{key}.", value)
                continue
            for inner, shape in self._leaves(value):
                self.sightings.seen(_dotted(f"{prefix}{key}", inner), shape, path)

    def _leaves(self, value: Any, name: str = "") -> Iterator[tuple[str, Shape]]:
        """Yield the names and shapes of the arrays in a parameter, which may be a box or a tree."""
        if hasattr(value, "shape"):
            yield name, value.shape
            return
        boxed = isinstance(value, self._boxes)
        for path, child in tree_flatten_with_path(value, is_leaf=lambda node: node is not value)[0]:
            if path:
                yield from self._leaves(child, name if boxed else joined(name, path[0]))
            else:  # a Python number
                yield name, ()

    def _around(self, name: str, cls: type) -> tuple[type, ...]:
        """Return the classes around a parameter of a module of this name and class, outermost first."""
        parts = name.split(".") if name else []
        outer = (self._classes.get(".".join(parts[:count]), ()) for count in range(len(parts)))
        here = self._classes[name]
        own = next(n for n, other in enumerate(here) if other in cls.__mro__)
        return (*(cls for classes in outer for cls in classes), *here[: own + 1])


def _dotted(*parts: str) -> str:
    """Join parts of a canonical name; linen's names may hold slashes."""
    return ".".join(filter(None, parts)).replace("/", ".")
