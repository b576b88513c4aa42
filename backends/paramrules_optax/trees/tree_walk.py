"""One pass over a tree: the canonical name and the owner of every leaf.

Leaves come in the order of `jax.tree_util.tree_flatten`, so that `tree_unflatten` turns a list of values, one
a leaf, into a tree of the same structure. In a tree with modules or boxes, dicts, lists and tuples are walked
here, and jax flattens all other nodes.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

import jax
from jax.tree_util import GetAttrKey, PyTreeDef

from paramrules.backends import UNKNOWN_OWNER, Class, Inside, Owner, Repeats, walk_inside
from paramrules_optax import libraries
from paramrules_optax.libraries import equinox, haiku, linen
from paramrules_optax.trees.key_paths import joined
from paramrules_optax.trees.plain_trees import is_plain, names_inside

Around = tuple[Class, ...]

_ENDLESS = "take it out: no optimizer trains a tree without an end"
_SHARED = "hold it in one place: under each name jax trains other arrays"

_LEAF, _DICT, _SEQUENCE, _NONE, _NODE, _GRAPH = range(6)


class LeafRange(NamedTuple):
    """A node of the tree, its name, and the leaves from `start` up to, not including, `stop` below it."""

    name: str
    node: Any
    start: int
    stop: int


class Walk:
    """The names and owners of a tree's leaves.

    Attributes:
        names: the canonical name of each leaf, without a leading `params` collection.
        owners: the module that holds each leaf; UNKNOWN_OWNER in a bare tree.
        boxes: the variable or metadata box around a leaf, by the leaf's number, if there is one.
        modules: every module that is a pytree; the modules inside a module come before it.
        states: the nodes that hold running statistics.
        shared: Equinox's wrappers that tie nodes.
        graph: True if the walk met a module that is not a pytree: an optimizer gets other leaves of it.
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
        self._module_classes = libraries.module_classes()
        self._state_classes = libraries.state_classes()
        self._box_classes = libraries.box_classes()
        self._graph_classes = libraries.graph_classes()
        self._shared_classes = equinox.shared()
        self._tree = tree
        inner = linen.without_collection(tree)
        names = self._names_of_plain(inner)
        if names is not None:
            self.names = names
        elif inside := self._visit(inner, ""):
            walk_inside(inner, inside, _ENDLESS, Repeats(_SHARED))
        self._set_owner(UNKNOWN_OWNER)
        together = "".join(self.names)
        if "/" in together:  # haiku's module paths, and flattened dicts
            self.names = [name.replace("/", ".") for name in self.names]
        if "__layer_stack_" in together:
            self.names = list(map(haiku.with_named_stacks, self.names))

    @staticmethod
    def of(tree: object) -> "Walk":
        """Walk another tree."""
        return Walk(tree)

    @cached_property
    def flat(self) -> tuple[list[Any], PyTreeDef]:
        """The leaves of the tree, and its structure. A graph has neither: it may contain itself."""
        return jax.tree_util.tree_flatten(self._tree)

    def _names_of_plain(self, inner: object) -> list[str] | None:
        """Return the names in a tree without modules, if that takes less than to visit all nodes."""
        if not is_plain(inner, self._graph_classes):
            return None
        structure = self.flat[1]
        return names_inside(structure if inner is self._tree else structure.children()[0])

    def _kind(self, node: object) -> int:
        cls = type(node)
        kind = self._kinds.get(cls)
        if kind is None:
            if issubclass(cls, self._graph_classes):
                kind = _GRAPH
            else:
                kind = _LEAF if jax.tree_util.all_leaves((node,)) else _NODE
            self._kinds[cls] = kind
        return kind

    def _visit(self, node: Any, name: str) -> Inside | None:
        """Note a leaf, or return the walk of what is inside."""
        kind = self._kind(node)
        if kind == _LEAF:
            self.names.append(name)
        elif kind == _DICT:
            return self._visit_dict(node, name + "." if name else "")
        elif kind == _SEQUENCE:
            return self._visit_each(
                ((f"{name}.{n}" if name else str(n), child) for n, child in enumerate(node))
            )
        elif kind == _NODE:
            return self._visit_node(node, name)
        elif kind == _GRAPH:
            self.graph = True
        return None

    def _visit_each(self, children: Iterable[tuple[str, Any]]) -> Inside:
        """Visit children with their names."""
        for name, child in children:
            if inside := self._visit(child, name):
                yield child, name, inside

    def _visit_dict(self, node: dict[Any, Any], prefix: str) -> Inside:
        known, add = self._kinds.get, self.names.append
        for key in sorted(node) if len(node) > 1 else node:
            child = node[key]
            kind = known(child.__class__)
            if kind == _LEAF:
                add(f"{prefix}{key}")
            elif kind == _DICT:
                yield child, f"{prefix}{key}", self._visit_dict(child, f"{prefix}{key}.")
            elif inside := self._visit(child, f"{prefix}{key}"):
                yield child, f"{prefix}{key}", inside

    def _visit_node(self, node: Any, name: str) -> Inside:
        """Visit a node that only jax can flatten."""
        start = len(self.names)
        children = [
            (path[0], child)
            for path, child in jax.tree_util.tree_flatten_with_path(node, is_leaf=lambda x: x is not node)[0]
            if child is not None
        ]
        if isinstance(node, self._box_classes):
            yield None, name, self._visit_each((name, child) for _, child in children)
            self.boxes.update(dict.fromkeys(range(start, len(self.names)), node))
        elif isinstance(node, self._module_classes):
            yield None, name, self._visit_module(node, name, children)
        elif children and isinstance(children[0][0], GetAttrKey):
            yield None, name, self._visit_record(node, name, children)
        else:
            yield None, name, self._visit_each((joined(name, key), child) for key, child in children)
        if isinstance(node, self._state_classes):
            self.states.append(LeafRange(name, node, start, len(self.names)))

    def _visit_module(self, node: Any, name: str, children: list[tuple[Any, Any]]) -> Inside:
        """Visit a module, which owns the arrays below it, in dicts and lists as well."""
        start = len(self.names)
        outer = self._enter_scope(type(node))
        shared = isinstance(node, self._shared_classes)
        yield (
            None,
            name,
            self._visit_each(
                (name if shared and key.name == "pytree" else joined(name, key), child)
                for key, child in children
            ),
        )
        self._leave_scope(*outer)
        leaves = LeafRange(name, node, start, len(self.names))
        self.modules.append(leaves)
        if shared:
            self.shared.append(leaves)

    def _visit_record(self, node: Any, name: str, children: list[tuple[Any, Any]]) -> Inside:
        """Visit a dataclass or named tuple, which owns its arrays; modules in its dicts are unknown."""
        outer = self._enter_scope(type(node))
        own = self._owner
        for key, child in children:
            held = self._kind(child) == _LEAF or isinstance(child, self._box_classes)
            self._set_owner(own if held else UNKNOWN_OWNER)
            if inside := self._visit(child, joined(name, key)):
                yield child, joined(name, key), inside
        self._leave_scope(*outer)

    def _enter_scope(self, cls: type) -> tuple[Around, Owner]:
        """Start a module scope and return the previous one."""
        outer = self._around, self._owner
        self._around = (*self._around, Class.of(cls))
        self._set_owner(self._interned.setdefault(self._around, Owner(self._around)))
        return outer

    def _leave_scope(self, around: Around, owner: Owner) -> None:
        self._around = around
        self._set_owner(owner)

    def _set_owner(self, owner: Owner) -> None:
        """Set the owner of the leaves that follow; those since the last call get the previous one."""
        self.owners += [self._owner] * (len(self.names) - len(self.owners))
        self._owner = owner
