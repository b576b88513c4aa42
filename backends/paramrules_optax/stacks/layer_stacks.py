"""Stacks taken apart: from a tree's arrays to the entries of its layers."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inventories import Columns, Owner
from paramrules_optax.stacks.slices import Slice, SliceColumns, TreeInventory
from paramrules_optax.trees.param_tree import ParamTree


class Stack(NamedTuple):
    """Layers that an axis of an array holds.

    Attributes:
        root: the path of the module that is stacked; the layer's place stands after it in names.
        axis: the axis of the stored array.
    """

    root: str
    axis: int


Stacks = tuple[Stack, ...]
"""The stacks that an array is in, outermost first; most arrays are in none."""


class Arrays(NamedTuple):
    """The arrays of a tree before stacks are taken apart: what an inventory is made of.

    Attributes:
        tree: the tree.
        names: the name of each array, then the further names of tied ones.
        owners: whose each is, one a name.
        columns: the facts, of one layer where there are several.
        aliases: for a tied array the numbers of its further names.
        unknown: the facts that nobody knows; see `Inventory`.
        stored: the shape of each array as it is stored; not needed where there are no stacks.
        stacks: what stacks each name's array is in; empty where there are none.
    """

    tree: ParamTree
    names: Sequence[str]
    owners: Sequence[Owner]
    columns: Columns
    aliases: Mapping[int, Sequence[int]]
    unknown: Mapping[str, str]
    stored: Sequence[tuple[int, ...]]
    stacks: Sequence[Stacks]


def layer_shapes(stored: Sequence[tuple[int, ...]], stacks: Sequence[Stacks]) -> list[tuple[int, ...]]:
    """The logical shapes: what is stored without the axes of stacks."""
    found = []
    for shape, own in zip(stored, stacks, strict=True):
        axes = [stack.axis for stack in own]
        found.append(tuple(extent for n, extent in enumerate(shape) if n not in axes) if axes else shape)
    return found


def inventory_of_arrays(arrays: Arrays) -> TreeInventory:
    """The inventory, in which a stack is its layers: one after the other, each with all that it holds.

    Raises RulesError: E502 where a layer's name is another parameter's.
    """
    if not any(arrays.stacks):
        return _inventory(arrays, arrays.names, arrays.owners, arrays.columns, arrays.aliases)
    arrays.columns.bind("optax", arrays.names, arrays.owners, arrays.aliases)
    slices = list(_slices(arrays, range(len(arrays.stored)), 0, ()))
    entries = [one.array for one in slices]
    names = [placed(arrays.names[one.array], arrays.stacks[one.array], one.at) for one in slices]
    aliases: dict[int, list[int]] = {}
    for number, one in enumerate(slices):
        for entry in arrays.aliases.get(one.array, ()):
            aliases.setdefault(number, []).append(len(names))
            names.append(placed(arrays.names[entry], arrays.stacks[entry], one.at))
            entries.append(entry)
    _refuse_equal(names, arrays, entries)
    owners = [arrays.owners[entry] for entry in entries]
    columns = SliceColumns(arrays.columns, arrays.names, slices, entries)
    inventory = _inventory(arrays, names, owners, columns, aliases)
    inventory.slices = slices
    return inventory


def _inventory(
    arrays: Arrays,
    names: Sequence[str],
    owners: Sequence[Owner],
    columns: Columns,
    aliases: Mapping[int, Sequence[int]],
) -> TreeInventory:
    inventory = TreeInventory("optax", names, owners, columns, aliases=aliases, unknown=arrays.unknown)
    inventory.tree = arrays.tree
    return inventory


def _slices(arrays: Arrays, numbers: Sequence[int], depth: int, at: tuple[int, ...]) -> Iterator[Slice]:
    """The layers of these arrays, whose places in their `depth` outermost stacks are known."""

    def stack(number: int) -> Any:
        if depth == len(arrays.stacks[number]):
            return None
        root, axis = arrays.stacks[number][depth]
        return root, arrays.stored[number][axis]

    for key, group in groupby(numbers, stack):
        members = list(group)
        if key is None:
            for number in members:
                yield Slice(number, tuple(axis for _, axis in arrays.stacks[number]), at)
        else:
            for place in range(key[1]):
                yield from _slices(arrays, members, depth + 1, (*at, place))


def placed(name: str, stacks: Stacks, at: tuple[int, ...]) -> str:
    """The name of a layer's parameter: that of the array, with the layer's place after each stack's root.

    >>> placed("layers.mlp.kernel", (Stack("layers", 0),), (3,))
    'layers.3.mlp.kernel'
    """
    whole, done, parts = f".{name}".rstrip("."), 0, []
    for (root, _), place in zip(stacks, at, strict=True):
        end = len(root) + 1 if root else 0
        parts += [whole[done:end], f".{place}"]
        done = end
    return "".join((*parts, whole[done:]))[1:]


def _refuse_equal(names: Sequence[str], arrays: Arrays, entries: Sequence[int]) -> None:
    if len(set(names)) == len(names):
        return
    first: dict[str, int] = {}
    for entry, name in zip(entries, names, strict=True):
        if name in first:
            raise RulesError(
                Diagnostic(
                    "E502",
                    f"two parameters are called `{name}`",
                    help=f"they are of `{arrays.names[first[name]]}` and `{arrays.names[entry]}`: rename one",
                )
            )
        first[name] = entry
