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
    """Return by number the shapes of matrices that are stored packed; None where nobody knows it.

    A tensor may be packed if it holds integers, or if bitsandbytes has noted a `quant_state` on it, which
    has the word, then what its module says of itself.
    """
    integers = {dtype for dtype in {t.dtype for t in tensors} if not dtype.is_floating_point}
    suspects = {
        id(tensor): number
        for number, tensor in enumerate(tensors)
        if "quant_state" in tensor.__dict__ or (integers and tensor.dtype in integers)
    }
    if not suspects:
        return {}
    found: dict[int, Shape | None] = {}
    for module in model.modules():
        for tensor in module._parameters.values():
            number = suspects.get(id(tensor))
            if tensor is not None and number is not None and found.get(number) is None:
                shape = _said(getattr(tensor, "quant_state", None)) or _of_module(module)
                if shape is None and getattr(tensor, "bnb_quantized", False):
                    found[number] = None
                elif shape is not None and prod(shape) != tensor.numel():
                    found[number] = shape
    return found


def _of_module(module: nn.Module) -> Shape | None:
    """Return the shape of a module's matrix: HQQ's `meta`, or the extents of a Linear or Embedding."""
    meta: Any = getattr(module, "meta", None)
    if isinstance(meta, Mapping) and "shape" in meta:
        return tuple(meta["shape"])
    for names in _EXTENTS:
        extents = tuple(getattr(module, name, None) for name in names)
        if all(isinstance(extent, int) for extent in extents):
            return extents  # type: ignore[return-value]
    return None


def _said(state: Any) -> Shape | None:
    shape = getattr(state, "shape", None)
    return None if shape is None else tuple(shape)
