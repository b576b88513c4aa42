"""check_backend, on the torch backend as it is and with one thing wrong at a time."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from compliance.torch_modules import build
from paramrules_torch import backend

from paramrules import Inventory
from paramrules.testing import Report, check_backend
from paramrules.testing import check as room
from paramrules.testing.models import Module, differing, model_of
from paramrules.testing.suite import Case, cases

FEW = [case for case in cases() if case.id.startswith(("frozen", "ties"))][:8]


class Changed:
    """The torch backend, with members that differ. Its module imports no framework when it is imported."""

    def __init__(self, **changes: Any) -> None:
        self.changes = changes

    def __getattr__(self, name: str) -> Any:
        return self.changes[name] if name in self.changes else getattr(backend, name)


def model(module: Module) -> Any:
    return build(module, {})


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "cases", lambda: FEW)
    monkeypatch.setattr(room, "_check_import", lambda backend: None)


def test_the_torch_backend_passes() -> None:
    report = check_backend(backend, model, cannot={"known": "modules know every fact about their parameters"})
    assert report == Report(len(list(cases())) - 4, {"known": 4})
    assert str(report) == f"{report.passed} cases passed, left out 4 for `known`"


@pytest.mark.usefixtures("few")
def test_what_cannot_be_shown_is_needed() -> None:
    assert str(check_backend(backend, model)) == "8 cases passed"
    with pytest.raises(AssertionError) as raised:
        check_backend(backend, model, cannot={"tied": "no ties"})
    assert str(raised.value) == (
        "`torch` differs in 1 of 8 cases:\n`cannot` names `tied`, which no case needs"
    )


@pytest.mark.usefixtures("few")
def test_a_model_that_differs_from_its_description_fails() -> None:
    def unfrozen(module: Module) -> Any:
        return model(module).requires_grad_(True)

    with pytest.raises(AssertionError, match="reports `trainable` differently from its desc"):
        check_backend(backend, unfrozen)
    report = check_backend(backend, unfrozen, cannot={"trainable": "nothing can be frozen"})
    assert report.left_out.keys() == {"trainable"}


@pytest.mark.usefixtures("few")
def test_a_model_of_other_names_fails() -> None:
    def renamed(module: Module) -> Any:
        return model(Module(module.lineage, {"outer": module}))

    with pytest.raises(AssertionError, match="the model reports `name` differently"):
        check_backend(backend, renamed)


def test_an_outcome_that_differs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    case = FEW[0]._replace(expected={"labels": {FEW[0].inventory.names[0]: "nothing"}})
    other = FEW[1]._replace(rules="a: ndim ==\n", expected={"holds": []})
    third = FEW[2]._replace(expected={"error": ["E999"]})
    monkeypatch.setattr(room, "cases", lambda: [case, other, third])
    with pytest.raises(AssertionError) as raised:
        check_backend(backend, model)
    first, *lines = str(raised.value).splitlines()
    assert first == "`torch` differs in 3 of 3 cases:"
    assert lines[0].startswith(f"{case.id}: labels: ")
    assert lines[0].endswith("'nothing'} is expected")
    assert lines[1].startswith(f"{other.id}: errors ['E1")
    assert lines[2] == f"{third.id}: error: None where ['E999'] is expected"


def test_many_differences_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: list[Case] = [FEW[0]._replace(id=f"case {n}", expected={"error": ["E999"]}) for n in range(23)]
    monkeypatch.setattr(room, "cases", lambda: wrong)
    with pytest.raises(AssertionError) as raised:
        check_backend(backend, model)
    assert len(str(raised.value).splitlines()) == 22
    assert str(raised.value).endswith("... and 3 more")


def changing(inventory: Callable[[Inventory], Any]) -> Callable[..., Any]:
    return lambda model, **how: inventory(backend.inventory(model, **how))


class Renamed(Inventory):
    """An inventory that says it is of another framework."""

    def __init__(self, inventory: Inventory) -> None:
        vars(self).update(vars(inventory))
        self.framework = "flame"


class Forgetful(Inventory):
    """An inventory that loses its attributes when it is saved."""

    def __init__(self, inventory: Inventory) -> None:
        vars(self).update(vars(inventory))

    def to_json(self) -> str:
        return super().to_json().replace("float32", "float16")


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"frameworks": ("flame",)},
            "none of `torch.frameworks`, ('flame',), is loaded while a model of its framework exists",
        ),
        ({"recognises": lambda model: False}, "`torch` does not recognise the model that `build` made"),
        (
            {"recognises": lambda model: True},
            "`torch` recognises a bare `object()`, which is not a model",
        ),
        ({"inventory": changing(str)}, "`torch.inventory` returns a `str`"),
        (
            {"inventory": changing(Renamed)},
            "the inventory's `framework` is `flame`, and the backend's name is `torch`",
        ),
        ({"inventory": changing(Forgetful)}, "an inventory of `torch` changes when it is saved and loaded"),
    ],
)
def test_a_backend_that_breaks_its_contract_fails(changes: Mapping[str, Any], message: str) -> None:
    with pytest.raises(AssertionError) as raised:
        check_backend(Changed(**changes), model)
    assert str(raised.value).splitlines()[0] == message


@pytest.mark.usefixtures("few")
def test_a_backend_that_lacks_a_member_fails() -> None:
    class Nameless:
        pass

    with pytest.raises(AssertionError) as raised:
        check_backend(Nameless(), model)
    assert str(raised.value).splitlines()[0] == (
        "the backend has no `name`; see `paramrules.backends.Backend`"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import colorsys\nclass Backend: frameworks = ('colorsys',)\n", "importing `{}` imports `colorsys`"),
        ("raise OSError('no driver')\n", "`import {}` fails:"),
    ],
)
def test_importing_a_backend_imports_no_framework(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "eager_backend" if "import" in text else "broken_backend"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    fake = type("Backend", (), {"__module__": name, "frameworks": ("colorsys",)})
    with pytest.raises(AssertionError) as raised:
        room._check_import(fake())
    assert str(raised.value).splitlines()[0] == message.format(name)


def test_importing_the_backends_here_imports_no_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Sequence[str]] = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda command, **how: ran.append(command) or run(command, **how))
    room._check_import(backend)
    assert "import sys, paramrules_torch.backend" in ran[0][-1]


def test_a_model_without_the_attributes_of_its_modules() -> None:
    case = next(case for case in cases() if case.id.startswith("module_attributes: holds"))
    described = model_of(case)
    assert differing(case, backend.inventory(model(described))) == []
    described.children["blocks"].children["0"].attributes.clear()  # type: ignore[union-attr]
    assert differing(case, backend.inventory(model(described))) == ["module_attr"]
