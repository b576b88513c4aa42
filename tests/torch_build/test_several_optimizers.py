"""Several optimizers as one: steps, state, hooks, copies, GradScaler, and what is refused."""

import copy
import io
import pickle
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import lightning
import pytest
import torch
from accelerate import Accelerator
from accelerate.optimizer import AcceleratedOptimizer
from paramrules_torch import GroupMonitor, MultiOptimizer, build, scheduled
from torch import nn
from torch.optim import AdamW, Muon, Optimizer
from torch.optim.lr_scheduler import LinearLR
from torch_build.small_gpt import equal, gpt, loss, train

import paramrules
from paramrules import RulesError, RulesWarning

RULES = paramrules.parse(
    """
table: type(Embedding) -> weight_decay = 0
hidden: ndim == 2 and name ~ ^attn_layers -> optimizer = "muon", lr_scale = 20
rest: else -> lr_scale = 0.5
"""
)
BOTH: dict[str, Any] = {"muon": partial(Muon, momentum=0.9), "default": AdamW}


def joined(model: nn.Module, **how: Any) -> MultiOptimizer:
    optimizer = build(model, RULES, BOTH, lr=0.01, weight_decay=0.1, **how)
    assert isinstance(optimizer, MultiOptimizer)
    return optimizer


def apart(model: nn.Module, **how: Any) -> tuple[Muon, AdamW]:
    """The two optimizers made by hand."""
    named = dict(model.named_parameters())
    tables = [p for n, p in named.items() if "emb" in n]
    hidden = [p for n, p in named.items() if n.startswith("attn_layers") and p.ndim == 2]
    rest = [p for p in named.values() if not any(p is q for q in (*tables, *hidden))]
    groups = [{"params": tables, "weight_decay": 0}, {"params": rest, "lr": 0.01 * 0.5}]
    muon = Muon(hidden, lr=0.01 * 20, weight_decay=0.1, momentum=0.9)
    return muon, AdamW(groups, lr=0.01, weight_decay=0.1, **how)


def train_apart(model: nn.Module, optimizers: tuple[Optimizer, ...], steps: int = 4) -> None:
    for step in range(steps):
        model.zero_grad()
        loss(model, step).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()


@pytest.mark.parametrize("how", [{}, {"fused": True}, {"foreach": True}], ids=str)
def test_it_steps_as_its_optimizers_do(how: dict[str, bool]) -> None:
    ours, theirs = gpt(), gpt()
    optimizer = joined(ours, **how)
    assert isinstance(optimizer, Optimizer)
    train(ours, optimizer, 4)
    train_apart(theirs, apart(theirs, **how))
    assert equal(ours, theirs)
    assert not equal(ours, gpt())


def test_its_groups_are_those_of_its_optimizers_in_the_order_of_rules() -> None:
    optimizer = joined(gpt(), betas=(0.8, 0.9))
    assert [(g["label"], g["optimizer"], g["lr"], g["lr_ratio"]) for g in optimizer.param_groups] == [
        ("table", "default", 0.01, 1.0),
        ("hidden", "muon", 0.2, 20.0),
        ("rest", "default", 0.005, 0.5),
    ]
    table, hidden, rest = optimizer.param_groups
    assert optimizer.optimizers["muon"].param_groups[0] is hidden
    assert [id(g) for g in optimizer.optimizers["default"].param_groups] == [id(table), id(rest)]
    assert rest["betas"] == (0.8, 0.9)
    assert (hidden["momentum"], "betas" in hidden) == (0.9, False)
    assert optimizer.defaults == {"lr": 0.01, "weight_decay": 0.1, "eps": 1e-7, "differentiable": False}


def test_a_closure_runs_once_with_gradients() -> None:
    ours, theirs = gpt(), gpt()
    optimizer = joined(ours)
    calls: list[float] = []

    def closure() -> float:
        optimizer.zero_grad()
        value = loss(ours)
        value.backward()
        torch.nn.utils.clip_grad_norm_(ours.parameters(), 1.0)
        calls.append(value.item())
        return value.item()

    with torch.no_grad():
        assert optimizer.step(closure) == calls[0]
    assert len(calls) == 1
    train_apart(theirs, apart(theirs), 1)
    assert equal(ours, theirs)
    optimizer.zero_grad(set_to_none=False)
    assert all(p.grad is not None and not p.grad.any() for p in ours.parameters())
    optimizer.zero_grad()
    assert all(p.grad is None for p in ours.parameters())


def test_a_saved_run_goes_on_as_if_it_had_not_stopped() -> None:
    ours, theirs = gpt(), gpt()
    first, whole = joined(ours), joined(theirs)
    train(ours, first, 3)
    saved = io.BytesIO()
    torch.save({"model": ours.state_dict(), "optimizer": first.state_dict()}, saved)
    saved.seek(0)
    again = gpt()
    state = torch.load(saved, weights_only=True)
    again.load_state_dict(state["model"])
    resumed = joined(again)
    resumed.load_state_dict(state["optimizer"])
    train(again, resumed, 3)
    train(theirs, whole, 3)
    train(theirs, whole, 3)
    assert equal(again, theirs)
    assert resumed.param_groups[1] is resumed.optimizers["muon"].param_groups[0]


def beside_muon(library: str) -> list[Any]:
    if library == "timm":
        from timm.optim import Lamb, Lion

        return [Lamb, Lion]
    names = ("Adadelta", "Adafactor", "Adagrad", "Adam", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop", "SGD")
    return [getattr(torch.optim, name) for name in names]


@pytest.mark.parametrize("library", ["torch", pytest.param("timm", marks=pytest.mark.timm)])
def test_any_optimizer_may_stand_beside_muon_and_be_resumed(library: str) -> None:
    for cls in beside_muon(library):
        both: dict[str, Any] = {"muon": Muon, "default": cls}
        models = gpt(), gpt()
        whole, first = (build(model, RULES, both, lr=0.01) for model in models)
        train(models[0], whole, 2)
        train(models[1], first, 2)
        resumed = build(models[1], RULES, both, lr=0.01)
        resumed.load_state_dict(copy.deepcopy(first.state_dict()))
        train(models[0], whole, 2)
        train(models[1], resumed, 2)
        assert equal(*models), cls
        assert len(whole.param_groups) == 3


def test_its_state_dict_is_that_of_one_optimizer_with_all_groups() -> None:
    model = gpt()
    optimizer = joined(model)
    train(model, optimizer, 1)
    state = optimizer.state_dict()
    count = len(list(model.parameters()))
    assert [n for group in state["param_groups"] for n in group["params"]] == list(range(count))
    assert sorted(state["state"]) == list(range(count))
    names = [name for group in state["param_groups"] for name in group["param_names"]]
    tensors = dict(model.named_parameters())
    for number, name in enumerate(names):
        kept = state["state"][number]
        assert kept is optimizer.state[tensors[name]]
        for value in kept.values():
            assert value.ndim == 0 or value.shape == tensors[name].shape
    assert list(state) == ["state", "param_groups"]


def test_what_an_optimizer_saves_beside_its_state_is_kept() -> None:
    class Counting(AdamW):
        count = 0

        def state_dict(self) -> dict[str, Any]:
            return super().state_dict() | {"count": self.count}

        def load_state_dict(self, state_dict: dict[str, Any]) -> None:
            self.count = state_dict["count"]
            super().load_state_dict(state_dict)

    def made() -> MultiOptimizer:
        optimizer = build(gpt(), RULES, {"muon": Muon, "default": Counting}, lr=0.1)
        assert isinstance(optimizer, MultiOptimizer)
        return optimizer

    first, second = made(), made()
    first.optimizers["default"].count = 7  # type: ignore[attr-defined]
    state = first.state_dict()
    assert state["optimizers"] == {"muon": {}, "default": {"count": 7}}
    second.load_state_dict(state)
    assert second.optimizers["default"].count == 7  # type: ignore[attr-defined]


def test_its_state_is_theirs() -> None:
    model = gpt()
    optimizer = joined(model)
    assert not optimizer.state
    train(model, optimizer, 1)
    assert len(optimizer.state) == len(list(model.parameters()))
    assert set(map(id, optimizer.state)) == set(map(id, model.parameters()))
    table = optimizer.param_groups[0]["params"][0]
    matrix = optimizer.param_groups[1]["params"][0]
    assert optimizer.state[matrix] is optimizer.optimizers["muon"].state[matrix]
    optimizer.state[matrix] = {"momentum_buffer": torch.ones_like(matrix)}
    assert optimizer.optimizers["muon"].state[matrix]["momentum_buffer"].all()
    del optimizer.state[table]
    assert table not in optimizer.state
    assert optimizer.state[table] == {}
    with pytest.raises(KeyError):
        optimizer.state[torch.zeros(1)]
    kept = dict(optimizer.state)
    optimizer.state = {matrix: kept[matrix]}
    assert list(optimizer.state) == [matrix]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
def test_copies_are_of_one_piece(copied: Callable[[Any], Any]) -> None:
    model = gpt()
    optimizer = joined(model)
    train(model, optimizer, 2)
    other_model, other = copied((model, optimizer))
    assert other.param_groups[1] is other.optimizers["muon"].param_groups[0]
    assert other.param_groups[1]["params"][0] is not optimizer.param_groups[1]["params"][0]
    train(model, optimizer, 2)
    assert not equal(model, other_model)
    train(other_model, other, 2)
    assert equal(model, other_model)


def test_its_hooks_run() -> None:
    model = gpt()
    optimizer = joined(model)
    ran: list[str] = []
    optimizer.register_step_pre_hook(lambda *_: ran.append("before step"))
    optimizer.register_step_post_hook(lambda *_: ran.append("after step"))
    optimizer.optimizers["muon"].register_step_post_hook(lambda *_: ran.append("muon"))
    optimizer.register_state_dict_pre_hook(lambda *_: ran.append("before saving"))
    optimizer.register_state_dict_post_hook(lambda _, state: state | {"note": 1})
    optimizer.register_load_state_dict_pre_hook(lambda _, state: {k: state[k] for k in state if k != "note"})
    optimizer.register_load_state_dict_post_hook(lambda *_: ran.append("after loading"))
    train(model, optimizer, 1)
    state = optimizer.state_dict()
    assert state["note"] == 1
    optimizer.load_state_dict(state)
    assert ran == ["before step", "muon", "after step", "before saving", "after loading"]


def test_gradscaler_leaves_out_a_step_of_all() -> None:
    ours, theirs = gpt(), gpt()
    optimizers: tuple[tuple[Optimizer, ...], ...] = ((joined(ours, fused=True),), apart(theirs, fused=True))
    for model, some in zip((ours, theirs), optimizers, strict=True):
        scaler = torch.amp.GradScaler("cpu", init_scale=64.0)
        for step in range(4):
            model.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                value = loss(model, step)
            before = copy.deepcopy(model)
            scaler.scale(value * (float("inf") if step == 1 else 1)).backward()
            for optimizer in some:
                scaler.unscale_(optimizer)
            for optimizer in some:
                scaler.step(optimizer)
            scaler.update()
            assert equal(before, model) == (step == 1)
    assert equal(ours, theirs)


def test_torchs_checkpoints_know_its_parameters_by_name() -> None:
    from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict, set_optimizer_state_dict

    ours, theirs = gpt(), gpt()
    first, second = joined(ours), joined(theirs)
    train(ours, first, 2)
    state = get_optimizer_state_dict(ours, first)
    assert set(state["state"]) == set(dict(ours.named_parameters()))
    theirs.load_state_dict(ours.state_dict())
    set_optimizer_state_dict(theirs, second, copy.deepcopy(state))
    assert [g["lr"] for g in second.param_groups] == [g["lr"] for g in first.param_groups]
    train(ours, first, 2)
    train(theirs, second, 2)
    assert equal(ours, theirs)


def test_a_group_is_added_to_the_optimizer_that_it_names() -> None:
    model = gpt()
    optimizer = joined(model)
    matrix, vector = nn.Parameter(torch.ones(3, 3)), nn.Parameter(torch.ones(3))
    optimizer.add_param_group({"params": matrix, "param_names": ["m"], "optimizer": "muon", "lr": 0.5})
    optimizer.add_param_group({"params": [vector], "param_names": ["v"]})
    assert [g["optimizer"] for g in optimizer.param_groups][-2:] == ["muon", "default"]
    assert optimizer.param_groups[-2] is optimizer.optimizers["muon"].param_groups[-1]
    assert optimizer.param_groups[-1]["lr"] == 0.01
    optimizer.load_state_dict(optimizer.state_dict())
    assert optimizer.param_groups[-1]["params"] == [vector]
    for params in ([matrix], [("m", matrix)]):
        with pytest.raises(ValueError, match=r"^some parameters appear in more than one parameter group$"):
            optimizer.add_param_group({"params": params, "param_names": ["m"]})
    with pytest.raises(TypeError, match="ordered collections"):
        optimizer.add_param_group({"params": {nn.Parameter(torch.ones(1))}, "param_names": ["m"]})
    assert len(optimizer.param_groups) == len(optimizer.optimizers["default"].param_groups) + 2
    with pytest.raises(RulesError) as raised:
        optimizer.add_param_group({"params": [nn.Parameter(torch.ones(1))], "optimizer": "moun"})
    assert str(raised.value) == (
        "\nerror[E610]: the new group names the optimizer `moun`, and there are `muon` and `default`\n"
        "  = help: did you mean `muon`?"
    )


def test_what_binds_arguments_has_its_own_base_rates() -> None:
    rules = paramrules.parse('hidden: ndim == 2 -> optimizer = "muon"\nrest: else -> lr_scale = 0.5')
    both = {"muon": partial(Muon, lr=0.02, weight_decay=0.3), "default": AdamW}
    model = nn.Linear(3, 3)
    groups = build(model, rules, both, lr=0.001, weight_decay=0.1).param_groups
    assert [(g["lr"], g["weight_decay"], g["lr_ratio"]) for g in groups] == [
        (0.02, 0.3, 20.0),
        (0.0005, 0.1, 0.5),
    ]
    groups = build(model, rules, {"default": AdamW, "muon": Muon}).param_groups
    assert [(g["lr"], g["weight_decay"]) for g in groups] == [(0.001, 0.1), (0.0005, 0.01)]


def test_an_optimizer_whose_parameters_are_all_frozen_is_left_out() -> None:
    model = gpt()
    rules = paramrules.parse('hidden: ndim == 2 -> optimizer = "muon", freeze = true\nrest: else')
    optimizer = build(model, rules, BOTH, lr=0.01)
    assert isinstance(optimizer, MultiOptimizer)
    assert list(optimizer.optimizers) == ["default"]
    train(model, optimizer, 1)


def test_groups_that_name_none_go_to_the_only_one() -> None:
    optimizer = build(nn.Linear(3, 3), paramrules.parse("all: else"), {"adamw": AdamW}, lr=0.1)
    assert [g["optimizer"] for g in optimizer.param_groups] == ["adamw"]


class ScheduleFree(AdamW):
    """An optimizer with modes and a method of its own."""

    def __init__(self, params: Any, lr: float = 1e-3, weight_decay: float = 0.0) -> None:
        super().__init__(params, lr=lr, weight_decay=weight_decay)
        self.mode = ""

    def train(self) -> None:
        self.mode = "train"

    def eval(self) -> None:
        self.mode = "eval"

    def first_step(self) -> None:
        raise NotImplementedError


def test_the_modes_of_one_are_those_of_all() -> None:
    both = build(gpt(), RULES, {"muon": Muon, "default": ScheduleFree}, lr=0.01)
    assert isinstance(both, MultiOptimizer)
    inner: Any = both.optimizers["default"]
    Accelerator(cpu=True)
    for optimizer in (both, AcceleratedOptimizer(both)):
        optimizer.train()
        assert inner.mode == "train"
        assert optimizer.eval() is None
        assert inner.mode == "eval"
    without = joined(gpt())
    assert not hasattr(without, "train")
    with pytest.raises(AttributeError, match=r"has no `train`, as none of its optimizers has one$"):
        without.train()


def test_a_wrapper_of_fabrics_shares_its_groups() -> None:
    model = gpt()
    optimizer = joined(model)
    fabric = lightning.Fabric(accelerator="cpu", devices=1)
    wrapped = fabric.setup_optimizers(optimizer)
    scheduler = scheduled(wrapped, lambda base: LinearLR(base, 1.0, 0.0, 10))
    assert scheduler.optimizer is optimizer
    wrapped.load_state_dict(wrapped.state_dict())
    wrapped.add_param_group({"params": nn.Parameter(torch.ones(2)), "lr": 0.5})
    wrapped.param_groups = [*wrapped.param_groups]
    scheduler.step()
    for groups in (wrapped.param_groups, optimizer.param_groups):
        assert [group["label"] for group in groups] == ["table", "hidden", "rest", "added"]
        assert groups[-1]["lr"] == pytest.approx(0.45)
    assert optimizer.optimizers["default"].param_groups[-1] is wrapped.param_groups[-1]


def test_what_only_one_has_says_where_it_is() -> None:
    both = build(gpt(), RULES, {"muon": Muon, "default": ScheduleFree}, lr=0.01)
    message = (
        "a `MultiOptimizer` has no `first_step`, but what it is made of does: "
        'use `optimizers["default"].first_step`'
    )
    with pytest.raises(AttributeError, match=f"^{re.escape(message)}$"):
        both.first_step()  # type: ignore[attr-defined]


def refused(text: str, optimizers: Any, **how: Any) -> str:
    with pytest.raises(RulesError) as raised:
        build(nn.Linear(3, 3), paramrules.parse(text), optimizers, **how)
    return str(raised.value)


def test_a_group_whose_optimizer_is_not_clear() -> None:
    two = {"muon": Muon, "adamw": AdamW}
    assert refused("weight: ndim == 2\nrest: else -> lr_scale = 2", two, lr=0.1) == (
        "\nerror[E610]: the groups `weight` and `rest` name no optimizer, and there are `muon` and `adamw`\n"
        '  = help: write `optimizer = "adamw"` among the settings, or name one of them `default`'
    )
    assert refused('all: else -> optimizer = "muno"', two) == (
        "\nerror[E610]: the group `all` names the optimizer `muno`, and there are `muon` and `adamw`\n"
        "  --> <rules>:1:14\n"
        "   |\n"
        ' 1 | all: else -> optimizer = "muno"\n'
        "   |              ^^^^^^^^^^^^^^^^^^\n"
        "   = help: did you mean `muon`?"
    )
    assert refused('all: else -> optimizer = "lion"', {"adamw": AdamW}) == (
        "\nerror[E610]: the group `all` names the optimizer `lion`, and there is only `adamw`\n"
        "  --> <rules>:1:14\n"
        "   |\n"
        ' 1 | all: else -> optimizer = "lion"\n'
        "   |              ^^^^^^^^^^^^^^^^^^\n"
        '   = help: pass it too, as in `{"lion": ..., ...}`'
    )
    assert refused('all: else -> optimizer = "muon"', AdamW) == (
        "\nerror[E610]: the group `all` names the optimizer `muon`, and only `AdamW` was passed\n"
        "  --> <rules>:1:14\n"
        "   |\n"
        ' 1 | all: else -> optimizer = "muon"\n'
        "   |              ^^^^^^^^^^^^^^^^^^\n"
        '   = help: pass both, as in `{"muon": ..., "default": AdamW}`'
    )


def test_an_optimizer_that_no_rule_is_for() -> None:
    rules = paramrules.parse('hidden?: name ~ nowhere -> optimizer = "muon"\nrest: else')
    build(nn.Linear(3, 3), rules, {"muon": Muon, "default": AdamW}, lr=0.1)  # a rule that may take nothing
    with pytest.warns(RulesWarning) as warned:
        build(nn.Linear(3, 3), paramrules.parse("all: else"), {"muon": Muon, "default": AdamW}, lr=0.1)
    assert [str(one.message) for one in warned] == [
        "W617: no rule names the optimizer `muon`\n"
        '  = help: write `optimizer = "muon"` among the settings of a rule, or remove the optimizer'
    ]
    assert warned[0].filename == __file__


def test_one_that_evaluates_the_loss_by_itself() -> None:
    text = 'bias: leaf == "bias" -> optimizer = "lbfgs"\nrest: else'
    assert refused(text, {"lbfgs": torch.optim.LBFGS, "default": AdamW}, lr=0.1) == (
        "\nerror[E615]: `LBFGS` evaluates the loss itself and cannot be one of several\n"
        "  = help: pass another optimizer as `lbfgs`, or `LBFGS` alone"
    )


def test_state_of_other_groups_is_not_loaded() -> None:
    optimizer = joined(gpt())
    state = optimizer.state_dict()
    swapped = [state["param_groups"][n] for n in (1, 0, 2)]
    both = MultiOptimizer(optimizer.optimizers, optimizer.order)  # not of `build`, which has a hook
    with pytest.raises(ValueError, match=r"^loaded state dict has a different number of parameter groups$"):
        both.load_state_dict(state | {"param_groups": state["param_groups"][1:]})
    with pytest.raises(ValueError, match=r"^loaded state dict contains a parameter group that doesn't match"):
        both.load_state_dict(state | {"param_groups": swapped})
    saved = [dict(group) for group in state["param_groups"]]
    saved[1]["optimizer"] = "default"
    with pytest.raises(RulesError) as raised:
        optimizer.load_state_dict(state | {"param_groups": saved})
    assert str(raised.value) == (
        "\nerror[E618]: the saved group `hidden` belongs to `default`, and `hidden`, which has its place "
        "now, to `muon`\n"
        "  = help: load `paramrules_torch.regroup_state(state, model, optimizer)`, which matches by name"
    )


def test_looking_at_the_joined_state_creates_no_entries() -> None:
    net = nn.Linear(2, 2)
    rules = paramrules.parse('weight: ndim == 2 -> optimizer = "muon"\nrest: else')
    optimizers: Any = {"muon": torch.optim.Muon, "default": torch.optim.AdamW}
    optimizer = build(net, rules, optimizers, lr=0.1)
    stranger = torch.ones(1)
    for tensor in (net.weight, net.bias, stranger):
        assert optimizer.state.get(tensor) is None
        assert optimizer.state.get(tensor, 1) == 1
        assert optimizer.state.pop(tensor, 1) == 1
        with pytest.raises(KeyError):
            optimizer.state.pop(tensor)
    monitor = GroupMonitor(optimizer, every=1)
    net.weight.grad = torch.ones(2, 2)
    optimizer.step()
    assert [row["state_bytes"] for row in monitor.rows()] == [16, 0]
    assert list(optimizer.state_dict()["state"]) == [0]
    assert optimizer.state.setdefault(net.bias, {"step": 1}) == {"step": 1}
    assert optimizer.state.pop(net.bias) == {"step": 1}
    assert list(optimizer.state) == [net.weight]
