"""Classes of flax and Equinox, looked up and never imported: a tree can hold them only if they are loaded."""

import sys
from collections.abc import Mapping
from typing import Any

Classes = tuple[type, ...]


def _classes(module: str, *names: str) -> Classes:
    loaded: Any = sys.modules.get(module)
    return tuple(getattr(loaded, name) for name in names if hasattr(loaded, name))


def equinox_modules() -> Classes:
    """`equinox.Module`."""
    return _classes("equinox", "Module")


def equinox_states() -> Classes:
    """What holds Equinox's running statistics: in a model before `make_with_state`, and after it."""
    return _classes("equinox.nn", "StateIndex", "State")


def equinox_shared() -> Classes:
    """The wrapper that ties nodes of an Equinox model together."""
    return _classes("equinox.nn", "Shared")


def linen_modules() -> Classes:
    """`flax.linen.Module`."""
    return _classes("flax.linen", "Module")


def nnx_modules() -> Classes:
    """`flax.nnx.Module`."""
    return _classes("flax.nnx", "Module")


def linen_general() -> Classes:
    """`flax.linen.DenseGeneral`."""
    return _classes("flax.linen", "DenseGeneral")


def nnx_general() -> Classes:
    """`flax.nnx.LinearGeneral`."""
    return _classes("flax.nnx", "LinearGeneral")


def transposed_convolutions() -> Classes:
    """`flax.linen.ConvTranspose` and `flax.nnx.ConvTranspose`."""
    return _classes("flax.linen", "ConvTranspose") + _classes("flax.nnx", "ConvTranspose")


def haiku_transformed() -> Classes:
    """What haiku makes of a function that uses its modules."""
    names = ("Transformed", "TransformedWithState", "MultiTransformed", "MultiTransformedWithState")
    return _classes("haiku", *names)


def nnx_variables() -> Classes:
    """`flax.nnx.Variable`."""
    return _classes("flax.nnx", "Variable")


def nnx_params() -> Classes:
    """`flax.nnx.Param`."""
    return _classes("flax.nnx", "Param")


def nnx_untrained() -> Classes:
    """The variables of NNX that hold something else than parameters."""
    return _classes("flax.nnx", "BatchStat", "Cache", "Intermediate", "Perturbation", "RngState")


def nnx_bridges() -> Classes:
    """The linen module that stands for one of NNX."""
    return _classes("flax.nnx.bridge", "ToLinen")


def boxes() -> Classes:
    """What flax puts around a single parameter: NNX variables and linen's `Partitioned`."""
    return nnx_variables() + _classes("flax.core.meta", "AxisMetadata")


def dicts() -> tuple[type[Mapping[str, Any]], ...]:
    """`dict` and `flax.core.FrozenDict`."""
    return dict, *_classes("flax.core.frozen_dict", "FrozenDict")


def holds_nnx(tree: object) -> bool:
    """Whether it is an NNX module, or a dict, list or tuple that holds one at any depth."""
    modules = nnx_modules()
    if isinstance(tree, modules):
        return True
    if isinstance(tree, dict):
        return any(map(holds_nnx, tree.values()))
    return isinstance(tree, list | tuple) and any(map(holds_nnx, tree))
