"""Taking parameters out of training, and back: which of a model's frozen parameters rules have frozen.

What rules froze is noted beside the parameter, on the module that holds it: a note on the tensor itself would
be gone after a deep copy or `fully_shard`, which make new tensors. So rules that no longer freeze a
parameter can let it train again, while what the user froze stays frozen. The note says what rules froze last:
a parameter that the user unfreezes and freezes again by hand still counts as frozen by them.
"""

from collections.abc import Collection, Iterable

from torch import Tensor, nn

_NOTE = "_frozen_by_rules"
"""The attribute of a module: the names of those of its parameters that rules have frozen."""


def frozen_by_rules(model: nn.Module, tensors: Iterable[Tensor]) -> frozenset[int]:
    """The ids of those of the model's parameters that rules have frozen and nobody has unfrozen since."""
    if all(tensor.requires_grad for tensor in tensors):
        return frozenset()
    held = ((module._parameters, vars(module).get(_NOTE, ())) for module in model.modules())
    noted = (parameters.get(name) for parameters, names in held for name in names)
    return frozenset(id(tensor) for tensor in noted if tensor is not None and not tensor.requires_grad)


def freeze(model: nn.Module, tensors: Iterable[Tensor], wanted: Collection[int]) -> None:
    """Freezes those tensors whose ids are wanted, and unfreezes what rules froze before and is not wanted.

    A frozen tensor's gradient is dropped, since whoever clips or accumulates gradients would count it. What
    is frozen already by other hands is left to them.
    """
    before = frozen_by_rules(model, tensors)
    if not wanted and not before:
        return
    ours = {id(tensor) for tensor in tensors if id(tensor) in wanted and tensor.requires_grad}
    ours |= before.intersection(wanted)
    for module in model.modules():
        names = {name for name, tensor in module._parameters.items() if id(tensor) in ours}
        if names:
            vars(module)[_NOTE] = names
        else:
            vars(module).pop(_NOTE, None)
    for tensor in tensors:
        if id(tensor) in ours:
            tensor.requires_grad_(False)
            tensor.grad = None
        elif id(tensor) in before:
            tensor.requires_grad_(True)
