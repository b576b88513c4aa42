"""Logical shapes: biases and gains are vectors, whatever axes a framework stores them with.

The bias of an attention's queries is (768,) in torch and (12, 64) in flax, that of a convolution (64,) in
torch and (64, 1, 1) in Equinox; the gain of a batch norm is (1, 1, 1, 64) in haiku, that of torch's weight
norm (64, 1, 1, 1). A rule with `ndim <= 1` means "not a matrix", and none of these is one.
"""

from collections.abc import Sequence

from paramrules.inventories.owner import Owner
from paramrules.inventories.roles import belongs_to_a_known_layer, role


def vectors(owners: Sequence[Owner], leaves: Sequence[str], ranks: Sequence[int]) -> list[int]:
    """Return the entries that are stored with more than one axis and are logically vectors.

    These are the biases and scales (see `role`) of layers whose class the vocabulary has; their logical
    shape is `(elements,)`. The bias of any other module, such as a table of relative positions, keeps its
    axes.

    Args:
        owners: the module that owns each entry.
        leaves: the last component of each entry's name.
        ranks: the number of axes of each entry in its layer, without those of stacks.
    """
    wanted = {kind for kind in set(zip(owners, leaves, ranks, strict=True)) if _is_vector(*kind)}
    if not wanted:
        return []
    return [e for e, kind in enumerate(zip(owners, leaves, ranks, strict=True)) if kind in wanted]


def vector_parameters(
    owners: Sequence[Owner], leaves: Sequence[str], parameter: Sequence[int], ranks: Sequence[int]
) -> frozenset[int]:
    """Return the parameters all of whose entries are `vectors`: a tied one may be a matrix under a name.

    Args:
        owners: the module that owns each entry.
        leaves: the last component of each entry's name.
        parameter: the number of each entry's parameter.
        ranks: the number of axes of each parameter in its layer.
    """
    if len(parameter) == len(ranks):
        return frozenset(vectors(owners, leaves, ranks))
    found = vectors(owners, leaves, [ranks[number] for number in parameter])
    if not found:
        return frozenset()
    others = set(range(len(parameter))).difference(found)
    return frozenset(parameter[entry] for entry in found) - {parameter[entry] for entry in others}


def _is_vector(owner: Owner, leaf: str, rank: int) -> bool:
    return rank > 1 and role(owner, leaf) in ("bias", "scale") and belongs_to_a_known_layer(owner)
