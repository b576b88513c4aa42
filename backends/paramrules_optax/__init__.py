"""The optax backend: optimizers, labels and masks from a rule file, and the inventories behind them.

>>> import paramrules_optax as pro
>>> tx = pro.build(model, "decay.rules", optax.adamw, learning_rate=1e-3, weight_decay=0.1)
>>> tx = optax.adamw(1e-3, weight_decay=0.1, mask=pro.decay_mask_fn(model, "decay.rules"))

Importing this imports neither jax nor anything of jax before it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any
from warnings import warn

from paramrules.backends import importer
from paramrules_optax.backend import OptaxBackend, backend

if TYPE_CHECKING:
    from paramrules_optax import pytorch
    from paramrules_optax.abstract import build_abstract
    from paramrules_optax.infer import infer
    from paramrules_optax.labels_and_masks import (
        decay_mask,
        decay_mask_fn,
        label_fn,
        labels,
        mask,
        mask_fn,
        masks,
    )
    from paramrules_optax.monitor import GroupMonitor
    from paramrules_optax.resume import regroup_state
    from paramrules_optax.transforms.build_transform import build

_ROOMS = {
    "abstract": ("build_abstract",),
    "infer": ("infer",),
    "labels_and_masks": ("decay_mask", "decay_mask_fn", "label_fn", "labels", "mask", "mask_fn", "masks"),
    "monitor": ("GroupMonitor",),
    "resume": ("regroup_state",),
    "transforms.build_transform": ("build",),
}
_HOMES = {name: f"paramrules_optax.{room}" for room, names in _ROOMS.items() for name in names}

__all__ = [
    "GroupMonitor",
    "OptaxBackend",
    "backend",
    "build",
    "build_abstract",
    "decay_mask",
    "decay_mask_fn",
    "infer",
    "label_fn",
    "labels",
    "mask",
    "mask_fn",
    "masks",
    "pytorch",
    "regroup_state",
]


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # for type checkers a misspelt name is an error
    _load = importer(__name__, _HOMES)

    def __getattr__(name: str) -> Any:
        if name == "abstractly":
            from paramrules_optax.abstract import build_abstract

            warn("`abstractly` is now called `build_abstract`", DeprecationWarning, stacklevel=2)
            return build_abstract
        if name == "pytorch":
            return import_module("paramrules_optax.pytorch")
        return _load(name)
