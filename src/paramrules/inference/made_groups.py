"""Groups as code writes them down: param groups, optimizers, and settings, labels or booleans by name.

Every form becomes a list of `MadeGroup`s. The framework's own part, what its parameters are called and how
it flattens trees, comes from the backend.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, Final, NamedTuple, TypeGuard

from paramrules.diagnostics import Diagnostic, RulesError, a, class_name, did_you_mean
from paramrules.inference.native_parameters import Parameters
from paramrules.rules.keys import SCALES

LabelSettings = Mapping[str, Mapping[str, object]]
"""The settings of labels."""

_FORMS: Final = (
    'return param groups, `[{"params": [...], "weight_decay": 0}]`, an optimizer, a dict or list of '
    "optimizers, or settings by the name of the parameter"
)
_BOTH: Final = (
    'settings to each name, `{"head.weight": {"weight_decay": 0}}`, or to groups of them, '
    '`[{"params": ["head.weight"], "weight_decay": 0}, ...]`'
)
_PLAIN: Final = (bool, int, float, str, tuple, type(None))
"""The types of settings whose values are compared."""

_NESTED: Final = 3
"""The depth to which optimizers may be nested in lists and dicts: Lightning returns two lists in a tuple."""


@dataclass(slots=True)
class MadeGroup:
    """Some parameters and their settings.

    Attributes:
        place: the group in words, for messages.
        settings: the settings as the code has them.
        numbers: the parameters' numbers in the inventory.
        optimizer: the name of the optimizer that has the group, "" if there is only one.
        by_name: True for a value by name: a tied parameter may have one for each of its names.
    """

    place: str
    settings: Mapping[str, object]
    numbers: list[int] = field(default_factory=list)
    optimizer: str = ""
    by_name: bool = False


def made_groups(
    made: object,
    parameters: Parameters,
    values_of: Callable[[object], Mapping[str, object] | None],
    labels: LabelSettings | None = None,
) -> list[MadeGroup]:
    """Return the groups in what code returned.

    Args:
        made: param groups, an optimizer, several optimizers, or values by name.
        parameters: the model's parameters.
        values_of: returns the values in a tree like that of the parameters, by name; None for others.
        labels: the settings of labels; a label that has none names an optimizer.

    Raises:
        RulesError: E952 for something that is not a parameter of the model, E955 for something that holds no
            groups, E956 for a name that the model does not have.
    """
    optimizers = list(_optimizers(made))
    if optimizers:
        return [
            group
            for name, (_, optimizer) in zip(_distinct(optimizers), optimizers, strict=True)
            for group in _of_list(_given(optimizer), parameters, name)
        ]
    if isinstance(made, Mapping) and isinstance(made.get("params"), list | tuple | Iterator):
        return _of_list([made], parameters)
    if isinstance(made, Mapping) and made and all(_is_group(group) for group in made.values()):
        return _of_list(list(made.values()), parameters)
    unknown: list[list[str]] = []
    for tree in (values_of(made), made if isinstance(made, Mapping) else None):
        if tree is not None:
            found, strange = _by_path(tree, parameters, labels or {})
            if not strange:
                return found
            unknown.append(strange)
    lists = made.items() if isinstance(made, Mapping) else enumerate(made) if _is_list(made) else ()
    for key, value in lists:
        if _is_list(value) and not _is_pair(value) and _are_parameters(value, parameters):
            raise RulesError(_no_settings(f"`{key}`" if isinstance(key, str) else f"list {key + 1}"))
    if unknown:
        names = next((each for each in unknown if parameters.near(each[0])), unknown[-1])
        raise RulesError(_unknown_name(names, parameters, f"give {_BOTH}"))
    if isinstance(made, Iterable) and not isinstance(made, str) and not _is_transformation(made):
        return _of_list(list(made), parameters)
    raise RulesError(_not_groups(made))


class _Named(NamedTuple):
    key: str
    optimizer: Any


def _optimizers(made: object, key: str = "", depth: int = 0) -> Iterator[_Named]:
    """Yield the optimizers in what code returned, each with its key in a dict; schedulers are left out."""
    if isinstance(getattr(made, "param_groups", None), list):
        yield _Named(key, made)
    elif depth < _NESTED and isinstance(made, Mapping):
        for name, value in made.items():
            yield from _optimizers(value, str(name), depth + 1)
    elif depth < _NESTED and isinstance(made, list | tuple):
        for value in made:
            yield from _optimizers(value, key, depth + 1)


def _given(optimizer: Any) -> list[Mapping[str, object]]:
    """Return an optimizer's groups without what its class sets in all of them, whoever makes one."""
    groups: list[Mapping[str, object]] = optimizer.param_groups
    arguments = signature(type(optimizer)).parameters
    own = {
        key
        for key, value in getattr(optimizer, "defaults", {}).items()
        if key not in SCALES.values()
        and (key not in arguments or _is_same(arguments[key].default, value))
        and all(key in group and _is_same(group[key], value) for group in groups)
    }
    return [{key: value for key, value in group.items() if key not in own} for group in groups]


def _is_same(one: object, two: object) -> bool:
    return type(one) is type(two) and isinstance(one, _PLAIN) and one == two


def _is_group(group: object) -> bool:
    return isinstance(group, Mapping) and isinstance(group.get("params"), list | tuple | set | Iterator)


def _is_list(value: object) -> TypeGuard[Collection[object]]:
    return isinstance(value, list | tuple | set)


def _are_parameters(values: Collection[object], parameters: Parameters) -> bool:
    """Return whether any of these is a parameter, or all are names, of which some may be misspelt."""
    texts = [value for value in values if isinstance(value, str)]
    known = any(parameters.named(text) for text in texts)
    return known or (texts != [] and len(texts) == len(values)) or any(map(parameters.native, values))


def _distinct(optimizers: Sequence[_Named]) -> list[str]:
    """Return a name for each optimizer, "" for the only one: its key, or that of its class."""
    if len(optimizers) == 1:
        return [""]
    names: list[str] = []
    for key, optimizer in optimizers:
        name = key or type(optimizer).__name__.lower()
        count = sum(1 for other in names if other == name or other.startswith(f"{name}_")) + 1
        names.append(name if count == 1 else f"{name}_{count}")
    return names


def _of_list(groups: Sequence[object], parameters: Parameters, optimizer: str = "") -> list[MadeGroup]:
    """Return groups that are written as `torch.optim` has them, or that are one list of parameters."""
    found: list[MadeGroup] = []
    strangers: list[tuple[str, object]] = []
    of = f" of `{optimizer}`" if optimizer else ""
    if groups and not any(isinstance(group, Mapping) for group in groups):
        groups = [{"params": groups}]
    for number, group in enumerate(groups, 1):
        if not isinstance(group, Mapping) or "params" not in group:
            raise RulesError(_not_a_group(number, group))
        made = MadeGroup(f"group {number}{of}", group, optimizer=optimizer)
        for member in _members(group["params"]):
            numbers = parameters.named(member) if isinstance(member, str) else parameters.native(member)
            if not numbers:
                strangers.append((made.place, member))
            made.numbers += numbers
        found.append(made)
    if strangers:
        raise RulesError(_stranger(strangers, parameters))
    return found


def _members(params: Any) -> Iterator[object]:
    """Yield the parameters of a group: one alone, several, or pairs of name and parameter."""
    if isinstance(params, str) or not isinstance(params, Iterable) or hasattr(params, "shape"):
        yield params
        return
    for member in params:
        yield member[1] if _is_pair(member) else member


def _is_pair(member: object) -> TypeGuard[tuple[str, object]]:
    """Return whether this is a parameter with its name in front."""
    return isinstance(member, tuple) and len(member) == 2 and isinstance(member[0], str)


def _by_path(
    made: Mapping[Any, object], parameters: Parameters, labels: LabelSettings
) -> tuple[list[MadeGroup], list[str]]:
    """Return a group for each value of a mapping by names, also nested, and the names of no parameter.

    A boolean or text above parameters is theirs. Raises RulesError: E955 for a value that is none.
    """
    found: list[MadeGroup] = []
    unknown: list[str] = []
    used: set[str] = set()

    def visit(name: str, value: object) -> None:
        numbers = parameters.named(name)
        if not numbers and not isinstance(value, Mapping | list):
            numbers = parameters.below(name)
        if numbers:
            place = f"the entry `{name}`"
            if isinstance(value, str):
                used.add(value)
            found.append(MadeGroup(place, _settings(name, value, labels), numbers, by_name=True))
        elif isinstance(value, Mapping | list) and parameters.is_path(name):
            inside = value.items() if isinstance(value, Mapping) else enumerate(value)
            for key, inner in inside:
                visit(f"{name}.{key}", inner)
        else:
            unknown.append(name)

    for key, value in made.items():
        visit(str(key), value)
    _refuse_misspelt(used, labels)
    return found, unknown


def _refuse_misspelt(used: Set[str], labels: LabelSettings) -> None:
    """Raise RulesError (E955) if a label without settings is nearly one whose settings no parameter has.

    A label without settings names an optimizer: with a letter wrong it would be one that nobody meant.
    """
    spare = sorted(labels.keys() - used)
    for label in sorted(used - labels.keys()):
        if near := did_you_mean(label, spare):
            raise RulesError(Diagnostic("E955", f"there are no settings for the label `{label}`", help=near))


def _settings(name: str, value: object, labels: LabelSettings) -> Mapping[str, object]:
    """Return the settings that a value by name stands for: a mask's, a label's, or its own."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, str):
        return labels.get(value, {"optimizer": value})
    if isinstance(value, bool) or _is_boolean_array(value):
        return {} if value else {"weight_decay": 0}
    raise RulesError(
        Diagnostic(
            "E955",
            f"`{name}` has {a(class_name(type(value)))}, which is neither settings, a label nor a boolean",
            help='write settings, `{"weight_decay": 0}`, the name of an optimizer, or whether it decays',
        )
    )


def _is_boolean_array(value: object) -> bool:
    """Return whether this is one boolean of NumPy or JAX, as `jnp.array(True)` in a mask, with its value."""
    is_boolean = getattr(value, "shape", None) == () and str(getattr(value, "dtype", "")) == "bool"
    return is_boolean and hasattr(value, "item")


def _is_transformation(made: object) -> bool:
    return hasattr(made, "init") and hasattr(made, "update")


def _not_groups(made: object) -> Diagnostic:
    if made is None:
        message, help = "`None` holds no groups of parameters", "end the function with `return groups`"
    elif _is_transformation(made):
        message = f"{a(class_name(type(made)))} does not show its groups"
        help = "return what it is made from: the mask, the labels, or settings by name"
    elif isinstance(getattr(getattr(made, "optimizer", None), "param_groups", None), list):
        message, help = f"{a(class_name(type(made)))} holds no groups of parameters", "return its `optimizer`"
    else:
        message, help = f"{a(class_name(type(made)))} holds no groups of parameters", _FORMS
    return Diagnostic("E955", message, help=help)


def _no_settings(place: str) -> Diagnostic:
    return Diagnostic(
        "E955",
        f"{place} holds parameters and no settings",
        help=f"give {_BOTH}",
    )


def _not_a_group(number: int, group: object) -> Diagnostic:
    if isinstance(group, Mapping):
        return Diagnostic(
            "E955", f"group {number} has no `params`", help='list its parameters: `{"params": [...]}`'
        )
    return Diagnostic(
        "E955", f"group {number} is {a(class_name(type(group)))}, not a dict with `params`", help=_FORMS
    )


def _stranger(strangers: Sequence[tuple[str, object]], parameters: Parameters) -> Diagnostic:
    place, member = strangers[0]
    more = f" (and {len(strangers) - 1} more)" if len(strangers) > 1 else ""
    if isinstance(member, str):
        return _unknown_name([name for _, name in strangers if isinstance(name, str)], parameters)
    shape = getattr(member, "shape", None)
    if callable(getattr(member, "named_parameters", None)):
        help = 'write the parameters of a module: `{"params": [*model.head.parameters()]}`'
    else:
        help = (
            "a group holds parameters of the model that the function gets, not those of a copy, and no "
            "tensors computed from them"
        )
    what = a(class_name(type(member))) + ("" if shape is None else f" of shape {tuple(shape)}")
    return Diagnostic(
        "E952",
        f"{place} holds {what}, which is not a parameter of the model{more}",
        help=help,
    )


def _unknown_name(names: Sequence[str], parameters: Parameters, otherwise: str = "") -> Diagnostic:
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return Diagnostic(
        "E956",
        f"the model has no parameter `{names[0]}`{more}",
        help=parameters.near(names[0])
        or otherwise
        or "`paramrules inventory M -o FILE` writes all names of a model",
    )
