"""Marks: values that a user sets on a module or defines in its class, for `module_attr(x)`."""

from collections.abc import Iterable, Mapping, Sequence

from paramrules.inventories.attributes import ABSENT, Unreadable, readable


def mark(module: object, own: Mapping[str, object], name: str) -> object:
    """Return the mark of that name on a module, or ABSENT.

    A mark is a value that a rule can read, or a number that is not finite. Methods, properties, arrays and
    submodules are not marks: frameworks keep them in different places.

    Args:
        module: the module.
        own: what is set on the module itself; it takes precedence over what its classes define.
        name: the name of the attribute.
    """
    value = readable(_attribute(module, own, name))
    return value if not isinstance(value, Unreadable) or value.is_number else ABSENT


def not_a_mark(module: object, own: Mapping[str, object], name: str) -> str:
    """Return what the attribute of that name is, if a module has one and it is not a mark."""
    value = _attribute(module, own, name)
    found = readable(value)
    if not isinstance(found, Unreadable) or found.is_number:
        return ""
    is_method = callable(value) or isinstance(value, classmethod | staticmethod)
    return "a method" if is_method else "a property" if hasattr(value, "__get__") else found.what


def _attribute(module: object, own: Mapping[str, object], name: str) -> object:
    """Return the attribute as it is stored, without calling a property; ABSENT if there is none."""
    if name in own:
        return own[name]
    return next((vars(cls)[name] for cls in type(module).__mro__ if name in vars(cls)), ABSENT)


def nearest(names: Sequence[str], marked: Iterable[str]) -> list[str | None]:
    """Return for each name the path of the nearest module outward that is marked; None if there is none.

    >>> nearest(["blocks.0.mlp.weight", "blocks.0.norm.weight"], ["blocks.0.mlp", ""])
    ['blocks.0.mlp', '']
    """
    known: dict[str, str | None] = {path: path for path in marked}

    def at(path: str) -> str | None:
        outward = [path]
        while outward[-1] and outward[-1] not in known:
            outward.append(outward[-1].rpartition(".")[0])
        found = known.get(outward[-1])
        known.update(dict.fromkeys(outward, found))
        return found

    return [at(name.rpartition(".")[0]) for name in names]
