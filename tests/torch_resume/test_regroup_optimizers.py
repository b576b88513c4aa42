"""Parameters that rules give to another optimizer start fresh when asked; all others go on to the bit."""

import zlib
from copy import deepcopy
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from paramrules_torch import build, param_groups, regroup_state
from torch import Tensor, nn

import paramrules
from paramrules import RulesError
from tests.support import examples

HIDDEN = "name ~ ^blocks and ndim == 2"
ONE = paramrules.parse("no_decay: ndim <= 1\ndecay: else\n")
TWO = paramrules.parse(f'hidden: {HIDDEN} -> optimizer = "muon"\nno_decay: ndim <= 1\ndecay: else\n')
MUON = {"muon": torch.optim.Muon, "default": torch.optim.AdamW}
SGD = {"muon": torch.optim.Muon, "default": torch.optim.SGD}


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.blocks = nn.ModuleList(nn.ModuleDict({"up": nn.Linear(4, 4)}) for _ in range(3))
        self.head = nn.Linear(4, 2)


def net() -> Net:
    torch.manual_seed(0)
    return Net()


def train(model: nn.Module, optimizer: torch.optim.Optimizer, steps: range) -> None:
    """Step on gradients that depend on name and step alone, so that no parameter's path affects another's."""
    for step in steps:
        for name, tensor in model.named_parameters():
            seed = torch.Generator().manual_seed(zlib.crc32(f"{name} {step}".encode()))
            tensor.grad = torch.randn(tensor.shape, generator=seed)
        optimizer.step()


def one(model: nn.Module, rules: paramrules.Rules = ONE, **how: Any) -> torch.optim.Optimizer:
    return build(model, rules, torch.optim.AdamW, lr=0.01, weight_decay=0.1, **how)


def two(model: nn.Module, rules: paramrules.Rules = TWO, makes: Any = None) -> torch.optim.Optimizer:
    return build(model, rules, makes or MUON, lr=0.01, weight_decay=0.1)


def resumed(before: Any, after: Any, **how: Any) -> tuple[Net, torch.optim.Optimizer, Net, dict[str, Any]]:
    """Train with one optimizer, and go on with another: its model and itself; the uninterrupted run and the
    state at the change, by name."""
    whole = net()
    first = before(whole)
    train(whole, first, range(5))
    saved = deepcopy(first.state_dict())
    kept = {name: deepcopy(first.state[tensor]) for name, tensor in whole.named_parameters()}
    model = net()
    model.load_state_dict(whole.state_dict())
    train(whole, first, range(5, 10))
    del first
    optimizer = after(model)
    optimizer.load_state_dict(regroup_state(saved, model, optimizer, **how))
    return model, optimizer, whole, kept


def fresh(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[str]:
    return [name for name, tensor in model.named_parameters() if not optimizer.state[tensor]]


@pytest.mark.parametrize(("before", "after"), [(one, two), (two, one)])
def test_hidden_matrices_go_to_muon_and_back(before: Any, after: Any) -> None:
    model, optimizer, whole, kept = resumed(before, after, missing="fresh")
    hidden = [f"blocks.{n}.up.weight" for n in range(3)]
    assert fresh(model, optimizer) == hidden
    for name, tensor in model.named_parameters():
        for key, value in optimizer.state[tensor].items():
            assert torch.equal(value, kept[name][key])
    start = {name: deepcopy(tensor.detach()) for name, tensor in model.named_parameters()}
    train(model, optimizer, range(5, 10))
    alone = net()
    alone.load_state_dict(start)
    train(alone, after(alone), range(5, 10))
    for (name, tensor), other, anew in zip(
        model.named_parameters(), whole.parameters(), alone.parameters(), strict=True
    ):
        assert torch.equal(tensor, anew if name in hidden else other), name


def refused(before: Any, after: Any) -> str:
    with pytest.raises(RulesError) as raised:
        resumed(before, after)
    return str(raised.value)


def test_the_message_names_the_parameters_and_the_argument() -> None:
    assert refused(one, two) == (
        "\nerror[E624]: the saved state keeps `exp_avg`, `exp_avg_sq` and `step` for "
        "`blocks.{0..2}.up.weight`, and this optimizer `momentum_buffer`\n"
        '  = help: `missing="fresh"` lets them start without'
    )
    assert refused(two, one) == (
        "\nerror[E624]: the saved state keeps `momentum_buffer` for `blocks.{0..2}.up.weight`, and this "
        "optimizer `exp_avg`, `exp_avg_sq` and `step`\n"
        '  = help: `missing="fresh"` lets them start without'
    )


def test_the_rest_goes_to_sgd_and_muon_stays() -> None:
    makes = SGD | {"default": lambda groups, **how: torch.optim.SGD(groups, momentum=0.9, **how)}
    model, optimizer, whole, kept = resumed(two, lambda m: two(m, makes=makes), missing="fresh")
    hidden = [f"blocks.{n}.up.weight" for n in range(3)]
    assert set(fresh(model, optimizer)) == {*kept} - {*hidden}
    train(model, optimizer, range(5, 10))
    for name in hidden:
        assert torch.equal(model.get_parameter(name), whole.get_parameter(name))


def test_sgd_and_muon_keep_a_buffer_of_the_same_name() -> None:
    def sgd(model: nn.Module) -> torch.optim.Optimizer:
        return build(model, ONE, torch.optim.SGD, lr=0.01, momentum=0.9)

    makes = SGD | {"default": lambda groups, **how: torch.optim.SGD(groups, momentum=0.9, **how)}
    assert refused(sgd, lambda model: two(model, makes=makes)) == (
        "\nerror[E624]: the saved state keeps `SGD.momentum_buffer` for `blocks.{0..2}.up.weight`, and this "
        "optimizer `Muon.momentum_buffer`\n"
        '  = help: `missing="fresh"` lets them start without'
    )
    assert "keeps `Muon.momentum_buffer` for `blocks.{0..2}.up.weight`" in refused(
        lambda model: two(model, makes=makes), sgd
    )


class Averaging(torch.optim.Optimizer):
    """Muon as some write it: its settings are among those of SGD, and its buffer has the same name."""

    def __init__(
        self, params: Any, lr: float = 0.1, momentum: float = 0.9, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            for tensor in group["params"]:
                state = self.state[tensor]
                average = state.setdefault("momentum_buffer", torch.zeros_like(tensor))
                tensor -= group["lr"] * average.lerp_(tensor.grad, 0.1)


def test_the_names_of_several_optimizers_tell_them_apart() -> None:
    makes = {"muon": Averaging, "default": lambda groups, **how: torch.optim.SGD(groups, momentum=0.9, **how)}
    other = paramrules.parse(TWO.source.text.replace("ndim == 2", "name ~ 0"))
    message = refused(lambda model: two(model, makes=makes), lambda model: two(model, other, makes))
    assert "keeps `SGD.momentum_buffer` for `blocks.0.up.bias`, and this optimizer `Averaging" in message
    assert (
        "keeps `Averaging.momentum_buffer` for `blocks.{1,2}.up.weight`, and this optimizer `SGD" in message
    )


@pytest.mark.parametrize("cls", [torch.optim.Adam, torch.optim.RAdam])
def test_optimizers_whose_state_means_the_same(cls: Any) -> None:
    """Adam and RAdam go on with the moments of AdamW, and AdamW with theirs."""

    def other(model: nn.Module) -> torch.optim.Optimizer:
        return cls(param_groups(model, ONE, lr=0.01))  # type: ignore[no-any-return]

    for before, after in ((one, other), (other, one)):
        model, optimizer, _, _ = resumed(before, after)
        assert fresh(model, optimizer) == []


def test_a_state_of_an_older_torch_lacks_newer_settings() -> None:
    model = net()
    optimizer = one(model)
    train(model, optimizer, range(2))
    saved = deepcopy(optimizer.state_dict())
    for group in saved["param_groups"]:
        del group["decoupled_weight_decay"], group["maximize"]
        group["base_momentum"] = 0.8  # left by a scheduler
    assert len(regroup_state(saved, model, optimizer)["state"]) == 9


def test_optimizers_under_other_names() -> None:
    renamed = paramrules.parse(
        TWO.source.text.replace('"muon"', '"m"').replace("else", 'else -> optimizer = "a"')
    )
    renamed = paramrules.parse(renamed.source.text.replace("ndim <= 1", 'ndim <= 1 -> optimizer = "a"', 1))
    makes = {"m": torch.optim.Muon, "a": torch.optim.AdamW}
    model, optimizer, whole, _ = resumed(two, lambda model: two(model, renamed, makes))
    train(model, optimizer, range(5, 10))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), whole.parameters(), strict=True))


def test_plain_adamw_goes_into_several_and_back_without_names() -> None:
    def plain(model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.AdamW(model.parameters(), lr=0.01)

    names = [[name for name, _ in net().named_parameters()]]
    model, optimizer, _, _ = resumed(plain, two, old=names, missing="fresh")
    assert fresh(model, optimizer) == [f"blocks.{n}.up.weight" for n in range(3)]
    both = {"a": torch.optim.AdamW, "b": torch.optim.AdamW}
    parted = paramrules.parse(f'hidden: {HIDDEN} -> optimizer = "a"\nrest: else -> optimizer = "b"\n')
    for before, after in ((plain, lambda m: two(m, parted, both)), (lambda m: two(m, parted, both), plain)):
        model, optimizer, _, _ = resumed(before, after, old=names)
        assert fresh(model, optimizer) == []


def test_a_parameter_of_another_shape_starts_fresh_when_asked() -> None:
    small, large = nn.Linear(2, 3), nn.Linear(4, 3)
    first, second = one(small), one(large)
    train(small, first, range(2))
    loaded = regroup_state(first.state_dict(), large, second, missing="fresh")
    names = [name for group in loaded["param_groups"] for name in group["param_names"]]
    assert {names[key] for key in loaded["state"]} == {"bias"}


class Stage(nn.Module):
    """One stage of a pipeline, which keeps the names of the whole model."""

    def __init__(self, whole: Net, *numbers: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleDict({str(n): whole.blocks[n] for n in numbers})
        if 2 in numbers:
            self.head = whole.head


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("numbers", [(0, 1), (2,)])
def test_on_the_stages_of_a_pipeline(numbers: tuple[int, ...], named: bool) -> None:
    before, after = (paramrules.assign(rules, net()) for rules in (ONE, TWO))
    stage = Stage(net(), *numbers)
    first = build(stage, before, torch.optim.AdamW, lr=0.01, part=True)
    train(stage, first, range(3))
    saved = deepcopy(first.state_dict())
    if not named:
        for group in saved["param_groups"]:
            del group["param_names"]
    optimizer = build(stage, after, MUON, lr=0.01, part=True)
    with pytest.raises(
        RulesError, match=r"`blocks\.[^`]*\.up\.weight`, and this optimizer `momentum_buffer`"
    ):
        regroup_state(saved, stage, optimizer, old=before)
    optimizer.load_state_dict(regroup_state(saved, stage, optimizer, old=before, missing="fresh"))
    assert fresh(stage, optimizer) == [f"blocks.{n}.up.weight" for n in numbers]
    for name, tensor in stage.named_parameters():
        if "up.weight" not in name:
            assert torch.equal(optimizer.state[tensor]["exp_avg"], first.state[tensor]["exp_avg"])


PREDICATES = [
    "leaf == 'bias'",
    HIDDEN,
    "type(Embedding)",
    "name ~ ^head",
    r"name ~ ^blocks\.[01]",
    "size > 9",
]


def rules_of(order: list[int], optimizers: tuple[str, ...]) -> paramrules.Rules:
    """Rules in some order, which all have equal settings but for their optimizer."""
    lines = [f'g{n}?: {PREDICATES[n]} -> optimizer = "{optimizers[n]}"\n' for n in order]
    return paramrules.parse("".join(lines) + 'rest: else -> optimizer = "x"\n')


orders = st.lists(st.sampled_from(range(len(PREDICATES))), unique=True)
chosen = st.tuples(*[st.sampled_from("xy") for _ in PREDICATES])


@settings(max_examples=examples(10), deadline=None)
@given(before=orders, after=orders, optimizers=chosen, others=chosen)
def test_any_two_groupings_of_equal_settings_train_alike(
    before: list[int], after: list[int], optimizers: tuple[str, ...], others: tuple[str, ...]
) -> None:
    def of(order: list[int], names: tuple[str, ...]) -> Any:
        makes = dict.fromkeys(["x", *(names[n] for n in order)], torch.optim.AdamW)
        return lambda model: build(model, rules_of(order, names), makes, lr=0.01, weight_decay=0.1)

    model, optimizer, whole, _ = resumed(of(before, optimizers), of(after, others))
    train(model, optimizer, range(5, 10))
    one_of, other = (dict(m.named_parameters()) for m in (model, whole))
    assert all(torch.equal(one_of[name], other[name]) for name in one_of)


def test_tensors_are_those_of_the_saved_state() -> None:
    model = net()
    optimizer = one(model)
    train(model, optimizer, range(2))
    saved = optimizer.state_dict()
    loaded = regroup_state(saved, model, optimizer)

    def moments(state: Any) -> list[Tensor]:
        return [entry["exp_avg"] for entry in state["state"].values()]

    assert all(any(a is b for b in moments(saved)) for a in moments(loaded))
