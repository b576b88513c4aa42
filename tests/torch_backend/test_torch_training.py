"""Groups at work: what does not decay stays as it is to the bit, and checkpoints know groups by name."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import torch
from paramrules_torch import param_groups
from torch import nn

import paramrules

RULES = paramrules.parse(
    """
no_decay: type(LayerNorm|Embedding) or leaf ~ bias or ndim <= 1 -> weight_decay = 0
decay: else
"""
)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(11, 8)
        self.body = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        self.rnn = nn.LSTM(8, 8, batch_first=True)
        self.head = nn.Linear(8, 11)
        self.unused = nn.ModuleList([nn.Linear(3, 3), nn.LayerNorm(3), nn.Embedding(3, 3)])

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.rnn(self.body(self.emb(ids)))[0])  # type: ignore[no-any-return]


def model() -> Net:
    torch.manual_seed(0)
    return Net()


def train(net: nn.Module, optimizer: torch.optim.Optimizer, steps: int = 3) -> None:
    """Some steps; the parameters that the loss does not reach get a gradient of zero."""
    torch.manual_seed(1)
    for _ in range(steps):
        ids = torch.randint(11, (4, 6))
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(ids).flatten(0, 1), ids.flatten()).backward()
        for parameter in net.parameters():
            if parameter.grad is None and parameter.requires_grad:
                parameter.grad = torch.zeros_like(parameter)
        optimizer.step()


def state(net: nn.Module) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in net.named_parameters()}


@pytest.mark.parametrize(
    "make",
    [
        lambda groups: torch.optim.AdamW(groups, lr=0.1),
        lambda groups: torch.optim.AdamW(groups, lr=0.1, fused=True),
        lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.9),
        lambda groups: torch.optim.RMSprop(groups, lr=0.1),
        lambda groups: torch.optim.Adagrad(groups, lr=0.1),
    ],
)
def test_without_a_gradient_only_what_decays_moves(make: Callable[[Any], torch.optim.Optimizer]) -> None:
    net = model()
    groups = param_groups(net, RULES, weight_decay=0.5)
    before = state(net)
    train(net, make(groups))
    after = state(net)
    unmoved = {name for name in after if torch.equal(before[name], after[name])}
    decayed = set(groups[1]["param_names"])
    assert "unused.0.weight" in decayed
    assert {name for name in after if name.startswith("unused.")} - decayed == unmoved


def test_the_steps_are_those_of_groups_made_by_hand() -> None:
    ours, theirs = model(), model()
    train(ours, torch.optim.AdamW(param_groups(ours, RULES, lr=0.01, weight_decay=0.1)))
    still = [p for n, p in theirs.named_parameters() if p.ndim <= 1 or n in ("emb.weight", "unused.2.weight")]
    kept = {id(p) for p in still}
    by_hand = [
        {"params": still, "weight_decay": 0.0},
        {"params": [p for p in theirs.parameters() if id(p) not in kept], "weight_decay": 0.1},
    ]
    train(theirs, torch.optim.AdamW(by_hand, lr=0.01))
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_a_checkpoint_holds_names_and_goes_back_into_the_same_groups() -> None:
    net = model()
    optimizer = torch.optim.AdamW(param_groups(net, RULES, lr=0.01, weight_decay=0.1))
    train(net, optimizer)
    saved, weights = deepcopy(optimizer.state_dict()), state(net)
    assert [group["label"] for group in saved["param_groups"]] == ["no_decay", "decay"]
    assert saved["param_groups"][0]["param_names"][:2] == ["emb.weight", "body.self_attn.in_proj_bias"]
    train(net, optimizer)

    again = model()
    again.load_state_dict(weights)
    resumed = torch.optim.AdamW(param_groups(again, RULES, lr=0.01, weight_decay=0.1))
    resumed.load_state_dict(saved)
    train(again, resumed)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), again.parameters(), strict=True))


def test_a_frozen_parameter_stays_and_costs_no_state() -> None:
    net = model()
    rules = paramrules.parse(
        "off: within(TransformerEncoderLayer) or type(Embedding) -> freeze = true\non: else\n"
    )
    optimizer = torch.optim.AdamW(param_groups(net, rules, lr=0.1))
    before = state(net)
    train(net, optimizer)
    frozen = [name for name, p in net.named_parameters() if not p.requires_grad]
    assert frozen[:2] == ["emb.weight", "body.self_attn.in_proj_weight"]
    assert all(torch.equal(before[name], net.get_parameter(name)) for name in frozen)
    assert len(optimizer.state) == len(list(net.parameters())) - len(frozen)


def test_schedulers_move_each_group_from_its_own_rate() -> None:
    net = model()
    rules = paramrules.parse("slow: type(Embedding) -> lr_scale = 0.5\nfast: else\n")
    optimizer = torch.optim.AdamW(param_groups(net, rules, lr=0.1))
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    for _ in range(5):
        optimizer.step()
        scheduler.step()
    slow, fast = (group["lr"] for group in optimizer.param_groups)
    assert slow == pytest.approx(0.025)
    assert fast == pytest.approx(0.05)


def test_muon_and_adamw_from_one_file() -> None:
    net = model()
    rules = paramrules.parse(
        """
muon: ndim == 2 and type(Linear) and not name ~ ^head\\. -> optimizer = "muon", lr = 0.02
adamw: else -> optimizer = "adamw", lr = 0.001
"""
    )
    groups = param_groups(net, rules)
    muon = torch.optim.Muon([group for group in groups if group["optimizer"] == "muon"])
    adamw = torch.optim.AdamW([group for group in groups if group["optimizer"] == "adamw"])
    before = state(net)
    train(net, adamw, 1)
    muon.step()
    after = state(net)
    moved = {name for name in after if not torch.equal(before[name], after[name])}
    assert {"body.linear1.weight", "emb.weight", "head.weight"} <= moved
    assert sum(len(group["params"]) for o in (muon, adamw) for group in o.param_groups) == len(after)


def test_mixed_precision() -> None:
    net = model()
    optimizer = torch.optim.AdamW(param_groups(net, RULES, lr=0.01, weight_decay=0.1))
    ids = torch.randint(11, (4, 6))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = nn.functional.cross_entropy(net(ids).float().flatten(0, 1), ids.flatten())
    loss.backward()
    optimizer.step()
    assert all(torch.isfinite(parameter).all() for parameter in net.parameters())


def test_adapters_train_and_what_they_adapt_stays() -> None:
    peft = pytest.importorskip("peft")
    net = model()
    adapted = peft.get_peft_model(net, peft.LoraConfig(target_modules=["linear1", "linear2"], r=2))
    rules = paramrules.parse(
        "a: name ~ lora_A -> lr_scale = 1\nb: name ~ lora_B -> lr_scale = 16\nbase: else\n"
    )
    groups = param_groups(adapted, rules, lr=0.01)
    assert [(group["label"], group["lr"], len(group["params"])) for group in groups] == [
        ("a", 0.01, 2),
        ("b", 0.16, 2),
    ]
    before = state(adapted)
    train(adapted, torch.optim.AdamW(groups))
    moved = {name for name, after in state(adapted).items() if not torch.equal(before[name], after)}
    assert moved == {name for group in groups for name in group["param_names"]}
