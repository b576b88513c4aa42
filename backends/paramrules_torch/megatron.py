"""Shapes of whole tensors of which Megatron's tensor parallelism keeps parts.

Its layers note on a parameter that it is a part, and along which axis; `megatron.core.parallel_state` knows
into how many it was split. `allreduce = False` marks the parameters of experts, which have a tensor
parallelism of their own, and `is_gtp_weight_remat` those that are padded and split once more.
`partition_stride`, the pieces that a rank has, does not change the size of the whole.

References:
    `set_tensor_model_parallel_attributes`:
    https://github.com/NVIDIA/Megatron-LM/blob/main/megatron/core/tensor_parallel/layers.py
"""

import sys
from collections.abc import Sequence

from torch import Tensor

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules_torch.listing import listed


def loaded() -> bool:
    """Return whether there can be such parameters."""
    return "megatron" in sys.modules


def whole_shapes(
    names: Sequence[str], tensors: Sequence[Tensor], kept: Sequence[tuple[int, ...]]
) -> list[tuple[int, ...]]:
    """Return the shapes of the whole tensors of which these may be parts.

    Args:
        names: the tensors' names, for errors.
        tensors: the tensors.
        kept: their shapes here.

    Raises:
        RulesError: E503 if it is not known into how many parts one was split, or along which axis.
    """
    sizes = _world_sizes()
    shapes, unknown = [], []
    for name, tensor, shape in zip(names, tensors, kept, strict=True):
        again = getattr(tensor, "is_gtp_weight_remat", False)
        if again or getattr(tensor, "tensor_model_parallel", False):
            axis = getattr(tensor, "partition_dim", -1)
            size = sizes[not getattr(tensor, "allreduce", True)]
            if again or size is None or not 0 <= axis < len(shape):
                unknown.append(name)
            else:
                shape = (*shape[:axis], shape[axis] * size, *shape[axis + 1 :])
        shapes.append(shape)
    if unknown:
        raise RulesError(
            Diagnostic(
                "E503",
                f"{listed(unknown)} the shape of the part that Megatron has left here, "
                "and the whole's is not known",
                help="call `megatron.core.parallel_state.initialize_model_parallel` first, "
                "or write rules with `ndim`, `type`, `role` and `name`",
            )
        )
    return shapes


def _world_sizes() -> tuple[int | None, int | None]:
    """Return the number of parts of tensors, and of those of experts; None if unknown."""
    state = sys.modules.get("megatron.core.parallel_state")
    if state is None or not state.model_parallel_is_initialized():
        return None, None
    return state.get_tensor_model_parallel_world_size(), state.get_expert_tensor_parallel_world_size()
