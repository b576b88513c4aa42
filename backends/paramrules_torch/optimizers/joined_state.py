"""The state of several optimizers as one: live, and as it is saved."""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from itertools import chain
from typing import Any

from torch import Tensor
from torch.optim import Optimizer


class JoinedState(MutableMapping[Tensor, Any]):
    """The `state` of optimizers with parameters of their own. Raises KeyError for any other tensor."""

    def __init__(self, optimizers: Mapping[str, Optimizer]) -> None:
        self._optimizers = optimizers

    def __getitem__(self, tensor: Tensor) -> Any:
        return self._of(tensor)[tensor]

    def __setitem__(self, tensor: Tensor, value: Any) -> None:
        self._of(tensor)[tensor] = value

    def __delitem__(self, tensor: Tensor) -> None:
        del self._of(tensor)[tensor]

    # The states are defaultdicts: `state[tensor]` creates an entry, and none of these may.

    def get(self, tensor: Tensor, default: Any = None) -> Any:
        """Return the state of a tensor, or the default."""
        if tensor not in self:
            return default
        return self[tensor]

    def pop(self, tensor: Tensor, *default: Any) -> Any:
        """Remove the state of a tensor and return it, or the default. Raises KeyError without either."""
        return default[0] if default and tensor not in self else self._of(tensor).pop(tensor)

    def setdefault(self, tensor: Tensor, default: Any = None) -> Any:
        """Return the state of a tensor, which becomes the default if there is none."""
        return self._of(tensor).setdefault(tensor, default)

    def __contains__(self, tensor: object) -> bool:
        return any(tensor in optimizer.state for optimizer in self._optimizers.values())

    def __iter__(self) -> Iterator[Tensor]:
        return chain.from_iterable(list(optimizer.state) for optimizer in self._optimizers.values())

    def __len__(self) -> int:
        return sum(len(optimizer.state) for optimizer in self._optimizers.values())

    def _of(self, tensor: Tensor) -> Any:
        """Return the state of the optimizer that has this tensor."""
        for optimizer in self._optimizers.values():
            if tensor in optimizer.state:
                return optimizer.state
        for optimizer in self._optimizers.values():
            if any(tensor is own for group in optimizer.param_groups for own in group["params"]):
                return optimizer.state
        raise KeyError(tensor)


def join(parts: Mapping[str, Mapping[str, Any]], order: Sequence[str]) -> dict[str, Any]:
    """Join the state dicts of several optimizers into one.

    Parameters are renumbered in the order of the groups. Keys of a state dict other than `state` and
    `param_groups` is kept under `optimizers` and the optimizer's name.

    Args:
        parts: the state dicts, by the optimizers' names.
        order: for each group of the whole, the name of the optimizer whose next group it is.
    """
    groups = {name: iter(part["param_groups"]) for name, part in parts.items()}
    numbers: dict[str, dict[Any, int]] = {name: {} for name in parts}
    joined, count = [], 0
    for name in order:
        group = dict(next(groups[name]))
        numbers[name].update(zip(group["params"], range(count, count + len(group["params"])), strict=True))
        group["params"] = [numbers[name][own] for own in group["params"]]
        count += len(group["params"])
        joined.append(group)
    state = {
        numbers[name].get(own, own): value
        for name, part in parts.items()
        for own, value in part["state"].items()
    }
    rest = {
        name: {key: value for key, value in part.items() if key not in ("state", "param_groups")}
        for name, part in parts.items()
    }
    beside = {"optimizers": rest} if any(rest.values()) else {}
    return {"state": state, "param_groups": joined, **beside}


def split(joined: Mapping[str, Any], order: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Split what `join` returned into the state dict of each optimizer; parameters keep their numbers."""
    parts: dict[str, dict[str, Any]] = {
        name: {"state": {}, "param_groups": [], **joined.get("optimizers", {}).get(name, {})}
        for name in order
    }
    owner = {}
    for name, group in zip(order, joined["param_groups"], strict=True):
        parts[name]["param_groups"].append(group)
        owner.update(dict.fromkeys(group["params"], name))
    for own, value in joined["state"].items():
        parts[owner[own]]["state"][own] = value
    return parts
