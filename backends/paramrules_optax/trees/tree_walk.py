"""One pass over a tree: the canonical name of every leaf, and whose it is.

The leaves come in the order in which `jax.tree_util.tree_flatten` gives them, so that a list of values,
one a leaf, becomes a tree of the same structure with `tree_unflatten`. Dicts, lists and tuples, which
may have tens of thousands of leaves, are walked here; every other node says itself what it holds.
"""

from typing import Any, NamedTuple

import jax
from jax.tree_util import DictKey, FlattenedIndexKey, GetAttrKey, SequenceKey

from paramrules.inventories import UNKNOWN_OWNER, Class, Owner
from paramrules_optax.libraries import frameworks
from paramrules_optax.libraries.haiku_names import named

Around = tuple[Class, ...]

_LEAF, _DICT, _SEQUENCE, _NONE, _NODE, _GRAPH = range(6)


class LeafRange(NamedTuple):
    """A node of the tree, its name, and the leaves `start` to `stop` (not included) that it holds."""

    name: str
    node: Any
    start: int
    stop: int


class Walk:
    """What was found in a tree.

    Attributes:
        names: the canonical name of each leaf, without a leading `params` collection.
        owners: the module that holds each leaf; UNKNOWN_OWNER in a bare tree.
        boxes: the variable or metadata box around a leaf, by the leaf's number, where there is one.
        modules: every Equinox module; what is inside of one stands before it.
        states: what holds Equinox's running statistics.
        shared: Equinox's wrappers that tie nodes together.
        graph: whether an NNX module was met: its leaves are not those that an optimizer is handed.
    """

    def __init__(self, tree: object) -> None:
        self.names: list[str] = []
        self.owners: list[Owner] = []
        self.boxes: dict[int, Any] = {}
        self.modules: list[LeafRange] = []
        self.states: list[LeafRange] = []
        self.shared: list[LeafRange] = []
        self.graph = False
        self._owner = UNKNOWN_OWNER
        self._around: Around = ()
        self._kinds: dict[type, int] = {dict: _DICT, list: _SEQUENCE, tuple: _SEQUENCE, type(None): _NONE}
        self._interned: dict[Around, Owner] = {}
        self._equinox = frameworks.equinox_modules()
        self._states = frameworks.equinox_states()
        self._shared = frameworks.equinox_shared()
        self._boxes = frameworks.boxes()
        self._graph = frameworks.nnx_modules()
        self._visit(_without_collection(tree), "")
        self._belongs_to(UNKNOWN_OWNER)
        together = "".join(self.names)
        if "/" in together:  # haiku's module paths, and dicts that were flattened
            self.names = [name.replace("/", ".") for name in self.names]
        if "__layer_stack_" in together:
            self.names = list(map(named, self.names))

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

    def _visit(self, node: Any, name: str) -> None:
        kind = self._kind(node)
        if kind == _LEAF:
            self.names.append(name)
        elif kind == _DICT:
            self._dict(node, name + "." if name else "")
        elif kind == _SEQUENCE:
            prefix = name + "." if name else ""
            for number, child in enumerate(node):
                self._visit(child, f"{prefix}{number}")
        elif kind == _NODE:
            self._node(node, name)
        elif kind == _GRAPH:
            self.graph = True

    def _dict(self, node: dict[Any, Any], prefix: str) -> None:
        known, add = self._kinds.get, self.names.append
        for key in sorted(node) if len(node) > 1 else node:
            child = node[key]
            kind = known(child.__class__)
            if kind == _LEAF:
                add(f"{prefix}{key}")
            elif kind == _DICT:
                self._dict(child, f"{prefix}{key}.")
            else:
                self._visit(child, f"{prefix}{key}")

    def _node(self, node: Any, name: str) -> None:
        """A node that only jax knows how to take apart."""
        start = len(self.names)
        children = [
            (path[0], child)
            for path, child in jax.tree_util.tree_flatten_with_path(node, is_leaf=lambda x: x is not node)[0]
            if child is not None
        ]
        if isinstance(node, self._boxes):
            for _, child in children:
                self._visit(child, name)
            self.boxes.update(dict.fromkeys(range(start, len(self.names)), node))
        elif isinstance(node, self._equinox):
            self._module(node, name, children)
        elif children and isinstance(children[0][0], GetAttrKey):
            self._record(node, name, children)
        else:
            for key, child in children:
                self._visit(child, _joined(name, key))
        if isinstance(node, self._states):
            self.states.append(LeafRange(name, node, start, len(self.names)))

    def _module(self, node: Any, name: str, children: list[tuple[Any, Any]]) -> None:
        """An Equinox module owns what it holds, also in its dicts and lists."""
        start = len(self.names)
        outer = self._enter(type(node))
        for key, child in children:
            wrapped = isinstance(node, self._shared) and key.name == "pytree"
            self._visit(child, name if wrapped else _joined(name, key))
        self._leave(*outer)
        stretch = LeafRange(name, node, start, len(self.names))
        self.modules.append(stretch)
        if isinstance(node, self._shared):
            self.shared.append(stretch)

    def _record(self, node: Any, name: str, children: list[tuple[Any, Any]]) -> None:
        """A dataclass or named tuple owns its arrays; a dict in it may be of modules that nobody knows."""
        outer = self._enter(type(node))
        own = self._owner
        for key, child in children:
            held = self._kind(child) == _LEAF or isinstance(child, self._boxes)
            self._belongs_to(own if held else UNKNOWN_OWNER)
            self._visit(child, _joined(name, key))
        self._leave(*outer)

    def _enter(self, cls: type) -> tuple[Around, Owner]:
        """From here on the leaves belong to a module of this class; gives what was so until here."""
        outer = self._around, self._owner
        self._around = (*self._around, Class.of(cls))
        self._belongs_to(self._interned.setdefault(self._around, Owner(self._around)))
        return outer

    def _leave(self, around: Around, owner: Owner) -> None:
        self._around = around
        self._belongs_to(owner)

    def _belongs_to(self, owner: Owner) -> None:
        """From the next leaf on; those since the last change get the owner until here."""
        self.owners += [self._owner] * (len(self.names) - len(self.owners))
        self._owner = owner


def _joined(name: str, key: Any) -> str:
    """A name with one step of jax's key path behind it."""
    match key:
        case DictKey() | FlattenedIndexKey():
            step = key.key
        case SequenceKey():
            step = key.idx
        case GetAttrKey():
            step = key.name
        case _:  # a node may have keys of a kind of its own
            step = key
    return f"{name}.{step}" if name else str(step)


def _without_collection(tree: Any) -> Any:
    """What is in the `params` collection, if the tree is a dict that holds nothing else."""
    if isinstance(tree, frameworks.dicts()) and list(tree) == ["params"]:
        inside = tree["params"]
        if isinstance(inside, frameworks.dicts()):
            return inside
    return tree
