"""nanoGPT, minGPT, Megatron, muP and discriminative fine-tuning, each on a GPT with the peer's own names."""

from collections import defaultdict
from functools import partial
from typing import Any

import torch
from torch import nn

from grouping_functions.corpus import GroupingFunction, Groups, Settings, Subject, on_meta
from grouping_functions.transformers_trainer import FAMILIES


class NanoNorm(nn.Module):
    """nanoGPT's own LayerNorm, whose bias is optional."""

    def __init__(self, width: int, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None


def nano_block(width: int, bias: bool) -> nn.Module:
    attention = {"c_attn": nn.Linear(width, 3 * width, bias), "c_proj": nn.Linear(width, width, bias)}
    mlp = {"c_fc": nn.Linear(width, 4 * width, bias), "c_proj": nn.Linear(4 * width, width, bias)}
    parts = {
        "ln_1": NanoNorm(width, bias),
        "attn": nn.ModuleDict(attention),
        "ln_2": NanoNorm(width, bias),
        "mlp": nn.ModuleDict(mlp),
    }
    return nn.ModuleDict(parts)


class NanoGpt(nn.Module):
    def __init__(self, layers: int, width: int, bias: bool = True, tied: bool = True) -> None:
        super().__init__()
        parts = {
            "wte": nn.Embedding(512, width),
            "wpe": nn.Embedding(100, width),
            "h": nn.ModuleList(nano_block(width, bias) for _ in range(layers)),
            "ln_f": NanoNorm(width, bias),
        }
        self.transformer = nn.ModuleDict(parts)
        self.lm_head = nn.Linear(width, 512, bias=False)
        if tied:
            self.transformer["wte"].weight = self.lm_head.weight


class MiniGpt(nn.Module):
    """minGPT before it took GPT-2's names: embeddings at the root, blocks in a Sequential."""

    def __init__(self, layers: int, width: int) -> None:
        super().__init__()
        self.tok_emb = nn.Embedding(512, width)
        self.pos_emb = nn.Embedding(64, width)
        self.blocks = nn.Sequential(*(self.block(width) for _ in range(layers)))
        self.ln_f = nn.LayerNorm(width)
        self.head = nn.Linear(width, 512, bias=False)

    @staticmethod
    def block(width: int) -> nn.Module:
        attention = {name: nn.Linear(width, width) for name in ("key", "query", "value", "proj")}
        parts = {
            "ln1": nn.LayerNorm(width),
            "ln2": nn.LayerNorm(width),
            "attn": nn.ModuleDict(attention),
            "mlp": nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)),
        }
        return nn.ModuleDict(parts)


class MegatronGpt(nn.Module):
    """Megatron-core's names and marks: experts are not all-reduced, embedding and output are marked."""

    def __init__(self, layers: int, width: int, experts: int = 0) -> None:
        super().__init__()
        self.embedding = nn.ModuleDict(
            {"word_embeddings": nn.Embedding(512, width), "position_embeddings": nn.Embedding(64, width)}
        )
        self.decoder = nn.ModuleDict(
            {
                "layers": nn.ModuleList(self.layer(width, experts) for _ in range(layers)),
                "final_layernorm": nn.LayerNorm(width),
            }
        )
        self.output_layer = nn.Linear(width, 512, bias=False)
        for marked in (self.embedding, self.output_layer):
            for parameter in marked.parameters():
                parameter.is_embedding_or_output_parameter = True  # type: ignore[attr-defined]
        for name, parameter in self.named_parameters():
            if ".local_experts." in name:
                parameter.allreduce = False  # type: ignore[attr-defined]

    @staticmethod
    def layer(width: int, experts: int) -> nn.Module:
        def mlp() -> nn.Module:
            return nn.ModuleDict(
                {
                    "linear_fc1": nn.Linear(width, 4 * width, bias=not experts),
                    "linear_fc2": nn.Linear(4 * width, width, bias=not experts),
                }
            )

        attention = {"linear_proj": nn.Linear(width, width), "linear_qkv": nn.Linear(width, 3 * width)}
        routed = {
            "router": nn.Linear(width, experts, bias=False),
            "experts": nn.ModuleDict({"local_experts": nn.ModuleList(mlp() for _ in range(experts))}),
        }
        parts = {
            "input_layernorm": nn.LayerNorm(width),
            "self_attention": nn.ModuleDict(attention),
            "pre_mlp_layernorm": nn.LayerNorm(width),
            "mlp": nn.ModuleDict(routed) if experts else mlp(),
        }
        return nn.ModuleDict(parts)


def nanogpt(model: nn.Module) -> Groups:
    """The groups of `GPT.configure_optimizers`.

    References:
        karpathy/nanoGPT, model.py
    """
    trained = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p.dim() >= 2], "weight_decay": 0.1},
        {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0},
    ]


def mingpt(model: nn.Module) -> dict[str, Settings]:
    """The groups of `GPT.configure_optimizers`, which asserts that no parameter is left over.

    References:
        karpathy/minGPT, mingpt/model.py
    """
    given = {}
    for prefix, module in model.named_modules():
        for leaf, _ in module.named_parameters(recurse=False):
            decays = leaf.endswith("weight") and isinstance(module, nn.Linear)
            assert decays or leaf.endswith("bias") or isinstance(module, nn.LayerNorm | nn.Embedding)
            given[f"{prefix}.{leaf}"] = {"weight_decay": 0.1 if decays else 0.0}
    return given


def megatron(model: nn.Module, decoupled_lr: float | None = None) -> dict[str, Settings]:
    """The groups of `_get_param_groups` with the standard overrides, under the names that rules have.

    References:
        NVIDIA/Megatron-LM, megatron/core/optimizer/__init__.py
    """
    given = {}
    for name, p in model.named_parameters():
        settings: dict[str, Any] = {
            "weight_decay_scale": 0.0 if len(p.shape) == 1 or name.endswith(".bias") else 1.0,
            "is_expert_parallel": not getattr(p, "allreduce", True),
        }
        if decoupled_lr is not None:
            decoupled = getattr(p, "is_embedding_or_output_parameter", False)
            settings["lr"] = decoupled_lr if decoupled else 3e-4
        given[name] = settings
    return given


def mup(model: nn.Module, base_width: int = 32) -> Groups:
    """The groups of `MuAdamW`, for a base model of `base_width`: what grows in two axes, by its fan-in.

    References:
        microsoft/mup, mup/optim.py `MuAdam` and mup/infshape.py `width_mult`
    """
    width = model.transformer["wpe"].weight.shape[1]
    matrices: dict[float, list[nn.Parameter]] = defaultdict(list)
    vectors = []
    for parameter in model.parameters():
        grown = [extent for extent in parameter.shape if extent in (width, 3 * width, 4 * width)]
        if len(grown) == 2:
            matrices[parameter.shape[1] / (base_width * (parameter.shape[1] // width))].append(parameter)
        else:
            vectors.append(parameter)
    groups = [
        {"params": found, "lr": 1e-3 / times, "weight_decay": 0.1 * times}
        for times, found in matrices.items()
    ]
    return [*groups, {"params": vectors, "lr": 1e-3, "weight_decay": 0.1}]


def mup_by_fan_in(model: nn.Module, base_width: int = 32) -> dict[str, Settings]:
    """The rule of table 8 for Adam, as codes without the mup package write it.

    References:
        Yang et al., Tensor Programs V, arXiv:2203.03466, table 8
    """
    given = {}
    for name, parameter in model.named_parameters():
        times = parameter.shape[1] / base_width if parameter.ndim == 2 and ".h." in name else 1.0
        given[name] = {"lr": 1e-3 / times, "weight_decay": 0.1 * times}
    return given


def discriminative(model: nn.Module, rate: float = 0.95) -> dict[str, Settings]:
    """Layer-wise rates of a BERT as fine-tuning scripts set them, and no decay for biases and norms.

    References:
        Sun et al., arXiv:1905.05583, section 5.3.2
    """
    depth = model.config.num_hidden_layers
    given = {}
    for name, _ in model.named_parameters():
        steps = 0
        if ".embeddings." in name:
            steps = depth + 1
        elif "encoder.layer." in name:
            steps = depth - int(name.split("encoder.layer.")[1].split(".")[0])
        plain = name.endswith(".bias") or "LayerNorm" in name
        given[name] = {"lr": 2e-5 * rate**steps, "weight_decay": 0.0 if plain else 0.01}
    return given


def layer_decay(model: nn.Module, rate: float = 0.9) -> dict[str, Settings]:
    """Layer-wise rates for Megatron's names, with no decay for biases and norms."""
    depth = len(model.decoder["layers"])
    given = {}
    for name, parameter in model.named_parameters():
        step = depth + 1 if name.startswith("embedding.") else 0
        if name.startswith("decoder.layers."):
            step = depth - int(name.split(".")[2])
        given[name] = {"lr_scale": rate**step, "weight_decay": 0.1 if parameter.ndim > 1 else 0.0}
    return given


def models(kind: Any, layers: int = 6, width: int = 96, **kwargs: Any) -> dict[str, Subject]:
    """A GPT, one with more layers and one with wider ones."""
    sizes = {"seen": (layers, width), "deeper": (2 * layers + 1, width), "wider": (layers, 160)}
    return {
        name: Subject(
            f"{kind.__name__}, {layers} layers, width {width}", on_meta(kind, layers, width, **kwargs)
        )
        for name, (layers, width) in sizes.items()
    }


MEGATRON = models(MegatronGpt)
EXPERTS = models(MegatronGpt, experts=4)
HUGE = Subject("MegatronGpt, 5,000 tensors", on_meta(MegatronGpt, 32, 64, experts=75))


def functions() -> list[GroupingFunction]:
    nano = models(NanoGpt)
    second = Subject("NanoGpt, 6 layers, width 64", on_meta(NanoGpt, 6, 64))
    bert = {kind: FAMILIES["BERT"][kind] for kind in ("seen", "deeper", "wider")}
    return [
        GroupingFunction("nanoGPT", nanogpt, nano | {"other": FAMILIES["BERT"]["seen"]}, "nanogpt"),
        GroupingFunction(
            "nanoGPT without biases",
            nanogpt,
            models(NanoGpt, bias=False, tied=False) | {"other": FAMILIES["GPT-2"]["seen"]},
            "nanogpt",
        ),
        GroupingFunction("minGPT", mingpt, models(MiniGpt), "mingpt"),
        GroupingFunction("Megatron", megatron, MEGATRON | {"other": EXPERTS["seen"]}, "megatron"),
        GroupingFunction(
            "Megatron, decoupled rate and experts",
            partial(megatron, decoupled_lr=1e-4),
            EXPERTS | {"other": MEGATRON["seen"]},
            "megatron",
        ),
        GroupingFunction("muP, MuAdamW at two widths", mup, models(NanoGpt) | {"second": second}),
        GroupingFunction("muP by fan-in", mup_by_fan_in, models(NanoGpt), "mup"),
        GroupingFunction("BERT, discriminative rates", discriminative, bert, "bert", ("transformers",)),
    ]
