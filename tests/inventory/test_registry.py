"""Finding the backend of a model, and broken backends that must not matter."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

import paramrules
from paramrules import RulesError, backends, emission, registry
from paramrules.backends import UNKNOWN_OWNER, Backend, Columns, Inventory
from paramrules.diagnostics import CODES, Code

MODULES = {
    "toy_backend": """
        from paramrules.backends import (
            UNKNOWN_OWNER, Backend, Columns, Diagnostic, Inventory, RulesError, declare
        )

        declare({"ETOY501": "a toy is broken"})


        class Net:
            pass


        class ToyBackend(Backend):
            name = "toy"
            frameworks = ("toy_backend",)
            keywords = frozenset(("depth",))
            wrappers = {"toy_backend.Wrapper": "wrapped_by_toy"}

            def recognises(self, model):
                return isinstance(model, Net)

            def inventory(self, model, depth=1):
                if not depth:
                    raise RulesError(Diagnostic("ETOY501", "this toy is broken", help="buy another"))
                return Inventory("toy", ["w"] * depth, [UNKNOWN_OWNER] * depth, Columns())


        class SleepingBackend(ToyBackend):
            name = "sleeping"
            frameworks = ("a_framework_that_is_not_imported",)


        backend, sleeping = ToyBackend(), SleepingBackend()
        """,
    "plain_backend": """
        class PlainBackend:
            name = "plain"
            frameworks = ["sys"]

            def recognises(self, model):
                return model == "plain"

            def inventory(self, model):
                return "an inventory"


        class OldBackend(PlainBackend):
            def abstractly(self, make):
                return "old", make()


        backend, old = PlainBackend(), OldBackend()
        """,
    "raising_backend": "raise RuntimeError('no such driver')",
    "nameless_backend": "backend = object()",
    "greedy_backend": """
        from paramrules.backends import UNKNOWN_OWNER, Backend, Columns, Inventory


        class GreedyBackend(Backend):
            name = "greedy"
            frameworks = ("greedy_backend",)

            def recognises(self, model):
                return hasattr(model, "__dict__")

            def inventory(self, model):
                return Inventory("greedy", [], [], Columns())


        backend = GreedyBackend()
        """,
    "asking_backend": """
        from paramrules.backends import Backend


        class AskingBackend(Backend):
            name = "asking"
            frameworks = ("sys",)

            def recognises(self, model):
                return model.shape


        backend = AskingBackend()
        """,
}


Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Install]:
    """Install these backends and no others."""
    from textwrap import dedent

    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(dedent(text), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def these(*values: str) -> None:
        points = [EntryPoint(value.partition("_")[0], value, "paramrules.backends") for value in values]
        monkeypatch.setattr(registry, "entry_points", lambda group: points)
        registry._installed.cache_clear()

    yield these
    registry._installed.cache_clear()
    CODES.pop("ETOY501", None)
    for name in MODULES:
        sys.modules.pop(name, None)


BROKEN = ("raising_backend:backend", "missing_backend:backend", "nameless_backend:backend")


def net() -> object:
    return sys.modules["toy_backend"].Net()


ONE = Inventory("toy", ["w"], [UNKNOWN_OWNER], Columns())


class Silent:
    """Something that answers no question."""

    def __getattr__(self, name: str) -> object:
        raise ValueError(name)


class Shaped:
    """An array, by its shape."""

    shape = (3,)

    @staticmethod
    def parameters() -> Iterator["Shaped"]:
        yield Shaped()


def refusal(model: object, **how: object) -> str:
    with pytest.raises(RulesError) as raised:
        paramrules.inventory(model, **how)
    return str(raised.value)


def test_broken_backends_do_not_matter_to_a_model_of_another(install: Install) -> None:
    install(*BROKEN, "toy_backend:backend")
    assert [backend.name for backend in registry.installed()] == ["toy"]
    assert registry.frameworks() == {"toy_backend"}
    assert repr(paramrules.inventory(net())) == "<Inventory of 1 parameters, toy>"
    assert registry.is_model(net())
    assert registry.takes(net(), "depth")
    assert not registry.takes(net(), "stacked")
    assert not registry.takes(paramrules.inventory(net()), "depth")
    assert not registry.takes(object(), "depth")


@pytest.mark.parametrize(
    ("model", "called", "help"),
    [
        ("net.rules", "str", "these are rules: pass the model in this place"),
        (
            paramrules.parse("all: else"),
            "paramrules.rules.model.Rules",
            "these are rules: pass the model in this place",
        ),
        (
            paramrules.assign(
                paramrules.parse("all: else"), Inventory("toy", ["w"], [UNKNOWN_OWNER], Columns())
            ),
            "paramrules.assignment.assignment.Assignment",
            "pass the model, or what the assignment knows of it: `assignment.inventory`",
        ),
        ("all: else", "str", "pass the model itself, not its name or its file"),
        ("net.safetensors", "str", "load the weights into the model, and pass that"),
        (None, "NoneType", "pass the model; does the function that makes it return it?"),
        (lambda: None, "function", "call it, and pass the model that it returns"),
        ([Shaped(), Shaped()], "list", "pass the model itself: parameters alone have no names"),
        (Shaped.parameters(), "generator", "pass the model itself: parameters alone have no names"),
        (Shaped(), f"{__name__}.Shaped", "pass the model itself: parameters alone have no names"),
        ([("w", Shaped())], "list", "write `dict(model.named_parameters())`, or pass the model itself"),
        ([], "list", "pass a module or a tree of arrays; installed backends: `toy`"),
        (
            "net.json",
            "str",
            'read a saved inventory with `paramrules.Inventory.load("net.json")`',
        ),
        ([1.0], "list", "pass a module or a tree of arrays; installed backends: `toy`"),
    ],
)
def test_what_is_not_a_model_at_all(install: Install, model: object, called: str, help: str) -> None:
    install("toy_backend:backend")
    for refused in (lambda: refusal(model), lambda: assigned(model)):
        assert refused() == f"\nerror[E504]: no backend knows what a `{called}` is\n  = help: {help}"


@pytest.mark.parametrize("wrapped", [False, True])
def test_what_raises_when_it_is_asked_is_not_a_model(install: Install, wrapped: bool) -> None:
    install("toy_backend:backend")
    what = "list" if wrapped else f"{__name__}.Silent"
    assert assigned([Silent()] if wrapped else Silent()) == (
        f"\nerror[E504]: no backend knows what a `{what}` is\n"
        "  = help: pass a module or a tree of arrays; installed backends: `toy`"
    )


def assigned(model: object) -> str:
    with pytest.raises(RulesError) as raised:
        paramrules.assign(paramrules.parse("all: else"), model)
    return str(raised.value)


def test_a_model_that_nobody_knows_names_the_broken_backends(install: Install) -> None:
    install(*BROKEN, "toy_backend:backend")
    registry.installed()
    names = ("raising", "missing", "nameless")
    errors = (
        "RuntimeError: no such driver",
        "ModuleNotFoundError: No module named 'missing_backend'",
        f"TypeError: `{sys.modules['nameless_backend'].backend}` is not a backend: it has no `name`",
    )
    assert refusal(object()) == (
        "\nerror[E504]: no backend knows what an `object` is\n"
        "  = help: pass a module or a tree of arrays; installed backends: `toy`\n"
    ) + "".join(
        f"\nerror[E515]: the backend `{name}` of `{value}` cannot be loaded: {error}\n"
        f"  = help: if the model is one of `{name}`, mend or update `{value}`{end}"
        for name, value, error, end in zip(names, BROKEN, errors, ("\n", "\n", ""), strict=True)
    )


def test_a_backend_whose_framework_is_not_imported_is_not_asked(install: Install) -> None:
    install("toy_backend:sleeping", "toy_backend:backend")
    assert [backend.name for backend in registry.installed()] == ["sleeping", "toy"]
    assert [backend.name for backend in registry.loaded()] == ["toy"]
    assert paramrules.inventory(net()).framework == "toy"
    assert registry.frameworks() == {"toy_backend", "a_framework_that_is_not_imported"}


def test_a_backend_that_fails_when_it_is_asked_is_passed_over(install: Install) -> None:
    install("asking_backend:backend", "toy_backend:backend")
    registry.installed()
    assert paramrules.inventory(net()).framework == "toy"
    assert (
        "error[E515]: the backend `asking` of `asking` cannot be loaded: "
        "AttributeError: 'object' object has no attribute 'shape'" in refusal(object())
    )


def test_a_backend_that_recognises_everything_takes_no_model_of_another(install: Install) -> None:
    install("greedy_backend:backend", "toy_backend:backend")
    registry.installed()
    assert paramrules.inventory(net()).framework == "toy"
    stranger = type("Stranger", (), {})()
    assert paramrules.inventory(stranger).framework == "greedy"


def test_a_mistake_in_a_backend_names_the_backend(install: Install) -> None:
    install("toy_backend:backend")
    registry.installed()
    assert "[E522]: the backend `toy` gives two parameters the name `w`" in refusal(net(), depth=2)
    assert refusal(net(), width=2) == (
        "\nerror[E517]: `width` says nothing about a model of `toy`\n  = help: leave `width` out"
    )
    assert refusal(net(), dept=2, inputs=3) == (
        "\nerror[E517]: `dept` says nothing about a model of `toy`\n  = help: did you mean `depth`?\n"
        "\nerror[E517]: `inputs` says nothing about a model of `toy`\n  = help: leave `inputs` out"
    )


def test_a_backend_need_not_derive_from_the_base(install: Install) -> None:
    install("plain_backend:backend")
    (backend,) = registry.installed()
    assert paramrules.inventory("plain") == "an inventory"  # type: ignore[comparison-overlap]
    assert (backend.keywords, backend.wrappers) == (frozenset(), {})
    assert backend.build_abstract(lambda: "made") == "made"


def test_a_backend_from_before_the_renaming_is_asked_by_its_old_name(install: Install) -> None:
    install("plain_backend:old")
    (backend,) = registry.installed()
    assert backend.build_abstract(lambda: "made") == ("old", "made")


def test_the_base_builds_as_it_is_and_leaves_the_rest_to_a_backend() -> None:
    assert Backend().build_abstract(lambda: 1) == 1
    with pytest.raises(NotImplementedError):
        Backend().recognises(object())
    with pytest.raises(NotImplementedError):
        Backend().inventory(object())
    assert not Backend().needs_inputs(object())
    assert Backend().supplied(dict) == {}
    with pytest.raises(NotImplementedError):
        Backend().abstract_array((1, 2), "float32")
    with pytest.warns(DeprecationWarning, match=r"`Backend.abstractly` is now called `build_abstract`"):
        assert Backend().abstractly(lambda: 1) == 1


def test_the_base_takes_no_failure_for_a_want_of_values() -> None:
    """A function that fails on a model of such a backend is not called a second time."""
    assert not Backend().needs_values(RuntimeError("Cannot copy out of meta tensor; no data!"))
    assert not Backend().groups_need_values(object())


def test_one_entry_in_the_table_of_wrappers_is_enough_for_the_hint(install: Install) -> None:
    install("toy_backend:backend")
    assert registry.wrapper_names() == {"wrapped_by_toy"}
    model = ONE
    rules = paramrules.parse("a: name ~ wrapped_by_toy\nb: else\n")
    (finding,) = paramrules.assign(rules, model).findings
    assert finding.help == "names do not contain what wrappers add: leave out `wrapped_by_toy`"
    (other,) = paramrules.assign(paramrules.parse("a: name ~ _orig_mod\nb: else\n"), model).findings
    assert other.help == "if that is intended, write `a?:`"


def test_without_backends_there_is_nothing_that_wrappers_add(install: Install) -> None:
    install()
    model = ONE
    (finding,) = paramrules.assign(paramrules.parse("a: name ~ ^module\\.\nb: else\n"), model).findings
    assert finding.help == "if that is intended, write `a?:`"


def test_a_backend_declares_diagnostics_of_its_own(install: Install) -> None:
    install("toy_backend:backend")
    registry.installed()
    assert CODES["ETOY501"] == Code("error", "a toy is broken")
    assert refusal(net(), depth=0) == "\nerror[ETOY501]: this toy is broken\n  = help: buy another"


def test_what_a_backend_imports_comes_from_one_module() -> None:
    names: dict[str, Any] = {name: getattr(backends, name) for name in backends.__all__}
    assert set(dir(backends)) >= set(names)
    assert names["Inventory"] is paramrules.Inventory
    assert names["inventory"] is paramrules.inventory
    with pytest.raises(AttributeError, match=r"module 'paramrules.backends' has no attribute 'torch'"):
        _ = backends.torch  # type: ignore[attr-defined]


def test_type_checkers_see_the_names_that_there_are() -> None:
    tree = ast.parse(Path(backends.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        f"{node.module}.{alias.asname}"
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == {f"{home}.{name}" for name, home in backends._HOMES.items()}
    assert set(backends._ROOMS["emission"]) == set(emission.__all__)


def test_importing_the_module_imports_nothing_else() -> None:
    code = "import sys, paramrules.backends\nprint(*(m for m in sys.modules if m.startswith('paramrules')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"paramrules", "paramrules.lazy_names", "paramrules.backends"}
