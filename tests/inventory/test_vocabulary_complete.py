"""The vocabulary has the layers of every library that is installed here, or it is said why not."""

import inspect
import re
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from paramrules.inventories import Class
from paramrules.inventories.classes import in_family, match
from paramrules.inventories.owner import named
from paramrules.inventories.vocabulary import vocabulary

pytestmark = pytest.mark.frameworks
VOCABULARY = vocabulary()
LAYER = re.compile("norm|abn|linear|dense|conv|embed|attention|attn|lstm|gru|rnn|cell|lora", re.I)

OWN_WAYS = {"ZayaQKNorm"}
"""A norm of transformers that has a temperature alone."""
NOT_IN_A_FAMILY = {
    "it has no parameters": """
        torch.nn.CosineEmbeddingLoss torch.nn.HingeEmbeddingLoss torch.nn.LinearCrossEntropyLoss
        torch.nn.LocalResponseNorm torch.nn.UpsamplingBilinear2d
        equinox.nn.RotaryPositionalEmbedding timm.layers.FourierEmbed timm.layers.FrozenBatchNormAct2d
        timm.layers.RotaryEmbedding timm.layers.RotaryEmbeddingCat timm.layers.RotaryEmbeddingDinoV3
        timm.layers.RotaryEmbeddingMRope x_transformers.RotaryEmbedding
    """,
    "its layers have the parameters": """
        haiku.SeparableDepthwiseConv2D
        timm.layers.CecaModule timm.layers.EcaModule timm.layers.SplitAttn
        timm.layers.ClNormMlpClassifierHead timm.layers.NormMlpClassifierHead
        timm.layers.GlobalResponseNormMlp
        timm.layers.ConvMlp timm.layers.ConvNormAct timm.layers.MixedConv2d timm.layers.SeparableConv2d
        timm.layers.SeparableConvNormAct timm.layers.HybridEmbed timm.layers.HybridEmbedWithSize
        timm.layers.PatchEmbed timm.layers.PatchEmbedInterpolator timm.layers.PatchEmbedWithSize
        x_transformers.AbsolutePositionalEmbedding x_transformers.AttentionLayers
        x_transformers.AttentionResidual x_transformers.GRUGating x_transformers.LoRALinear
        x_transformers.TokenEmbedding
    """,
    "it is a norm of a weight, around another layer": """
        flax.linen.SpectralNorm flax.linen.WeightNorm flax.nnx.SpectralNorm flax.nnx.WeightNorm
        equinox.nn.SpectralNorm equinox.nn.WeightNorm haiku.SpectralNorm
    """,
    "it normalizes in a way of its own": """
        timm.layers.EvoNorm2dB0 timm.layers.EvoNorm2dB1 timm.layers.EvoNorm2dB2 timm.layers.EvoNorm2dS0
        timm.layers.EvoNorm2dS0a timm.layers.EvoNorm2dS1 timm.layers.EvoNorm2dS1a timm.layers.EvoNorm2dS2
        timm.layers.EvoNorm2dS2a timm.layers.FilterResponseNormAct2d timm.layers.FilterResponseNormTlu2d
    """,
    "it looks nothing up": """
        timm.layers.RotaryEmbeddingMixed x_transformers.PolarEmbedding
        x_transformers.ScaledSinusoidalEmbedding
    """,
    "it multiplies two inputs": "torch.nn.Bilinear",
    "it is added to a Linear": "flax.nnx.LoRA",
}


def left_out(library: str) -> set[str]:
    names = " ".join(NOT_IN_A_FAMILY.values()).split()
    return {name for name in names if name.startswith(library + ".")}


@pytest.mark.parametrize(
    ("library", "module", "framework"),
    [
        ("torch.nn", "torch.nn", "torch.nn"),
        ("flax.linen", "flax.linen", "flax.linen"),
        ("flax.nnx", "flax.nnx", "flax.nnx"),
        ("equinox.nn", "equinox.nn", "equinox"),
        ("haiku", "haiku", "haiku"),
        ("timm.layers", "timm.layers", "torch.nn"),
        ("x_transformers", "x_transformers.x_transformers", "torch.nn"),
        ("transformers", "transformers.pytorch_utils", "torch.nn"),
    ],
)
def test_has_every_layer_of_a_library(library: str, module: str, framework: str) -> None:
    pytest.importorskip(library.partition(".")[0])
    home = import_module(module)
    base = import_module(framework).Module
    layers = {
        f"{library}.{cls.__name__}": Class.of(cls)
        for name, cls in vars(home).items()
        if inspect.isclass(cls) and issubclass(cls, base) and LAYER.search(name)
    }
    assert layers
    missing = {
        name for name, cls in layers.items() if not any(match(family, cls) for family in VOCABULARY.families)
    }
    assert missing == left_out(library)


@cache
def sources(library: str) -> dict[str, str]:
    """The text of every class that a library defines, by dotted name, nothing of it imported."""
    spec = find_spec(library)
    if spec is None or spec.origin is None:
        pytest.skip(f"{library} is not installed")
    root = Path(spec.origin).parent
    found = {}
    for path in root.rglob("*.py"):
        module = ".".join((library, *path.relative_to(root).with_suffix("").parts)).removesuffix(".__init__")
        for block in re.split(r"^(?=\S)", path.read_text("utf-8"), flags=re.MULTILINE):
            if block.startswith("class "):
                found[f"{module}.{re.split(r'[(:]', block[6:], maxsplit=1)[0].strip()}"] = block
    return found


OF_TRANSFORMERS_4 = {"transformers.FlaxConv1D", "transformers.FlaxConvWithWeightNorm"}
"""Classes of its Flax models, which version 5 left out."""

ALTERNATIVES = sorted(
    {
        name
        for names in (
            *VOCABULARY.families.values(),
            *(table.classes for table in VOCABULARY.roles),
            VOCABULARY.layouts,
        )
        for name in names
        if name.startswith(
            ("transformers.", "timm.", "x_transformers.", "gemma.", "big_vision.", "bonsai.", "equimo.")
        )
    }
    - OF_TRANSFORMERS_4
)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_names_a_class_that_a_library_defines(alternative: str) -> None:
    assert any(named(alternative, name) for name in sources(alternative.partition(".")[0]))


def test_has_the_layers_of_transformers_models_that_hold_parameters() -> None:
    layer = re.compile(r"(Norm(\dd)?|NormGated|Linear|Conv\dd|LSTM|GRU|RNN|Attention)$", re.I)
    missing = {
        name.rpartition(".")[2]
        for name, text in sources("transformers").items()
        if layer.search(name)
        and "nn.Module)" in text.partition("\n")[0]
        and "nn.Parameter(" in text
        and not any(in_family(family, name) for family in VOCABULARY.families)
    }
    assert missing == OWN_WAYS
