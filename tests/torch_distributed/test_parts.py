"""Stages of a pipeline: rules are decided on the whole model, each stage's optimizer gets what is there."""

from collections.abc import Callable, Iterator
from typing import Any

import paramrules_torch
import pytest
import torch
from paramrules_torch import build, param_groups
from torch import nn
from torch.distributed.pipelining import SplitPoint, pipeline
from transformers import GPT2Config, GPT2LMHeadModel

import paramrules
from paramrules import RulesError

RULES = paramrules.parse("""
let block = name ~ ^transformer\\.h\\.(?<i>\\d+)\\.
let depth = count(block)
[decay]
# allow: N210 -- the head is tied to the embedding
no_decay: type(LayerNorm|Embedding) or ndim <= 1 -> weight_decay = 0
decay: else
[lr]
block_{i}: block -> lr_scale = 0.5 ** (depth - i)
head: name ~ ^transformer\\.ln_f
rest: else
""")


def gpt() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(n_layer=4, n_embd=16, n_head=2, vocab_size=40, n_positions=8))


def stage(number: int) -> nn.Module:
    """The first half with the embeddings, or the second with norm and head, under the whole's names."""
    model = gpt()
    model.transformer.h = nn.ModuleDict(
        {str(i): block for i, block in enumerate(model.transformer.h) if i // 2 == number}
    )
    if number == 0:
        del model.transformer.ln_f, model.lm_head
    else:
        del model.transformer.wte, model.transformer.wpe
    return model


def settings(groups: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for group in groups:
        own = {key: value for key, value in group.items() if key not in ("params", "param_names")}
        assert len(group["params"]) == len(group["param_names"])
        yield from ((name, own) for name in group["param_names"])


def test_every_parameter_is_in_one_stage_with_the_settings_of_the_whole() -> None:
    with torch.device("meta"):
        meta = gpt()
    meta.tie_weights()
    assignment = paramrules.assign(RULES, meta)
    whole = param_groups(gpt(), RULES, lr=0.1, weight_decay=0.1)
    expected = dict(settings(whole))
    assert expected["transformer.h.0.ln_1.weight"]["lr"] == 0.1 * 0.5**4
    stages = [param_groups(stage(n), assignment, lr=0.1, weight_decay=0.1, part=True) for n in (0, 1)]
    names = [dict(settings(groups)) for groups in stages]
    # The head is tied to the embedding: a tensor of its own on the last stage, with the settings of the one.
    assert names[1].pop("lm_head.weight") == expected["transformer.wte.weight"]
    assert names[0].keys().isdisjoint(names[1])
    assert names[0] | names[1] == expected
    order = [group["label"] for group in whole]
    for groups in stages:
        labels = [group["label"] for group in groups]
        assert labels == sorted(labels, key=order.index)
        assert all(group["params"] for group in groups)
    both = [param_groups(stage(n), assignment, lr=0.1, empty=True, part=True) for n in (0, 1)]
    assert [[group["label"] for group in groups] for groups in both] == [order, order]


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.up = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.up(self.norm(x))  # type: ignore[no-any-return]


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(12, 8)
        self.blocks = nn.ModuleList(Block() for _ in range(4))
        self.head = nn.Linear(8, 12)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.emb(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(x)  # type: ignore[no-any-return]


BY_TYPE = paramrules.parse("""
no_decay: type(LayerNorm|Embedding) -> weight_decay = 0
block_{i}: name ~ ^blocks\\.(?<i>\\d+) -> lr_scale = 0.5 ** (count(name ~ ^blocks\\.(?<i>\\d+)) - i)
rest: else
""")


@pytest.mark.filterwarnings(
    "ignore:`isinstance.treespec, LeafSpec.` is deprecated:FutureWarning"
)  # torch's own
def test_stages_that_torch_has_traced_and_that_have_lost_their_classes() -> None:
    model = Net()
    assignment = paramrules.assign(BY_TYPE, model)
    pipe = pipeline(model, (torch.randint(12, (2, 5)),), split_spec={"blocks.2": SplitPoint.BEGINNING})
    expected = dict(settings(build(model, BY_TYPE, lr=0.1).param_groups))
    found = [
        dict(settings(build(pipe.get_stage_module(n), assignment, lr=0.1, part=True).param_groups))
        for n in (0, 1)
    ]
    assert found[0].keys().isdisjoint(found[1])
    assert found[0] | found[1] == expected
    assert found[0]["blocks.0.norm.bias"]["weight_decay"] == 0
    assert found[0]["blocks.0.up.weight"]["lr"] == 0.1 * 0.5**4


def test_freezing_on_a_stage_and_several_optimizers_of_which_it_needs_one() -> None:
    rules = paramrules.parse(
        "off: name ~ ^emb -> freeze = true\n"
        'hidden: name ~ ^blocks and ndim == 2 -> optimizer = "muon"\n'
        'rest: else -> optimizer = "default"\n'
    )
    assignment = paramrules.assign(rules, Net())
    first = nn.ModuleDict({"emb": nn.Embedding(12, 8), "blocks": nn.ModuleList([Block()])})
    last = nn.ModuleDict({"head": nn.Linear(8, 12)})
    optimizers = {"muon": torch.optim.Muon, "default": torch.optim.AdamW}
    one = build(first, assignment, optimizers, lr=0.1, part=True)
    assert [group["label"] for group in one.param_groups] == ["hidden", "rest"]
    assert [name for name, p in first.named_parameters() if not p.requires_grad] == ["emb.weight"]
    other = build(last, assignment, optimizers, lr=0.1, part=True)
    assert [(group["label"], len(group["params"])) for group in other.param_groups] == [("rest", 2)]
    assert all(p.requires_grad for p in last.parameters())


def test_an_argument_for_an_optimizer_that_has_nothing_to_do_on_a_stage() -> None:
    rules = paramrules.parse('up: name ~ up -> optimizer = "rprop"\nrest: else -> optimizer = "default"\n')
    assignment = paramrules.assign(rules, Net())
    stage = nn.ModuleDict({"blocks": nn.ModuleDict({"1": nn.ModuleDict({"up": nn.Linear(8, 8)})})})
    optimizers = {"rprop": torch.optim.Rprop, "default": torch.optim.AdamW}
    optimizer = build(stage, assignment, optimizers, lr=0.1, weight_decay=0.1, part=True)
    assert [(group["label"], group["lr"]) for group in optimizer.param_groups] == [("up", 0.1)]


def another(change: str) -> nn.Module:
    stage = nn.ModuleDict({"a": nn.Linear(3, 3), "b": nn.Linear(3, 3), "c": nn.Linear(3, 3)})
    if change == "name":
        stage["d"] = nn.Linear(3, 3)
    elif change == "shape":
        stage["b"] = nn.Linear(4, 3)
    elif change == "untied":
        stage["c"].weight = nn.Parameter(torch.ones(3, 3))
        return stage
    elif change == "tied":
        stage["b"].weight = stage["a"].weight
    stage["c"].weight = stage["a"].weight
    return stage


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ("name", "the model does not have `d.weight`"),
        ("shape", "`b.weight` has the shape (3, 3) there and (3, 4) here"),
        ("untied", "`a.weight` and `c.weight` are two tensors here and one there"),
        ("tied", "`a.weight` and `b.weight` are one tensor here and two there"),
    ],
)
@pytest.mark.parametrize("make", [param_groups, build])
def test_what_is_not_a_part(make: Callable[..., Any], change: str, how: str) -> None:
    assignment = paramrules.assign(paramrules.parse("all: else"), another(""))
    with pytest.raises(RulesError) as raised:
        make(another(change), assignment, lr=0.1, part=True)
    assert str(raised.value) == (
        f"\nerror[E601]: this is not a part of the model that the assignment was made for: {how}\n"
        "  = help: give the parts of a model the names and shapes that they have in the whole, "
        "and assign the rules to the whole"
    )


def test_rules_alone_are_not_decided_on_a_part() -> None:
    text = r"^`part` needs the assignment of the whole model: pass what `paramrules\.assign` returns$"
    with pytest.raises(ValueError, match=text):
        paramrules_torch.param_groups(nn.Linear(2, 2), paramrules.parse("all: else"), part=True)
