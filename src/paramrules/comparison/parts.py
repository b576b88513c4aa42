"""Parameters that one model stores in one tensor and the other in several."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Final, NamedTuple

from paramrules.comparison.items import Item
from paramrules.comparison.name_words import LEAVES, canonical, words_of
from paramrules.comparison.parsed_names import Stems

_FUSED: Final = (
    (("query", "key", "value"), frozenset(("attention", "qkv", "query"))),
    (("key", "value"), frozenset(("attention", "kv", "key"))),
    (("gate", "up"), frozenset(("gate", "mlp"))),
)
"""Projections that models often fuse, with the words that the name of the fused matrix contains one of.

Those of the same input are fused to run as one product: queries, keys and values (`qkv`, `c_attn`,
`in_proj_weight`), keys and values of cross attention, gate and input of a GLU (`gate_up_proj`).
"""


class Fused(NamedTuple):
    """Parameters of one model that are together one of the other."""

    parts: tuple[Item, ...]
    whole: Item


class _Parts(NamedTuple):
    parts: tuple[Item, ...]
    ranks: tuple[int, ...]


def fused(parts_of: Iterable[Item], wholes_of: Iterable[Item]) -> list[Fused]:
    """Return the parameters of one model that are together one of the other, where only one way fits.

    Parts have the words of `_FUSED` in their names and lie in one module; a whole has as many elements as
    all of them. All layers go together: for each there is one whole, and no other series would fit.
    """
    items = list(wholes_of)
    found: list[Fused] = []
    every = list(parts_of)
    for words, hints in _FUSED:
        wholes: dict[tuple[int, bool], dict[Stems, list[Item]]] = defaultdict(lambda: defaultdict(list))
        for item in items:
            if hints & _hints(item):
                wholes[item.size, _is_bias(item)][item.stems].append(item)
        groups = _groups(every, words)
        by_size: dict[tuple[int, bool], list[list[_Parts]]] = defaultdict(list)
        for (_, size, is_bias), group in groups.items():
            by_size[size, is_bias].append(group)
        for key, several in by_size.items():
            candidates = [each for each in wholes.get(key, {}).values() if len(each) == len(several[0])]
            if len(several) == len(candidates) == 1:
                ordered = sorted(several[0], key=lambda each: each.ranks)
                whole = sorted(candidates[0], key=lambda item: item.ranks)
                found += [Fused(each.parts, item) for each, item in zip(ordered, whole, strict=True)]
        taken = {item.number for each in found for item in each.parts}
        every = [item for item in every if item.number not in taken]
        taken = {each.whole.number for each in found}
        items = [item for item in items if item.number not in taken]
    return found


def _groups(items: Iterable[Item], words: tuple[str, ...]) -> dict[tuple[Hashable, int, bool], list[_Parts]]:
    """Return complete sets of parts by their stems, their size, and whether they are biases."""
    beside: dict[tuple[str, bool], dict[str, Item | None]] = defaultdict(dict)
    for item in items:
        own = set(_own_words(item)) & set(words)
        if len(own) == 1:
            (word,) = own
            known = beside[_place(item), _is_bias(item)]
            known[word] = None if word in known else item
    found: dict[tuple[Hashable, int, bool], list[_Parts]] = defaultdict(list)
    for (_, is_bias), each in beside.items():
        parts = tuple(part for word in words if (part := each.get(word)))
        if len(parts) == len(words):
            stems = tuple(part.stems for part in parts)
            size = sum(part.size for part in parts)
            found[stems, size, is_bias].append(_Parts(parts, parts[0].ranks))
    return found


def _component(item: Item) -> str:
    """Return the last component of the name that says more than `weight` or `bias`."""
    own = item.name.rpartition(".")[2]
    return item.module.rpartition(".")[2] if own in LEAVES else own


def _place(item: Item) -> str:
    """Return the name of the module that contains what the component names."""
    own = item.name.rpartition(".")[2]
    return item.module.rpartition(".")[0] if own in LEAVES else item.module


def _own_words(item: Item) -> tuple[str, ...]:
    words = canonical(_component(item))
    return () if "norm" in words else words


def _hints(item: Item) -> frozenset[str]:
    return frozenset((*words_of(item.stems), *canonical(_component(item))))


def _is_bias(item: Item) -> bool:
    return item.kind.role == "bias" or item.leaf == "bias"
