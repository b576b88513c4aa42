"""T5 base in PyTorch, as transformers has it: one embedding for encoder, decoder and head."""

from transformers import T5Config, T5ForConditionalGeneration


def make() -> T5ForConditionalGeneration:
    config = T5Config(num_layers=12, d_model=768, d_ff=3072, num_heads=12, tie_word_embeddings=True)
    return T5ForConditionalGeneration(config)
