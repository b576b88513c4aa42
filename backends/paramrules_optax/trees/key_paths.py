"""JAX's key paths as canonical names."""

from typing import Any

from jax.tree_util import DictKey, FlattenedIndexKey, GetAttrKey, SequenceKey


def joined(name: str, key: Any) -> str:
    """Return a name extended by one key of a key path.

    >>> joined("layers", SequenceKey(3))
    'layers.3'
    """
    match key:
        case DictKey() | FlattenedIndexKey():
            step = key.key
        case SequenceKey():
            step = key.idx
        case GetAttrKey():
            step = key.name
        case _:  # a node may have keys of its own kind
            step = key
    return f"{name}.{step}" if name else str(step)
