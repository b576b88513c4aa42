"""Check what a backend reports, so that its author learns of a mistake where it was made."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import NoneType
from typing import Any, Final

from paramrules.diagnostics import Diagnostic, RulesError, a, class_name
from paramrules.facts import GIVEN
from paramrules.inventories.nesting import MOST_FURTHER_NAMES, too_many_names
from paramrules.inventories.owner import Class, Owner
from paramrules.inventories.parameter import Layer

_SHAPES: Final = (tuple, "a list of tuples of `int`, such as `(768, 64)`")

_LISTS: Final[Mapping[str, tuple[type | tuple[type, ...], str]]] = {
    "stored": _SHAPES,
    "dtype": (str, "a list of names, such as `float32`"),
    **{
        fact.name: (bool, "a list of `bool`")
        if fact.is_flag
        else ((int, NoneType), "a list of `int` or None")
        for fact in GIVEN.values()
    },
    "variable": ((Class, NoneType), "a list of `Class`"),
    "layer_shape": _SHAPES,
    "layer_ndim": (int, "a list of `int`"),
    "layer": ((Layer, NoneType), "a list of `Layer` or None"),
    "own_attributes": (Mapping, "a list of mappings"),
    "leaf": (str, "a list of names"),
}
"""Type of the items of each primitive that is a column, and what the primitive returns."""

_OTHERS: Final[Mapping[str, tuple[type, str]]] = {
    "modules": (Iterable, "pairs of a canonical name and a module"),
    "every_module": (Iterable, "pairs of a canonical name and a module"),
    "layouts": (Mapping, "a mapping of canonical names to layouts"),
    "groups": (Mapping, "a mapping of canonical names to `int`"),
}
"""Type of each other primitive, and what it returns."""


def check_entries(
    framework: str, names: Sequence[str], owners: Sequence[Owner], aliases: Mapping[int, Sequence[int]]
) -> None:
    """Raise RulesError unless names, owners and aliases fit together (E521).

    Also if names are not unique (E522), or too many are further ones of tied parameters (E549).
    """
    count = len(names) - sum(map(len, aliases.values()))
    if sorted(entry for others in aliases.values() for entry in others) != list(range(count, len(names))):
        raise _misfit(framework, "its aliases are not the entries after those of the parameters")
    if not all(0 <= parameter < count for parameter in aliases):
        raise _misfit(framework, f"its aliases are of parameters that are not among the {count}")
    if len(owners) != len(names):
        raise _misfit(framework, f"it has {len(names)} names and {len(owners)} owners")
    if len(names) - count > MOST_FURTHER_NAMES:
        most = max(aliases, key=lambda parameter: len(aliases[parameter]))
        raise too_many_names(
            f"`{names[most]}`", "give it one name in the model, and save its inventory again"
        )
    if len(set(names)) < len(names):
        name = Counter(names).most_common(1)[0][0]
        raise RulesError(
            Diagnostic(
                "E522",
                f"the backend `{framework}` gives two parameters the name `{name}`",
                help="this is a mistake in the backend: report it to its authors",
            )
        )


def check_column(framework: str, fact: str, column: object, expected: int, each: str) -> None:
    """Raise RulesError (E521) unless a column is a list of the right length and, if a backend's, type.

    NumPy's integers and booleans are refused too, and booleans among integers: no JSON file can hold them.

    Args:
        framework: the backend's name.
        fact: the name of the column.
        column: the column.
        expected: the right length.
        each: what the column has one item for, `parameters` or `entries`.
    """
    type_, wanted = _LISTS.get(fact, (object, "a list"))
    if not isinstance(column, Sequence):
        raise _misfit(framework, f"its column `{fact}` is {_a(type(column))}, and should be {wanted}")
    if len(column) != expected:
        raise _misfit(
            framework, f"its column `{fact}` has {len(column)} items, and the model {expected} {each}"
        )
    if fact not in _LISTS:
        return
    wrong = [found for found in dict.fromkeys(map(type, column)) if not _fits(found, type_)]
    if not wrong and type_ is tuple:
        shapes = {id(shape): shape for shape in column}.values()  # to `==`, (1,) is (True,)
        extents = dict.fromkeys(map(type, chain.from_iterable(shapes)))
        wrong = [found for found in extents if not _fits(found, int)]
    if wrong:
        raise _misfit(framework, f"its column `{fact}` holds {_a(wrong[0])}, and should be {wanted}")


def _fits(found: type, type_: type | tuple[type, ...]) -> bool:
    """Return whether an item is of the right type; a boolean is no integer to rules."""
    return issubclass(found, type_) and (found is not bool or type_ is bool)


def checked(framework: str, fact: str, value: Any) -> Any:
    """Return the value of a primitive that is not a column. Raise RulesError (E521) if its type is wrong."""
    type_, wanted = _OTHERS[fact]
    if not isinstance(value, type_):
        raise _misfit(framework, f"its `{fact}` is {_a(type(value))}, and should be {wanted}")
    return value


def _a(found: type) -> str:
    if found is NoneType:
        return "None"
    return a(class_name(found))


def _misfit(framework: str, how: str) -> RulesError:
    return RulesError(
        Diagnostic(
            "E521",
            f"the inventory of the backend `{framework}` does not fit together: {how}",
            help="this is a mistake in the backend: report it to its authors",
        )
    )
