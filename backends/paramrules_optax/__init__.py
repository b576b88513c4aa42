"""The optax backend: optimizers, labels and masks from a rule file, and the inventories behind them.

>>> import paramrules_optax as pro
>>> tx = pro.build(model, "decay.rules", optax.adamw, learning_rate=1e-3, weight_decay=0.1)
>>> tx = optax.adamw(1e-3, weight_decay=0.1, mask=pro.decay_mask_fn(model, "decay.rules"))

Importing this imports neither jax nor anything of jax before it is used.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any
from warnings import warn

from paramrules_optax.backend import OptaxBackend, backend

if TYPE_CHECKING:
    from paramrules_optax import pytorch
    from paramrules_optax.abstract import build_abstract
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
else:

    def __getattr__(name: str) -> Any:
        if name == "abstractly":
            from paramrules_optax.abstract import build_abstract

            warn("`abstractly` is now called `build_abstract`", DeprecationWarning, stacklevel=2)
            return build_abstract
        if name == "pytorch":
            return import_module(f"{__name__}.pytorch")
        if name not in _HOME:
            raise AttributeError(
                f"module {__name__!r} has no attribute {name!r}", name=name, obj=sys.modules[__name__]
            )
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value


_HOME = {
    "GroupMonitor": "monitor",
    "build": "transforms.build_transform",
    "build_abstract": "abstract",
    "decay_mask": "labels_and_masks",
    "decay_mask_fn": "labels_and_masks",
    "label_fn": "labels_and_masks",
    "labels": "labels_and_masks",
    "mask": "labels_and_masks",
    "mask_fn": "labels_and_masks",
    "masks": "labels_and_masks",
    "regroup_state": "resume",
}

__all__ = [
    "GroupMonitor",
    "OptaxBackend",
    "backend",
    "build",
    "build_abstract",
    "decay_mask",
    "decay_mask_fn",
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
