"""PyTorch: inventories of `torch.nn.Module`s, and param groups for any optimizer.

>>> import paramrules_torch
>>> groups = paramrules_torch.param_groups(model, "vit.rules", lr=1e-3, weight_decay=0.05)
>>> optimizer = torch.optim.AdamW(groups)

Importing this package does not import torch; using `param_groups` does.
"""

from typing import TYPE_CHECKING, Any

from paramrules_torch.backend import backend

if TYPE_CHECKING:
    from paramrules_torch.groups import param_groups

__all__ = ["backend", "param_groups"]


def __getattr__(name: str) -> Any:
    if name == "param_groups":
        from paramrules_torch.groups import param_groups

        return param_groups
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
