"""Stacks that a user declares with `stacked`: the leading axes of all arrays below a path."""

from collections.abc import Mapping, Sequence

from paramrules.backends import Diagnostic, RulesError, did_you_mean, is_below
from paramrules_optax.stacks.layer_stacks import StackAxes, StackAxis
from paramrules_optax.trees.leaves import Shape

Stacked = Mapping[str, int]
"""The number of leading axes that are layers, for all arrays below a path."""


def declared_stacks(stacked: Stacked, names: Sequence[str], stored: Sequence[Shape]) -> dict[int, StackAxes]:
    """Return the stacks of every array below a declared path, by number; an empty tuple where 0 axes are.

    Raises RulesError: E507 for a path that the model does not have; E508 for a number of axes that arrays do
    not have, and for arrays with different numbers of layers.
    """
    for path, count in stacked.items():
        _check(path, count, names)
    found: dict[int, StackAxes] = {}
    extents: dict[str, tuple[str, Shape]] = {}
    for number, (name, shape) in enumerate(zip(names, stored, strict=True)):
        paths = sorted((path for path in stacked if is_below(name, path)), key=len)
        stacks: list[StackAxis] = []
        for path in paths:
            first, last = len(stacks), len(stacks) + stacked[path]
            if last > len(shape):
                raise RulesError(_too_few(name, shape, path, last))
            if 0 in shape[first:last]:
                raise RulesError(_no_layers(name, shape, path))
            there, counted = extents.setdefault(path, (name, shape[first:last]))
            if counted != shape[first:last]:
                raise RulesError(_unequal(path, there, counted, name, shape[first:last]))
            root = path if path != name else name.rpartition(".")[0]  # so that the leaf stays the last
            stacks += [StackAxis(root, axis) for axis in range(first, last)]
        if paths:
            found[number] = tuple(stacks)
    return found


def _check(path: str, count: object, names: Sequence[str]) -> None:
    if not any(is_below(name, path) for name in names):
        modules = {name[:end] for name in names for end, letter in enumerate(name) if letter == "."}
        raise RulesError(
            Diagnostic(
                "E507",
                f"`stacked` names `{path}`, which the model does not have",
                help=did_you_mean(path, sorted(modules)) or "paths are canonical: `encoder.layers`",
            )
        )
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise RulesError(
            Diagnostic(
                "E508",
                f"`stacked` maps `{path}` to `{count!r}`, which is not a number of axes",
                help=f'give the number of leading axes that are layers: `stacked={{"{path}": 1}}`',
            )
        )


def _too_few(name: str, shape: Shape, path: str, wanted: int) -> Diagnostic:
    return Diagnostic(
        "E508",
        f"`{name}` has the shape {shape}, and `stacked` says that {wanted} of its axes are layers",
        help=f"declare a path below `{path}` that leaves it out, or fewer axes",
    )


def _no_layers(name: str, shape: Shape, path: str) -> Diagnostic:
    return Diagnostic(
        "E508",
        f"`{name}` has the shape {shape}, which has no layers",
        help=f"leave it out of the model, or `{path}` out of `stacked`",
    )


def _unequal(path: str, one: str, counted: Shape, other: str, there: Shape) -> Diagnostic:
    what = f"`{path}`" if path else "the whole model"
    layers, more = (" times ".join(map(str, extents)) for extents in (counted, there))
    return Diagnostic(
        "E508",
        f"{what} is declared as a stack, but `{one}` has {layers} layers and `{other}` {more}",
        help="declare each stack by its own path: all arrays below a path have the same layers",
    )
