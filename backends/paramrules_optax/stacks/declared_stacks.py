"""Stacks that a user has declared: the leading axes of all arrays below a path."""

from collections.abc import Mapping, Sequence

from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean
from paramrules.inventories.parameter import is_below
from paramrules_optax.stacks.layer_stacks import Stack, Stacks

Stacked = Mapping[str, int]
"""How many leading axes of the arrays below a path are layers."""


def declared_stacks(
    stacked: Stacked, names: Sequence[str], stored: Sequence[tuple[int, ...]]
) -> dict[int, Stacks]:
    """The stacks of all arrays that are below a declared path, by number; of none where 0 axes are declared.

    Raises RulesError: E507 for a path that is not there, E508 for a number of axes that arrays do not have,
    and for layers that are not equally many.
    """
    for path, count in stacked.items():
        _check(path, count, names)
    found: dict[int, Stacks] = {}
    extents: dict[str, tuple[str, tuple[int, ...]]] = {}
    for number, (name, shape) in enumerate(zip(names, stored, strict=True)):
        paths = sorted((path for path in stacked if is_below(name, path)), key=len)
        stacks: list[Stack] = []
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
            stacks += [Stack(root, axis) for axis in range(first, last)]
        if paths:
            found[number] = tuple(stacks)
    return found


def _check(path: str, count: object, names: Sequence[str]) -> None:
    if not any(is_below(name, path) for name in names):
        modules = {name[:end] for name in names for end, letter in enumerate(name) if letter == "."}
        raise RulesError(
            Diagnostic(
                "E507",
                f"the model has no `{path}`, which is declared to be stacked",
                help=did_you_mean(path, sorted(modules)) or "paths are canonical: `encoder.layers`",
            )
        )
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise RulesError(
            Diagnostic(
                "E508",
                f"`{path}` is declared to be stacked along `{count!r}` axes",
                help=f'say how many leading axes of its arrays are layers: `stacked={{"{path}": 1}}`',
            )
        )


def _too_few(name: str, shape: tuple[int, ...], path: str, wanted: int) -> Diagnostic:
    return Diagnostic(
        "E508",
        f"`{name}` has the shape {shape}, and {wanted} of its axes are declared to be layers",
        help=f"declare a path that is without it in place of `{path}`, or fewer axes",
    )


def _no_layers(name: str, shape: tuple[int, ...], path: str) -> Diagnostic:
    return Diagnostic(
        "E508",
        f"`{name}` has the shape {shape}, which holds no layers",
        help=f"leave it out of the model, or `{path}` out of `stacked`",
    )


def _unequal(path: str, one: str, counted: tuple[int, ...], other: str, there: tuple[int, ...]) -> Diagnostic:
    called = f"`{path}`" if path else "the whole model"
    layers, more = (" times ".join(map(str, extents)) for extents in (counted, there))
    return Diagnostic(
        "E508",
        f"{called} is declared to be stacked, and `{one}` has {layers} layers, `{other}` {more}",
        help="declare each stack by a path of its own: all below one have the same layers",
    )
