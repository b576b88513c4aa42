"""The places of norms in a block, as their names tell: before or after attention, before or after the MLP."""

from collections.abc import Sequence

from paramrules.comparison.items import Item
from paramrules.comparison.name_parts import canonical
from paramrules.comparison.series import Series

_CROSS = 10
_MLP = 20


def in_places(series: Sequence[Series]) -> list[Series] | None:
    """Return the norms of one block in the order in which it runs them, or None if a name does not tell."""
    if not all(each.kind.norm for each in series):
        return None
    if len({each.stems for each in series}) == 1:  # `norm1` and `norm2`
        return sorted(series, key=lambda each: each.ranks)
    places = [_place(each.items[0]) for each in series]
    known = [place for place in places if place is not None]
    if len(set(known)) < len(series):
        return None
    return [each for _, each in sorted(zip(known, series, strict=True), key=lambda pair: pair[0])]


def _place(item: Item) -> int | None:
    """Return where a norm stands in its block; only the order of places means something.

    `input_layernorm` and `layernorm_before` come first. `post_attention_layernorm` comes before
    `pre_feedforward_layernorm` where a block has both, and is its counterpart where it has two norms.
    """
    component = item.module.rpartition(".")[2]
    words = set(canonical(component))
    if "norm" not in words:
        return None
    if words & {"input", "before"}:
        return 0
    if words & {"final", "out"}:
        return _MLP + 9
    part = _MLP if "mlp" in words else _CROSS if "cross" in words else 0 if "attention" in words else None
    if part is None:
        return _MLP if "after" in words else None
    return part + (0 if "pre" in words else 8 if "post" in words or "after" in words else 4)
