"""The true pairs of the twins' parameters, written down from the code of both models."""

import re
from collections.abc import Callable, Mapping

Rewriting = Mapping[str, str | Callable[[re.Match[str]], str]]

_ATTENTION = {"q": "query", "k": "key", "v": "value", "o": "out"}
_DENSE = {r"\.weight$": ".kernel"}
_NORM = {r"(norm\w*)\.weight$": r"\1.scale"}


def _short(match: re.Match[str]) -> str:
    return f".{_ATTENTION[match[1]]}."


def _haiku_block(match: re.Match[str]) -> str:
    return f"block_group_{int(match[1]) - 1}.~.block_{match[2]}.~."


def _haiku_place(match: re.Match[str]) -> str:
    return f"{'conv' if match[1] == 'conv' else 'batchnorm'}_{int(match[2]) - 1}."


T5: Rewriting = {
    r"^shared\.weight$": "token_embedder.embedding",
    r"block\.\d+\.layer\.0\.SelfAttention\.relative_attention_bias\.weight": "relpos_bias.rel_embedding",
    r"^(encoder|decoder)\.final_layer_norm": r"\1.\1_norm",
    r"^(encoder|decoder)\.block\.(\d+)\.layer\.": r"\1.layers_\2.",
    r"^(encoder.*)\.0\.layer_norm": r"\1.pre_attention_layer_norm",
    r"^(encoder.*)\.1\.layer_norm": r"\1.pre_mlp_layer_norm",
    r"^(decoder.*)\.0\.layer_norm": r"\1.pre_self_attention_layer_norm",
    r"^(decoder.*)\.1\.layer_norm": r"\1.pre_cross_attention_layer_norm",
    r"^(decoder.*)\.2\.layer_norm": r"\1.pre_mlp_layer_norm",
    r"^(encoder.*)\.0\.SelfAttention": r"\1.attention",
    r"^(decoder.*)\.0\.SelfAttention": r"\1.self_attention",
    r"\.1\.EncDecAttention": ".encoder_decoder_attention",
    r"\.\d\.DenseReluDense": ".mlp",
    r"\.([qkvo])\.": _short,
    **_NORM,
    **_DENSE,
}
BERT: Rewriting = {
    r"^bert\.embeddings\.word_embeddings": "shared.0.words",
    r"^bert\.embeddings\.position_embeddings": "shared.0.positions",
    r"^bert\.embeddings\.token_type_embeddings": "shared.0.segments",
    r"^bert\.embeddings\.LayerNorm": "shared.0.norm",
    r"^cls\.predictions\.bias": "shared.1.decoder.bias",
    r"^cls\.predictions\.transform\.dense": "shared.1.dense",
    r"^cls\.predictions\.transform\.LayerNorm": "shared.1.norm",
    r"^bert\.encoder\.layer": "layers",
    r"attention\.self\.(query|key|value)": r"attention.\1_proj",
    r"attention\.output\.dense": "attention.output_proj",
    r"attention\.output\.LayerNorm": "attention_norm",
    r"intermediate\.dense": "up",
    r"output\.dense": "down",
    r"output\.LayerNorm": "mlp_norm",
}
RESNET: Rewriting = {
    r"\.downsample\.0": ".shortcut_conv",
    r"\.downsample\.1": ".shortcut_batchnorm",
    r"^layer(\d)\.(\d)\.": _haiku_block,
    r"^conv1": "initial_conv",
    r"^bn1": "initial_batchnorm",
    r"(?<=\.)(conv|bn)(\d)\.": _haiku_place,
    r"^fc\.": "logits.",
    r"(batchnorm\w*)\.weight$": r"\1.scale",
    r"(batchnorm\w*)\.bias$": r"\1.offset",
    r"\.weight$": ".w",
    r"\.bias$": ".b",
    r"^": "res_net50.~.",
}


def partner(name: str, rewriting: Rewriting) -> str:
    """The other twin's name for a parameter: all rewritings that fit, in their order."""
    for pattern, replacement in rewriting.items():
        name = re.sub(pattern, replacement, name, count=1)
    return name
