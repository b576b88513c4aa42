"""Logical shapes: biases and gains are vectors, and weights matrices, whatever axes they are stored with.

The bias of an attention's queries is (768,) in torch and (12, 64) in flax, that of a convolution (64,) in
torch and (64, 1, 1) in Equinox; the gain of a batch norm is (1, 1, 1, 64) in haiku, that of torch's weight
norm (64, 1, 1, 1). A rule with `ndim <= 1` means "not a matrix", and none of these is one.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from paramrules.inventories.layouts import Merge
from paramrules.inventories.owner import Owner
from paramrules.inventories.roles import belongs_to_a_known_layer, role

Shape = tuple[int, ...]


class Logical(NamedTuple):
    """The parameters that have fewer axes than they are stored with.

    Attributes:
        vectors: the numbers of those that are vectors.
        matrices: for each of the others the stored axes that form each axis of its matrix.
    """

    vectors: Sequence[int]
    matrices: Mapping[int, Merge]

    def shapes(self, stored: Sequence[Shape]) -> Sequence[Shape]:
        """Return the logical shapes of all parameters, the same list if all are as stored."""
        if not any(self):
            return stored
        found = list(stored)
        for number, axes in self.matrices.items():
            found[number] = tuple(prod(stored[number][axis] for axis in some) for some in axes)
        for number in self.vectors:
            found[number] = (prod(stored[number]),)
        return found

    def ranks(self, stored: Sequence[int]) -> Sequence[int]:
        """Return the number of axes of all logical shapes, the same list if all are as stored."""
        if not any(self):
            return stored
        found = list(stored)
        for number, axes in self.matrices.items():
            found[number] = len(axes)
        for number in self.vectors:
            found[number] = 1
        return found


def vectors(owners: Sequence[Owner], leaves: Sequence[str], ranks: Sequence[int]) -> list[int]:
    """Return the numbers of the parameters that are stored with more than one axis and are logically vectors.

    These are the biases and scales (see `role`) of layers whose class the vocabulary has; their logical
    shape is `(elements,)`. The bias of any other module, such as a table of relative positions, keeps its
    axes.

    Args:
        owners: the module that owns each parameter; of a tied one, under the name that decides its role.
        leaves: the last component of each parameter's name, likewise.
        ranks: the number of axes of each parameter in its layer, without those of stacks.
    """
    wanted = {kind for kind in set(zip(owners, leaves, ranks, strict=True)) if _is_vector(*kind)}
    if not wanted:
        return []
    return [n for n, kind in enumerate(zip(owners, leaves, ranks, strict=True)) if kind in wanted]


def _is_vector(owner: Owner, leaf: str, rank: int) -> bool:
    return rank > 1 and role(owner, leaf) in ("bias", "scale") and belongs_to_a_known_layer(owner)
