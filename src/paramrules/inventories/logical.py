"""The rank of biases and gains: a vector each, whatever axes a framework keeps it with.

One bias of an attention's queries is (768,) in torch and (12, 64) in flax, a convolution's (64,) in torch
and (64, 1, 1) in Equinox, a batch norm's gain (1, 1, 1, 64) in haiku, the gain of torch's weight norm
(64, 1, 1, 1). Whoever writes `ndim <= 1` means "no matrix", and none of these is one.
"""

from collections.abc import Sequence

from paramrules.inventories.owner import Owner
from paramrules.inventories.roles import belongs_to_a_known_layer, role


def vectors(owners: Sequence[Owner], leaves: Sequence[str], ranks: Sequence[int]) -> list[int]:
    """The entries that are stored with more than one axis and are vectors all the same.

    These are the biases and scales (see `role`) of layers whose class the vocabulary has; their logical
    shape is `(elements,)`. What another module calls its bias (a table of relative positions) keeps its
    axes, for nobody knows what it is.

    Args:
        owners: the module of each entry.
        leaves: the last component of each entry's name.
        ranks: how many axes each entry has in its layer, those of a stack not counted.
    """
    wanted = {kind for kind in set(zip(owners, leaves, ranks, strict=True)) if _is_vector(*kind)}
    if not wanted:
        return []
    return [e for e, kind in enumerate(zip(owners, leaves, ranks, strict=True)) if kind in wanted]


def vector_parameters(
    owners: Sequence[Owner], leaves: Sequence[str], parameter: Sequence[int], ranks: Sequence[int]
) -> frozenset[int]:
    """The parameters all of whose entries are `vectors`: a tied one may be something else under a name.

    `parameter` is the number of each entry's parameter, `ranks` are those of the parameters.
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
