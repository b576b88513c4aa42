"""x-transformers, LoRA+ and splits between Muon and Adam."""

from typing import Any

import torch
from torch import nn

from grouping_functions.corpus import GroupingFunction, Groups, Settings, Subject, on_meta
from grouping_functions.gpts import models as gpt_models
from grouping_functions.transformers_trainer import FAMILIES


def create_optimizer(model: nn.Module) -> Groups:
    """The groups of the `createOptimizer` that users of x-transformers hand around, a tied tensor once.

    References:
        lucidrains/x-transformers, issue 230
    """
    from x_transformers.x_transformers import RMSNorm, ScaleNorm

    plain, seen = set(), {}
    for prefix, module in model.named_modules():
        for leaf, parameter in module.named_parameters(recurse=False):
            name = f"{prefix}.{leaf}" if prefix else leaf
            if seen.setdefault(id(parameter), parameter) is parameter and (
                isinstance(module, nn.LayerNorm | ScaleNorm | RMSNorm | nn.Embedding)
                or any(word in name for word in ("bias", "memory_tokens", "mem_k", "mem_v"))
            ):
                plain.add(id(parameter))
    return [
        {"params": [p for p in model.parameters() if id(p) not in plain], "weight_decay": 0.1},
        {"params": [p for p in model.parameters() if id(p) in plain], "weight_decay": 0.0},
    ]


def muon_parameters(model: nn.Module) -> Groups:
    """x-transformers' own `muon_parameters()`, the rest to Adam."""
    chosen = {id(p) for p in model.muon_parameters()}
    return [
        {"params": [p for p in model.parameters() if id(p) in chosen], "optimizer": "muon"},
        {"params": [p for p in model.parameters() if id(p) not in chosen], "optimizer": "adam"},
    ]


def x_transformer(layers: int, width: int, stack: str = "Decoder", **kwargs: Any) -> Subject:
    def make() -> nn.Module:
        import x_transformers

        attention = getattr(x_transformers, stack)(
            dim=width, depth=layers, heads=4, attn_num_mem_kv=2, **kwargs
        )
        return x_transformers.TransformerWrapper(
            num_tokens=256, max_seq_len=64, num_memory_tokens=4, attn_layers=attention
        )

    norms = "".join(f", {name}" for name in kwargs)
    return Subject(f"{stack}, {layers} layers, width {width}{norms}", make)


def x_transformers(**kwargs: Any) -> dict[str, Subject]:
    return {
        "seen": x_transformer(4, 64, **kwargs),
        "deeper": x_transformer(11, 64, **kwargs),
        "wider": x_transformer(4, 96, **kwargs),
    }


def adapted(family: str, kind: str, targets: tuple[str, ...], **kwargs: Any) -> Subject:
    """A model of a family with adapters by peft."""
    name, make = FAMILIES[family][kind]

    def build() -> Any:
        from peft import LoraConfig, get_peft_model

        return get_peft_model(make(), LoraConfig(r=4, target_modules=list(targets), **kwargs))

    return Subject(f"LoRA of {name}", on_meta(build))


def lora_plus(model: Any) -> Groups:
    """The groups of peft's `create_loraplus_optimizer`."""
    from peft.optimizers import create_loraplus_optimizer

    optimizer = create_loraplus_optimizer(
        model, torch.optim.AdamW, lr=1e-3, loraplus_lr_ratio=16, loraplus_weight_decay=0.1
    )
    keys = ("params", "lr", "weight_decay")
    return [{key: group[key] for key in keys} for group in optimizer.param_groups]


LLAMA = ("q_proj", "v_proj", "embed_tokens")
LORA = {
    "seen": adapted("Llama", "seen", LLAMA),
    "deeper": adapted("Llama", "deeper", LLAMA),
    "wider": adapted("Llama", "wider", LLAMA),
    "other": adapted("GPT-2", "seen", ("c_attn", "wte"), fan_in_fan_out=True),
}
BERT = ("query", "value")
BIASES = {
    kind: adapted("BERT", kind, BERT, bias="lora_only", modules_to_save=["cls"])
    for kind in ("seen", "deeper", "wider")
}


def muon_of_readme(model: nn.Module) -> Groups:
    """The split of Muon's README: an exclusion table for the embedding and the head.

    References:
        KellerJordan/Muon, README.md
    """
    table = ("model.embed_tokens.weight", "lm_head.weight")
    named = list(model.named_parameters())
    hidden = [p for name, p in named if name not in table and p.ndim >= 2]
    rest = [p for name, p in named if name in table or p.ndim < 2]
    return [
        {"params": hidden, "use_muon": True, "lr": 0.02, "weight_decay": 0.01},
        {"params": rest, "use_muon": False, "lr": 3e-4, "weight_decay": 0.01},
    ]


def muon_of_gpt2(model: nn.Module) -> dict[str, Settings]:
    """Muon for the matrices of the blocks; AdamW for embeddings and, without decay, for vectors.

    References:
        KellerJordan/Muon, README.md: `model.body`, `model.embed` and `model.head` of a GPT-2
    """
    adam = {"optimizer": "adamw", "lr": 3e-4}
    given: dict[str, Settings] = {}
    for name, parameter in model.named_parameters():
        if parameter.ndim < 2:
            given[name] = adam | {"weight_decay": 0.0}
        elif ".h." in name:
            given[name] = {"optimizer": "muon", "lr": 0.02, "weight_decay": 0.01}
        else:
            given[name] = adam | {"weight_decay": 0.01}
    return given


class SpeedrunGpt(nn.Module):
    """The names of modded-nanogpt's model when it used `MuonWithAuxAdam`."""

    def __init__(self, layers: int, width: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(512, width)
        self.value_embeds = nn.ModuleList(nn.Embedding(512, width) for _ in range(3))
        self.blocks = nn.ModuleList(self.block(width) for _ in range(layers))
        self.lm_head = nn.Linear(width, 512, bias=False)
        self.scalars = nn.Parameter(torch.ones(5 * layers))

    @staticmethod
    def block(width: int) -> nn.Module:
        attention = nn.ModuleDict({"c_proj": nn.Linear(width, width, bias=False)})
        attention.qkv_w = nn.Parameter(torch.empty(3, width, width))
        mlp = {"c_fc": nn.Linear(width, 4 * width, False), "c_proj": nn.Linear(4 * width, width, False)}
        return nn.ModuleDict({"attn": attention, "mlp": nn.ModuleDict(mlp)})


def modded_nanogpt(model: nn.Module) -> Groups:
    """The four groups of train_gpt.py.

    References:
        KellerJordan/modded-nanogpt, records/052525_MuonWithAuxAdamExample
    """
    named = list(model.named_parameters())
    return [
        {"params": [model.lm_head.weight], "use_muon": False, "lr": 0.22},
        {"params": [p for name, p in named if "embed" in name], "use_muon": False, "lr": 0.6},
        {"params": [p for _, p in named if p.ndim < 2], "use_muon": False, "lr": 0.04},
        {
            "params": [p for name, p in named if name.startswith("blocks.") and p.ndim >= 2],
            "use_muon": True,
            "lr": 0.05,
        },
    ]


def functions() -> list[GroupingFunction]:
    llama = FAMILIES["Llama"] | {"other": FAMILIES["Mixtral"]["seen"]}
    needs = ("x_transformers",)
    functions = [
        GroupingFunction(
            f"x-transformers createOptimizer, {title}",
            create_optimizer,
            x_transformers(**kwargs) | {"other": x_transformer(4, 64, "Encoder", **kwargs)},
            "x_transformers/create_optimizer",
            needs,
        )
        for title, kwargs in (
            ("LayerNorm", {}),
            ("RMSNorm", {"use_rmsnorm": True}),
            ("ScaleNorm", {"use_scalenorm": True}),
        )
    ]
    return [
        *functions,
        GroupingFunction(
            "x-transformers Muon",
            muon_parameters,
            x_transformers(rotary_pos_emb=True) | {"other": x_transformer(4, 64, "Encoder")},
            "x_transformers/muon",
            needs,
        ),
        GroupingFunction("LoRA+, Llama", lora_plus, LORA, "lora_plus", ("peft",)),
        GroupingFunction("LoRA+ with biases and a head, BERT", lora_plus, BIASES, "lora_plus", ("peft",)),
        GroupingFunction("Muon, README's table", muon_of_readme, llama, None, ("transformers",)),
        GroupingFunction("Muon, GPT-2", muon_of_gpt2, FAMILIES["GPT-2"], "muon", ("transformers",)),
        GroupingFunction("modded-nanogpt", modded_nanogpt, gpt_models(SpeedrunGpt), "modded_nanogpt"),
    ]
