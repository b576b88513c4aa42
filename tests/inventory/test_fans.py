import pytest

from paramrules.inventories import UNKNOWN_OWNER, Class, Owner
from paramrules.inventories.fans import fans

NONE = (None, None)


def owner(*around: str | tuple[str, ...]) -> Owner:
    return Owner(tuple(Class(c) if isinstance(c, str) else Class(c[0], c[1:]) for c in around))


LINEAR = owner("torch.nn.modules.linear.Linear")
CONV = owner(("torch.nn.modules.conv.Conv2d", "torch.nn.modules.conv._ConvNd"))
TRANSPOSED = owner(
    (
        "torch.nn.modules.conv.ConvTranspose2d",
        "torch.nn.modules.conv._ConvTransposeNd",
        "torch.nn.modules.conv._ConvNd",
    )
)
ATTENTION = owner("torch.nn.modules.activation.MultiheadAttention")
RNN = owner(("torch.nn.modules.rnn.LSTM", "torch.nn.modules.rnn.RNNBase"))
DENSE = "flax.linen.linear.DenseGeneral"
FLAX_ATTENTION = owner("app.Net", "flax.linen.attention.MultiHeadDotProductAttention", DENSE)

BIG_VISION = "big_vision.models.ppp.gemma"
GEMMA = owner(f"{BIG_VISION}.Attention", f"{BIG_VISION}.Einsum")
EINSUMS = [
    ("q_einsum", (8, 64, 16), (64, 128)),
    ("kv_einsum", (2, 1, 64, 16), (64, 32)),
    ("qkv_einsum", (3, 8, 64, 16), (64, 384)),
    ("attn_vec_einsum", (8, 16, 64), (128, 64)),
]


@pytest.mark.parametrize(
    ("whose", "name", "shape", "expected"),
    [
        (LINEAR, "fc.weight", (1000, 192), (192, 1000)),
        (LINEAR, "fc.bias", (1000,), NONE),
        (LINEAR, "fc.weight_orig", (4, 3), (3, 4)),
        (LINEAR, "fc.weight.original", (4, 3), (3, 4)),
        (owner(("app.Mine", "torch.nn.modules.linear.Linear")), "fc.weight", (4, 3), (3, 4)),
        (LINEAR, "fc.weight", (4, 3, 2), NONE),  # a subclass that keeps something else under the name
        *((GEMMA, f"attn.{name}.w", shape, fans) for name, shape, fans in EINSUMS),
        (owner(f"{BIG_VISION}.FeedForward"), "mlp.gating_einsum", (2, 64, 128), (64, 256)),
        (owner(f"{BIG_VISION}.FeedForward"), "mlp.linear", (128, 64), (128, 64)),
        (owner("gemma.gm.nn._modules.FeedForward"), "mlp.gating_einsum", (2, 64, 128), NONE),  # or transposed
        (owner(f"{BIG_VISION}.Embedder"), "embedder.input_embedding", (1000, 64), (1000, 64)),
        (owner("transformers.pytorch_utils.Conv1D"), "attn.c_attn.weight", (768, 2304), (768, 2304)),
        (
            owner("transformers.models.mixtral.modeling_mixtral.MixtralExperts"),
            "gate_up_proj",
            (8, 6, 4),
            (4, 6),
        ),
        (
            owner("transformers.models.mixtral.modeling_mixtral.MixtralTopKRouter"),
            "gate.weight",
            (8, 4),
            (4, 8),
        ),
        (
            owner("transformers.models.gpt_oss.modeling_gpt_oss.GptOssExperts"),
            "gate_up_proj",
            (8, 4, 6),
            (4, 6),
        ),
        (owner("transformers.models.gpt2.modeling_flax_gpt2.FlaxConv1D"), "attn.kernel", (6, 2), (2, 6)),
        (owner("transformers.models.gpt_oss.modeling_gpt_oss.GptOssExperts"), "down_proj_bias", (8, 4), NONE),
        (owner("torch.nn.modules.linear.Bilinear"), "b.weight", (5, 3, 4), (12, 5)),
        (owner("torch.nn.modules.sparse.Embedding"), "wte.weight", (50257, 768), (50257, 768)),
        (CONV, "stem.weight", (64, 3, 7, 7), (3 * 49, 64 * 49)),
        (CONV, "depthwise.weight", (64, 1, 3, 3), (9, 64 * 9)),
        (CONV, "conv.weight_v", (4, 2, 3, 3), (18, 36)),
        (CONV, "conv.weight.original1", (4, 2, 3, 3), (18, 36)),
        (CONV, "conv.weight.original0", (4, 1, 1, 1), NONE),
        (CONV, "conv.bias", (64,), NONE),
        (CONV, "conv.weight", (), NONE),
        (TRANSPOSED, "up.weight", (8, 4, 2, 2), (32, 16)),
        (ATTENTION, "attn.in_proj_weight", (24, 8), (8, 24)),
        (ATTENTION, "attn.k_proj_weight", (8, 3), (3, 8)),
        (ATTENTION, "attn.bias_k", (1, 1, 8), NONE),
        (RNN, "rnn.weight_ih_l0", (16, 3), (3, 16)),
        (RNN, "rnn.bias_ih_l0", (16,), NONE),
        (owner("flax.linen.linear.Dense"), "fc.kernel", (3, 4), (3, 4)),
        (owner("flax.linen.linear.Embed"), "wte.embedding", (10, 4), (10, 4)),
        (owner("flax.linen.linear.Conv"), "conv.kernel", (7, 7, 3, 64), (3 * 49, 64 * 49)),
        (owner("flax.linen.linear.ConvTranspose"), "up.kernel", (2, 2, 8, 4), (32, 16)),
        (owner("haiku._src.basic.Linear"), "linear.w", (3, 4), (3, 4)),
        (
            owner(("haiku._src.conv.Conv2DTranspose", "haiku._src.conv.ConvNDTranspose")),
            "up.w",
            (2, 2, 4, 8),
            (32, 16),
        ),
        (owner("equinox.nn._linear.Linear"), "fc.weight", (4, 3), (3, 4)),
        (owner("equinox.nn._rnn.LSTMCell"), "rnn.weight_hh", (16, 4), (4, 16)),
        (FLAX_ATTENTION, "attn.query.kernel", (768, 12, 64), (768, 768)),
        (FLAX_ATTENTION, "attn.out.kernel", (12, 64, 768), (768, 768)),
        (FLAX_ATTENTION, "attn.query.bias", (12, 64), NONE),
        (owner("timm.layers.attention2d.MultiQueryAttentionV2"), "attn.query_proj", (8, 64, 16), (16, 512)),
        (owner("timm.layers.attention2d.MultiQueryAttentionV2"), "attn.out_proj", (24, 8, 64), (512, 24)),
        (
            owner("transformers.models.moshi.modeling_moshi.MoshiFlexibleLinear"),
            "fc.weight",
            (9, 2, 3),
            (3, 2),
        ),
        (owner("app.Net", DENSE), "query.kernel", (768, 12, 64), NONE),  # which of the three is contracted?
        (owner("app.Net", DENSE), "fc.kernel", (3, 4), (3, 4)),
        (owner("app.Net"), "weight", (4, 3), NONE),
        (owner("app.Net"), "pos_embed", (1, 197, 192), NONE),
        (UNKNOWN_OWNER, "fc.weight", (4, 3), NONE),
    ],
)
def test_fans(
    whose: Owner, name: str, shape: tuple[int, ...], expected: tuple[int | None, int | None]
) -> None:
    assert fans(whose, name, shape) == expected
