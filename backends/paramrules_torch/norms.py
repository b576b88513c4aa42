"""Norms of many tensors at little cost, each of the whole tensor, and nothing read back from a device."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.distributed import tensor as sharding


class Part(NamedTuple):
    """A tensor as this process holds it.

    Attributes:
        local: the values that are here.
        groups: the process groups among which the whole tensor is split.
    """

    local: Tensor
    groups: tuple[Any, ...] = ()


def part(tensor: Tensor) -> Part:
    """Return what this process holds of a tensor, dense and real."""
    groups: tuple[Any, ...] = ()
    if isinstance(tensor, sharding.DTensor):
        if any(placement.is_partial() for placement in tensor.placements):
            summed = [sharding.Replicate() if p.is_partial() else p for p in tensor.placements]
            tensor = tensor.redistribute(placements=summed)
        mesh, placements = tensor.device_mesh, tensor.placements
        groups = tuple(mesh.get_group(n) for n, p in enumerate(placements) if not p.is_replicate())
        tensor = tensor.to_local()
    if tensor.is_sparse:
        tensor = tensor.coalesce().values()
    return Part(torch.view_as_real(tensor) if tensor.is_complex() else tensor, groups)


class Norms:
    """The Euclidean norms of tensors, on the devices where they were computed.

    Tensors that are split among processes have the norm of the whole. All processes have to make the norms
    of such tensors together, because they sum them up.

    >>> Norms([part(tensor) for tensor in model.parameters()]).read()
    [0.58, 1.2]
    """

    def __init__(self, parts: Sequence[Part | None], scale: Tensor | None = None) -> None:
        """Compute norms.

        Args:
            parts: the tensors; None for one that is not there.
            scale: the number by which the tensors are multiplied (that of a `GradScaler`).
        """
        self._length = len(parts)
        self._found: list[tuple[list[int], Tensor]] = []
        alike: dict[Any, list[int]] = {}
        for number, one in enumerate(parts):
            if one is not None:
                alike.setdefault((one.local.device, one.local.dtype, one.groups), []).append(number)
        for (device, dtype, groups), numbers in alike.items():
            tensors = [one.local for number in numbers if (one := parts[number]) is not None]
            wide = torch.promote_types(dtype, torch.float32)
            norms = torch.stack(torch._foreach_norm(tensors, 2, dtype=wide))
            for group in groups:
                norms.square_()
                torch.distributed.all_reduce(norms, group=group)
                norms.sqrt_()
            if scale is not None:
                norms /= scale.to(device)
            self._found.append((numbers, norms))

    def read(self) -> list[float | None]:
        """Return the norm of each tensor as a number. This waits for the devices."""
        norms: list[float | None] = [None] * self._length
        for numbers, found in self._found:
            for number, norm in zip(numbers, found.tolist(), strict=True):
                norms[number] = norm
        return norms
