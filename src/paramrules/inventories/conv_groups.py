"""The groups of convolutions, which only the layer's instance knows: no shape and no class tells them."""

from collections.abc import Container, Mapping, Sequence

from paramrules.inventories.classes import owner_in_family
from paramrules.inventories.owner import Owner
from paramrules.inventories.roles import unparametrized
from paramrules.inventories.tables import Layout

MARKS = ("groups", "feature_group_count")
"""The attributes in which modules keep their number of groups: of torch, Equinox and MLX, and of flax."""


def conv_groups(
    names: Sequence[str],
    owners: Sequence[Owner],
    layouts: Sequence[Layout | None],
    reported: Mapping[str, int],
    marks: Mapping[str, object],
    at_hand: Container[str],
) -> list[int | None]:
    """Return for each entry the groups of the convolution whose weight it is.

    1 stands for the weight of any other layer, None for an entry that is not a weight of known layout, and
    for a convolution that nothing tells about.

    Args:
        names: the names of all entries.
        owners: the owner of each.
        layouts: the layout of each; a convolution's has a `*`.
        reported: the groups that a backend reports, by the name of the weight.
        marks: one of `MARKS` by the name of the module that has it.
        at_hand: the names of the modules whose marks are known. One of the family `ConvTranspose` without
            such a mark has 1 group: flax's, haiku's and MLX's transposed convolutions have no groups.
    """
    found: list[int | None] = []
    for name, owner, layout in zip(names, owners, layouts, strict=True):
        if layout is None or "*" not in layout:
            found.append(None if layout is None else 1)
            continue
        module = unparametrized(name)[0].rpartition(".")[0]
        groups = reported.get(name, marks.get(module))
        if groups is None and module in at_hand and owner_in_family("ConvTranspose", owner):
            groups = 1
        found.append(groups if isinstance(groups, int) and groups > 0 and groups is not True else None)
    return found
