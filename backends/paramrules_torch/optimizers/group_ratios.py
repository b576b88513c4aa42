"""The ratios of an optimizer's groups to a base, whatever becomes of its list of groups."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor


class GroupRatios:
    """The ratio of each group to a base, as it was when the group was first seen.

    A group is recognised by its first tensor, because loading a state replaces its dict, and by its place if
    that tensor has been replaced. So groups may be removed, reordered and added.
    """

    def __init__(self) -> None:
        self._firsts: list[Tensor | None] = []
        self._ratios: list[float | None] = []

    def of(
        self, groups: Sequence[Mapping[str, Any]], new: Callable[[Mapping[str, Any]], float | None]
    ) -> list[float | None]:
        """Return the ratio of each group; `new` returns that of one that is seen for the first time."""
        firsts = [group["params"][0] if group["params"] else None for group in groups]
        known = {id(tensor): ratio for tensor, ratio in zip(self._firsts, self._ratios, strict=True)}
        still = set(map(id, firsts))
        gone = {
            place: ratio
            for place, (tensor, ratio) in enumerate(zip(self._firsts, self._ratios, strict=True))
            if id(tensor) not in still
        }
        ratios = []
        for place, (group, first) in enumerate(zip(groups, firsts, strict=True)):
            if first is not None and id(first) in known:
                ratios.append(known[id(first)])
            else:
                ratios.append(gone[place] if place in gone else new(group))
        self._firsts, self._ratios = firsts, ratios
        return ratios
