"""Models of timm and transformers beside the same models in JAX, as their users name things."""

from functools import cache
from pathlib import Path

import counterparts
import haiku as hk
import pytest
from golden.golden_model import load
from paramrules_optax import build_abstract

import paramrules
from paramrules.comparison.mapping_file import read, resolved

RULES = paramrules.parse("no_decay: role in (bias, scale) -> weight_decay = 0\ndecay: else")

GPT2 = """
transformer.wte.weight = tok_embed.embedding
transformer.wpe.weight = pos_embed.embedding
transformer.h.{i}.ln_{j}.weight = block_{i}.LayerNorm_{j-1}.scale
transformer.h.{i}.ln_{j}.bias = block_{i}.LayerNorm_{j-1}.bias
transformer.h.{i}.attn.c_attn.weight = block_{i}.attention.Dense_0.kernel
transformer.h.{i}.attn.c_attn.bias = block_{i}.attention.Dense_0.bias
transformer.h.{i}.attn.c_proj.weight = block_{i}.attention.Dense_1.kernel
transformer.h.{i}.attn.c_proj.bias = block_{i}.attention.Dense_1.bias
transformer.h.{i}.mlp.c_fc.weight = block_{i}.mlp.Dense_0.kernel
transformer.h.{i}.mlp.c_fc.bias = block_{i}.mlp.Dense_0.bias
transformer.h.{i}.mlp.c_proj.weight = block_{i}.mlp.Dense_1.kernel
transformer.h.{i}.mlp.c_proj.bias = block_{i}.mlp.Dense_1.bias
transformer.ln_f.weight = final_norm.scale
transformer.ln_f.bias = final_norm.bias
"""

T5 = """
shared.weight = token_embedder.embedding
encoder.block.{i}.layer.0.SelfAttention.q.weight = encoder.layers_{i}.attention.query.kernel
encoder.block.{i}.layer.0.SelfAttention.k.weight = encoder.layers_{i}.attention.key.kernel
encoder.block.{i}.layer.0.SelfAttention.v.weight = encoder.layers_{i}.attention.value.kernel
encoder.block.{i}.layer.0.SelfAttention.o.weight = encoder.layers_{i}.attention.out.kernel
encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight = encoder.relpos_bias.rel_embedding
encoder.block.{i}.layer.0.layer_norm.weight = encoder.layers_{i}.pre_attention_layer_norm.scale
encoder.block.{i}.layer.1.DenseReluDense.wi.weight = encoder.layers_{i}.mlp.wi.kernel
encoder.block.{i}.layer.1.DenseReluDense.wo.weight = encoder.layers_{i}.mlp.wo.kernel
encoder.block.{i}.layer.1.layer_norm.weight = encoder.layers_{i}.pre_mlp_layer_norm.scale
encoder.final_layer_norm.weight = encoder.encoder_norm.scale
decoder.block.{i}.layer.0.SelfAttention.q.weight = decoder.layers_{i}.self_attention.query.kernel
decoder.block.{i}.layer.0.SelfAttention.k.weight = decoder.layers_{i}.self_attention.key.kernel
decoder.block.{i}.layer.0.SelfAttention.v.weight = decoder.layers_{i}.self_attention.value.kernel
decoder.block.{i}.layer.0.SelfAttention.o.weight = decoder.layers_{i}.self_attention.out.kernel
decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight = decoder.relpos_bias.rel_embedding
decoder.block.{i}.layer.0.layer_norm.weight = decoder.layers_{i}.pre_self_attention_layer_norm.scale
decoder.block.{i}.layer.1.EncDecAttention.q.weight = decoder.layers_{i}.encoder_decoder_attention.query.kernel
decoder.block.{i}.layer.1.EncDecAttention.k.weight = decoder.layers_{i}.encoder_decoder_attention.key.kernel
decoder.block.{i}.layer.1.EncDecAttention.v.weight = decoder.layers_{i}.encoder_decoder_attention.value.kernel
decoder.block.{i}.layer.1.EncDecAttention.o.weight = decoder.layers_{i}.encoder_decoder_attention.out.kernel
decoder.block.{i}.layer.1.layer_norm.weight = decoder.layers_{i}.pre_cross_attention_layer_norm.scale
decoder.block.{i}.layer.2.DenseReluDense.wi.weight = decoder.layers_{i}.mlp.wi.kernel
decoder.block.{i}.layer.2.DenseReluDense.wo.weight = decoder.layers_{i}.mlp.wo.kernel
decoder.block.{i}.layer.2.layer_norm.weight = decoder.layers_{i}.pre_mlp_layer_norm.scale
decoder.final_layer_norm.weight = decoder.decoder_norm.scale
"""

RESNET = """
conv1.weight = res_net50.~.initial_conv.w
bn1.weight = res_net50.~.initial_batchnorm.scale
bn1.bias = res_net50.~.initial_batchnorm.offset
layer{i}.{j}.conv{k}.weight = res_net50.~.block_group_{i-1}.~.block_{j}.~.conv_{k-1}.w
layer{i}.{j}.bn{k}.weight = res_net50.~.block_group_{i-1}.~.block_{j}.~.batchnorm_{k-1}.scale
layer{i}.{j}.bn{k}.bias = res_net50.~.block_group_{i-1}.~.block_{j}.~.batchnorm_{k-1}.offset
layer{i}.0.downsample.0.weight = res_net50.~.block_group_{i-1}.~.block_0.~.shortcut_conv.w
layer{i}.0.downsample.1.weight = res_net50.~.block_group_{i-1}.~.block_0.~.shortcut_batchnorm.scale
layer{i}.0.downsample.1.bias = res_net50.~.block_group_{i-1}.~.block_0.~.shortcut_batchnorm.offset
fc.weight = res_net50.~.logits.w
fc.bias = res_net50.~.logits.b
"""

LLAMA = """
model.embed_tokens.weight = embed.weight
model.layers.{i}.self_attn.q_proj.weight = layers.{i}.attention.wq.weight
model.layers.{i}.self_attn.k_proj.weight = layers.{i}.attention.wk.weight
model.layers.{i}.self_attn.v_proj.weight = layers.{i}.attention.wv.weight
model.layers.{i}.self_attn.o_proj.weight = layers.{i}.attention.wo.weight
model.layers.{i}.mlp.gate_proj.weight = layers.{i}.mlp.gate.weight
model.layers.{i}.mlp.up_proj.weight = layers.{i}.mlp.up.weight
model.layers.{i}.mlp.down_proj.weight = layers.{i}.mlp.down.weight
model.layers.{i}.input_layernorm.weight = layers.{i}.attention_norm.weight
model.layers.{i}.post_attention_layernorm.weight = layers.{i}.ffn_norm.weight
model.norm.weight = norm.weight
lm_head.weight = head.weight
"""

# Three matrices of linen's attention are one in timm and GPT-2.
ATTENTION = "Transformer.encoderblock_{i}.MultiHeadDotProductAttention_0"
VIT = (
    f"""
blocks.{{i}}.attn.qkv.weight = {", ".join(f"{ATTENTION}.{part}.kernel" for part in ("query", "key", "value"))}
blocks.{{i}}.attn.qkv.bias = {", ".join(f"{ATTENTION}.{part}.bias" for part in ("query", "key", "value"))}
"""
    + """
cls_token = cls
pos_embed = Transformer.posembed_input.pos_embedding
patch_embed.proj.weight = embedding.kernel
patch_embed.proj.bias = embedding.bias
blocks.{i}.norm{j}.weight = Transformer.encoderblock_{i}.LayerNorm_{j-1}.scale
blocks.{i}.norm{j}.bias = Transformer.encoderblock_{i}.LayerNorm_{j-1}.bias
blocks.{i}.attn.proj.weight = Transformer.encoderblock_{i}.MultiHeadDotProductAttention_0.out.kernel
blocks.{i}.attn.proj.bias = Transformer.encoderblock_{i}.MultiHeadDotProductAttention_0.out.bias
blocks.{i}.mlp.fc{j}.weight = Transformer.encoderblock_{i}.MlpBlock_3.Dense_{j-1}.kernel
blocks.{i}.mlp.fc{j}.bias = Transformer.encoderblock_{i}.MlpBlock_3.Dense_{j-1}.bias
norm.weight = Transformer.encoder_norm.scale
norm.bias = Transformer.encoder_norm.bias
head.weight = head.kernel
head.bias = head.bias
"""
)

FLAT_GPT2 = """
transformer.wte.weight = tok_embed.embedding
transformer.wpe.weight = positions
transformer.h.{i}.ln_1.weight = norm_attn_{i}.scale
transformer.h.{i}.ln_1.bias = norm_attn_{i}.bias
transformer.h.{i}.ln_2.weight = norm_mlp_{i}.scale
transformer.h.{i}.ln_2.bias = norm_mlp_{i}.bias
transformer.h.{i}.attn.c_attn.weight = attn_{i}.query.kernel, attn_{i}.key.kernel, attn_{i}.value.kernel
transformer.h.{i}.attn.c_attn.bias = attn_{i}.query.bias, attn_{i}.key.bias, attn_{i}.value.bias
transformer.h.{i}.attn.c_proj.weight = attn_{i}.out.kernel
transformer.h.{i}.attn.c_proj.bias = attn_{i}.out.bias
transformer.h.{i}.mlp.c_fc.weight = up_{i}.kernel
transformer.h.{i}.mlp.c_fc.bias = up_{i}.bias
transformer.h.{i}.mlp.c_proj.weight = down_{i}.kernel
transformer.h.{i}.mlp.c_proj.bias = down_{i}.bias
transformer.ln_f.weight = final_norm.scale
transformer.ln_f.bias = final_norm.bias
"""


@cache
def golden(name):
    return paramrules.inventory(load(name)[0])


@cache
def resnet50():
    return paramrules.inventory(hk.transform_with_state(counterparts.resnet50), inputs=counterparts.IMAGE)


def linen(model, inputs=counterparts.IDS):
    return cache(lambda: paramrules.inventory(model, inputs=inputs))


MODELS = {
    "GPT-2, linen": ("transformers-gpt2.json", linen(counterparts.Gpt2()), GPT2, 0),
    "GPT-2, linen in one module": ("transformers-gpt2.json", linen(counterparts.FlatGpt2()), FLAT_GPT2, 0),
    "T5, linen": ("transformers-t5.json", linen(counterparts.T5()), T5, 0),
    "ViT, linen": ("timm-vit_tiny_patch16_224.json", linen(counterparts.Vit(), counterparts.IMAGE), VIT, 0),
    "ResNet-50, haiku": ("timm-resnet50.json", resnet50, RESNET, 0),
    "Llama, Equinox": (
        "transformers-llama.json",
        cache(lambda: paramrules.inventory(build_abstract(counterparts.Llama))),
        LLAMA,
        0,
    ),
}


@pytest.mark.parametrize("model", MODELS)
def test_every_pair_is_right(model: str, tmp_path: Path) -> None:
    """Also from a saved inventory, and the other way round."""
    name, make, truth, alone = MODELS[model]
    (tmp_path / "truth.map").write_text(truth)
    a, b = golden(name), make()
    expected = {(pair.a, pair.b) for pair in resolved(read(tmp_path / "truth.map"), a, b)}
    found = paramrules.parity(RULES, a, b)
    assert {(pair.a, pair.b) for pair in found.pairs} == expected
    assert len(found.unpaired[0]) == alone == len(a) - len(expected)
    b.save(tmp_path / "b.json")
    turned = paramrules.parity(RULES, paramrules.Inventory.load(tmp_path / "b.json"), a)
    assert {(pair.b, pair.a) for pair in turned.pairs} == expected


@pytest.mark.parametrize("model", MODELS)
def test_a_draft_says_the_same_and_completes(model: str, tmp_path: Path) -> None:
    name, make, truth, _ = MODELS[model]
    a, b = golden(name), make()
    found = paramrules.parity(RULES, a, b)
    draft = found.mapping()
    (tmp_path / "draft.map").write_text(draft)
    lines = [line for line in draft.splitlines() if line and not line.startswith("#")]
    assert sorted(lines) == sorted(filter(None, truth.splitlines()))
    again = paramrules.parity(RULES, a, b, tmp_path / "draft.map")
    assert [(pair.a, pair.b) for pair in again.pairs] == [(pair.a, pair.b) for pair in found.pairs]
    assert again.found == {"mapping": len(found.pairs)}
