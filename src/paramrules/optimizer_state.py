"""The bytes of optimizer state that groups will have, without training and without memory for weights."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from paramrules.assignment import Assignment
from paramrules.contract import Backend
from paramrules.diagnostics import Diagnostic, RulesError, a, class_name, did_you_mean, said_by
from paramrules.registry import installed
from paramrules.rules.keys import PORTABLE

_DEFAULT = "default"


class _State(NamedTuple):
    """The state of one tensor is a function of these."""

    optimizer: str
    shape: tuple[int, ...]
    dtype: str
    settings: tuple[tuple[str, Any], ...]


def state_bytes(assignment: Assignment, optimizer: str | Mapping[str, str]) -> list[int]:
    """Return the bytes of optimizer state of each group's trained parameters.

    Settings of the rules count (`amsgrad = true`); a stacked array's layers count one by one.

    Args:
        assignment: the groups.
        optimizer: the name of one of the framework's optimizers, `adamw`, for the groups whose rules name
            none; or a mapping of the names in rules, and of `default`, to these. A name in rules that is not
            in the mapping is the framework's.

    Raises:
        RulesError: E671 if the framework has no optimizer of a name; E672 if its state cannot be computed.
        TypeError: an optimizer is not a name.

    >>> state_bytes(assignment, "adamw")
    [748352, 45011456]
    """
    sizes = state_by_parameter(assignment, optimizer)
    return [sum(sizes[number] for number in group.parameters) for group in assignment.groups]


def state_by_parameter(assignment: Assignment, optimizer: str | Mapping[str, str]) -> list[int]:
    """Return the bytes of optimizer state of each parameter, 0 for what is not trained; see `state_bytes`."""
    if not isinstance(assignment, Assignment):
        what = a(class_name(type(assignment)))
        raise TypeError(f"`assignment` is {what} and should be what `paramrules.assign` returns")
    names = optimizer if isinstance(optimizer, Mapping) else {_DEFAULT: optimizer}
    for name in names.values():
        if not isinstance(name, str):
            called = f'"{name.__name__.lower()}"' if isinstance(name, type) else '"adamw"'
            raise TypeError(f"`optimizer` is {name!r:.60} and should be a name, such as {called}")
    backend = _backend_of(assignment)
    shapes, dtypes = (assignment.inventory.column(fact) for fact in ("layer_shape", "dtype"))
    known: dict[_State, int] = {}
    sizes = [0] * len(assignment.inventory)
    for group in assignment.groups:
        asked = group.settings.get("optimizer", _DEFAULT)
        own = tuple((key, value) for key, value in group.settings.items() if key not in PORTABLE)
        for number in group.parameters:
            if assignment.trained[number]:
                state = _State(names.get(asked, asked), tuple(shapes[number]), dtypes[number], own)
                if state not in known:
                    known[state] = _computed(backend, state)
                sizes[number] = known[state]
    return sizes


def _backend_of(assignment: Assignment) -> Backend:
    framework = assignment.inventory.framework
    for backend in installed():
        if backend.name == framework:
            return backend
    raise RulesError(
        Diagnostic(
            "E672",
            f"the model is of `{framework}`, whose backend is not installed",
            help="install it, with the framework",
        )
    )


def _computed(backend: Backend, state: _State) -> int:
    try:
        names = backend.optimizers()
        if state.optimizer in names:
            return backend.state_bytes(state.optimizer, state.shape, state.dtype, dict(state.settings))
    except ModuleNotFoundError as error:
        raise _cannot(state.optimizer, f"`{error.name}` is not installed") from error
    except Exception as error:  # whatever the optimizer raises, such as L-BFGS without a closure
        raise _cannot(state.optimizer, said_by(error)) from error
    if not names:
        raise _cannot(state.optimizer, f"the backend `{backend.name}` does not say what its optimizers keep")
    raise RulesError(
        Diagnostic(
            "E671",
            f"`{backend.name}` has no optimizer `{state.optimizer}`",
            help=did_you_mean(state.optimizer.rpartition(".")[2], names)
            or f"it has {', '.join(f'`{n}`' for n in sorted(names))}",
        )
    )


def _cannot(optimizer: str, why: str) -> RulesError:
    return RulesError(
        Diagnostic(
            "E672",
            f"the state of `{optimizer}` is not known: {why}",
            help="name another optimizer, or measure it in training with `GroupMonitor`",
        )
    )
