"""The weights of transformers' GPT-2 in the tree of the linen one."""

from typing import Any

import numpy as np
from torch import Tensor

Tree = dict[str, Any]


def to_linen(state: dict[str, Tensor], layers: int, heads: int, scan: bool) -> Tree:
    """The linen parameters, as numpy arrays of the dtype that the torch ones have."""
    weights = {name.removeprefix("transformer."): t.detach().numpy().copy() for name, t in state.items()}
    blocks = [_block(weights, f"h.{number}.", heads) for number in range(layers)]
    tree: Tree = {
        "embed": {"embedding": weights["wte.weight"]},
        "positions": {"embedding": weights["wpe.weight"]},
        "norm": _norm(weights, "ln_f."),
    }
    if scan:
        return {**tree, "blocks": _stacked(blocks)}
    return {**tree, **{f"block_{number}": block for number, block in enumerate(blocks)}}


def _block(weights: dict[str, np.ndarray], at: str, heads: int) -> Tree:
    width = weights[at + "ln_1.weight"].shape[0]
    shape = (heads, width // heads)
    kernels = np.split(weights[at + "attn.c_attn.weight"], 3, axis=1)
    biases = np.split(weights[at + "attn.c_attn.bias"], 3)
    attention: Tree = {
        name: {"kernel": kernel.reshape(width, *shape), "bias": bias.reshape(shape)}
        for name, kernel, bias in zip(("query", "key", "value"), kernels, biases, strict=True)
    }
    attention["out"] = {
        "kernel": weights[at + "attn.c_proj.weight"].reshape(*shape, width),
        "bias": weights[at + "attn.c_proj.bias"],
    }
    return {
        "norm_1": _norm(weights, at + "ln_1."),
        "attention": attention,
        "norm_2": _norm(weights, at + "ln_2."),
        "up": _dense(weights, at + "mlp.c_fc."),
        "down": _dense(weights, at + "mlp.c_proj."),
    }


def _norm(weights: dict[str, np.ndarray], at: str) -> Tree:
    return {"scale": weights[at + "weight"], "bias": weights[at + "bias"]}


def _dense(weights: dict[str, np.ndarray], at: str) -> Tree:
    return {"kernel": weights[at + "weight"], "bias": weights[at + "bias"]}  # a `Conv1D` is (in, out) as well


def _stacked(blocks: list[Any]) -> Any:
    if isinstance(blocks[0], dict):
        return {key: _stacked([block[key] for block in blocks]) for key in blocks[0]}
    return np.stack(blocks)
