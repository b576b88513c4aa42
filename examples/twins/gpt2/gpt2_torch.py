"""GPT-2 in PyTorch, as transformers has it: q, k and v in one `Conv1D`, the head tied to the embedding."""

from transformers import GPT2Config, GPT2LMHeadModel


def make(
    layers: int = 12, width: int = 768, heads: int = 12, vocabulary: int = 50257, length: int = 1024
) -> GPT2LMHeadModel:
    config = GPT2Config(
        n_layer=layers,
        n_embd=width,
        n_head=heads,
        vocab_size=vocabulary,
        n_positions=length,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=vocabulary - 1,
        eos_token_id=vocabulary - 1,
    )
    return GPT2LMHeadModel(config)
