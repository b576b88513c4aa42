"""Groupings that `infer` was not made with: timm's layer decay and the Trainer on other architectures."""

from functools import partial
from typing import Any

from grouping_functions.corpus import GroupingFunction, Subject
from grouping_functions.timm_groups import NEEDS, create, layer_decay
from grouping_functions.transformers_trainer import DEEP, TEXT, VISION, WIDE, family, trainer_groups

LAYERED: dict[str, tuple[Subject, Subject, Subject]] = {
    "CaiT": (create("cait_xxs24_224"), create("cait_xxs36_224"), create("cait_s24_224")),
    "ConvNeXt V2": (create("convnextv2_atto"), create("convnextv2_base"), create("convnextv2_nano")),
    "DaViT": (create("davit_tiny"), create("davit_small"), create("davit_base")),
    "DeiT": (
        create("deit_small_distilled_patch16_224"),
        create("deit_small_distilled_patch16_224", depth=18),
        create("deit_base_distilled_patch16_224"),
    ),
    "EfficientNet": (create("efficientnet_b0"), create("efficientnet_b3"), create("efficientnet_b1")),
    "EfficientNetV2": (
        create("efficientnetv2_rw_t"),
        create("efficientnetv2_rw_m"),
        create("efficientnetv2_rw_s"),
    ),
    "FocalNet": (create("focalnet_tiny_srf"), create("focalnet_small_srf"), create("focalnet_base_srf")),
    "Hiera": (create("hiera_tiny_224"), create("hiera_base_224"), create("hiera_base_plus_224")),
    "MaxViT": (create("maxvit_tiny_rw_224"), create("maxvit_base_tf_224"), create("maxvit_small_tf_224")),
    "MetaFormer": (create("caformer_s18"), create("caformer_s36"), create("caformer_b36")),
    "MLP-Mixer": (create("mixer_s16_224"), create("mixer_b16_224"), create("mixer_b32_224")),
    "MViTv2": (create("mvitv2_tiny"), create("mvitv2_small"), create("mvitv2_large")),
    "NFNet": (create("dm_nfnet_f0"), create("dm_nfnet_f1"), create("eca_nfnet_l0")),
    "PVT v2": (create("pvt_v2_b1"), create("pvt_v2_b3"), create("pvt_v2_b2")),
    "RegNet": (create("regnety_008"), create("regnety_016"), create("regnety_032")),
    "ResNet-18": (create("resnet18"), create("resnet34"), create("resnet18d")),
    "Swin V2": (
        create("swinv2_tiny_window8_256"),
        create("swinv2_small_window8_256"),
        create("swinv2_tiny_window8_256", embed_dim=128, num_heads=(4, 8, 16, 32)),
    ),
    "ViT with registers": (
        create("vit_medium_patch16_reg4_gap_256"),
        create("vit_medium_patch16_reg4_gap_256", depth=20),
        create("vit_base_patch16_reg4_gap_256"),
    ),
    "XCiT": (create("xcit_tiny_12_p16_224"), create("xcit_tiny_24_p16_224"), create("xcit_small_12_p16_224")),
}

TWO = {"d_model": 64, "encoder_layers": 4, "decoder_layers": 4, "vocab_size": 500}
TWO |= {"encoder_attention_heads": 4, "decoder_attention_heads": 4}
TWO |= {"encoder_ffn_dim": 128, "decoder_ffn_dim": 128}
DEEP_TWO, WIDE_TWO = {"encoder_layers": 11, "decoder_layers": 12}, {"d_model": 96, "encoder_ffn_dim": 320}
GPT = {"hidden_size": 64, "num_hidden_layers": 6, "num_attention_heads": 4, "vocab_size": 500}


def _families() -> dict[str, dict[str, Subject]]:
    causal = (
        "falcon",
        "gemma",
        "gemma2",
        "gpt_neox",
        "mistral",
        "olmo2",
        "opt",
        "phi",
        "qwen2",
        "qwen3",
        "stablelm",
    )
    masked = ("albert", "deberta-v2", "electra", "mpnet", "roberta", "xlm-roberta")
    images = ("beit", "deit", "dinov2", "vit_mae")
    sounds = ("hubert", "wavlm", "unispeech")
    found: dict[str, dict[str, Subject]] = {}
    for names, auto, seen in (
        (causal, "ForCausalLM", TEXT),
        (masked, "ForMaskedLM", TEXT),
        (images, "", VISION),
        (sounds, "ForCTC", TEXT),
    ):
        found |= {name: family(auto, name, seen, DEEP, WIDE) for name in names}
    for name in ("bart", "pegasus", "marian"):
        found[name] = family("ForSeq2SeqLM", name, TWO | {"pad_token_id": 0}, DEEP_TWO, WIDE_TWO)
    found["bloom"] = family(
        "ForCausalLM",
        "bloom",
        {"hidden_size": 64, "n_layer": 6, "n_head": 4, "vocab_size": 500},
        {"n_layer": 14},
        {"hidden_size": 96},
    )
    return found


def held_out() -> list[GroupingFunction]:
    kinds = ("seen", "deeper", "wider")
    layered = [
        GroupingFunction(
            f"timm layer decay, {title}",
            partial(layer_decay, rate=0.8),
            dict(zip(kinds, subjects, strict=True)),
            None,
            NEEDS,
        )
        for title, subjects in LAYERED.items()
    ]
    trained: list[Any] = [
        GroupingFunction(f"transformers Trainer, {name}", trainer_groups, models, None, ("transformers",))
        for name, models in _families().items()
    ]
    return [*layered, *trained]
