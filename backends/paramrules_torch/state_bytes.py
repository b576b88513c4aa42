"""The state of torch's optimizers, found by a step on the meta device."""

from collections.abc import Mapping
from functools import cache
from inspect import signature
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils._python_dispatch import TorchDispatchMode


@cache
def optimizers() -> dict[str, type[Optimizer]]:
    """Return the optimizers of `torch.optim` by their names in lower case."""
    classes = (cls for cls in vars(torch.optim).values() if isinstance(cls, type))
    return {
        cls.__name__.lower(): cls for cls in classes if issubclass(cls, Optimizer) and cls is not Optimizer
    }


def state_bytes(optimizer: str, shape: tuple[int, ...], dtype: str, settings: Mapping[str, Any]) -> int:
    """Return the bytes of an optimizer's state of one tensor."""
    cls = optimizers()[optimizer]
    tensor = nn.Parameter(torch.empty(shape, dtype=getattr(torch, dtype), device="meta"))
    tensor.grad = torch.empty_like(tensor)
    own = {key: value for key, value in settings.items() if key in signature(cls).parameters}
    made = cls([tensor], lr=1e-3, **own)  # type: ignore[call-arg]  # all of torch's take a rate
    with _Items():  # type: ignore[no-untyped-call]  # torch's own
        made.step()
    held = (value for value in made.state[tensor].values() if isinstance(value, Tensor))
    return sum(value.numel() * value.element_size() for value in held)


class _Items(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own
    """Let `Tensor.item` of a tensor without values be 1. Some optimizers read one; no shape depends on it."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten._local_scalar_dense.default and args[0].is_meta:
            return 1.0
        return func(*args, **(kwargs or {}))
