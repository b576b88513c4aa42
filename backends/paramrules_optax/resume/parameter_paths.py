"""The paths at which a tree of parameters, or one like it inside a state, has its leaves."""

from typing import Any

import jax
from jax.tree_util import DictKey, FlattenedIndexKey, GetAttrKey, SequenceKey

from paramrules_optax.trees.tree_walk import Walk

Path = tuple[str, ...]


class ParameterPaths:
    """The names of parameters by their paths in a tree.

    Args:
        params: the tree.

    Attributes:
        names: the canonical names, in the tree's order.
    """

    def __init__(self, params: Any) -> None:
        paths = [plain(path) for path, _ in jax.tree_util.tree_flatten_with_path(params)[0]]
        self.names = list(Walk(params).names)
        self._of: dict[Path, str] = dict(zip(map(_core, paths), self.names, strict=True))

    def get(self, path: Path) -> str | None:
        """Return the name of the parameter at a path; None if there is none.

        A leading `params` collection and the `value` of a box may be there or not.
        """
        return self._of.get(_core(path))

    def named(self, path: Path) -> str:
        """Return the name at a path, which may be that of a parameter that is gone."""
        return self.get(path) or ".".join(_core(path)).replace("/", ".")


def plain(path: Any) -> Path:
    """Return a key path as text: a restored checkpoint has dicts and lists in place of other nodes.

    >>> plain((SequenceKey(0), GetAttrKey("mu"), DictKey("kernel")))
    ('0', 'mu', 'kernel')
    """
    return tuple(map(_text, path))


def _text(key: Any) -> str:
    match key:
        case DictKey() | FlattenedIndexKey():
            return str(key.key)
        case SequenceKey():
            return str(key.idx)
        case GetAttrKey():
            return str(key.name)
        case _:  # a node may have keys of its own kind
            return str(key)


def _core(path: Path) -> Path:
    if path[:1] == ("params",):
        path = path[1:]
    return path[:-1] if len(path) > 1 and path[-1] == "value" else path
