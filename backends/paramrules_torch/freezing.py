"""Freeze and unfreeze parameters, and tell those that rules froze from those that the user froze.

A module notes which of its parameters rules froze last: a note on the tensor would be lost in a deep copy
or `fully_shard`, which make new tensors. A tensor in a mapping, which has no module, keeps the note itself.
So rules that no longer freeze a parameter can let it train again, while what the user froze stays frozen. A
parameter that the user unfreezes and freezes again still counts as frozen by rules.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from torch import Tensor, nn

from paramrules_torch.named_tensors import Parameters

NOTE = "_frozen_by_rules"
"""The attribute of a module with the names of its parameters that rules froze."""


def _holders(
    model: Parameters, tensors: Iterable[Tensor]
) -> Iterator[tuple[dict[str, Any], Mapping[str, Tensor | None]]]:
    """Yield the attributes and the parameters of everything that has a note."""
    if isinstance(model, nn.Module):
        return ((vars(module), module._parameters) for module in model.modules())
    return ((vars(tensor), {"": tensor}) for tensor in tensors)


def frozen_by_rules(model: Parameters, tensors: Iterable[Tensor]) -> frozenset[int]:
    """Return the ids of the model's parameters that rules froze and nobody has unfrozen since."""
    if all(tensor.requires_grad for tensor in tensors):
        return frozenset()
    held = ((parameters, own.get(NOTE, ())) for own, parameters in _holders(model, tensors))
    noted = (parameters.get(name) for parameters, names in held for name in names)
    return frozenset(id(tensor) for tensor in noted if tensor is not None and not tensor.requires_grad)


def freeze(
    model: Parameters, tensors: Iterable[Tensor], wanted: Collection[int], left_alone: Collection[int] = ()
) -> None:
    """Freeze the tensors whose ids are wanted, and unfreeze the others that rules froze before.

    A frozen tensor's gradient is dropped, since clipping or accumulation would count it. Tensors that the
    user froze stay as they are, and so do those whose ids are in `left_alone`.
    """
    before = frozen_by_rules(model, tensors)
    wanted = {*wanted, *before.intersection(left_alone)}
    if not wanted and not before:
        return
    ours = {id(tensor) for tensor in tensors if id(tensor) in wanted and tensor.requires_grad}
    ours |= before.intersection(wanted)
    for own, parameters in _holders(model, tensors):
        names = {name for name, tensor in parameters.items() if id(tensor) in ours}
        if names:
            own[NOTE] = names
        else:
            own.pop(NOTE, None)
    for tensor in tensors:
        if id(tensor) in ours:
            tensor.requires_grad_(False)
            tensor.grad = None
        elif id(tensor) in before:
            tensor.requires_grad_(True)
