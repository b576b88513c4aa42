"""Build a model without memory for its parameters, whatever framework it turns out to use."""

import importlib
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from paramrules import registry


def build_without_memory(make: Callable[[], object]) -> object:
    """Return `make()`, built abstractly under every framework that it uses.

    Code that imports its framework only when it is called would otherwise allocate real tensors, and a large
    model more than the machine holds. So its first import of a framework is stopped, and `make` is called
    again under that framework.
    """
    while True:
        under = make
        for backend in registry.loaded():
            under = partial(backend.build_abstract, under)
        watch = _Watch(registry.frameworks())
        sys.meta_path.insert(0, watch)
        try:
            return under()
        except _Imported as stopped:
            framework = stopped.framework
        finally:
            sys.meta_path.remove(watch)
        importlib.import_module(framework)


class _Imported(BaseException):
    """The first import of a framework. Not an Exception: `except Exception` in the code must not catch it."""

    def __init__(self, framework: str) -> None:
        self.framework = framework


class _Watch(MetaPathFinder):
    """A finder that stops when a framework is loaded; asking for its spec is not an import."""

    def __init__(self, frameworks: frozenset[str]) -> None:
        self.frameworks = frameworks

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.frameworks:
            return None
        found = (finder.find_spec(fullname, path, target) for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, found), None)
        if spec is not None:
            spec.loader = _Stop()
        return spec


class _Stop(Loader):
    def exec_module(self, module: ModuleType) -> None:
        raise _Imported(module.__name__)
