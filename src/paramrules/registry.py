"""The backends that are installed, found through entry points and asked only about models of theirs.

One that fails to import matters to nobody until no other backend knows a model.
"""

import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import EntryPoint
from typing import Any, NamedTuple, cast

from paramrules.contract import Backend
from paramrules.diagnostics import Diagnostic, said_by
from paramrules.entry_points import entry_points
from paramrules.inventories import Inventory


class Broken(NamedTuple):
    """A backend that is installed and cannot be used.

    Attributes:
        name: the name of its entry point.
        package: the distribution that it comes with.
        error: the exception, as text.
    """

    name: str
    package: str
    error: str


class _Installed(NamedTuple):
    backends: tuple[Backend, ...]
    broken: tuple[Broken, ...]


@cache
def _installed() -> _Installed:
    """Load every installed backend once."""
    backends: list[Backend] = []
    broken: list[Broken] = []
    for point in entry_points(group="paramrules.backends"):
        try:
            backends.append(_checked(point.load()))
        except Exception as error:  # whatever a stranger's module raises
            broken.append(_broken(point, error))
    return _Installed(tuple(backends), tuple(broken))


def _broken(point: EntryPoint, error: Exception) -> Broken:
    return Broken(point.name, point.dist.name if point.dist else point.value, said_by(error))


def _checked(backend: Any) -> Backend:
    """Return the backend, which need not derive from `Backend` if it has all that a backend needs."""
    for member in ("name", "frameworks", "recognises", "inventory"):
        if not hasattr(backend, member):
            raise TypeError(f"`{backend!r}` is not a backend: it has no `{member}`")
    return backend if isinstance(backend, Backend) else _Adapted(backend)


class _Adapted(Backend):
    """A backend that does not derive from `Backend`, such as one written before there was a base class."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.name, self.frameworks = backend.name, tuple(backend.frameworks)
        self.keywords = frozenset(getattr(backend, "keywords", ()))
        self.wrappers = getattr(backend, "wrappers", {})

    def recognises(self, model: object) -> bool:
        return bool(self._backend.recognises(model))

    def inventory(self, model: Any, **how: Any) -> Inventory:
        return cast(Inventory, self._backend.inventory(model, **how))

    def build_abstract(self, make: Callable[[], object]) -> object:
        for name in ("build_abstract", "abstractly"):
            if hasattr(self._backend, name):
                return getattr(self._backend, name)(make)
        return make()


def installed() -> tuple[Backend, ...]:
    """Return the backends that are installed and can be imported."""
    return _installed().backends


def loaded() -> Iterator[Backend]:
    """Yield the backends whose framework this process has imported."""
    for backend in installed():
        if any(framework in sys.modules for framework in backend.frameworks):
            yield backend


def frameworks() -> frozenset[str]:
    """Return the modules that the installed backends wait for."""
    return frozenset(framework for backend in installed() for framework in backend.frameworks)


def wrapper_names() -> frozenset[str]:
    """Return the components that wrappers of any framework add to names."""
    return frozenset(child for backend in installed() for child in backend.wrappers.values())


def backend_of(model: object) -> Backend | None:
    """Return the backend that recognises a model; None if there is none."""
    return _find(model)[0]


def backend_named(framework: str) -> Backend:
    """Return the backend of an inventory's framework, or if it is not installed, one that knows nothing."""
    return next((backend for backend in installed() if backend.name == framework), Backend())


def is_model(value: object) -> bool:
    """Return whether the value is an inventory, or a model that a backend recognises."""
    return isinstance(value, Inventory) or backend_of(value) is not None


def supplied(maker: Callable[..., object]) -> dict[str, Callable[[], object]]:
    """Return functions that make arguments of a model's class that nobody has to give: random keys."""
    return {key: make for backend in loaded() for key, make in backend.supplied(maker).items()}


def takes(model: object, keyword: str) -> bool:
    """Return whether the keyword means something to `inventory` for this model."""
    backend = None if isinstance(model, Inventory) else backend_of(model)
    return backend is not None and keyword in backend.keywords


def unusable(model: object) -> list[Diagnostic]:
    """Return an error for each backend that might know a model that no other knows, were it not broken."""
    return [
        Diagnostic(
            "E515",
            f"the backend `{name}` of `{package}` cannot be loaded: {error}",
            help=f"if the model is one of `{name}`, mend or update `{package}`",
        )
        for name, package, error in (*_installed().broken, *_find(model)[1])
    ]


def _find(model: object) -> tuple[Backend | None, list[Broken]]:
    """Return the backend that recognises the model, and those that fail to answer.

    Of several, it is the one whose framework defines the model's class or a base of it.
    """
    failing: list[Broken] = []
    recognising: list[Backend] = []
    for backend in loaded():
        try:
            if backend.recognises(model):
                recognising.append(backend)
        except Exception as error:  # a stranger's backend, asked about a model that need not be its own
            failing.append(Broken(backend.name, backend.name, said_by(error)))
    packages = {cls.__module__.partition(".")[0] for cls in type(model).__mro__}
    own = (b for b in recognising if packages & {f.partition(".")[0] for f in b.frameworks})
    return next(own, next(iter(recognising), None)), failing
