"""Bytes of optimizer state: which optimizer a group has, and what is said if it cannot be known."""

from collections.abc import Collection, Mapping
from typing import Any

import pytest
from emission.small_inventory import inventory

import paramrules
from paramrules import RulesError, optimizer_state
from paramrules.backends import Backend

MODEL = inventory({"a": (2, 3), "b": (2, 3), "c": (4,), "d": (5,)}, untrained=("d",))
ASKED: list[tuple[str, tuple[int, ...]]] = []


class Toy(Backend):
    name = "toy"

    def optimizers(self) -> Collection[str]:
        return ("adam", "sgd", "lbfgs")

    def state_bytes(
        self, optimizer: str, shape: tuple[int, ...], dtype: str, settings: Mapping[str, Any]
    ) -> int:
        if optimizer == "lbfgs":
            raise TypeError("no closure\nat all")
        ASKED.append((optimizer, shape))
        assert dtype == "float32"
        return {"adam": 100, "sgd": 1}[optimizer] * shape[0] + 7 * len(settings)


class Uninstalled(Toy):
    def optimizers(self) -> Collection[str]:
        raise ModuleNotFoundError("No module named 'toy'", name="toy")


class Silent(Backend):
    name = "toy"


def sizes(text: str, optimizer: str | Mapping[str, str]) -> list[int]:
    return paramrules.state_bytes(paramrules.assign(paramrules.parse(text), MODEL), optimizer)


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizer_state, "installed", lambda: (Toy(),))
    ASKED.clear()


def test_each_group_with_its_optimizer() -> None:
    text = 'some: name ~ a -> optimizer = "fast"\nmore: ndim == 2 -> lr_scale = 2, momentum = 0.9\nrest: else'
    assert sizes(text, {"default": "adam", "fast": "sgd"}) == [2, 207, 400]
    text = 'some: name ~ a -> optimizer = "sgd"\nfrozen: name ~ b -> freeze = true\nskip: else -> skip = true'
    assert sizes(text, "adam") == [2, 0, 0]


def test_equal_tensors_are_computed_once() -> None:
    assert sizes("all: else", "adam") == [800]
    assert ASKED == [("adam", (2, 3)), ("adam", (4,))]


KNOWS = "name another optimizer, or measure it in training with `GroupMonitor`"


@pytest.mark.parametrize(
    ("backends", "optimizer", "said"),
    [
        ([Toy()], "Adam", "E671]: `toy` has no optimizer `Adam`\n  = help: did you mean `adam`?"),
        (
            [Toy()],
            "torch.optim.Adam",
            "E671]: `toy` has no optimizer `torch.optim.Adam`\n  = help: did you mean `adam`?",
        ),
        ([Toy()], "muon", "E671]: `toy` has no optimizer `muon`\n  = help: it has `adam`, `lbfgs`, `sgd`"),
        (
            [Toy()],
            "lbfgs",
            f"E672]: the state of `lbfgs` is not known: TypeError: no closure\n  = help: {KNOWS}",
        ),
        (
            [Uninstalled()],
            "adam",
            f"E672]: the state of `adam` is not known: `toy` is not installed\n  = help: {KNOWS}",
        ),
        (
            [Silent()],
            "adam",
            "E672]: the state of `adam` is not known: the backend `toy` does not say what its optimizers "
            f"keep\n  = help: {KNOWS}",
        ),
        (
            [],
            "adam",
            "E672]: the model is of `toy`, whose backend is not installed\n"
            "  = help: install it, with the framework",
        ),
    ],
)
def test_what_is_not_known(
    backends: list[Backend], optimizer: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimizer_state, "installed", lambda: tuple(backends))
    with pytest.raises(RulesError) as raised:
        sizes("all: else", optimizer)
    assert str(raised.value) == f"\nerror[{said}"


def test_a_backend_that_only_names_optimizers() -> None:
    with pytest.raises(NotImplementedError):
        Silent().state_bytes("adam", (2,), "float32", {})


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (Toy, f'`optimizer` is {Toy!r} and should be a name, such as "toy"'),
        ({"default": Toy}, f'`optimizer` is {Toy!r} and should be a name, such as "toy"'),
        (None, '`optimizer` is None and should be a name, such as "adamw"'),
    ],
)
def test_an_optimizer_is_named(optimizer: Any, message: str) -> None:
    with pytest.raises(TypeError) as raised:
        sizes("all: else", optimizer)
    assert str(raised.value) == message


def test_what_is_no_assignment() -> None:
    message = r"^`assignment` is a `paramrules.rules.model.Rules` and should be what `paramrules.assign` ret"
    with pytest.raises(TypeError, match=message):
        paramrules.state_bytes(paramrules.parse("all: else"), "adam")  # type: ignore[arg-type]
