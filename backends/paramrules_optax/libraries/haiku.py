"""Haiku functions: which module each parameter belongs to, seen where `init` makes it."""

from types import FunctionType
from typing import Any

import haiku as hk

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules_optax.libraries.abstract_init import How, Run, Sightings, evaluated
from paramrules_optax.libraries.haiku_names import canonical

_EXAMPLE = 'forward, inputs=jax.ShapeDtypeStruct((1, 28, 28, 1), "float32")'
_WITH_STATE = (hk.TransformedWithState, hk.MultiTransformedWithState)
_TRANSFORMED = (hk.Transformed, hk.MultiTransformed, *_WITH_STATE)


def haiku_run(model: Any, how: How) -> Run:
    """Runs the `init` of a haiku function abstractly, transformed or not.

    Raises RulesError (E501) where that fails.
    """
    if how.method is not None:
        raise RulesError(
            Diagnostic(
                "E501",
                "`method` is for linen modules; a haiku function is one method",
                help="leave `method` out",
            )
        )
    name = f" `{model.__name__}`" if isinstance(model, FunctionType) else ""
    transformed = model if isinstance(model, _TRANSFORMED) else hk.transform_with_state(model)
    watcher = _Watcher()

    def watched(rng: Any, *inputs: Any, **kwargs: Any) -> Any:
        with hk.custom_creator(watcher.created), hk.intercept_methods(watcher.called):
            return transformed.init(rng, *inputs, **kwargs)

    def init(rng: Any, *inputs: Any, **kwargs: Any) -> Any:
        # Haiku lets creators be set only inside of a transformed function; the model's own goes into it.
        return hk.transform(watched).apply({}, None, rng, *inputs, **kwargs)

    made = evaluated(f"the haiku function{name}", init, how, _EXAMPLE)
    params = made[0] if isinstance(transformed, _WITH_STATE) else made
    return Run(params, watcher.sightings.around, watcher.sightings.views, {})


class _Watcher:
    """Is told of every call of a module's method and of every parameter that is made."""

    def __init__(self) -> None:
        self.sightings = Sightings()
        self._classes: dict[str, type] = {}
        self._active: list[tuple[str, type]] = []

    def called(self, call: Any, args: Any, kwargs: Any, context: hk.MethodContext) -> Any:
        name = getattr(context.module, "module_name", None)
        if name is None:  # `__init__` has only begun
            return call(*args, **kwargs)
        self._classes[name] = type(context.module)
        self._active.append((name, type(context.module)))
        try:
            result = call(*args, **kwargs)
        finally:
            self._active.pop()
        if type(context.module).__name__ == _LIFTING and hk.running_init():
            self._lifted(name, result[0])
        return result

    def _lifted(self, name: str, params: Any) -> None:
        """What leaves a stack has the axis that stacking adds."""
        around = "".join(f"{outer}/" for outer, cls in self._active if cls.__name__ == _LIFTING)
        for module, leaves in params.items():
            for leaf, value in leaves.items():
                whole = canonical(f"{around}{name}/{module}/{leaf}")
                self.sightings.seen(whole, value.shape, canonical(around))

    def created(self, make: Any, shape: Any, dtype: Any, init: Any, context: Any) -> Any:
        lifted = context.lifted_prefix_name or ""
        whole = canonical(lifted + context.full_name)
        if whole not in self.sightings.around:
            self.sightings.around[whole] = self._around(lifted, context)
        self.sightings.seen(whole, tuple(shape), canonical(lifted))
        return make(shape, dtype, init)

    def _around(self, lifted: str, context: Any) -> tuple[type, ...]:
        if context.module is None:
            return (hk.Module,)  # the function itself, which no rule is compared with
        parts = context.module_name.split("/")
        outer = ("/".join(parts[:count]) for count in range(1, len(parts)))
        own = (*(self._classes[name] for name in outer if name in self._classes), type(context.module))
        return (*self._around_lift(lifted), *own)

    def _around_lift(self, lifted: str) -> list[type]:
        """The classes of modules that are at work around what `layer_stack` or `lift` runs.

        Inside of it names begin anew, and so does the search for what is around.
        """
        found, begun = [], ""
        for name, cls in self._active:
            if lifted.startswith(f"{begun}{name}/"):
                if cls.__name__ == _LIFTING:
                    begun += f"{name}/"
                else:
                    found.append(cls)
        return found


_LIFTING = "LiftingModule"
"""How haiku calls the module that stands for what is lifted; the class itself is private."""
