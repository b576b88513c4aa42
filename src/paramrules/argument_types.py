"""Type checks of arguments that many functions take."""

from collections.abc import Iterable, Mapping


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
