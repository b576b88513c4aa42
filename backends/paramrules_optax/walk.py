"""One pass over a tree: the canonical name of every leaf, and whose it is.

The leaves come in the order in which `jax.tree_util.tree_flatten` gives them, so that a list of values,
one a leaf, becomes a tree of the same structure with `tree_unflatten`. Dicts, lists and tuples, which
may have tens of thousands of leaves, are walked here; every other node says itself what it holds.
"""

from typing import Any, NamedTuple

import jax
from jax.tree_util import DictKey, FlattenedIndexKey, GetAttrKey, SequenceKey

from paramrules.inventory import UNKNOWN_OWNER, Class, Owner
from paramrules_optax import frameworks

Around = tuple[Class, ...]

_LEAF, _DICT, _SEQUENCE, _NONE, _NODE, _GRAPH = range(6)


class Span(NamedTuple):
    """The leaves `start` to `stop` (not included) that a node of the tree holds, and where it stands."""

    prefix: str
    node: Any
    start: int
    stop: int


class Walk:
    """What was found in a tree, a list of one entry a leaf each.

    Attributes:
        names: canonical names, without a leading `params` collection.
        owners: the module that holds the leaf; UNKNOWN_OWNER in a bare tree.
        boxes: the variable or metadata box around the leaf, by the leaf's number, where there is one.
        modules: every Equinox module and the leaves that it holds, the outermost last.
        states: what holds running statistics.
        shared: Equinox's wrappers that tie nodes together.
        graph: whether an NNX module was met: its leaves are not those that an optimizer is handed.
    """

    def __init__(self, tree: object) -> None:
        self.names: list[str] = []
        self.owners: list[Owner] = []
        self.boxes: dict[int, Any] = {}
        self.modules: list[Span] = []
        self.states: list[Span] = []
        self.shared: list[Span] = []
        self.graph = False
        self._kinds: dict[type, int] = {dict: _DICT, list: _SEQUENCE, tuple: _SEQUENCE, type(None): _NONE}
        self._interned: dict[Around, Owner] = {}
        self._equinox = frameworks.equinox_modules()
        self._states = frameworks.equinox_states()
        self._shared = frameworks.equinox_shared()
        self._boxes = frameworks.boxes()
        self._graph = frameworks.nnx_modules()
        self._visit(_without_collection(tree), "", UNKNOWN_OWNER, ())
        if "/" in "".join(self.names):  # haiku's module paths, and dicts that were flattened
            self.names = [name.replace("/", ".") for name in self.names]

    def _kind(self, node: object) -> int:
        cls = type(node)
        kind = self._kinds.get(cls)
        if kind is None:
            if issubclass(cls, self._graph):
                kind = _GRAPH
            else:
                kind = _LEAF if jax.tree_util.all_leaves((node,)) else _NODE
            self._kinds[cls] = kind
        return kind

    def _visit(self, node: Any, name: str, owner: Owner, around: Around) -> None:
        kind = self._kind(node)
        if kind == _LEAF:
            self.names.append(name)
            self.owners.append(owner)
        elif kind == _DICT:
            self._dict(node, name + "." if name else "", owner, around)
        elif kind == _SEQUENCE:
            prefix = name + "." if name else ""
            for number, child in enumerate(node):
                self._visit(child, f"{prefix}{number}", owner, around)
        elif kind == _NODE:
            self._node(node, name, owner, around)
        elif kind == _GRAPH:
            self.graph = True

    def _dict(self, node: dict[Any, Any], prefix: str, owner: Owner, around: Around) -> None:
        kinds, names, owners = self._kinds, self.names, self.owners
        for key in sorted(node):
            child = node[key]
            name = f"{prefix}{key}"
            kind = kinds.get(child.__class__)
            if kind == _LEAF:
                names.append(name)
                owners.append(owner)
            elif kind == _DICT:
                self._dict(child, name + ".", owner, around)
            else:
                self._visit(child, name, owner, around)

    def _node(self, node: Any, name: str, owner: Owner, around: Around) -> None:
        """A node that only jax knows how to take apart."""
        start = len(self.names)
        children = [
            (path[0], child)
            for path, child in jax.tree_util.tree_flatten_with_path(node, is_leaf=lambda x: x is not node)[0]
            if child is not None
        ]
        if isinstance(node, self._boxes):
            for _, child in children:
                self._visit(child, name, owner, around)
            self.boxes.update(dict.fromkeys(range(start, len(self.names)), node))
            return
        prefix = name + "." if name else ""
        module = isinstance(node, self._equinox)
        record = not module and bool(children) and isinstance(children[0][0], GetAttrKey)
        if module or record:
            around = (*around, Class.of(type(node)))
            owner = self._owner(around)
        for key, child in children:
            # What a dataclass holds in a dict may belong to modules that nobody knows (a train state's params).
            own = module or self._kind(child) == _LEAF or isinstance(child, self._boxes)
            inner = owner if own or not record else UNKNOWN_OWNER
            if isinstance(node, self._shared) and isinstance(key, GetAttrKey) and key.name == "pytree":
                self._visit(child, name, owner, around)
            else:
                self._visit(child, f"{prefix}{_component(key)}", inner, around)
        span = Span(prefix, node, start, len(self.names))
        if isinstance(node, self._states):
            self.states.append(span)
        if isinstance(node, self._shared):
            self.shared.append(span)
        if module:
            self.modules.append(span)

    def _owner(self, around: Around) -> Owner:
        owner = self._interned.get(around)
        if owner is None:
            owner = self._interned[around] = Owner(around)
        return owner


def _without_collection(tree: Any) -> Any:
    """What is in the `params` collection, if the tree is a dict that holds nothing else."""
    if isinstance(tree, (dict, *frameworks.frozen_dicts())) and list(tree) == ["params"]:
        inside = tree["params"]
        if isinstance(inside, (dict, *frameworks.frozen_dicts())):
            return inside
    return tree


def _component(key: Any) -> str:
    """What stands in a name for one step of jax's key path."""
    match key:
        case DictKey() | FlattenedIndexKey():
            return str(key.key)
        case SequenceKey():
            return str(key.idx)
        case GetAttrKey():
            return str(key.name)
        case _:
            return str(key)
