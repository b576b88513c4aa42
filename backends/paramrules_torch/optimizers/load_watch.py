"""Hooks that refuse a loaded state of other groups, and warn if it has replaced the settings of the rules.

torch's `load_state_dict` takes the settings of the groups from the file: an old run's decay for what is
`no_decay` now. Settings that schedulers change do not count.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from paramrules.backends import Diagnostic, RulesError, warn
from paramrules_torch.constructor_arguments import SWITCHES, constructor_arguments
from paramrules_torch.optimizers.group_keys import DECAY_RATIO, FIRST_DECAY
from paramrules_torch.resume.saved_state import checked

_OF_THE_MODEL = ("label", "name", "param_names")
"""Keys that describe the group as it is now, whatever its state is loaded from."""

_CYCLING = ("base_momentum", "max_momentum")
"""Keys that a scheduler of momentum leaves in the groups."""

_MOST = 4
"""Settings that one warning lists."""


def watch_loading(optimizer: Optimizer, keys: Collection[str]) -> None:
    """Make an optimizer warn (W642) if it loads settings that are not those it was built with.

    A state whose groups differ in number, size or order of names is an error (E664), unless a later hook may
    change it.

    Args:
        optimizer: the optimizer; `MultiOptimizer` for several.
        keys: the keys that rules and `build` have set in its groups.
    """
    watch = _LoadWatch(keys)
    optimizer.register_load_state_dict_pre_hook(watch.before)
    optimizer.register_load_state_dict_post_hook(watch.after)


class _LoadWatch:
    """The hooks. They hold no optimizer; like all hooks, they are not copied with one."""

    def __init__(self, keys: Collection[str]) -> None:
        self.keys = keys
        self.groups: list[dict[str, Any]] = []

    def before(self, optimizer: Optimizer, state_dict: dict[str, Any]) -> None:
        """Note the groups, which loading replaces.

        Raises RulesError: E664 for groups that do not fit, E620 for a dict that holds none.
        """
        hooks = optimizer._optimizer_load_state_dict_pre_hooks.values()
        if next(reversed(hooks)) == self.before:
            checked(state_dict)
            if wrong := _other_groups(state_dict["param_groups"], optimizer.param_groups):
                raise RulesError(wrong)
        self.groups = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]

    def after(self, optimizer: Optimizer) -> None:
        """Compare, and put back the keys that the state lacks: it may be older than they are."""
        inside = getattr(optimizer, "optimizers", {"": optimizer}).values()
        arguments = {key for each in inside for key in constructor_arguments(type(each))}
        watched = {*self.keys, *arguments} - {"lr", "weight_decay", *SWITCHES}
        found = []
        for group, ours in zip(optimizer.param_groups, self.groups, strict=True):
            found += [
                f"`{key}` of `{ours['label']}` is {_plain(theirs)!r} and was {_plain(own)!r}"
                for key, theirs, own in _differing(group, ours, watched)
            ]
            group.update(
                {key: value for key, value in ours.items() if key not in group or key in _OF_THE_MODEL}
            )
        self.groups = []
        if found:
            more = [f"{len(found) - _MOST} more"] if len(found) > _MOST else []
            warn([_replaced(found[:_MOST] + more)], stacklevel=4)


def _differing(
    group: Mapping[str, Any], ours: Mapping[str, Any], watched: Collection[str]
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the watched keys whose loaded value is another, with both values."""
    decays = FIRST_DECAY in ours and "weight_decay" in group
    loaded = group.get(FIRST_DECAY, group.get("weight_decay"))
    other_decay = decays and _plain(loaded) != _plain(ours[FIRST_DECAY])
    if other_decay:
        yield "weight_decay", loaded, ours[FIRST_DECAY]
    cycling = any(key in group or key in ours for key in _CYCLING)
    for key in ours:
        if key not in watched or key not in group or (key == DECAY_RATIO and other_decay):
            continue
        theirs, own = group[key], ours[key]
        if cycling and key in ("momentum", "betas"):
            theirs, own = (value[1:] if key == "betas" else None for value in (theirs, own))
        if _plain(theirs) != _plain(own):
            yield key, group[key], ours[key]


def _other_groups(saved: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]) -> Diagnostic | None:
    """Return a finding about saved groups that differ from the present ones in number, size or names."""
    if len(saved) != len(ours):
        there = f"{len(saved)} group{'s' * (len(saved) != 1)}"
        message = f"the saved state has {there} and this optimizer has {len(ours)}"
    else:
        pairs = list(enumerate(zip(saved, ours, strict=True)))
        message = next((how for each in pairs if (how := _other_size(*each))), "") or _other_names(
            saved, ours
        )
    if not message:
        return None
    flat = any(len(own["params"]) != len(own["param_names"]) for own in ours)
    return Diagnostic("E664", message, help=_UNIVERSAL if flat else _REGROUP)


_REGROUP = (
    "load `paramrules_torch.regroup_state(state, model, optimizer)`, or call "
    "`paramrules_torch.regroup_on_load(optimizer, model)` before a trainer loads it"
)
_UNIVERSAL = (
    "DeepSpeed keeps the state of each group in one flat tensor: convert its checkpoint to a universal one, "
    "as docs/distributed.md shows"
)


def _other_size(number: int, groups: tuple[Mapping[str, Any], Mapping[str, Any]]) -> str:
    """Return how many parameters a saved group has, if the present one has another number of them."""
    theirs, own = groups
    there, here = len(theirs["params"]), len(own["params"])
    if there == here:
        return ""
    return (
        f"the saved group `{theirs.get('label', number)}` has {there} parameters, "
        f"and `{own['label']}`, which has its place now, has {here}"
    )


def _other_names(saved: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]) -> str:
    """Return the first parameter that another has the place of now, if the groups hold the same ones."""
    there, here = (
        [name for group in groups for name in group.get("param_names") or ()] for groups in (saved, ours)
    )
    if there == here or sorted(there) != sorted(here):  # of a renamed model, say
        return ""
    theirs, own = next((a, b) for a, b in zip(there, here, strict=True) if a != b)
    return f"the saved state has `{theirs}` in the place that `{own}` has now"


def _plain(value: Any) -> Any:
    """Return a value as it may be compared: files may hold a list or tensor for what is a tuple or number."""
    if isinstance(value, Tensor):
        value = value.tolist()
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def _replaced(found: list[str]) -> Diagnostic:
    return Diagnostic(
        "W642",
        f"the loaded state has replaced settings of the rules: {', '.join(found)}",
        help="load `paramrules_torch.regroup_state(state, model, optimizer)` to keep those of the rules, or "
        "build with the rules and arguments of the run that saved it",
    )
