"""NNX: modules are the nodes of a graph, variables hold the arrays, and an optimizer gets a state of them."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from paramrules.backends import UNKNOWN_OWNER, Class, Owner
from paramrules_optax.libraries.loaded import Classes, Layout, Refusal, einsum_layout, general_layout, loaded

Path = tuple[Any, ...]

_PASS_PARAMS = "pass `nnx.state(model, nnx.Param)`"


def modules() -> Classes:
    """Return `flax.nnx.Module`."""
    return loaded("flax.nnx", "Module")


def variables() -> Classes:
    """Return `flax.nnx.Variable`."""
    return loaded("flax.nnx", "Variable")


def in_linen() -> Classes:
    """Return the linen module that wraps one of NNX."""
    return loaded("flax.nnx.bridge", "ToLinen")


def untrained_variables() -> Classes:
    """Return the variables that hold something other than parameters."""
    return loaded("flax.nnx", "BatchStat", "Cache", "Intermediate", "Perturbation", "RngState")


def refuse_untrained(box: Any) -> Refusal | None:
    """Refuse a variable that holds something other than a parameter."""
    if isinstance(box, untrained_variables()):
        return Refusal(f"is a `{type(box).__name__}`, not a parameter", _PASS_PARAMS)
    return None


def refuse_unselected(box: Any) -> Refusal | None:
    """Refuse a variable that `nnx.state(model, nnx.Param)` leaves out."""
    if isinstance(box, variables()) and not isinstance(box, loaded("flax.nnx", "Param")):
        name = type(box).__name__
        return refuse_untrained(box) or Refusal(
            f"is a `{name}`, and of an NNX module only each `nnx.Param` is a parameter",
            f"derive `{name}` from `nnx.Param`, or pass the trained state in place of the module",
        )
    return None


def holds_module(tree: object) -> bool:
    """Return whether a tree is an NNX module, or a dict, list or tuple that holds one at any depth."""
    if isinstance(tree, modules()):
        return True
    if isinstance(tree, dict):
        return any(map(holds_module, tree.values()))
    return isinstance(tree, list | tuple) and any(map(holds_module, tree))


def split(model: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return the state of a model, and the function that merges another state into the model."""
    from flax import nnx

    graphdef, state = nnx.split(model)
    return state, lambda other: nnx.merge(graphdef, other)


def parameters(model: Any) -> Any:
    """Return the state that `nnx.Optimizer(model, tx, wrt=nnx.Param)` passes to an optimizer."""
    from flax import nnx

    return nnx.state(model, nnx.Param)


def kernel_layout(module: Any) -> Layout | None:
    """Return the layout of a layer's kernel, if the layer decides it and not its class."""
    if isinstance(module, loaded("flax.nnx", "LinearGeneral")):
        return general_layout(module.batch_axis, module.in_features, module.out_features)
    if isinstance(module, loaded("flax.nnx", "ConvTranspose")) and module.transpose_kernel:
        return "*", "out", "in"
    if isinstance(module, loaded("flax.nnx", "Einsum")):
        return einsum_layout(module.einsum_str)
    return None


@dataclass(frozen=True)
class ModuleGraph:
    """A model's graph unfolded into a tree: what is shared stands under each of its names.

    Attributes:
        owners: the module that holds each variable, by the variable's name.
        variables: the variables by name.
        modules: the modules by name.
    """

    owners: dict[str, Owner]
    variables: dict[str, Any]
    modules: dict[str, Any]

    def owner(self, leaf: str) -> Owner:
        """Return the module that holds a leaf."""
        return self.owners[self._variable(leaf)]

    def aliases(self, leaf: str) -> list[str]:
        """Return the further names of a leaf."""
        own = self._variable(leaf)
        rest = leaf.removeprefix(own)
        return [name + rest for name in self._names[id(self.variables[own])] if name != own]

    def _variable(self, leaf: str) -> str:
        """Return the name of the variable that a leaf is part of; a variable may hold a tree."""
        while leaf not in self.variables:
            leaf = leaf.rpartition(".")[0]
        return leaf

    @cached_property
    def _names(self) -> dict[int, list[str]]:
        names: dict[int, list[str]] = defaultdict(list)
        for name, variable in self.variables.items():
            names[id(variable)].append(name)
        return names


def unfold(model: Any) -> ModuleGraph:
    """Unfold the graph of an NNX module, or of a dict or list of some.

    Inside `nnx.bridge.ToNNX` stands a linen module, whose submodules NNX does not see: the owners of its
    parameters are unknown.
    """
    from flax import nnx

    children: dict[int, list[tuple[Any, Any]]] = defaultdict(list)
    nodes = dict(nnx.iter_graph(model))
    paths = [(path, node) for path, node in nodes.items() if path]
    paths += [(path, nodes[first]) for first, *others in nnx.find_duplicates(model) for path in others]
    for path, node in paths:
        children[id(nodes[path[:-1]])].append((path[-1], node))
    graph = ModuleGraph({}, {}, {})
    interned: dict[tuple[Class, ...], Owner] = {}
    linen_inside = Class.of(nnx.bridge.ToNNX)

    def visit(node: Any, path: Path, around: tuple[Class, ...], passed: frozenset[int]) -> None:
        name = ".".join(map(str, path))
        if isinstance(node, nnx.Variable):
            graph.variables[name] = node
            known = linen_inside not in around
            graph.owners[name] = interned.setdefault(around, Owner(around)) if known else UNKNOWN_OWNER
            return
        if isinstance(node, nnx.Module):
            graph.modules[name] = node
            around = (*around, Class.of(type(node)))
        for key, child in children.get(id(node), ()):
            if id(child) not in passed:  # a module may refer to the one that holds it
                visit(child, (*path, key), around, passed | {id(child)})

    visit(model, (), (), frozenset({id(model)}))
    return graph
