"""Regroup saved state wherever it is loaded: in code that is a trainer's and not yours."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from torch import nn
from torch.optim import Optimizer

from paramrules_torch.resume.old_groups import Old
from paramrules_torch.resume.refusal import refuse
from paramrules_torch.resume.regroup import regroup_state

AnyOptimizer = TypeVar("AnyOptimizer", bound=Optimizer)


def regroup_on_load(
    optimizer: AnyOptimizer,
    model: nn.Module,
    *,
    old: Old | None = None,
    missing: Literal["refuse", "fresh"] = "refuse",
    extra: Literal["refuse", "drop"] = "refuse",
) -> AnyOptimizer:
    """Make an optimizer regroup every state that it loads, and return it.

    Its `load_state_dict` then takes what was saved under any rules, for trainers that call it themselves.
    Settings stay those of the present rules, the learning rate too, so schedule it with `scheduled`, in the
    run that saves and in the one that resumes.

    Args:
        optimizer: an optimizer, as `build` returns it.
        model: its model. Wrapping it later makes no difference.
        old, missing, extra: as for `regroup_state`.

    Raises:
        RulesError: when a state is loaded, what `regroup_state` raises, and E660 if a scheduler other than
            one of `scheduled` drives the groups.

    >>> optimizer = paramrules_torch.build(model, "vit.rules", lr=1e-3)
    >>> optimizer = paramrules_torch.regroup_on_load(optimizer, model)
    """

    def regroup(optimizer: Optimizer, state: dict[str, Any]) -> dict[str, Any]:
        if (
            isinstance(state, Mapping)
            and state.get("state")
            and any("initial_lr" in group for group in optimizer.param_groups)
        ):
            raise refuse(
                "E660",
                "the scheduler of this optimizer saves rates by group, and the groups may have changed",
                "schedule the base rate, `paramrules_torch.scheduled(optimizer, lambda base: ...)`, "
                "which loads what the other scheduler saved too",
            )
        return regroup_state(state, model, optimizer, old=old, missing=missing, extra=extra)

    optimizer.register_load_state_dict_pre_hook(regroup, prepend=True)
    return optimizer
