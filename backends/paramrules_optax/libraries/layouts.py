"""Layouts that only the layer itself can tell.

flax's general linear layers contract and produce any number of axes: a kernel of shape (8, 64, 512) may take
heads in or give them out, and its class does not say which. Its transposed convolutions keep their kernel the
other way round if they are told to.
"""

from collections.abc import Iterable
from typing import Any

from paramrules_optax.libraries import frameworks

_LINEN = ("batch_dims", "axis", "features")
_NNX = ("batch_axis", "in_features", "out_features")
_TURNED = "transpose_kernel"


def layouts(modules: Iterable[tuple[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The layouts of these layers' kernels, by canonical name, in the vocabulary's words."""
    linen, nnx = frameworks.linen_general(), frameworks.nnx_general()
    transposed = frameworks.transposed_convolutions()
    found: dict[str, tuple[str, ...]] = {}
    for name, module in modules:
        kernel = f"{name}.kernel" if name else "kernel"
        if isinstance(module, transposed) and getattr(module, _TURNED):
            found[kernel] = ("*", "out", "in")
            continue
        attributes = _LINEN if isinstance(module, linen) else _NNX if isinstance(module, nnx) else ()
        axes = [getattr(module, attribute) for attribute in attributes]
        if not axes:
            continue
        batch, contracted, produced = (1 if isinstance(each, int) else len(each) for each in axes)
        found[kernel] = ("_",) * batch + ("in",) * contracted + ("out",) * produced
    return found
