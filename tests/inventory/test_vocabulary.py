"""The vocabulary names classes that exist, in every library that is installed here."""

from importlib import import_module
from typing import Any

import pytest

from paramrules.inventories import Class
from paramrules.inventories.classes import in_family, is_root, match
from paramrules.inventories.owner import named
from paramrules.inventories.vocabulary import vocabulary

VOCABULARY = vocabulary()
LIBRARIES = ("torch", "x_transformers", "flax", "equinox", "haiku")

# Where a class lives that its library does not export under the name by which the vocabulary calls it.
HOMES = {
    "haiku.ConvND": "haiku._src.conv.ConvND",
    "haiku.ConvNDTranspose": "haiku._src.conv.ConvNDTranspose",
    "haiku.DepthwiseConvND": "haiku._src.depthwise_conv.DepthwiseConvND",
    "flax.linen.ModuleBase": "flax.linen.module.ModuleBase",
    "flax.nnx.Representable": "flax.nnx.reprlib.Representable",
}
EXACT = sorted(
    {
        name
        for names in (VOCABULARY.roots, VOCABULARY.layouts, *VOCABULARY.families.values())
        for name in names
        if "*" not in name and name.startswith(LIBRARIES)
    }
)


def found(name: str) -> Any:
    pytest.importorskip(name.partition(".")[0])
    module, _, attribute = HOMES.get(name, name).rpartition(".")
    home = import_module(module)
    if module == "x_transformers":
        home = import_module("x_transformers.x_transformers")
    return getattr(home, attribute)


@pytest.mark.frameworks
@pytest.mark.parametrize("name", EXACT)
def test_names_a_class_by_where_it_is_defined(name: str) -> None:
    assert named(name, Class.of(found(name)).name)


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("LayerNorm", ["timm.layers.norm.LayerNorm", "timm.layers.norm.LayerNorm2d"]),
        ("RMSNorm", ["transformers.models.llama.modeling_llama.LlamaRMSNorm"]),
        ("RMSNorm", ["transformers.models.t5.modeling_t5.T5LayerNorm"]),
        ("RMSNorm", ["transformers.models.mamba2.modeling_mamba2.MambaRMSNormGated"]),
        ("RMSNorm", ["bonsai.models.umt5.modeling.T5LayerNorm", "equimo.core.layers.norm.RMSNorm2d"]),
        ("RMSNorm", ["transformers.models.pocket_tts.modeling_pocket_tts.PocketTTSTimestepNorm"]),
        ("LayerNorm", ["transformers.models.mobilebert.modeling_mobilebert.NoNorm"]),
        ("LayerNorm", ["bonsai.models.sam2.model_utils.LayerNorm2d", "equimo.core.layers.norm.LayerNorm2d"]),
        ("Linear", ["transformers.pytorch_utils.Conv1D", "bonsai.models.llada.modeling.ShardedLinear"]),
        ("Linear", ["gemma.gm.nn._layers.Einsum", "big_vision.models.ppp.gemma.Einsum"]),
        ("Embedding", ["gemma.gm.nn.gemma4._modules.Embedder", "big_vision.models.ppp.gemma.Embedder"]),
        ("Embedding", ["examples.gemma.modules.Embedder"]),
        (
            "Attention",
            ["timm.layers.attention.Attention", "transformers.models.gpt2.modeling_gpt2.GPT2Attention"],
        ),
    ],
)
def test_knows_classes_of_libraries_by_their_full_names(family: str, names: list[str]) -> None:
    assert all(in_family(family, name) for name in names)


def test_a_layer_norm_that_only_scales_is_none() -> None:
    assert not in_family("LayerNorm", "transformers.models.t5.modeling_t5.T5LayerNorm")


@pytest.mark.frameworks
def test_frameworks_agree_on_families() -> None:
    torch, linen = pytest.importorskip("torch"), pytest.importorskip("flax.linen")
    nnx, eqx, hk = (
        pytest.importorskip("flax.nnx"),
        pytest.importorskip("equinox"),
        pytest.importorskip("haiku"),
    )
    same = {
        "LayerNorm": [torch.nn.LayerNorm, linen.LayerNorm, nnx.LayerNorm, eqx.nn.LayerNorm, hk.LayerNorm],
        "RMSNorm": [torch.nn.RMSNorm, linen.RMSNorm, nnx.RMSNorm, eqx.nn.RMSNorm, hk.RMSNorm],
        "GroupNorm": [torch.nn.GroupNorm, linen.GroupNorm, nnx.GroupNorm, eqx.nn.GroupNorm, hk.GroupNorm],
        "BatchNorm": [torch.nn.SyncBatchNorm, linen.BatchNorm, nnx.BatchNorm, eqx.nn.BatchNorm, hk.BatchNorm],
        "InstanceNorm": [torch.nn.InstanceNorm2d, linen.InstanceNorm, nnx.InstanceNorm, hk.InstanceNorm],
        "Linear": [torch.nn.LazyLinear, linen.Dense, nnx.Linear, eqx.nn.Linear, hk.Linear, nnx.LoRALinear],
        "Conv": [torch.nn.Conv2d, linen.Conv, nnx.Conv, eqx.nn.Conv2d, hk.Conv2D],
        "Conv2d": [torch.nn.Conv2d, eqx.nn.Conv2d, hk.Conv2D],
        "ConvTranspose": [
            torch.nn.ConvTranspose1d,
            linen.ConvTranspose,
            nnx.ConvTranspose,
            eqx.nn.ConvTranspose1d,
        ],
        "Embedding": [torch.nn.EmbeddingBag, linen.Embed, nnx.Embed, eqx.nn.Embedding, hk.Embed],
        "Attention": [
            torch.nn.MultiheadAttention,
            linen.SelfAttention,
            nnx.MultiHeadAttention,
            hk.MultiHeadAttention,
        ],
        "RNN": [torch.nn.GRU, torch.nn.LSTMCell, linen.GRUCell, nnx.LSTMCell, eqx.nn.GRUCell, hk.LSTM],
    }
    for family, classes in same.items():
        for cls in classes:
            assert match(family, Class.of(cls)), (family, cls)


@pytest.mark.frameworks
def test_a_transposed_convolution_is_not_a_convolution() -> None:
    torch, eqx = pytest.importorskip("torch"), pytest.importorskip("equinox")
    assert match("Conv", Class.of(torch.nn.ConvTranspose2d)) is None
    assert match("Conv", Class.of(eqx.nn.ConvTranspose2d)) is None


def test_no_family_holds_a_root() -> None:
    assert not [(f, r) for f in VOCABULARY.families for r in VOCABULARY.roots if in_family(f, r)]
    assert all(is_root(root) for root in VOCABULARY.roots)


def test_reads_its_file_once() -> None:
    found = vocabulary()
    assert vocabulary() is found
