"""The forms in which optimizer state is saved, read into one: parameters by name, each with its state."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from paramrules_torch.resume.refusal import refuse

_PARTS = ("state", "param_groups")
_WHOLE = "hand over what `optimizer.state_dict()` gave, or what torch.distributed.checkpoint gave for it"


class SavedParameter(NamedTuple):
    """A parameter of the file: its name there, the number of its group, and its state, which may be empty."""

    name: str
    group: int
    state: Mapping[Any, Any]


class Saved(NamedTuple):
    """What a file holds. `names` is None where it does not say which parameter is which."""

    groups: Sequence[Mapping[str, Any]]
    names: Sequence[Sequence[str]] | None
    state: Mapping[Any, Mapping[Any, Any]]
    keys: Sequence[Sequence[Any]]

    def parameters(self, names: Sequence[Sequence[str]]) -> list[SavedParameter]:
        """All parameters, named by these names of each group."""
        return [
            SavedParameter(name, number, self.state.get(key, {}))
            for number, (group, keys) in enumerate(zip(names, self.keys, strict=True))
            for name, key in zip(group, keys, strict=True)
        ]


def read(state_dict: object) -> Saved:
    """A saved state: torch's own, or what `get_optimizer_state_dict` gives, flattened or not.

    Raises RulesError: E620 where it is none.
    """
    if not isinstance(state_dict, Mapping):
        cls = type(state_dict).__name__
        raise refuse("E620", f"a `{cls}` is no saved state of an optimizer", _WHOLE)
    if not all(part in state_dict for part in _PARTS):
        if state_dict and all(_flat(key) for key in state_dict):
            return _unflattened(state_dict)
        raise refuse("E620", "this dict has no `state` and `param_groups`", _where(state_dict))
    groups, state = state_dict["param_groups"], state_dict["state"]
    if not isinstance(groups, Sequence) or not isinstance(state, Mapping):
        raise refuse("E620", "`param_groups` should be a list, and `state` a dict", _WHOLE)
    for number, group in enumerate(groups):
        if not isinstance(group, Mapping) or not isinstance(group.get("params"), list | tuple):
            raise refuse("E620", f"group {number} of the saved state has no list of `params`", _WHOLE)
    keys = [list(group["params"]) for group in groups]
    flat = [key for group in keys for key in group]
    if any(isinstance(key, Tensor) for key in flat):
        raise refuse(
            "E620", "these are groups of tensors, as they go into an optimizer, and no saved state", _WHOLE
        )
    if len(set(flat)) < len(flat):
        twice = next(key for key in flat if flat.count(key) > 1)
        raise refuse("E620", f"the saved groups list the parameter `{twice}` twice", _WHOLE)
    if lost := [key for key in state if key not in set(flat)]:
        message = f"`{lost[0]}` has state in the file, and is in none of its groups"
        raise refuse("E620", message, "hand over the state and the groups of one and the same optimizer")
    if wrong := [key for key, value in state.items() if not isinstance(value, Mapping)]:
        raise refuse("E620", f"the state of `{wrong[0]}` is no dict", _WHOLE)
    return Saved(groups, _names(groups, keys), state, keys)


def _names(groups: Sequence[Mapping[str, Any]], keys: Sequence[Sequence[Any]]) -> list[list[str]] | None:
    """The names of each group's parameters, as far as the file holds them."""
    if all(isinstance(key, str) for group in keys for key in group):
        return [list(group) for group in keys]
    if not all("param_names" in group for group in groups):
        return None
    named = [list(group["param_names"]) for group in groups]
    for number, (names, own) in enumerate(zip(named, keys, strict=True)):
        if len(names) != len(own):
            message = f"group {number} of the saved state has {len(own)} parameters and {len(names)} names"
            raise refuse("E620", message, _WHOLE)
    return named


def _flat(key: object) -> bool:
    return isinstance(key, str) and key.startswith(("state.", "param_groups."))


def _unflattened(flat: Mapping[str, Any]) -> Saved:
    """What `StateDictOptions(flatten_optimizer_state_dict=True)` has made one dict with dotted keys.

    It has a key `param_groups.<name>.<setting>` for each parameter and setting, and `state.<name>.<key>`.
    """
    settings: dict[str, dict[str, Any]] = {}
    for key, value in flat.items():
        part, _, rest = key.partition(".")
        if part == "param_groups":
            name, _, setting = rest.rpartition(".")
            settings.setdefault(name, {})[setting] = value
    state: dict[str, dict[str, Any]] = {name: {} for name in settings}
    for key, value in flat.items():
        part, _, rest = key.partition(".")
        if part == "state":
            name = next((name for name in _prefixes(rest) if name in settings), "")
            if not name:
                raise refuse("E620", f"`{key}` is of a parameter that is in no group", _WHOLE)
            into = state[name]
            *outer, last = rest[len(name) + 1 :].split(".")
            for inner in outer:
                into = into.setdefault(inner, {})
            into[last] = value
    names = [[name] for name in settings]
    groups = [{"params": [name], **own} for name, own in settings.items()]
    return Saved(groups, names, state, names)


def _prefixes(dotted: str) -> Iterator[str]:
    """All before each dot, the longest first."""
    while "." in dotted:
        dotted = dotted.rpartition(".")[0]
        yield dotted


def _where(outer: Mapping[Any, Any]) -> str:
    """What to hand over in place of a whole checkpoint."""
    for key, value in outer.items():
        if isinstance(value, Mapping) and all(part in value for part in _PARTS):
            return f"it holds one: hand over its `[{key!r}]`"
        if isinstance(value, list | tuple):
            for at, one in enumerate(value):
                if isinstance(one, Mapping) and all(part in one for part in _PARTS):
                    return f"it holds one: hand over its `[{key!r}][{at}]`"
    if outer and all(isinstance(value, Tensor) for value in outer.values()):
        return "it looks like the weights of a model; the optimizer's state is saved beside them"
    return _WHOLE
