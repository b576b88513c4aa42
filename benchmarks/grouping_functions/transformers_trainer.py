"""The groups of the transformers Trainer: its own `get_decay_parameter_names`, on twelve families.

References:
    huggingface/transformers, src/transformers/trainer.py `create_optimizer`
"""

from typing import Any

from grouping_functions.corpus import GroupingFunction, Groups, Subject, on_meta

NEEDS = ("transformers",)

DEPTH = ("num_hidden_layers", "n_layer", "num_layers", "encoder_layers")


def config_of(family: str, **kwargs: Any) -> Any:
    from transformers import AutoConfig

    return AutoConfig.for_model(family, **kwargs)


def from_config(auto: str, family: str, **kwargs: Any) -> Subject:
    """A model of a family, by one of transformers' auto classes (`ForCausalLM`, ...)."""

    def make() -> Any:
        import transformers

        return getattr(transformers, f"AutoModel{auto}").from_config(config_of(family, **kwargs))

    changed = "".join(f", {key}={value}" for key, value in kwargs.items())
    return Subject(f"{family}{changed}", on_meta(make))


def trainer_groups(model: Any) -> Groups:
    """The groups of `Trainer.create_optimizer`, for weight_decay=0.01."""
    from transformers import Trainer

    decays = set(Trainer.get_decay_parameter_names(None, model))
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    return [
        {"params": [p for name, p in named if name in decays], "weight_decay": 0.01},
        {"params": [p for name, p in named if name not in decays], "weight_decay": 0.0},
    ]


def family(auto: str, name: str, seen: dict[str, Any], deeper: dict[str, Any], wider: dict[str, Any]) -> Any:
    return {
        "seen": from_config(auto, name, **seen),
        "deeper": from_config(auto, name, **seen | deeper),
        "wider": from_config(auto, name, **seen | wider),
    }


VISION = {"hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128, "num_hidden_layers": 6}
TEXT = VISION | {"vocab_size": 500}
WIDE = {"hidden_size": 96, "intermediate_size": 320}
DEEP = {"num_hidden_layers": 14}
TWO_STACKS = {
    "d_model": 64,
    "encoder_layers": 4,
    "decoder_layers": 4,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 128,
    "decoder_ffn_dim": 128,
}

FAMILIES = {
    "BERT": family("ForMaskedLM", "bert", TEXT, DEEP, WIDE),
    "GPT-2": family(
        "ForCausalLM",
        "gpt2",
        {"n_embd": 64, "n_layer": 6, "n_head": 4, "vocab_size": 500},
        {"n_layer": 14},
        {"n_embd": 96},
    ),
    "Llama": family("ForCausalLM", "llama", TEXT, DEEP, WIDE),
    "T5": family(
        "ForSeq2SeqLM",
        "t5",
        {"d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 4, "num_heads": 4, "vocab_size": 500},
        {"num_layers": 11},
        {"d_model": 96, "d_ff": 320},
    ),
    "ViT": family("ForImageClassification", "vit", VISION, DEEP, WIDE),
    "Swin": family(
        "ForImageClassification",
        "swin",
        {"embed_dim": 24, "depths": [2, 2, 4, 2], "num_heads": [3, 3, 6, 12]},
        {"depths": [2, 2, 12, 2]},
        {"embed_dim": 48},
    ),
    "Whisper": family(
        "ForSpeechSeq2Seq",
        "whisper",
        TWO_STACKS | {"vocab_size": 500, "pad_token_id": 0},
        {"encoder_layers": 11, "decoder_layers": 12},
        {"d_model": 96, "encoder_ffn_dim": 320},
    ),
    "wav2vec 2.0": family("ForCTC", "wav2vec2", TEXT, DEEP, WIDE),
    "Mamba": family(
        "ForCausalLM", "mamba", {"hidden_size": 64, "num_hidden_layers": 6, "vocab_size": 500}, DEEP, WIDE
    ),
    "Mixtral": family(
        "ForCausalLM", "mixtral", TEXT | {"num_local_experts": 4, "num_key_value_heads": 2}, DEEP, WIDE
    ),
    "CLIP": family(
        "",
        "clip",
        {"vision_config": VISION, "text_config": TEXT},
        {"vision_config": VISION | DEEP, "text_config": TEXT | DEEP},
        {"vision_config": VISION | WIDE, "text_config": TEXT | WIDE},
    ),
    "ConvNeXt": family(
        "ForImageClassification",
        "convnext",
        {"hidden_sizes": [16, 32, 64, 128], "depths": [2, 2, 4, 2]},
        {"depths": [2, 2, 12, 2]},
        {"hidden_sizes": [24, 48, 96, 192]},
    ),
}

OTHER = {
    "BERT": "Mamba",
    "GPT-2": "BERT",
    "Llama": "Mixtral",
    "T5": "Llama",
    "ViT": "BERT",
    "Swin": "ViT",
    "Whisper": "wav2vec 2.0",
    "wav2vec 2.0": "Whisper",
    "Mamba": "Llama",
    "Mixtral": "Llama",
    "CLIP": "ViT",
    "ConvNeXt": "Swin",
}


TWO = {
    "seen": FAMILIES["BERT"]["seen"],
    "second": FAMILIES["Llama"]["seen"],
    "deeper": FAMILIES["BERT"]["deeper"],
    "wider": FAMILIES["Llama"]["wider"],
    "other": FAMILIES["Whisper"]["seen"],
}


def functions() -> list[GroupingFunction]:
    both = GroupingFunction(
        "transformers Trainer, BERT and Llama", trainer_groups, TWO, "transformers/trainer", NEEDS
    )
    return [
        GroupingFunction(
            f"transformers Trainer, {name}",
            trainer_groups,
            models | {"other": FAMILIES[OTHER[name]]["seen"]},
            "transformers/trainer",
            NEEDS,
        )
        for name, models in FAMILIES.items()
    ] + [both]
