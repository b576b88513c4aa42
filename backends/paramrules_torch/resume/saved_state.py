"""Read the forms in which optimizer state is saved: torch's own, and those of its distributed checkpoints."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from paramrules.backends import a
from paramrules_torch.resume.refusal import refuse

_PARTS = ("state", "param_groups")
_WHOLE = "pass what `optimizer.state_dict()` returned, or what torch.distributed.checkpoint did"


class SavedParameter(NamedTuple):
    """A parameter of the file: its name, the number of its group, and its state, which may be empty."""

    name: str
    group: int
    state: Mapping[Any, Any]


class Saved(NamedTuple):
    """The content of a file.

    Attributes:
        groups: the groups.
        names: the names of each group's parameters; None if the file has none.
        state: the state of each parameter, by its key.
        keys: the keys of each group's parameters.
    """

    groups: Sequence[Mapping[str, Any]]
    names: Sequence[Sequence[str]] | None
    state: Mapping[Any, Mapping[Any, Any]]
    keys: Sequence[Sequence[Any]]

    def parameters(self, names: Sequence[Sequence[str]]) -> list[SavedParameter]:
        """Return all parameters under these names of each group."""
        return [
            SavedParameter(name, number, self.state.get(key, {}))
            for number, (group, keys) in enumerate(zip(names, self.keys, strict=True))
            for name, key in zip(group, keys, strict=True)
        ]


def checked(state_dict: object) -> Mapping[str, Any]:
    """Return a dict with a state and groups of parameters. Raise RulesError (E620) if it is none."""
    if not isinstance(state_dict, Mapping):
        cls = type(state_dict).__name__
        raise refuse("E620", f"{a(cls)} is not the saved state of an optimizer", _WHOLE)
    if not all(part in state_dict for part in _PARTS):
        raise refuse("E620", "this dict does not have `state` and `param_groups`", _where(state_dict))
    groups, state = state_dict["param_groups"], state_dict["state"]
    if not isinstance(groups, list | tuple) or not isinstance(state, Mapping):
        raise refuse("E620", "`param_groups` should be a list, and `state` a dict", _WHOLE)
    for number, group in enumerate(groups):
        if not isinstance(group, Mapping) or not isinstance(group.get("params"), list | tuple):
            message = f"group {number} of the saved state does not have a list of `params`"
            raise refuse("E620", message, _WHOLE)
        if any(isinstance(key, Tensor) for key in group["params"]):
            message = "these are groups of tensors, as an optimizer takes them, and not a saved state"
            raise refuse("E620", message, _WHOLE)
        if wrong := [key for key in group["params"] if not isinstance(key, int | str)]:
            message = f"group {number} of the saved state lists {a(type(wrong[0]).__name__)} as a parameter"
            raise refuse("E620", message, _WHOLE)
        if (names := group.get("param_names")) is None:
            continue
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            message = f"`param_names` of group {number} of the saved state is not a list of names"
            raise refuse("E620", message, _WHOLE)
    return state_dict


def read(state_dict: object) -> Saved:
    """Read a state dict: torch's own, or that of `get_optimizer_state_dict`, flattened or not.

    Raises RulesError: E620 if it is none of these.
    """
    if isinstance(state_dict, Mapping) and state_dict and all(map(_flat, state_dict)):
        return _unflattened(state_dict)
    parts = checked(state_dict)
    groups, state = parts["param_groups"], parts["state"]
    keys = [list(group["params"]) for group in groups]
    flat = [key for group in keys for key in group]
    known = set(flat)
    if len(known) < len(flat):
        twice = next(key for key in flat if flat.count(key) > 1)
        raise refuse("E620", f"the saved groups list the parameter `{twice}` twice", _WHOLE)
    if lost := [key for key in state if key not in known]:
        message = f"`{lost[0]}` has state in the file and is in none of its groups"
        raise refuse("E620", message, "pass the state and the groups of the same optimizer")
    if wrong := [key for key, value in state.items() if not isinstance(value, Mapping)]:
        raise refuse("E620", f"the state of `{wrong[0]}` is not a dict", _WHOLE)
    return Saved(groups, _names(groups, keys), state, keys)


def _names(groups: Sequence[Mapping[str, Any]], keys: Sequence[Sequence[Any]]) -> list[list[str]] | None:
    """Return the names of each group's parameters; None if the file does not have them."""
    if all(isinstance(key, str) for group in keys for key in group):
        return [list(group) for group in keys]
    if not all(group.get("param_names") or not group["params"] for group in groups):
        return None
    named = [list(group.get("param_names") or ()) for group in groups]
    for number, (names, own) in enumerate(zip(named, keys, strict=True)):
        if len(names) != len(own):
            message = f"group {number} of the saved state has {len(own)} parameters and {len(names)} names"
            raise refuse("E620", message, _WHOLE)
    return named


def _flat(key: object) -> bool:
    return isinstance(key, str) and key.startswith(("state.", "param_groups."))


def _unflattened(flat: Mapping[str, Any]) -> Saved:
    """Read a state dict with dotted keys, as `StateDictOptions(flatten_optimizer_state_dict=True)` makes it.

    Its keys are `param_groups.<name>.<setting>` and `state.<name>.<key>`, for each parameter.
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
                raise refuse("E620", f"`{key}` belongs to a parameter that is in no group", _WHOLE)
            into = state[name]
            *outer, last = rest[len(name) + 1 :].split(".")
            for inner in outer:
                into = into.setdefault(inner, {})
                if not isinstance(into, dict):
                    raise refuse("E620", f"`{key}` lies inside of another value", _WHOLE)
            into[last] = value
    names = [[name] for name in settings]
    groups = [{"params": [name], **own} for name, own in settings.items()]
    return Saved(groups, names, state, names)


def _prefixes(dotted: str) -> Iterator[str]:
    """Yield the text before each dot, the longest first."""
    while "." in dotted:
        dotted = dotted.rpartition(".")[0]
        yield dotted


def _where(outer: Mapping[Any, Any]) -> str:
    """Return the help for a dict that may be a whole checkpoint."""
    for key, value in outer.items():
        if isinstance(value, Mapping) and all(part in value for part in _PARTS):
            return f"it holds one: pass its `[{key!r}]`"
        if isinstance(value, list | tuple):
            for at, one in enumerate(value):
                if isinstance(one, Mapping) and all(part in one for part in _PARTS):
                    return f"it holds one: pass its `[{key!r}][{at}]`"
    if outer and all(isinstance(value, Tensor) for value in outer.values()):
        return "these look like the weights of a model; the optimizer's state is saved beside them"
    return _WHOLE
