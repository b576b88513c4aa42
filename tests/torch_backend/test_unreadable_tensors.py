"""Parameters of which torch cannot say a shape or a dtype: one diagnostic each, not torch's own error."""

import sys
from collections.abc import Callable
from types import ModuleType

import paramrules_torch
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import ShapeEnv

import paramrules
from paramrules import RulesError

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of what torch calls new

BY_NAME = paramrules.parse("norms: name ~ norm\nothers: else")
BY_SHAPE = paramrules.parse("matrices: shape[0] > 1\nothers: else")


class Shapeless(torch.Tensor):
    @property
    def shape(self) -> torch.Size:  # type: ignore[override]
        raise NotImplementedError("no shape\nat all")


class Typeless(torch.Tensor):
    @property
    def dtype(self) -> torch.dtype:  # type: ignore[override]
        raise NotImplementedError("no dtype")


class Unasked(torch.Tensor):
    @property
    def is_nested(self) -> bool:  # type: ignore[override]
        raise NotImplementedError("nobody need know")


class Mute(Unasked):
    @property
    def shape(self) -> torch.Size:  # type: ignore[override]
        raise NotImplementedError("nothing at all")


def model_with(*tensors: torch.Tensor) -> nn.Module:
    """Return a layer with further parameters."""
    model = nn.Linear(2, 2)
    for number, tensor in enumerate(tensors):
        model.register_parameter(f"own{number}", nn.Parameter(tensor))
    return model


def nested(layout: torch.layout) -> torch.Tensor:
    return torch.nested.nested_tensor([torch.ones(2, 3), torch.ones(4, 3)], layout=layout)


def symbolic() -> torch.Tensor:
    environment = ShapeEnv()
    with FakeTensorMode(shape_env=environment):
        return torch.empty(environment.create_unbacked_symint(), 3)


def refused(model: nn.Module) -> str:
    with pytest.raises(RulesError) as raised:
        paramrules.assign(BY_SHAPE, model)
    return str(raised.value)


@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
def test_a_nested_tensor_has_no_shape(layout: torch.layout) -> None:
    assert refused(model_with(nested(layout))) == (
        "\nerror[E503]: `own0` has no shape, because a nested tensor has several\n"
        "  = help: make each of its parts a parameter, or pad them to one shape"
    )


def test_shapes_with_symbols_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = (
        "\nerror[E503]: `own0` has no known shape: `u0` stands for a number\n"
        "  = help: leave symbols to the shapes of inputs: those of parameters are numbers"
    )
    assert refused(model_with(symbolic())) == expected
    monkeypatch.setitem(sys.modules, "deepspeed", ModuleType("deepspeed"))
    assert refused(model_with(symbolic())) == expected


def test_a_class_that_does_not_say_whether_it_is_nested_is_none_of_the_causes() -> None:
    model = model_with(torch.ones(3).as_subclass(Unasked), symbolic())
    assert refused(model).startswith("\nerror[E503]: `own1` has no known shape")


def test_each_cause_is_one_error() -> None:
    model = model_with(nested(torch.strided), symbolic(), nested(torch.jagged))
    assert refused(model) == (
        "\nerror[E503]: `own0`, `own2` have no shape, because a nested tensor has several\n"
        "  = help: make each of its parts a parameter, or pad them to one shape\n"
        "\nerror[E503]: `own1` has no known shape: `u0` stands for a number\n"
        "  = help: leave symbols to the shapes of inputs: those of parameters are numbers"
    )


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        (Shapeless, "Shapeless` raises NotImplementedError: no shape"),
        (Typeless, "Typeless` raises NotImplementedError: no dtype"),
        (Mute, "Mute` raises NotImplementedError: nothing at all"),
    ],
)
def test_a_class_that_raises_is_named(cls: type[torch.Tensor], said: str) -> None:
    message = refused(model_with(torch.ones(3).as_subclass(cls)))
    assert message == (
        f"\nerror[E501]: `own0` has a shape or a dtype that cannot be read: `{__name__}.{said}\n"
        "  = help: let the class return `ndim`, `requires_grad`, `dtype` and `shape`, as all tensors do"
    )


def test_rules_that_need_no_shape_take_such_parameters() -> None:
    model = model_with(nested(torch.strided), symbolic())
    groups = paramrules_torch.param_groups(model, BY_NAME)
    assert sum(len(group["params"]) for group in groups) == 4


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.eye(3).to_sparse(),
        lambda: torch.eye(3).to_sparse_csr(),
        lambda: torch.ones(2, 3, dtype=torch.complex64),
        lambda: torch.empty(2, 3, device="meta"),
        lambda: torch.tensor(1.0),
        lambda: torch.empty(0, 3),
    ],
    ids=["sparse", "csr", "complex", "meta", "scalar", "empty"],
)
def test_other_tensors_have_shapes(make: Callable[[], torch.Tensor]) -> None:
    tensor = make()
    found = paramrules.inventory(model_with(tensor))["own0"]
    assert (found.shape, found.dtype) == (tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))


def test_quantized_tensors_have_shapes() -> None:
    model = nn.Module()
    weight = torch.quantize_per_tensor(torch.ones(2, 3), 0.1, 0, torch.qint8)
    model.register_parameter("own", nn.Parameter(weight, requires_grad=False))
    assert paramrules.inventory(model)["own"].shape == (2, 3)


def test_other_errors_come_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deepspeed", ModuleType("deepspeed"))
    model = model_with()
    model.weight.ds_shape = [2, 2]
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        paramrules.assign(BY_SHAPE, model)
