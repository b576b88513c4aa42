"""PyTorch: the parameters of an `nn.Module` as an inventory, and param groups for any `torch.optim` optimizer.

>>> import paramrules_torch
>>> groups = paramrules_torch.param_groups(model, "vit.rules", lr=1e-3, weight_decay=0.05)
>>> optimizer = torch.optim.AdamW(groups)

Importing this package does not import torch; using one of its functions does.
"""

from typing import TYPE_CHECKING, Any

from paramrules_torch.backend import backend

if TYPE_CHECKING:
    from paramrules_torch.groups import groups_of, param_groups

__all__ = ["backend", "groups_of", "param_groups"]


def __getattr__(name: str) -> Any:
    if name in ("groups_of", "param_groups"):
        from paramrules_torch import groups

        return getattr(groups, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
