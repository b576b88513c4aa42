"""Several optimizers as one: Muon for the hidden matrices and AdamW for the rest."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules_torch.optimizers.routing import named
from paramrules_torch.optimizers.states import JoinedState, join, split


class MultiOptimizer(Optimizer):
    """Optimizers that step, zero gradients, are scheduled, saved and loaded as one.

    It is a `torch.optim.Optimizer` for whoever asks: schedulers, `GradScaler`, trainers. Its `param_groups`
    are the very dicts of the optimizers inside, in the order of rules, each with the name of its optimizer
    under `optimizer`; its `state` is theirs. `step` runs a closure once and then steps each of them.

    Attributes:
        optimizers: the optimizers inside, by name.
        defaults: what stands among the defaults of each of them.

    >>> optimizers = {"muon": torch.optim.Muon, "default": torch.optim.AdamW}
    >>> optimizer = paramrules_torch.build(model, "muon.rules", optimizers, lr=1e-3)
    >>> optimizer.optimizers["muon"]
    """

    optimizers: dict[str, Optimizer]
    order: list[str]

    def __init__(self, optimizers: Mapping[str, Optimizer], order: Sequence[str]) -> None:
        """Joins optimizers. `order` says of each group of the whole whose next group it is.

        Raises RulesError: E615 where one of them has to evaluate the loss by itself, as L-BFGS has.
        """
        for name, optimizer in optimizers.items():
            closure = inspect.signature(type(optimizer).step).parameters.get("closure")
            if closure is not None and closure.default is closure.empty:
                cls = type(optimizer).__name__
                message = f"`{cls}` evaluates the loss by itself, and cannot be one of several"
                _refuse("E615", message, f"give another optimizer as `{name}`, or `{cls}` alone")
        every = [optimizer.defaults for optimizer in optimizers.values()]
        shared = {key: value for key, value in every[0].items() if all(key in other for other in every)}
        # torch's constructor would add the groups once more; this is the way in which it is unpickled.
        self.__setstate__({"optimizers": dict(optimizers), "order": list(order), "defaults": shared})

    def __getstate__(self) -> dict[str, Any]:
        return {"optimizers": self.optimizers, "order": self.order, "defaults": self.defaults}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._list_groups()

    def _list_groups(self) -> None:
        """Lists the groups of the optimizers inside in the order of the whole."""
        groups = {name: iter(optimizer.param_groups) for name, optimizer in self.optimizers.items()}
        self.param_groups = [next(groups[name]) for name in self.order]

    @property  # type: ignore[override]  # torch: an attribute, and a defaultdict
    def state(self) -> JoinedState:
        """The state of the optimizers inside, by parameter."""
        return JoinedState(self.optimizers)

    @state.setter
    def state(self, new: Mapping[Tensor, Any]) -> None:
        new = dict(new)
        self.state.clear()
        self.state.update(new)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Steps each optimizer, after one evaluation of the closure; returns what it returned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for optimizer in self.optimizers.values():
            optimizer.step()
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Resets the gradients of all parameters."""
        for optimizer in self.optimizers.values():
            optimizer.zero_grad(set_to_none)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds a group to the optimizer that it names under `optimizer`, else to `default` or the only one.

        Raises RulesError: E610 where that is not clear. Raises ValueError as torch does.
        """
        name = named("the new group", param_group, self.optimizers)
        if isinstance(name, Diagnostic):
            raise RulesError(name)
        held = {id(tensor) for group in self.param_groups for tensor in group["params"]}
        param_group["optimizer"] = name
        self.optimizers[name].add_param_group(param_group)
        if any(id(tensor) in held for tensor in param_group["params"]):
            self.optimizers[name].param_groups.pop()
            raise ValueError("some parameters appear in more than one parameter group")
        self.order.append(name)
        self._list_groups()

    def state_dict(self) -> dict[str, Any]:
        """The state of all, numbered and grouped as if one optimizer had it."""
        for before in self._optimizer_state_dict_pre_hooks.values():
            before(self)
        state = join(
            {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()}, self.order
        )
        for after in self._optimizer_state_dict_post_hooks.values():
            state = after(self, state) or state
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Loads what `state_dict` gave.

        Raises RulesError: E618 where a group was saved by another optimizer. Raises ValueError as torch
        does where the groups differ in number or size. Nothing is loaded then.
        """
        state_dict = state_dict.copy()
        for before in self._optimizer_load_state_dict_pre_hooks.values():
            state_dict = before(self, state_dict) or state_dict
        self._check_groups(state_dict["param_groups"])
        for name, part in split(state_dict, self.order).items():
            self.optimizers[name].load_state_dict(part)
        self._list_groups()
        for after in self._optimizer_load_state_dict_post_hooks.values():
            after(self)

    def _check_groups(self, saved: Sequence[Mapping[str, Any]]) -> None:
        """Refuses saved groups that are not those of this optimizer."""
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        for theirs, ours in zip(saved, self.param_groups, strict=True):
            if len(theirs["params"]) != len(ours["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group "
                    "that doesn't match the size of optimizer's group"
                )
            if theirs.get("optimizer", ours["optimizer"]) != ours["optimizer"]:
                _refuse(
                    "E618",
                    f"the saved group `{theirs.get('label')}` is one of `{theirs['optimizer']}`, "
                    f"and `{ours['label']}`, which has its place now, is one of `{ours['optimizer']}`",
                    "load it into an optimizer that was built from the rules under which it was saved",
                )


def _refuse(code: str, message: str, help: str) -> None:
    raise RulesError(Diagnostic(code, message, help=help))
