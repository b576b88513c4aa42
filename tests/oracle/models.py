"""Models as hypothesis draws them: small, and with all that makes models hard."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st
from oracle.looking import FLAGS

T = TypeVar("T")

TORCH = "torch.nn.modules.module.Module"
FLAX = "flax.linen.module.Module"
CLASSES = [
    ["torch.nn.modules.linear.Linear", TORCH],
    ["lab.layers.MyLinear", "torch.nn.modules.linear.Linear", TORCH],
    ["transformers.pytorch_utils.Conv1D", TORCH],
    ["flax.linen.linear.Dense", FLAX],
    ["torch.nn.modules.normalization.LayerNorm", TORCH],
    ["transformers.models.t5.modeling_t5.T5LayerNorm", TORCH],
    ["lab.norms.FancyNorm", TORCH],
    ["lab.norms.Gemma3RMSNorm", TORCH],
    ["lab.norms.Scaled", "lab.norms.UnitLayerNorm", TORCH],
    ["lab.norms.QuietLayerNorm", "torch.nn.modules.normalization.RMSNorm", TORCH],
    ["lab.attention.SiglipAttention", TORCH],
    ["lab.layers.TimestepEmbedding", TORCH],
    ["torch.nn.modules.batchnorm.BatchNorm2d", "torch.nn.modules.batchnorm._BatchNorm", TORCH],
    ["torch.nn.modules.sparse.Embedding", TORCH],
    ["flax.linen.linear.Embed", FLAX],
    ["torch.nn.modules.conv.Conv2d", "torch.nn.modules.conv._ConvNd", TORCH],
    ["equinox.nn._linear.Linear", "equinox._module.Module"],
]
AROUND = [
    ["lab.vit.ViT", TORCH],
    ["lab.vit.Block", TORCH],
    ["torch.nn.modules.activation.MultiheadAttention", TORCH],
    ["lab.moe.MoE", "lab.moe.Base", TORCH],
    ["lab.attention.Dinov3ViTAttention", TORCH],
    [TORCH],
]
VARIABLES = ["torch.nn.parameter.Parameter", "flax.nnx.variablelib.Param"]
LORA = ["lab.lora.LoRAParam", "flax.nnx.variablelib.Param", "flax.nnx.variablelib.Variable"]
SHAPES = [(), (4,), (1,), (4, 4), (1, 1, 8), (8, 2), (3, 4, 1, 1), (2, 3, 4), (4, 8)]
ATTRIBUTES: list[dict[str, object]] = [
    {"lr_mult": 2},
    {"lr_mult": 0.5, "_no_weight_decay": True},
    {"lr_mult": True},
    {"lr_mult": "x", "kind": "a"},
    {"_no_weight_decay": False, "kind": "b"},
    {"_optim": {"lr": 0.1, "inner": {"deep": 3}}, "kind": None},
    {"_optim": {"lr": 1}, "lr_mult": 0},
    {"no_weight_decay": True, "kind": ""},
]

MODULES = [
    "",
    "stem",
    "head",
    "norm",
    "blocks.0.attn",
    "blocks.1.attn",
    "blocks.2.mlp",
    "blocks.10.mlp",
    "blocks.10.norm1",
    "layers.0.blocks.0.mlp",
    "layers.0.blocks.1.attn",
    "layers.1.downsample",
    "layers.1.blocks.0.norm1",
    "decoder.blocks.3.mlp.w2",
]
LEAVES = ["weight", "bias", "scale", "g", "pos_embed", "weight2"]
NAMES = [f"{module}.{leaf}" if module else leaf for module in MODULES for leaf in LEAVES]


@cache
def places_of(length: int) -> st.SearchStrategy[int]:
    """Return the strategy of the positions in a list, made once: hypothesis checks each new strategy."""
    return st.integers(0, length - 1)


def pick(draw: st.DrawFn, values: Sequence[T]) -> T:
    """Draw one of a few values: `st.sampled_from`, without a new strategy each time."""
    return values[draw(places_of(len(values)))]


SOME_NAMES = st.lists(st.sampled_from(NAMES), min_size=1, max_size=12, unique=True)
SOME_AROUND = st.lists(st.sampled_from(AROUND), max_size=2)
SET = st.just({}) | st.sampled_from(ATTRIBUTES)


def marks() -> st.SearchStrategy[dict[str, dict[str, object]]]:
    """Attributes of some modules, by their names."""
    places = ["", "stem", "blocks", "blocks.0", "blocks.10.mlp", "layers.0", "layers.0.blocks", *MODULES]
    return st.dictionaries(st.sampled_from(places), st.sampled_from(ATTRIBUTES), max_size=3)


@st.composite
def models(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The rows of at most a dozen parameters, for `inventory_of`."""
    names = draw(SOME_NAMES)
    owners: dict[str, dict[str, Any]] = {}

    def entry(name: str) -> dict[str, Any]:
        module = name.rpartition(".")[0]
        if module not in owners:
            owners[module] = {
                "owner": pick(draw, CLASSES),
                "around": draw(SOME_AROUND),
            }
        return {
            "name": name,
            **owners[module],
            "role": pick(draw, ["weight", "bias", "scale", "embedding", "other"]),
            "fan_in": pick(draw, [None, 4, 16, 64]),
            "fan_out": pick(draw, [None, 4, 8]),
            "attributes": draw(SET),
        }

    rows: list[dict[str, Any]] = []
    while names:
        row = entry(names.pop())
        row["shape"] = pick(draw, SHAPES)
        row["dtype"] = pick(draw, ["float32", "float32", "bfloat16"])
        row |= {flag: pick(draw, [True, True, True, False]) for flag in FLAGS if flag != "tied"}
        row["variable"] = pick(draw, [*VARIABLES, LORA])
        further = pick(draw, [0, 0, 0, 1, 2])
        row["also"] = [entry(names.pop()) for _ in range(min(further, len(names)))]
        rows.append(row)
    return rows
