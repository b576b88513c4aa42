"""Weights that quantization packs: the shape of the matrix that a tensor of 4-bit values stands for.

A `Linear4bit` of bitsandbytes keeps a weight of 64 x 64 as 2,048 bytes, (2048, 1). Rules are about the
matrix. Weights in eight bits, and tensor subclasses such as torchao's and quanto's, have its shape.

References:
    QLoRA: https://arxiv.org/abs/2305.14314, as bitsandbytes stores it:
    https://github.com/bitsandbytes-foundation/bitsandbytes/blob/main/bitsandbytes/nn/modules.py
    HQQ: https://github.com/mobiusml/hqq/blob/master/hqq/core/quantize.py
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from torch import Tensor, nn

Shape = tuple[int, ...]

_EXTENTS = (("out_features", "in_features"), ("num_embeddings", "embedding_dim"))


def packed_shapes(model: nn.Module, tensors: Sequence[Tensor]) -> Mapping[int, Shape | None]:
    """Return by `id` the shapes of tensors that are stored packed; None where nobody knows it.

    A tensor may be packed if it holds integers, or if bitsandbytes, whose parameters are of a class of their
    own, has noted a `quant_state` on it. That has the word, then what its module says of itself.
    """
    integers = {dtype for dtype in {tensor.dtype for tensor in tensors} if not dtype.is_floating_point}
    if not integers and set(map(type, tensors)) <= {nn.Parameter}:
        return {}
    suspects = {id(tensor) for tensor in tensors if tensor.dtype in integers or "quant_state" in vars(tensor)}
    found: dict[int, Shape | None] = {}
    for module in model.modules() if suspects else ():
        for tensor in module._parameters.values():
            if tensor is not None and id(tensor) in suspects and found.get(id(tensor)) is None:
                shape = _said(getattr(tensor, "quant_state", None)) or _of_module(module)
                if shape is None and getattr(tensor, "bnb_quantized", False):
                    found[id(tensor)] = None
                elif shape is not None and prod(shape) != tensor.numel():
                    found[id(tensor)] = shape
    return found


def _of_module(module: nn.Module) -> Shape | None:
    """Return the shape of a module's matrix: HQQ's `meta`, or the extents of a Linear or Embedding."""
    meta: Any = getattr(module, "meta", None)
    if isinstance(meta, Mapping) and "shape" in meta:
        return tuple(meta["shape"])
    for names in _EXTENTS:
        rows, columns = (getattr(module, name, None) for name in names)
        if isinstance(rows, int) and isinstance(columns, int):
            return rows, columns
    return None


def _said(state: Any) -> Shape | None:
    shape = getattr(state, "shape", None)
    return None if shape is None else tuple(shape)
