"""NNX: modules are the nodes of a graph, variables hold the arrays, and an optimizer gets a state of them."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jax.tree_util import tree_leaves

from paramrules.backends import UNKNOWN_OWNER, Class, Owner, Repeats, a
from paramrules_optax.libraries.loaded import (
    Classes,
    Layout,
    Refusal,
    einsum_layout,
    general_layout,
    loaded,
    requires,
)

Path = tuple[Any, ...]
Around = tuple[Class, ...]

_SHARED = "let one module hold it: give each other place a module of its own"
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
        return Refusal(f"is {a(type(box).__name__)}, not a parameter", _PASS_PARAMS)
    return None


def refuse_unselected(box: Any) -> Refusal | None:
    """Refuse a variable that `nnx.state(model, nnx.Param)` leaves out."""
    if isinstance(box, variables()) and not isinstance(box, loaded("flax.nnx", "Param")):
        name = type(box).__name__
        return refuse_untrained(box) or Refusal(
            f"is {a(name)}, and of an NNX module only each `nnx.Param` is a parameter",
            f"derive `{name}` from `nnx.Param`, or pass the trained state in place of the module",
        )
    return None


def holds_module(tree: object) -> bool:
    """Return whether a tree is an NNX module, or a dict, list or tuple that holds one at any depth."""
    todo, seen, classes = [tree], set[int](), modules()
    while todo:
        one = todo.pop()
        if isinstance(one, classes):
            return True
        if isinstance(one, dict | list | tuple) and id(one) not in seen:
            seen.add(id(one))
            todo += one.values() if isinstance(one, dict) else one
    return False


def random_arguments(maker: Callable[..., object]) -> dict[str, Callable[[], object]]:
    """Return what makes the `rngs` that a class of modules, or a function, requires."""
    ours = modules() and (not isinstance(maker, type) or issubclass(maker, modules()))
    return {"rngs": _rngs} if ours and requires(maker, "rngs") else {}


def _rngs() -> object:
    from flax import nnx

    return nnx.Rngs(0)


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
        every: name and module of all modules, the linen ones inside `nnx.bridge.ToNNX` too, outer ones first.
    """

    owners: dict[str, Owner]
    variables: dict[str, Any]
    modules: dict[str, Any]
    every: list[tuple[str, Any]]

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

    Inside `nnx.bridge.ToNNX` stands a linen module. It owns the parameters that lie in it directly, and its
    `setup` tells its submodules. Nobody sees those of a compact method, whose parameters have unknown owners.

    Raises RulesError: E549 if shared modules have too many names.
    """
    from flax import nnx

    children: dict[int, list[tuple[Any, Any]]] = defaultdict(list)
    nodes = dict(nnx.iter_graph(model))
    paths = [(path, node) for path, node in nodes.items() if path]
    paths += [(path, nodes[first]) for first, *others in nnx.find_duplicates(model) for path in others]
    for path, node in paths:
        children[id(nodes[path[:-1]])].append((path[-1], node))
    graph = ModuleGraph({}, {}, {}, [])
    interned: dict[tuple[Class, ...], Owner] = {}
    repeats = Repeats(_SHARED, lambda node: 1 + len(children.get(id(node), ())))

    def plain(node: Any) -> Any:
        if isinstance(node, nnx.Variable):
            return tree_leaves(node)[0]
        return {str(key): plain(child) for key, child in children.get(id(node), ())}

    def visit(node: Any, path: Path, around: Around, passed: frozenset[int], inside: Any = None) -> None:
        """Visit a node; `inside` is the linen module that it stands for, below `nnx.bridge.ToNNX`."""
        name = ".".join(map(str, path))
        if isinstance(node, nnx.Variable) or id(node) in children:  # not a number or a text
            repeats.note(node, name)
        if isinstance(node, nnx.Variable):
            graph.variables[name] = node
            graph.owners[name] = interned.setdefault(around, Owner(around)) if around else UNKNOWN_OWNER
            return
        if isinstance(node, nnx.Module):
            graph.modules[name] = node
            graph.every.append((name, node))
            around = (*around, Class.of(type(node)))
        if isinstance(node, nnx.bridge.ToNNX):
            inside = node.to_nnx__module.bind({"params": plain(node)})
        if inside is not None:
            graph.every.append((name, inside))
            around = (*around, Class.of(type(inside)))
        for key, child in children.get(id(node), ()):
            if id(child) in passed:  # a module may refer to the one that holds it
                continue
            linen = None if isinstance(child, nnx.Variable) or inside is None else submodule(inside, str(key))
            seen = inside is None or linen is not None or isinstance(child, nnx.Variable)
            visit(child, (*path, key), around if seen else (), passed | {id(child)}, linen)

    visit(model, (), (), frozenset({id(model)}))
    return graph


def submodule(module: Any, name: str) -> Any:
    """Return what a linen module's `setup` calls so, itself or in a list; None if it does not define it."""
    from flax import linen
    from flax.errors import FlaxError

    stem, _, place = name.rpartition("_")
    try:
        found = getattr(module, name, None)
        if found is None and place.isdecimal():
            found = dict(enumerate(getattr(module, stem, None) or ())).get(int(place))
    except FlaxError:  # a `setup` that needs what only a call has
        return None
    return found if isinstance(found, linen.Module) and found.name == name else None


def wrapped(bridge: Any) -> Iterator[tuple[str, tuple[type, ...], Any]]:
    """Yield what the NNX module inside `nnx.bridge.ToLinen` has: path, classes around it, and the module.

    The module is None for a variable. The one inside lives only while the linen module runs, so this makes it
    anew, without arrays.
    """
    from flax import nnx

    def make() -> Any:
        rngs = {} if bridge.skip_rng else {"rngs": nnx.Rngs(0)}
        return bridge.nnx_class(*bridge.args, **bridge.kwargs, **rngs)

    nodes = dict(nnx.iter_graph(nnx.eval_shape(make)))
    for path, node in nodes.items():
        outer = [nodes[path[:end]] for end in range(len(path) + 1)]
        classes = tuple(type(each) for each in outer if isinstance(each, nnx.Module))
        if isinstance(node, nnx.Module | nnx.Variable):
            module = node if isinstance(node, nnx.Module) else None
            yield ".".join(map(str, path)), classes, module
