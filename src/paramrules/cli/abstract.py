"""Building a model without memory for its parameters, whichever framework it turns out to be written in."""

import importlib
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from paramrules import registry


def built_abstractly(make: Callable[[], object]) -> object:
    """What `make()` gives, built under every framework that it uses.

    Code that imports its framework only when it is called would otherwise get real tensors, for a large
    model more than the machine holds. Its first import of a framework is therefore stopped, and `make`
    called again under that framework.
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
    """Not an Exception: what falls back on another framework must not catch it."""

    def __init__(self, framework: str) -> None:
        self.framework = framework


class _Watch(MetaPathFinder):
    """Finds the frameworks as they are, but stops at loading one. Asking for one is no import."""

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
