"""GPT-2 in MLX, as mlx-lm has it: q, k and v in one `Linear`, the embedding used as the head.

References:
    https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/models/gpt2.py
"""

import mlx.core as mx
import mlx.nn as nn


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)

    def __call__(self, x: mx.array) -> mx.array:
        batch, length, width = x.shape
        q, k, v = (
            part.reshape(batch, length, self.heads, -1).transpose(0, 2, 1, 3)
            for part in mx.split(self.c_attn(x), 3, axis=-1)
        )
        mask = nn.MultiHeadAttention.create_additive_causal_mask(length, x.dtype)
        scale = (width // self.heads) ** -0.5
        out = mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, mask=mask)
        return self.c_proj(out.transpose(0, 2, 1, 3).reshape(batch, length, width))


class MLP(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def __call__(self, x: mx.array) -> mx.array:
        return self.c_proj(nn.gelu_approx(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = Attention(width, heads)
        self.mlp = MLP(width)
        self.ln_1 = nn.LayerNorm(width)
        self.ln_2 = nn.LayerNorm(width)

    def __call__(self, x: mx.array) -> mx.array:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT2(nn.Module):
    def __init__(self, layers: int, width: int, heads: int, vocabulary: int, length: int) -> None:
        super().__init__()
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(length, width)
        self.h = [Block(width, heads) for _ in range(layers)]
        self.ln_f = nn.LayerNorm(width)

    def __call__(self, tokens: mx.array) -> mx.array:
        x = self.wte(tokens) + self.wpe(mx.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return self.wte.as_linear(self.ln_f(x))


def make(
    layers: int = 12, width: int = 768, heads: int = 12, vocabulary: int = 50257, length: int = 1024
) -> GPT2:
    return GPT2(layers, width, heads, vocabulary, length)
