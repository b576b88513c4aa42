"""A small GPT-2 and rules for it, with which every trainer trains; and what every trainer must keep."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import paramrules_torch
import torch
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel

import paramrules

LR, DECAY = 3e-3, 0.1

ONE = paramrules.parse(r"""
option rate = 0.5
let block = name ~ ^transformer\.h\.(?<i>\d+)\.

[decay]
# allow: N210 -- the head is tied to the embedding
no_decay: type(LayerNorm|Embedding) or ndim <= 1 -> weight_decay = 0
decay:    else

[lr]
block_{i}:  block           -> lr_scale = rate ** (count(block) - i)
# allow: N210 -- the head is tied to the embedding
embeddings: type(Embedding) -> lr_scale = rate ** (count(block) + 1)
final_norm: else
""")

SEVERAL = paramrules.parse("""
[optimizer]
muon:  role == weight and ndim == 2 and within(GPT2Block) -> optimizer = "muon", lr_scale = 2
adamw: else                                               -> optimizer = "adamw"

[decay]
no_decay: ndim <= 1 -> weight_decay = 0
decay:    else
""")

OPTIMIZERS = {"muon": torch.optim.Muon, "adamw": torch.optim.AdamW}


def gpt() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    sizes = {"vocab_size": 17, "n_positions": 8, "n_embd": 16, "n_layer": 2, "n_head": 2}
    dropout = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    tokens = {"bos_token_id": 0, "eos_token_id": 0}
    return GPT2LMHeadModel(GPT2Config(use_cache=False, **sizes, **dropout, **tokens))


def optimizer_of(model: nn.Module, rules: paramrules.Rules) -> torch.optim.Optimizer:
    optimizers = torch.optim.AdamW if rules is ONE else OPTIMIZERS
    return paramrules_torch.build(model, rules, optimizers, lr=LR, weight_decay=DECAY)


class Sequences(torch.utils.data.Dataset[dict[str, Tensor]]):
    """Token sequences that count up, each from another place."""

    def __init__(self, count: int = 64) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        tokens = (torch.arange(8) * (1 + number % 3) + number) % 17
        return {"input_ids": tokens, "labels": tokens}


def check_coverage(model: nn.Module, groups: Iterable[Mapping[str, Any]]) -> None:
    """Every trainable parameter is in exactly one group."""
    held = [id(tensor) for group in groups for tensor in group["params"]]
    assert len(held) == len(set(held))
    assert set(held) == {id(tensor) for tensor in model.parameters() if tensor.requires_grad}


def check_rates(groups: Iterable[Mapping[str, Any]], factor: float) -> None:
    """Every group has its share of the base rate, times the schedule's factor."""
    for group in groups:
        expected = LR * group["lr_ratio"] * factor
        assert math.isclose(group["lr"], expected, rel_tol=1e-12), group["label"]


def decays(groups: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    return {name: group["weight_decay"] for group in groups for name in group["param_names"]}


def check_decays(model: nn.Module, groups: Iterable[Mapping[str, Any]], rules: paramrules.Rules) -> None:
    """Every parameter has the decay that `rules` give it, worked out from the model and not the groups."""
    embeddings = ("wte", "wpe") if rules is ONE else ()
    given = decays(groups)
    for name, tensor in model.named_parameters():
        spared = tensor.ndim <= 1 or any(part in embeddings for part in name.split("."))
        bare = next(ours for ours in given if ours.endswith(name))
        assert given[bare] == (0 if spared else DECAY), name


def same_state(one: torch.optim.Optimizer, other: torch.optim.Optimizer) -> None:
    """The optimizers hold the same, to the bit."""
    ours, theirs = one.state_dict(), other.state_dict()
    assert ours["param_groups"] == theirs["param_groups"]
    assert ours["state"].keys() == theirs["state"].keys()
    for number, values in ours["state"].items():
        assert values.keys() == theirs["state"][number].keys()
        for key, value in values.items():
            assert torch.equal(torch.as_tensor(value), torch.as_tensor(theirs["state"][number][key]))


def same_weights(one: nn.Module, other: nn.Module) -> None:
    theirs = dict(other.named_parameters())
    for name, tensor in one.named_parameters():
        assert torch.equal(tensor, theirs[name]), name
