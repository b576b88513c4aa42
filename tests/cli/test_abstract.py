"""Code that imports its framework only when it is called."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paramrules import registry
from paramrules.named_models.abstract_build import build_without_memory


class Backend:
    """Says under which framework something was built."""

    def __init__(self, framework: str) -> None:
        self.frameworks = (framework,)

    def build_abstract(self, make: Callable[[], object]) -> object:
        return f"{self.frameworks[0]}({make()})"


@pytest.fixture(autouse=True)
def frameworks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Two frameworks that are there, `first_frame` and `second_frame`, and one that is not."""
    (tmp_path / "first_frame.py").write_text("name = 'first'\n")
    (tmp_path / "second_frame.py").write_text("name = 'second'\n")
    monkeypatch.syspath_prepend(tmp_path)
    installed = tuple(map(Backend, ("first_frame", "second_frame", "missing_frame")))
    monkeypatch.setattr(registry, "installed", lambda: installed)
    finders = sys.meta_path[:]
    yield
    assert sys.meta_path == finders
    for name in ("first_frame", "second_frame", "library"):
        sys.modules.pop(name, None)


def test_what_needs_no_framework_is_called_once() -> None:
    calls: list[int] = []
    assert build_without_memory(lambda: calls.append(1)) is None
    assert calls == [1]
    assert "first_frame" not in sys.modules


def test_a_framework_that_is_there_is_used_at_once() -> None:
    import first_frame  # type: ignore[import-not-found]

    assert build_without_memory(lambda: first_frame.name) == "first_frame(first)"


def test_an_import_during_the_call_starts_it_again() -> None:
    calls: list[int] = []

    def make() -> object:
        calls.append(1)
        import first_frame

        return first_frame.name

    assert build_without_memory(make) == "first_frame(first)"
    assert calls == [1, 1]


def test_so_do_two_and_a_library_between(tmp_path: Path) -> None:
    (tmp_path / "library.py").write_text(
        "try:\n    import first_frame\nexcept Exception:\n    first_frame = None\n"
    )

    def make() -> object:
        import library  # type: ignore[import-not-found]
        import second_frame  # type: ignore[import-not-found]

        return f"{library.first_frame.name}, {second_frame.name}"

    assert build_without_memory(make) == "second_frame(first_frame(first, second))"


def test_asking_whether_a_framework_is_there_imports_none() -> None:
    def make() -> object:
        return bool(importlib.util.find_spec("first_frame")), importlib.util.find_spec("missing_frame")

    assert build_without_memory(make) == (True, None)
    assert "first_frame" not in sys.modules


def test_a_framework_that_is_not_there_fails_as_ever() -> None:
    def make() -> object:
        import missing_frame  # type: ignore[import-not-found]

        return missing_frame

    with pytest.raises(ModuleNotFoundError, match="No module named 'missing_frame'"):
        build_without_memory(make)


def test_so_does_one_that_is_broken(tmp_path: Path) -> None:
    (tmp_path / "first_frame.py").write_text("1 / 0\n")

    def make() -> object:
        import first_frame

        return first_frame

    with pytest.raises(ZeroDivisionError):
        build_without_memory(make)
