"""Haiku: a model is a function, and its `init` shows which module makes each parameter."""

import re
import sys
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from paramrules.backends import Diagnostic, RulesError
from paramrules_optax.libraries.abstract_init import InitCall, InitRun, Sightings, run_abstractly
from paramrules_optax.libraries.loaded import loaded

_SHAPE = "(1, 28, 28, 1)"
_NO_MODULES = "haiku's modules live only while the function runs: match a name, a type or a shape"
_NO_ATTRIBUTES = "a haiku parameter has no attributes: match its name, its type or its shape"
_STATEFUL = ("TransformedWithState", "MultiTransformedWithState")
_TRANSFORMED = ("Transformed", "MultiTransformed", *_STATEFUL)
_DEPTHWISE = ("DepthwiseConv1D", "DepthwiseConv2D", "DepthwiseConv3D")

_LIFTING = "LiftingModule"
"""The name of haiku's private class for a module that stands for what `hk.lift` lifts."""

_UNNAMED = re.compile(r"(?:(?<=[./])|^)__layer_stack(?:_no_per_layer|(?=_with_per_layer))")
"""The name that `hk.layer_stack` gives the module of a stack that has none."""


def is_model(model: object) -> bool:
    """Return whether a model is a transformed function, or, where haiku is loaded, any other function."""
    if isinstance(model, loaded("haiku", *_TRANSFORMED)):
        return True
    return "haiku" in sys.modules and isinstance(model, FunctionType | MethodType | partial)


def canonical_name(path: str) -> str:
    """Return a path of modules as a canonical name.

    >>> canonical_name("encoder/__layer_stack_no_per_layer_1/linear/w")
    'encoder.layer_stack_1.linear.w'
    """
    return with_named_stacks(path.replace("/", ".").strip("."))


def with_named_stacks(name: str) -> str:
    """Return a name in which a stack that has no name is called `layer_stack`.

    A stack whose function takes inputs for each layer is `layer_stack_with_per_layer`.
    """
    return _UNNAMED.sub("layer_stack", name) if "__layer_stack_" in name else name


def run(model: Any, call: InitCall) -> InitRun:
    """Run the `init` of a function abstractly, transformed or not.

    Raises RulesError: E517 for a `method`, E541 without inputs, E542 where the model raises.
    """
    import haiku

    if call.method is not None:
        raise RulesError(
            Diagnostic(
                "E517",
                "`method` is for linen modules: a haiku function has only one",
                help="leave `method` out",
            )
        )
    name = f" `{model.__name__}`" if isinstance(model, FunctionType) else ""
    transformed = (
        model if isinstance(model, loaded("haiku", *_TRANSFORMED)) else haiku.transform_with_state(model)
    )
    watcher = _Watcher()

    def watched(rng: Any, *inputs: Any, **kwargs: Any) -> Any:
        with haiku.custom_creator(watcher.created), haiku.intercept_methods(watcher.called):
            return transformed.init(rng, *inputs, **kwargs)

    def init(rng: Any, *inputs: Any, **kwargs: Any) -> Any:
        # Haiku lets creators be set only inside a transformed function; the model's own goes into it.
        return haiku.transform(watched).apply({}, None, rng, *inputs, **kwargs)

    made = run_abstractly(f"the haiku function{name}", init, call, "forward", _SHAPE)
    params = made[0] if isinstance(transformed, loaded("haiku", *_STATEFUL)) else made
    seen = watcher.sightings
    unknown = {"attr": _NO_ATTRIBUTES, "module_attr": _NO_MODULES}
    return InitRun(params, seen.around, seen.views, {}, (), unknown, watcher.groups)


def _groups(module: Any, shape: Any) -> int | None:
    """Return the groups of the convolution that a module is, whose weight has this shape; None if unknown.

    A depthwise one has as many as its input has channels, and makes `channel_multiplier` of each.
    """
    if isinstance(module, loaded("haiku", *_DEPTHWISE)):
        return int(shape[-1]) // int(module.channel_multiplier)
    if isinstance(module, loaded("haiku", "ConvNDTranspose")):
        return 1
    return getattr(module, "feature_group_count", getattr(module, "groups", None))


class _Watcher:
    """Intercepts every call of a module's method and the creation of every parameter."""

    def __init__(self) -> None:
        import haiku

        self.sightings = Sightings()
        self.groups: dict[str, int] = {}
        self._classes: dict[str, type] = {}
        self._active: list[tuple[str, type]] = []
        self._running_init = haiku.running_init
        self._root = haiku.Module

    def called(self, call: Any, args: Any, kwargs: Any, context: Any) -> Any:
        """Run a method, and note the module while it runs."""
        name = getattr(context.module, "module_name", None)
        if name is None:  # `__init__` has only begun
            return call(*args, **kwargs)
        cls = type(context.module)
        self._classes[name] = cls
        self._active.append((name, cls))
        try:
            result = call(*args, **kwargs)
        finally:
            self._active.pop()
        if cls.__name__ == _LIFTING and self._running_init():
            self._lifted(name, result[0])
        return result

    def _lifted(self, name: str, params: Any) -> None:
        """Note the parameters that leave a stack: they have the axis that stacking adds."""
        around = "".join(f"{outer}/" for outer, cls in self._active if cls.__name__ == _LIFTING)
        for module, leaves in params.items():
            for leaf, value in leaves.items():
                whole = canonical_name(f"{around}{name}/{module}/{leaf}")
                self.sightings.seen(whole, value.shape, canonical_name(around))

    def created(self, make: Any, shape: Any, dtype: Any, init: Any, context: Any) -> Any:
        """Make a parameter, and note the module that asks for it."""
        lifted = context.lifted_prefix_name or ""
        whole = canonical_name(lifted + context.full_name)
        if whole not in self.sightings.around:
            self.sightings.around[whole] = self._around(lifted, context)
            if (groups := _groups(context.module, shape)) is not None:
                self.groups[whole] = groups
        self.sightings.seen(whole, tuple(shape), canonical_name(lifted))
        return make(shape, dtype, init)

    def _around(self, lifted: str, context: Any) -> tuple[type, ...]:
        """Return the classes around a parameter, outermost first."""
        if context.module is None:
            return (self._root,)  # the function itself: no rule names its class
        parts = context.module_name.split("/")
        outer = ("/".join(parts[:count]) for count in range(1, len(parts)))
        own = (*(self._classes[name] for name in outer if name in self._classes), type(context.module))
        return (*self._around_lift(lifted), *own)

    def _around_lift(self, lifted: str) -> list[type]:
        """Return the classes of the active modules around what `layer_stack` or `lift` runs.

        Names begin anew inside a lifted function, and so does the search for modules around it.
        """
        found, begun = [], ""
        for name, cls in self._active:
            if lifted.startswith(f"{begun}{name}/"):
                if cls.__name__ == _LIFTING:
                    begun += f"{name}/"
                else:
                    found.append(cls)
        return found
