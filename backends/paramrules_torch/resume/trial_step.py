"""Find out what an optimizer keeps for a parameter, by a step on a throwaway tensor."""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from copy import copy, deepcopy
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer

from paramrules_torch.constructor_arguments import SWITCHES, constructor_arguments


class Kept(NamedTuple):
    """The state that an optimizer keeps for a parameter.

    Attributes:
        optimizer: the optimizer, the innermost of nested ones.
        state: the parameter's state.
        group: the keys that the optimizer writes into its group.
    """

    optimizer: Optimizer
    state: Mapping[Any, Any]
    group: frozenset[str]


def kept(optimizer: Optimizer, group: Mapping[str, Any], parameter: Tensor) -> Kept:
    """Return what an optimizer keeps for a parameter like this one in this group. The optimizer is not
    changed.

    The step is taken on the meta device or, if the optimizer reads values, on zeros on the CPU. Raise what
    the optimizer raises there.
    """
    own = _innermost(optimizer, group)
    made = own.state.get(parameter, {})  # by a constructor, as in Adagrad of older torch
    failed: Exception | None = None
    starts: list[Mapping[Any, Any]] = [{}, made] if made else [{}]
    for state in starts:
        for device, sparse in (("meta", False), ("cpu", False), ("cpu", True)):
            like = torch.zeros(parameter.shape, dtype=parameter.dtype, device=device)
            try:
                return _step(own, group, like, sparse, state)
            except Exception as error:  # an optimizer may raise anything; the last error is raised below
                failed = error
    assert failed is not None
    raise failed


def _step(
    optimizer: Optimizer, group: Mapping[str, Any], like: Tensor, sparse: bool, state: Mapping[Any, Any]
) -> Kept:
    """Step on zeros from a copy of this state, and return what the optimizer keeps then."""
    tensor = like.requires_grad_()
    tensor.grad = torch.zeros_like(like).to_sparse() if sparse else torch.zeros_like(like)
    settings = deepcopy({key: value for key, value in group.items() if key not in ("params", "param_names")})
    settings |= {key: False for key in SWITCHES if key in settings}
    tried: Any = object.__new__(type(optimizer))
    vars(tried).update((k, copy(v) if isinstance(v, dict | list) else v) for k, v in vars(optimizer).items())
    vars(tried).pop("step", None)  # a scheduler's wrapper, which steps the original optimizer
    tried.state, tried.param_groups = defaultdict(dict), [{**deepcopy(settings), "params": [tensor]}]
    if state:
        tried.state[tensor] = {
            key: value.detach().to(like.device, copy=True) if isinstance(value, Tensor) else deepcopy(value)
            for key, value in state.items()
        }
    tried._optimizer_step_pre_hooks = OrderedDict()
    tried._optimizer_step_post_hooks = OrderedDict()
    tried.step()
    after = {key: value for key, value in tried.param_groups[0].items() if key != "params"}
    own = optimizer.defaults.keys() - constructor_arguments(type(optimizer))
    written = {key for key in after if key not in settings or not same(after[key], settings[key])}
    return Kept(optimizer, dict(tried.state.get(tensor, {})), frozenset(own | written))


def same(one: object, other: object) -> bool:
    """Return whether two values of a group are equal; they may be tensors."""
    if isinstance(one, Tensor) or isinstance(other, Tensor):
        both = [plain(value) for value in (one, other)]
        return both[0] is both[1] or (not any(isinstance(v, Tensor) for v in both) and both[0] == both[1])
    return type(one) is type(other) and one == other


def plain(value: object) -> object:
    """Return a number in place of a tensor that holds one."""
    return value.item() if isinstance(value, Tensor) and value.numel() == 1 else value


def _innermost(optimizer: Optimizer, group: Mapping[str, Any]) -> Optimizer:
    """Return the innermost of nested optimizers that has this group."""
    for value in vars(optimizer).values():
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        for inner in inside:
            if isinstance(inner, Optimizer) and any(own is group for own in inner.param_groups):
                return _innermost(inner, group)
    return optimizer
