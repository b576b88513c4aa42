"""Logical shapes: biases and gains are vectors, whatever axes a framework stores them with.

The bias of an attention's queries is (768,) in torch and (12, 64) in flax, that of a convolution (64,) in
torch and (64, 1, 1) in Equinox; the gain of a batch norm is (1, 1, 1, 64) in haiku, that of torch's weight
norm (64, 1, 1, 1). A rule with `ndim <= 1` means "not a matrix", and none of these is one.
"""

from collections.abc import Sequence

from paramrules.inventories.owner import Owner
from paramrules.inventories.roles import belongs_to_a_known_layer, role


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
