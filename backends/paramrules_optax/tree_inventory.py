"""From the arrays of a tree to its inventory, in which a stack is its layers."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from paramrules.backends import Columns, Diagnostic, Inventory, Owner, RulesError
from paramrules_optax.stacks.layer_stacks import StackAxes, layer_name, layers
from paramrules_optax.stacks.slices import Slice, SliceColumns
from paramrules_optax.trees.leaves import Shape
from paramrules_optax.trees.param_tree import ParamTree


class TreeInventory(Inventory):
    """An inventory that keeps the tree it describes, so that labels find their places without names.

    Attributes:
        tree: the tree.
        slices: for each parameter (not for the further names of tied ones) where it is stored; None if
            every parameter is a whole array.
        doubts: looks for `findings` when they are first read.
    """

    tree: ParamTree
    slices: Sequence[Slice] | None = None
    doubts: Callable[[], Iterable[Diagnostic]] = tuple

    @cached_property
    def findings(self) -> Sequence[Diagnostic]:
        """Warnings about the model: stacks that are likely (W509), and running statistics (W513)."""
        return tuple(self.doubts())


class TreeArrays(NamedTuple):
    """The arrays of a tree, with the stacks that they are in.

    Attributes:
        tree: the tree.
        names: the name of each array, then the further names of tied ones.
        owners: the owner of each array, one a name.
        columns: the facts about the arrays, in the shapes of one layer.
        aliases: for a tied array the numbers of its further names.
        unknown: the unknown facts; see `Inventory`.
        stored: the stored shape of each array; not needed if there are no stacks.
        stacks: the stacks of each name's array; empty if there are none.
    """

    tree: ParamTree
    names: Sequence[str]
    owners: Sequence[Owner]
    columns: Columns
    aliases: Mapping[int, Sequence[int]]
    unknown: Mapping[str, str]
    stored: Sequence[Shape]
    stacks: Sequence[StackAxes]


def inventory_of_arrays(arrays: TreeArrays) -> TreeInventory:
    """Return the inventory of a tree: the layers of a stack one after the other, each with all its arrays.

    Raises RulesError: E502 if a layer's name is another parameter's.
    """
    if not any(arrays.stacks):
        return _inventory(arrays, arrays.names, arrays.owners, arrays.columns, arrays.aliases)
    arrays.columns.bind("optax", arrays.names, arrays.owners, arrays.aliases)
    slices = list(layers(arrays.stored, arrays.stacks))
    entries = [one.array for one in slices]
    names = [layer_name(arrays.names[one.array], arrays.stacks[one.array], one.at) for one in slices]
    aliases: dict[int, list[int]] = {}
    for number, one in enumerate(slices):
        for entry in arrays.aliases.get(one.array, ()):
            aliases.setdefault(number, []).append(len(names))
            names.append(layer_name(arrays.names[entry], arrays.stacks[entry], one.at))
            entries.append(entry)
    _refuse_equal(names, arrays, entries)
    owners = [arrays.owners[entry] for entry in entries]
    columns = SliceColumns(arrays.columns, slices, entries)
    inventory = _inventory(arrays, names, owners, columns, aliases)
    inventory.slices = slices
    return inventory


def _inventory(
    arrays: TreeArrays,
    names: Sequence[str],
    owners: Sequence[Owner],
    columns: Columns,
    aliases: Mapping[int, Sequence[int]],
) -> TreeInventory:
    inventory = TreeInventory("optax", names, owners, columns, aliases=aliases, unknown=arrays.unknown)
    inventory.tree = arrays.tree
    return inventory


def _refuse_equal(names: Sequence[str], arrays: TreeArrays, entries: Sequence[int]) -> None:
    if len(set(names)) == len(names):
        return
    name = Counter(names).most_common(1)[0][0]
    first, second, *_ = (
        arrays.names[entry] for entry, each in zip(entries, names, strict=True) if each == name
    )
    raise RulesError(
        Diagnostic(
            "E502",
            f"two parameters are called `{name}`",
            help=f"they are of `{first}` and `{second}`: rename one",
        )
    )
