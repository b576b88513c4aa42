import pytest

from paramrules.inventories import UNKNOWN_OWNER, Class, Owner
from paramrules.inventories.roles import role, roles, unparametrized

ROOT = "torch.nn.modules.module.Module"


def owner(name: str, *bases: str) -> Owner:
    return Owner((Class(name, (*bases, ROOT)),))


LINEAR = owner("torch.nn.modules.linear.Linear")
CONV = owner("torch.nn.modules.conv.Conv2d", "torch.nn.modules.conv._ConvNd")
LSTM = owner("torch.nn.modules.rnn.LSTM", "torch.nn.modules.rnn.RNNBase")
ATTENTION = owner("torch.nn.modules.activation.MultiheadAttention")
NORM = owner("torch.nn.modules.normalization.LayerNorm")
STRANGER = owner("app.Net")


@pytest.mark.parametrize(
    ("whose", "name", "expected"),
    [
        (LINEAR, "fc.weight", "weight"),
        (LINEAR, "fc.bias", "bias"),
        (LINEAR, "weight", "weight"),
        (LINEAR, "fc.mask", "other"),
        (owner("app.Mine", "torch.nn.modules.linear.Linear"), "fc.weight", "weight"),
        (CONV, "conv.weight.original1", "weight"),
        (CONV, "conv.weight.original0", "scale"),
        (CONV, "conv.weight.original", "weight"),
        (CONV, "conv.bias.original", "bias"),
        (CONV, "conv.weight_g", "scale"),
        (CONV, "conv.weight_v", "weight"),
        (LINEAR, "fc.weight_orig", "weight"),
        (owner("torch.nn.modules.sparse.Embedding"), "wte.weight", "embedding"),
        (owner("flax.linen.linear.Embed"), "wte.embedding", "embedding"),
        (owner("haiku._src.embed.Embed"), "embed.embeddings", "embedding"),
        (owner("flax.linen.linear.Dense"), "fc.kernel", "weight"),
        (owner("haiku._src.basic.Linear"), "linear.w", "weight"),
        (owner("app.Layer"), "dense.w", "weight"),  # a dataclass
        (owner("app.Layer"), "dense.b", "bias"),
        (owner("app.FancyNorm"), "norm.w", "scale"),
        (owner("gemma.gm.nn._modules.Embedder"), "embedder.input_embedding", "embedding"),
        (owner("gemma.gm.nn._layers.Einsum"), "attn.q_einsum.w", "weight"),
        (owner("gemma.gm.nn._layers.Einsum"), "mlp.gating_einsum", "weight"),
        (owner("gemma.peft._lora.LoRADenseAdapter"), "lora.b", "weight"),
        (owner("big_vision.models.ppp.gemma.FeedForward"), "mlp.gating_einsum", "weight"),
        (owner("modules.Embedder"), "embedder.input_embedding", "embedding"),  # flax's examples, as scripts
        (owner("layers.Einsum"), "q_proj.w", "weight"),
        (owner("equimo.layers.posemb.LearnedPosEmbed"), "pos_embed.weight", "other"),
        (owner("equimo.core.layers.norm.DyT"), "norm.alpha", "scale"),
        (owner("equimo.core.layers.ffn.WeightNormLinear"), "last.weight_g", "scale"),
        (owner("haiku._src.basic.Linear"), "linear.b", "bias"),
        (owner("haiku._src.layer_norm.LayerNorm"), "norm.offset", "bias"),
        (owner("haiku._src.layer_norm.LayerNorm"), "norm.scale", "scale"),
        (NORM, "norm.weight", "scale"),
        (NORM, "norm.bias", "bias"),
        (owner("x_transformers.x_transformers.LayerNorm"), "norm.gamma", "scale"),
        (owner("x_transformers.x_transformers.RMSNorm"), "norm.g", "scale"),
        (owner("x_transformers.x_transformers.ScaleNorm"), "norm.g", "scale"),
        (owner("app.MyRMSNorm"), "norm.weight", "scale"),
        (owner("app.FancyNorm2d"), "norm.beta", "bias"),
        (owner("transformers.models.mamba2.modeling_mamba2.MambaRMSNormGated"), "norm.weight", "scale"),
        (owner("transformers.models.convnextv2.modeling_convnextv2.ConvNextV2GRN"), "grn.weight", "scale"),
        (owner("transformers.models.mixtral.modeling_mixtral.MixtralExperts"), "experts.down_proj", "weight"),
        (
            owner("transformers.models.gpt_oss.modeling_gpt_oss.GptOssExperts"),
            "experts.down_proj_bias",
            "bias",
        ),
        (owner("app.Experts"), "experts.down_proj", "other"),
        (owner("flax.linen.normalization.WeightNorm"), "wn.Dense_0/kernel/scale", "scale"),
        (LSTM, "rnn.weight_ih_l0", "weight"),
        (LSTM, "rnn.weight_hh_l1_reverse", "weight"),
        (LSTM, "rnn.weight_hr_l0", "weight"),
        (LSTM, "rnn.bias_ih_l0", "bias"),
        (owner("haiku._src.recurrent.GRU", "haiku._src.recurrent.RNNCore"), "gru.w_i", "weight"),
        (owner("equinox.nn._rnn.GRUCell"), "gru.bias_n", "bias"),
        (ATTENTION, "attn.in_proj_weight", "weight"),
        (ATTENTION, "attn.in_proj_bias", "bias"),
        (ATTENTION, "attn.bias_k", "bias"),
        (owner("flax.nnx.nn.lora.LoRALinear", "flax.nnx.nn.linear.Linear"), "fc.lora_a", "weight"),
        (owner("flax.nnx.nn.lora.LoRA"), "adapter.lora_a", "weight"),
        (owner("timm.layers.evo_norm.EvoNorm2dS0"), "norm.weight", "scale"),
        (owner("timm.layers.filter_response_norm.FilterResponseNormTlu2d"), "norm.tau", "other"),
        (owner("timm.layers.inplace_abn.InplaceAbn"), "norm.weight", "scale"),
        (owner("timm.layers.attention2d.MultiQueryAttentionV2"), "attn.query_proj", "weight"),
        (owner("torch.nn.modules.activation.PReLU"), "act.weight", "other"),
        (STRANGER, "pos_embed", "other"),
        (STRANGER, "block.gamma", "other"),
        (STRANGER, "weight", "weight"),
        (STRANGER, "bias", "bias"),
        (STRANGER, "relative_position_bias_table", "other"),
        (UNKNOWN_OWNER, "fc.weight", "other"),
    ],
)
def test_role(whose: Owner, name: str, expected: str) -> None:
    assert role(whose, name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv.weight", ("conv.weight", "")),
        ("conv.weight.original", ("conv.weight", "original")),
        ("conv.weight.original12", ("conv.weight", "original12")),
        ("net.originals", ("net.originals", "")),
        ("original_module", ("original_module", "")),
    ],
)
def test_unparametrized(name: str, expected: tuple[str, str]) -> None:
    assert unparametrized(name) == expected


def test_roles_of_many_are_those_of_each() -> None:
    names = ["a.weight", "b.weight", "c.weight.original0", "c.weight.original1", "weight", "d.bias"]
    owners = [LINEAR, NORM, CONV, CONV, LINEAR, LINEAR]
    expected = ["weight", "scale", "scale", "weight", "weight", "bias"]
    assert roles(owners, names) == expected == [role(o, n) for o, n in zip(owners, names, strict=True)]
