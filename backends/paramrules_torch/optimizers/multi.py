"""Several optimizers as one, such as Muon for the hidden matrices and AdamW for the rest."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

import torch
from torch import Tensor
from torch.optim import Optimizer

from paramrules.backends import Diagnostic, RulesError, a, choose, listed, not_clear
from paramrules_torch.optimizers.added_groups import KnownParameters, complete
from paramrules_torch.optimizers.joined_state import JoinedState, join, split
from paramrules_torch.resume.saved_state import checked, read


class MultiOptimizer(Optimizer):
    """Optimizers that step, zero gradients, are scheduled, saved and loaded as one.

    It is a `torch.optim.Optimizer`: schedulers, `GradScaler` and trainers accept it. Its `param_groups` are
    the group dicts of the optimizers inside, in the order of rules, each with the name of its optimizer under
    `optimizer`; its `state` is a view of theirs. `step` runs a closure once and then steps each of them.

    `train` and `eval`, the modes of schedule-free optimizers, exist if one of the optimizers has them, and
    switch each that does. Any other method of one optimizer is its own: `optimizers["sam"].first_step()`.

    Attributes:
        optimizers: the optimizers inside, by name.
        defaults: the defaults that all of them have.

    >>> optimizers = {"muon": torch.optim.Muon, "default": torch.optim.AdamW}
    >>> optimizer = paramrules_torch.build(model, "muon.rules", optimizers, lr=1e-3)
    >>> optimizer.optimizers["muon"]
    """

    optimizers: dict[str, Optimizer]
    order: list[str]
    known: KnownParameters  # set by `build`, and not copied

    def __init__(self, optimizers: Mapping[str, Optimizer], order: Sequence[str]) -> None:
        """Join optimizers.

        Args:
            optimizers: the optimizers, by name.
            order: for each group of the whole, the name of the optimizer whose next group it is.

        Raises RulesError: E615 if one of them has to evaluate the loss itself, as L-BFGS does.
        """
        for name, optimizer in optimizers.items():
            closure = inspect.signature(type(optimizer).step).parameters.get("closure")
            if closure is not None and closure.default is closure.empty:
                cls = type(optimizer).__name__
                message = f"`{cls}` evaluates the loss itself and cannot be one of several"
                _refuse("E615", message, f"pass another optimizer as `{name}`, or `{cls}` alone")
        every = [optimizer.defaults for optimizer in optimizers.values()]
        shared = {key: value for key, value in every[0].items() if all(key in other for other in every)}
        # torch's constructor would add the groups a second time; unpickling does not call it.
        self.__setstate__({"optimizers": dict(optimizers), "order": list(order), "defaults": shared})

    def __getstate__(self) -> dict[str, Any]:
        return {"optimizers": self.optimizers, "order": self.order, "defaults": self.defaults}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._param_groups: list[dict[str, Any]] = []
        self._list_groups()

    def __getattr__(self, name: str) -> Any:
        """Return a method that switches the mode of the optimizers inside; AttributeError for others."""
        inside: Mapping[str, Optimizer] = vars(self).get("optimizers", {})  # {}: a copy is being made
        having = [key for key, optimizer in inside.items() if hasattr(optimizer, name)]
        if name in _MODES and having:
            return lambda: _each(getattr(inside[key], name) for key in having)
        message = f"a `MultiOptimizer` has no `{name}`"
        if name in _MODES:
            message += ", as none of its optimizers has one"
        elif having:
            each = listed([f'optimizers["{key}"].{name}' for key in having])
            message += f", but what it is made of does: use {each}"
        raise AttributeError(message, name=name, obj=self)

    def _list_groups(self) -> None:
        """List the groups of the optimizers inside, in the order of the whole.

        The list stays the same one: wrappers of Fabric's call these methods with themselves as `self`.
        """
        groups = {name: iter(optimizer.param_groups) for name, optimizer in self.optimizers.items()}
        self._param_groups[:] = [next(groups[name]) for name in self.order]

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of the optimizers inside. Setting it replaces theirs, as Lightning's callbacks do."""
        return self._param_groups

    @param_groups.setter
    def param_groups(self, groups: Sequence[dict[str, Any]]) -> None:
        order = [self._chosen(group) for group in groups]
        for name, optimizer in self.optimizers.items():
            optimizer.param_groups = [group for own, group in zip(order, groups, strict=True) if own == name]
        self.order[:] = order
        self._list_groups()

    def _chosen(self, group: Mapping[str, Any]) -> str:
        """Return the name of the optimizer that takes a group. Raise RulesError (E610) if it is not clear."""
        name = choose(group, self.optimizers)
        if name is None:
            _refuse("E610", *not_clear("the new group names", group, self.optimizers))
        return name

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
        """Evaluate the closure once, step each optimizer, and return the loss."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for optimizer in self.optimizers.values():
            optimizer.step()
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Reset the gradients of all parameters."""
        for optimizer in self.optimizers.values():
            optimizer.zero_grad(set_to_none)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group to the optimizer that it names under `optimizer`.

        Without one it goes to the optimizer that the rules name for all its parameters, else to `default` or
        the only one. Names, a label and settings that it lacks are added as in the optimizers of `build`.

        Raises RulesError: E610 if that is not clear. Raises ValueError as torch does.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"a group should be a dict, and this is {a(type(param_group).__name__)}")
        known = getattr(self, "known", None)
        complete(
            param_group,
            self,
            lambda: self.optimizers[self._chosen(param_group)].defaults,
            known,
            stacklevel=2,
        )
        name = self._chosen(param_group)
        held = {id(tensor) for group in self.param_groups for tensor in group["params"]}
        param_group["optimizer"] = name
        self.optimizers[name].add_param_group(param_group)
        if any(id(tensor) in held for tensor in param_group["params"]):
            self.optimizers[name].param_groups.pop()
            raise ValueError("some parameters appear in more than one parameter group")
        self.order.append(name)
        self._list_groups()

    def state_dict(self) -> dict[str, Any]:
        """Return one state dict for all, in the form of a single optimizer's."""
        for before in self._optimizer_state_dict_pre_hooks.values():
            before(self)
        state = join(
            {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()}, self.order
        )
        for after in self._optimizer_state_dict_post_hooks.values():
            state = after(self, state) or state
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` returned.

        Raises RulesError: E618 if a group was saved by another optimizer, E620 for what is not a saved state.
        Raises ValueError as torch does if the groups differ in number or size. Nothing is loaded then.
        """
        state_dict = dict(state_dict) if isinstance(state_dict, Mapping) else state_dict
        for before in self._optimizer_load_state_dict_pre_hooks.values():
            state_dict = before(self, state_dict) or state_dict
        checked(state_dict)
        self._check_groups(read(state_dict).groups)
        for name, part in split(state_dict, self.order).items():
            self.optimizers[name].load_state_dict(part)
        self._list_groups()
        for after in self._optimizer_load_state_dict_post_hooks.values():
            after(self)

    def _check_groups(self, saved: Sequence[Mapping[str, Any]]) -> None:
        """Raise RulesError or ValueError for saved groups that do not match those of this optimizer."""
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
                    f"the saved group `{theirs.get('label')}` belongs to `{theirs['optimizer']}`, "
                    f"and `{ours['label']}`, which has its place now, to `{ours['optimizer']}`",
                    "load `paramrules_torch.regroup_state(state, model, optimizer)`, which matches by name",
                )


_MODES = ("train", "eval")
"""Methods that mean the same for any optimizer that has them, and nothing for the others."""


def _each(methods: Iterable[Callable[[], Any]]) -> None:
    for method in methods:
        method()


def _refuse(code: str, message: str, help: str) -> NoReturn:
    raise RulesError(Diagnostic(code, message, help=help))
