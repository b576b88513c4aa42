"""PyTorch: inventories of `torch.nn.Module`s, and param groups for any optimizer.

>>> import paramrules_torch
>>> groups = paramrules_torch.param_groups(model, "vit.rules", lr=1e-3, weight_decay=0.05)
>>> optimizer = torch.optim.AdamW(groups)

or in one call

>>> optimizer = paramrules_torch.build(model, "vit.rules", torch.optim.AdamW, lr=1e-3, weight_decay=0.05)

Importing this package does not import torch; using what it holds does.
"""

from typing import TYPE_CHECKING

from paramrules.backends import importer
from paramrules_torch.backend import backend

if TYPE_CHECKING:
    from paramrules_torch.emit_groups import param_groups
    from paramrules_torch.infer import infer
    from paramrules_torch.marks import mark
    from paramrules_torch.monitor import GroupMonitor, rates
    from paramrules_torch.optimizers import MultiOptimizer, build, scheduled
    from paramrules_torch.resume import regroup_on_load, regroup_state

__all__ = [
    "backend",
    "param_groups",
    "build",
    "scheduled",
    "MultiOptimizer",
    "regroup_state",
    "GroupMonitor",
    "rates",
    "mark",
    "infer",
    "regroup_on_load",
]

_HOMES = {
    "param_groups": "paramrules_torch.emit_groups",
    "build": "paramrules_torch.optimizers",
    "scheduled": "paramrules_torch.optimizers",
    "MultiOptimizer": "paramrules_torch.optimizers",
    "regroup_state": "paramrules_torch.resume",
    "GroupMonitor": "paramrules_torch.monitor",
    "rates": "paramrules_torch.monitor",
    "infer": "paramrules_torch.infer",
    "mark": "paramrules_torch.marks",
    "regroup_on_load": "paramrules_torch.resume",
}


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # for type checkers a misspelt name is an error
    __getattr__ = importer(__name__, _HOMES)
