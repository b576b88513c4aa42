"""Modules that contain the same parameters in both models, as the pairs found so far show."""

from collections.abc import Iterable
from itertools import takewhile

from paramrules.comparison.parsed_names import Stems

Containers = tuple[Stems, Stems]
"""A module of each model, by the stems of its name: one for all layers."""


def corresponding(pairs: Iterable[tuple[Stems, Stems]]) -> list[Containers]:
    """Return the modules that correspond, innermost first, given the stems of paired parameters.

    Two modules correspond if each is the innermost one that contains all partners of the other's parameters
    (a Galois connection). So the partners of a module's remaining parameters are sought in the other.
    """
    partners: tuple[dict[Stems, Stems], dict[Stems, Stems]] = ({}, {})
    for pair in set(pairs):
        for side, found in enumerate(partners):
            stems, other = pair[side], pair[1 - side][:-1]
            for depth in range(len(stems)):
                module = stems[:depth]
                known = found.get(module)
                found[module] = other if known is None else _common(known, other)
    first, second = partners
    both = [(a, b) for a, b in first.items() if (a or b) and second.get(b) == a]
    return sorted(both, key=lambda each: (-len(each[0]) - len(each[1]), each))


def below(stems: Stems, module: Stems) -> Stems | None:
    """Return the stems of a name below a module, of which only the numbers are left; None if it is elsewhere.

    >>> below((("h", True), ("attn", False), ("weight", False)), (("h", True), ("attn", False)))
    (('', True), ('weight', False))
    """
    if stems[: len(module)] != module:
        return None
    return (*(("", True) for _, is_numbered in module if is_numbered), *stems[len(module) :])


def _common(a: Stems, b: Stems) -> Stems:
    same = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        same += 1
    return a[:same]


def container(module: str) -> str:
    """Return the module around a module."""
    return module.rpartition(".")[0]


def near(module: str, other: str) -> bool:
    """Return whether one module contains the other, or one module other than the root contains both."""
    if not module or not other:
        return True
    a, b = module.split("."), other.split(".")
    shared = sum(takewhile(bool, (x == y for x, y in zip(a, b, strict=False))))
    return shared >= max(1, min(len(a), len(b)) - 1)


def common_prefix(modules: list[str]) -> str:
    """Return the prefix of the innermost module that contains all of them."""
    parts = [module.split(".")[:-1] for module in modules]
    shared = []
    for column in zip(*parts, strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    return ".".join((*shared, "")) if shared else ""
