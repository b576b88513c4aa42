"""The common part of all nodes: those of the syntax tree, and the terms that names are resolved to."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar, TypeVar, dataclass_transform

_Class = TypeVar("_Class", bound=type)


class Tree:
    """The methods of classes that `node` makes."""

    __slots__: ClassVar[tuple[str, ...]] = ()
    _compared: ClassVar[Callable[[object], Hashable]]
    _hashed: ClassVar[Callable[[object], Hashable]]
    _shown: ClassVar[tuple[str, ...]]

    def __eq__(self, other: object) -> bool:
        compared = type(self)._compared
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self) -> int:
        return hash(type(self)._hashed(self))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)
        return f"{type(self).__qualname__}({shown})"

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, each.name) for each in fields(self))  # type: ignore[arg-type]  # subclasses are dataclasses


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def node(cls: _Class) -> _Class:
    """Make a subclass of `Tree` what `@dataclass(frozen=True, slots=True)` makes of a class.

    That compiles six functions for each class whenever the process starts. For all nodes it takes longer than
    reading a rule file, so these share theirs, and those with as many fields one way to fill them.
    """
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    known = fields(made)
    made.__init__ = _filler(len(known))(*(getattr(made, each.name).__set__ for each in known))
    made._compared = _getter(each.name for each in known if each.compare)
    made._hashed = _getter(each.name for each in known if each.compare and each.hash is not False)
    made._shown = tuple(each.name for each in known if each.repr)
    return made  # type: ignore[no-any-return]  # mypy sees no class in what `dataclass` made of one


@cache
def _filler(size: int) -> Callable[..., Callable[..., None]]:
    """Return what makes, from the setters of so many fields, an `__init__`.

    It is written out because a loop takes twice as long, and most of reading a file is making nodes.
    """
    puts, items = [f"put{number}" for number in range(size)], [f"item{number}" for number in range(size)]
    lines = [
        f"def filler({', '.join(puts)}):",
        f"    def __init__(self, {', '.join(f'{item}=MISSING' for item in items)}, *more, **named):",
        f"        if more or named or {items[-1]} is MISSING:",
        f"            given = ({', '.join(items)}, *more)",
        f"            {', '.join(items)}, = _all(type(self), given, named)",
        *(f"        {put}(self, {item})" for put, item in zip(puts, items, strict=True)),
        "    return __init__",
    ]
    made: dict[str, Any] = {"MISSING": MISSING, "_all": _all}
    exec("\n".join(lines), made)
    filler: Callable[..., Callable[..., None]] = made["filler"]
    return filler


def _getter(names: Iterable[str]) -> Callable[[object], Hashable]:
    return attrgetter(*(tuple(names) or ("__class__",)))


def _all(cls: Any, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """Return all arguments in order: some by name, some by default."""
    given = tuple(item for item in given if item is not MISSING)
    known = {each.name: each.default for each in fields(cls)}
    every = {**known, **dict(zip(known, given, strict=False)), **named}
    if len(every) > len(known) or len(given) + len(named) > len(known) or MISSING in every.values():
        raise TypeError(f"{cls.__name__} takes {', '.join(known)}")
    return tuple(every.values())
