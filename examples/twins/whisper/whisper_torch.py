"""Whisper small in PyTorch, as transformers has it: the encoder's positions are frozen, the head tied."""

from transformers import WhisperConfig, WhisperForConditionalGeneration


def make() -> WhisperForConditionalGeneration:
    config = WhisperConfig(
        d_model=768,
        encoder_layers=12,
        decoder_layers=12,
        encoder_attention_heads=12,
        decoder_attention_heads=12,
        encoder_ffn_dim=3072,
        decoder_ffn_dim=3072,
    )
    return WhisperForConditionalGeneration(config)
