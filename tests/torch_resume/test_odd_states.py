"""Saved states that somebody has changed: each ends in one error that names the value, or is loaded."""

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
import torch
from paramrules_torch import build, param_groups, regroup_on_load, regroup_state
from torch import Tensor, nn

import paramrules
from paramrules import RulesError

ALL = paramrules.parse("all: else\n")


def made(shape: tuple[int, ...] = (2, 3), cls: Any = torch.optim.AdamW, **how: Any) -> tuple[nn.Module, Any]:
    net = nn.ParameterDict({"w": nn.Parameter(torch.ones(shape))})
    return net, cls(param_groups(net, ALL, lr=0.1), **how)


def saved(shape: tuple[int, ...] = (2, 3), cls: Any = torch.optim.AdamW, **how: Any) -> dict[str, Any]:
    net, optimizer = made(shape, cls, **how)
    net["w"].grad = torch.full(shape, 2.0)
    optimizer.step()
    return deepcopy(optimizer.state_dict())


def refused(state: Any, net: nn.Module, optimizer: Any, **how: Any) -> list[tuple[str, str]]:
    with pytest.raises(RulesError) as raised:
        regroup_state(state, net, optimizer, **how)
    assert not optimizer.state
    return [(finding.code, finding.message) for finding in raised.value.diagnostics]


@pytest.mark.parametrize("before", [(), (1,), (1, 1)])
@pytest.mark.parametrize("after", [(), (1,), (1, 1)])
def test_a_parameter_of_one_element_keeps_its_shape(before: tuple[int, ...], after: tuple[int, ...]) -> None:
    net, optimizer = made(after)
    if before == after:
        optimizer.load_state_dict(regroup_state(saved(before), net, optimizer))
        state = optimizer.state[net["w"]]
        assert (state["exp_avg"].shape, state["step"]) == (after, 1)
        return
    assert refused(saved(before), net, optimizer) == [
        ("E625", f"`{moment}` of `w` has the shape {before} and should have {after}")
        for moment in ("exp_avg", "exp_avg_sq")
    ]
    assert regroup_state(saved(before), net, optimizer, missing="fresh")["state"] == {}


class Opaque:
    pass


@pytest.mark.parametrize(
    ("value", "called"),
    [
        (None, "`None`"),
        ("x", "a `str`"),
        (b"x", "a `bytes`"),
        (3, "an `int`"),
        (0.5, "`0.5`"),
        (True, "`True`"),
        ([0.5] * 6, "a `list`"),
        ({}, "a `dict`"),
        (Opaque(), "an `Opaque`"),
    ],
)
def test_a_moment_is_a_tensor(value: object, called: str) -> None:
    state = saved()
    state["state"][0]["exp_avg"] = value
    finding = ("E680", f"`exp_avg` of `w` is {called} and should be a tensor of the shape (2, 3)")
    assert refused(state, *made()) == [finding]
    assert regroup_state(state, *made(), missing="fresh")["state"] == {}


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        (torch.int8, "integers"),
        (torch.uint8, "integers"),
        (torch.bool, "booleans"),
        (torch.complex64, "complex numbers"),
    ],
)
def test_a_moment_is_of_the_kind_of_the_parameter(dtype: torch.dtype, kind: str) -> None:
    state = saved()
    state["state"][0]["exp_avg"] = torch.ones(2, 3, dtype=dtype)
    assert refused(state, *made()) == [
        (
            "E680",
            f"`exp_avg` of `w` is a tensor of {kind} and should be a tensor of floating-point numbers",
        )
    ]


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_of_any_precision(dtype: torch.dtype) -> None:
    state = saved()
    state["state"][0]["exp_avg"] = torch.ones(2, 3, dtype=dtype)
    net, optimizer = made()
    optimizer.load_state_dict(regroup_state(state, net, optimizer))
    assert optimizer.state[net["w"]]["exp_avg"].dtype == torch.float32


@pytest.mark.parametrize("shape", [(2, 3), (), (1,)])
@pytest.mark.parametrize("step", [7, 7.0, torch.tensor(7), torch.tensor([7.0]), torch.tensor([[7.0]])])
def test_a_step_count_is_any_number(shape: tuple[int, ...], step: Any) -> None:
    """Torch has kept it as a number, as an array of one and as a scalar."""
    state = saved(shape)
    state["state"][0]["step"] = deepcopy(step)
    net, optimizer = made(shape)
    optimizer.load_state_dict(regroup_state(state, net, optimizer))
    assert optimizer.state[net["w"]]["step"] == 7
    net["w"].grad = torch.ones(shape)
    optimizer.step()
    assert optimizer.state[net["w"]]["step"] == 8


@pytest.mark.parametrize(
    ("step", "called"),
    [
        (None, "`None`"),
        (True, "`True`"),
        ("7", "a `str`"),
        (float("nan"), "`nan`"),
        (float("inf"), "`inf`"),
        (10**400, "an `int`"),
        (torch.tensor(float("nan")), "a tensor of the shape ()"),
        (torch.tensor([float("inf")]), "a tensor of the shape (1,)"),
        (torch.tensor([7.0]).to_sparse(), "a sparse tensor"),
        (Decimal(7), "a `Decimal`"),
        ([7], "a `list`"),
        (torch.ones(2), "a tensor of the shape (2,)"),
        (torch.tensor(True), "a tensor of the shape ()"),
        (torch.tensor(1j), "a tensor of the shape ()"),
    ],
)
def test_and_nothing_else(step: object, called: str) -> None:
    state = saved()
    state["state"][0]["step"] = step
    assert refused(state, *made()) == [("E680", f"`step` of `w` is {called} and should be a finite number")]


@pytest.mark.parametrize("step", [-1, -0.5, torch.tensor(-1.0), torch.tensor([-1])])
def test_no_count_is_negative(step: Any) -> None:
    """Adam divides by `1 - beta ** step`: by zero after the next step, or by an overflow."""
    state = saved()
    state["state"][0]["step"] = step
    count = step.item() if isinstance(step, Tensor) else step
    assert refused(state, *made()) == [("E680", f"`step` of `w` is `{count}` and should be at least 0")]


def test_a_step_count_without_a_value_is_one() -> None:
    state = saved()
    state["state"][0]["step"] = step = torch.tensor(1.0, device="meta")
    assert regroup_state(state, *made())["state"][0]["step"] is step


NESTED = "ignore:The PyTorch API of nested tensors:UserWarning"


@pytest.mark.filterwarnings(NESTED)  # says that they are a prototype, once a process
@pytest.mark.parametrize(
    ("value", "called"),
    [
        (torch.ones(2, 3).to_sparse(), "a sparse tensor"),
        (lambda: torch.nested.nested_tensor([torch.ones(3), torch.ones(2)]), "a nested tensor"),
    ],
)
def test_a_moment_is_kept_as_the_optimizer_keeps_it(value: Any, called: str) -> None:
    """`lerp_` and `addcmul_` of torch raise for any other at the first step."""
    state = saved()
    state["state"][0]["exp_avg"] = value if isinstance(value, Tensor) else value()
    assert refused(state, *made()) == [
        ("E680", f"`exp_avg` of `w` is {called} and should be a tensor of the shape (2, 3)")
    ]


def test_numbers_beside_the_step() -> None:
    """NAdam keeps a product of scalars, once as a number."""
    state = saved(cls=torch.optim.NAdam)
    state["state"][0]["mu_product"] = 0.5
    assert regroup_state(state, *made(cls=torch.optim.NAdam))["state"][0]["mu_product"] == 0.5
    state["state"][0]["mu_product"] = "0.5"
    assert refused(state, *made(cls=torch.optim.NAdam)) == [
        ("E680", "`mu_product` of `w` is a `str` and should be a finite number")
    ]


class Nested(torch.optim.SGD):
    """Keeps a dict, a list that grows, a number of Python's and None."""

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            group["seen"] = group.get("seen", 0) + 1
            for tensor in group["params"]:
                self.state[tensor] = {
                    "factors": {"left": torch.ones_like(tensor)},
                    "kept": [1],
                    "count": 1,
                    "late": None,
                }


def test_nested_state() -> None:
    state = saved(cls=Nested)
    state["state"][0]["kept"] = [1, 2, 3]
    state["state"][0]["late"] = torch.ones(5)
    state["state"][0]["factors"]["right"] = "new"
    assert regroup_state(state, *made(cls=Nested))["state"][0] == state["state"][0]
    state["state"][0]["count"] = "one"
    state["state"][0]["factors"]["left"] = torch.ones(1)
    assert refused(state, *made(cls=Nested)) == [
        ("E625", "`factors.left` of `w` has the shape (1,) and should have (2, 3)"),
        ("E680", "`count` of `w` is a `str` and should be a finite number"),
    ]


def test_what_is_counted_in_groups() -> None:
    def counting() -> tuple[nn.Module, Any]:
        net, optimizer = made(cls=Nested)
        optimizer.param_groups[0]["seen"] = 0
        return net, optimizer

    state = saved(cls=Nested)
    state["param_groups"][0]["seen"] = 5
    assert regroup_state(state, *counting())["param_groups"][0]["seen"] == 5
    state["param_groups"][0]["seen"] = "five"
    assert refused(state, *counting()) == [
        ("E680", "`seen` in the group of `w` is a `str` and should be a finite number")
    ]


def changed(**parts: Any) -> dict[str, Any]:
    state = saved()
    group = {key: parts.pop(key) for key in ("params", "param_names") if key in parts}
    state["param_groups"][0] |= group
    return state | parts


NAMES = "`param_names` of group 0 of the saved state is not a list of names"
GROUPS: list[tuple[Callable[[], Any], str]] = [
    (lambda: changed(params=[[1]]), "group 0 of the saved state lists a `list` as a parameter"),
    (lambda: changed(params=[{"a": 1}]), "group 0 of the saved state lists a `dict` as a parameter"),
    (lambda: changed(params=[None]), "group 0 of the saved state lists a `NoneType` as a parameter"),
    (lambda: changed(param_names="w"), NAMES),
    (lambda: changed(param_names=[1]), NAMES),
    (lambda: changed(param_names=torch.ones(2)), NAMES),
    (lambda: changed(param_names={"w": 1}), NAMES),
    (lambda: changed(param_groups="ab"), "`param_groups` should be a list, and `state` a dict"),
    (lambda: changed(state=[]), "`param_groups` should be a list, and `state` a dict"),
    (lambda: changed(param_groups=[3]), "group 0 of the saved state does not have a list of `params`"),
]


@pytest.mark.parametrize(("state", "message"), GROUPS)
def test_groups_that_are_none(state: Callable[[], Any], message: str) -> None:
    assert refused(state(), *made()) == [("E620", message)]
    both = paramrules.parse('a: ndim > 1 -> optimizer = "a"\n', "net.rules")
    several = {"a": torch.optim.AdamW}
    for how in ({}, {"optimizer": several}):
        net, _ = made()
        rules = both if how else ALL
        optimizer = build(net, rules, **({"optimizer": torch.optim.AdamW} | how), lr=0.1)  # type: ignore[arg-type]
        with pytest.raises(RulesError) as raised:
            optimizer.load_state_dict(state())
        assert [finding.message for finding in raised.value.diagnostics] == [message]


def test_names_that_are_null_are_none() -> None:
    assert refused(changed(param_names=None), *made()) == [
        ("E621", "the saved state does not name its parameters")
    ]


def test_a_name_of_an_optimizer_that_is_none() -> None:
    state = saved()
    state["param_groups"][0]["optimizer"] = ["a"]
    assert len(regroup_state(state, *made())["state"]) == 1


def test_a_flat_state_that_contradicts_itself() -> None:
    flat = {"param_groups.w.lr": 0.1, "state.w.a": 1, "state.w.a.b": 2}
    assert refused(flat, *made()) == [("E620", "`state.w.a.b` lies inside of another value")]


@pytest.mark.parametrize("old", [5, ["w"], [["w", 1]], [None], {"w"}])
def test_old_groups_of_another_kind(old: Any) -> None:
    with pytest.raises(TypeError) as raised:
        regroup_state(changed(param_names=None), *made(), old=old)
    assert str(raised.value) == (
        f"`old` is {old!r} and should be the rules that the state was saved with, or a list of the names of "
        "each group's parameters"
    )


def test_an_optimizer_of_another_kind() -> None:
    with pytest.raises(
        TypeError, match=r"^`optimizer` is 3 and should be the optimizer that loads the state$"
    ):
        regroup_state(saved(), made()[0], 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [[], {}, {"state": []}])
def test_a_trainer_that_loads_something_else(state: Any) -> None:
    net, optimizer = made()
    regroup_on_load(optimizer, net)
    with pytest.raises(RulesError, match="E620"):
        optimizer.load_state_dict(state)


@pytest.mark.parametrize("state", [None, [], (), "x", {}, 3])
def test_several_optimizers_load_something_else(state: Any) -> None:
    net, _ = made()
    rules = paramrules.parse('a: ndim > 1 -> optimizer = "a"\nb: else -> optimizer = "b"\n')
    optimizer = build(net, rules, {"a": torch.optim.AdamW, "b": torch.optim.SGD}, lr=0.1)
    with pytest.raises(RulesError, match="E620"):
        optimizer.load_state_dict(state)


def test_a_state_on_the_meta_device_is_one() -> None:
    state = saved()
    meta: Tensor = torch.ones(2, 3, device="meta")
    state["state"][0]["exp_avg"] = meta
    assert regroup_state(state, *made())["state"][0]["exp_avg"] is meta
