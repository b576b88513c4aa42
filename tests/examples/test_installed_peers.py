"""Rule files against peers that are installed: their own code runs on a small model beside ours."""

from typing import Any

import paramrules_torch
import pytest
import torch
from torch import nn


def named(model: nn.Module, groups: list[dict[str, Any]], *keys: str) -> list[dict[str, Any]]:
    """Groups by names and settings, for comparing."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return [
        {"params": [names[id(p)] for p in group["params"]], **{key: group[key] for key in keys}}
        for group in groups
    ]


# peft asks transformers for `is_gradient_checkpointing`, which transformers has renamed.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_lora_plus_is_pefts() -> None:
    from peft import LoraConfig, get_peft_model
    from peft.optimizers import create_loraplus_optimizer
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=32, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2
    )
    lora = LoraConfig(r=2, target_modules=["q_proj", "v_proj", "embed_tokens"], bias="none")
    model = get_peft_model(LlamaForCausalLM(config), lora)
    theirs = create_loraplus_optimizer(
        model, torch.optim.AdamW, lr=1e-3, loraplus_lr_ratio=16, loraplus_weight_decay=0.1
    )
    ours = paramrules_torch.param_groups(model, "<lora_plus@1>", lr=1e-3, weight_decay=0.1)
    # PEFT keeps a group for what it has none of; an optimizer's state is easier to resume without.
    kept = [group for group in theirs.param_groups if group["params"]]
    assert named(model, ours, "lr", "weight_decay") == named(model, kept, "lr", "weight_decay")
    torch.optim.AdamW(ours)


# x-transformers scripts some of its functions when it is imported, which torch no longer likes.
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
def test_muon_takes_what_x_transformers_says() -> None:
    from x_transformers import Decoder

    model = Decoder(dim=16, depth=2, heads=2, rotary_pos_emb=True)
    muon, adam = paramrules_torch.param_groups(model, "<x_transformers/muon@1>")
    theirs = {id(parameter) for parameter in model.muon_parameters()}
    assert {id(parameter) for parameter in muon["params"]} == theirs
    assert muon["optimizer"] == "muon"
    assert len(adam["params"]) == len(list(model.parameters())) - len(theirs)


@pytest.mark.parametrize("layers", [1, 3])
def test_the_trainers_split_is_the_trainers(layers: int) -> None:
    from transformers import BertConfig, BertForMaskedLM, Trainer

    config = BertConfig(
        vocab_size=32, hidden_size=16, intermediate_size=32, num_hidden_layers=layers, num_attention_heads=2
    )
    model = BertForMaskedLM(config)
    decaying = Trainer.get_decay_parameter_names(Trainer, model)
    decay, no_decay = paramrules_torch.param_groups(model, "<transformers/trainer@1>", weight_decay=0.1)
    names = [name for name, _ in model.named_parameters()]
    assert decay["param_names"] == [name for name in names if name in decaying]
    assert no_decay["param_names"] == [name for name in names if name not in decaying]
