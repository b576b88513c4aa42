"""NNX modules: the state that an optimizer is handed, and under which names the model's graph holds it."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from paramrules.inventories import UNKNOWN_OWNER, Class, Owner

Path = tuple[Any, ...]


@dataclass(frozen=True)
class Graph:
    """A model's graph, unfolded: everything by canonical name, shared things under each of their names.

    Attributes:
        owners: for each name of a variable, the module that holds it.
        variables: for each name of a variable, the variable.
        modules: for each name of a module, the module.
    """

    owners: dict[str, Owner]
    variables: dict[str, Any]
    modules: dict[str, Any]

    def variable(self, name: str) -> str:
        """The name of the variable that a leaf of a state is (in); a variable may hold a tree."""
        while name not in self.variables:
            name = name.rpartition(".")[0]
        return name

    def owner(self, name: str) -> Owner:
        """The module that holds a leaf."""
        return self.owners[self.variable(name)]

    def others(self, name: str) -> list[str]:
        """The further names of a leaf."""
        own = self.variable(name)
        rest = name.removeprefix(own)
        return [other + rest for other in self._names[id(self.variables[own])] if other != own]

    @cached_property
    def _names(self) -> dict[int, list[str]]:
        names: dict[int, list[str]] = defaultdict(list)
        for name, variable in self.variables.items():
            names[id(variable)].append(name)
        return names


def parameters(model: Any) -> Any:
    """The state with which `nnx.Optimizer(model, tx, wrt=nnx.Param)` calls an optimizer."""
    from flax import nnx

    return nnx.state(model, nnx.Param)


def unfold(model: Any) -> Graph:
    """All names of everything in a model. `model` is an NNX module, or a dict or list of some.

    What `nnx.bridge.ToNNX` wraps is a linen module, whose parts nobody knows from here.
    """
    from flax import nnx

    edges: dict[int, list[tuple[Any, Any]]] = defaultdict(list)
    nodes = dict(nnx.iter_graph(model))
    ways = [(path, node) for path, node in nodes.items() if path]
    ways += [(path, nodes[first]) for first, *others in nnx.find_duplicates(model) for path in others]
    for path, node in ways:
        edges[id(nodes[path[:-1]])].append((path[-1], node))
    graph = Graph({}, {}, {})
    interned: dict[tuple[Class, ...], Owner] = {}
    bridge = Class.of(nnx.bridge.ToNNX)

    def visit(node: Any, path: Path, around: tuple[Class, ...], passed: frozenset[int]) -> None:
        name = ".".join(map(str, path))
        if isinstance(node, nnx.Variable):
            graph.variables[name] = node
            foreign = bridge in around
            graph.owners[name] = UNKNOWN_OWNER if foreign else interned.setdefault(around, Owner(around))
            return
        if isinstance(node, nnx.Module):
            graph.modules[name] = node
            around = (*around, Class.of(type(node)))
        for key, child in edges.get(id(node), ()):
            if id(child) not in passed:  # a module may know the one that it is in
                visit(child, (*path, key), around, passed | {id(child)})

    visit(model, (), (), frozenset({id(model)}))
    return graph
