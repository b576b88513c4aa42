"""Whole tensors' shapes where Megatron's tensor parallelism keeps parts.

Its layers note on a parameter that it is a part and along which axis (`set_tensor_model_parallel_attributes`
in megatron/core/tensor_parallel/layers.py); into how many it was cut, `megatron.core.parallel_state` knows.
`allreduce = False` marks the parameters of experts, which have a tensor parallelism of their own, and
`is_gtp_weight_remat` those that are padded and cut once more. `partition_stride` says which pieces a rank
has: the whole is as large with any.
"""

import sys
from collections.abc import Sequence

from torch import Tensor

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules_torch.listing import listed


def loaded() -> bool:
    """Whether there can be such parameters."""
    return "megatron" in sys.modules


def whole_shapes(
    names: Sequence[str], tensors: Sequence[Tensor], kept: Sequence[tuple[int, ...]]
) -> list[tuple[int, ...]]:
    """The shapes of the whole tensors, of which these may be parts; `kept` are the shapes here.

    Raises RulesError: E503 where it is not known into how many parts one was cut, or along which axis.
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
    """Into how many parts tensors are cut: those of experts last. None where that is not known."""
    state = sys.modules.get("megatron.core.parallel_state")
    if state is None or not state.model_parallel_is_initialized():
        return None, None
    return state.get_tensor_model_parallel_world_size(), state.get_expert_tensor_parallel_world_size()
