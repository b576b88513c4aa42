"""Checks of arguments that many functions take: their types, and whether they go by name."""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Returned = TypeVar("_Returned")


def check_mapping(argument: str, given: object, example: str, names: str) -> None:
    """Raise TypeError unless an argument is a mapping of texts, or None.

    Args:
        argument: its name.
        given: its value.
        example: a value that it may have, for the message.
        names: what its keys should be.
    """
    if given is None:
        return
    if not isinstance(given, Mapping):
        raise TypeError(f"`{argument}` is {given!r:.60} and should be a mapping: `{argument}={example}`")
    check_keys(f"`{argument}`", given, names)


def check_keys(whose: str, keys: Iterable[object], names: str) -> None:
    """Raise TypeError unless the keys of a mapping are texts; `names` says what they should be."""
    for name in keys:
        if not isinstance(name, str):
            raise TypeError(f"{whose} has the key {name!r:.60}, and should have {names}")


def check_flags(**given: object) -> None:
    """Raise TypeError unless each argument is True or False: the text `"no"` would count as True."""
    for argument, value in given.items():
        if not isinstance(value, bool):
            raise TypeError(f"`{argument}` is {value!r:.60} and should be True or False")


def rest_by_name(function: Callable[_Arguments, _Returned]) -> Callable[_Arguments, _Returned]:
    """Make a function that gets too many arguments by position say (TypeError) which of them go by name."""
    parameters = signature(function).parameters.values()
    most = sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)
    named = next(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)

    @wraps(function)
    def called(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Returned:
        if len(args) > most:
            raise TypeError(
                f"`{function.__name__}` takes {most} argument{'s' if most > 1 else ''} by position, and the "
                f"others by name, such as `{named}=...`"
            )
        return function(*args, **kwargs)

    return called
