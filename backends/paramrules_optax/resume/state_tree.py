"""Read the state of an optimizer: what it holds for each parameter, and what for many.

A state consists of records, one for each stage of the optimizer, such as `ScaleByAdamState(count, mu, nu)`.
Some fields of a record are trees like that of the parameters; others are numbers. A restored checkpoint may
have a dict in place of a record, and lists in place of tuples: whatever is read here is read by keys.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

import jax
from jax.tree_util import DictKey, GetAttrKey, SequenceKey

from paramrules.backends import Diagnostic, Inside, RulesError, walk_inside
from paramrules_optax.resume.parameter_paths import ParameterPaths, Path, plain

_PARTS = "inner_states"
"""The field in which `optax.partition` keeps the states of its parts."""

_INJECTED, _COEFFICIENTS = "hyperparams", "ns_coeffs"
"""Where optimizers keep settings in their state: those of `optax.inject_hyperparams`, and Muon."""

_INNER = frozenset({"inner_opt_state", "inner_state", "base_optimizer_state"})
"""The fields in which wrappers such as `optax.MultiSteps` keep the state of what they wrap."""

_PASS = "pass what `optimizer.update` returned, or what a checkpoint restored of it"


class Kind(NamedTuple):
    """The kind of a record.

    Attributes:
        cls: the name of its class; empty if it is not known.
        fields: its fields.
    """

    cls: str
    fields: frozenset[str]

    def is_like(self, other: "Kind") -> bool:
        """Return whether two records are of one kind, as far as that is known."""
        return self.fields == other.fields and (not self.cls or not other.cls or self.cls == other.cls)

    def called(self, field: str) -> str:
        """Return the name of a field for messages."""
        return f"{self.cls}.{field}" if self.cls else field


class StateLeaf(NamedTuple):
    """An array of the state.

    Attributes:
        record: the number of its record.
        field: the field of the record that it is, or that it is in.
        name: the parameter that it belongs to; None if it is shared by all of the record.
        value: the array.
        is_setting: True if it is a setting of the optimizer.
    """

    record: int
    field: str
    name: str | None
    value: Any
    is_setting: bool


class Record(NamedTuple):
    """The state of one stage of the optimizer.

    Attributes:
        kind: its kind.
        part: the path of the outermost part of a partition around it; None if there is none.
    """

    kind: Kind
    part: Path | None

    @property
    def wraps(self) -> bool:
        """True if it belongs to a wrapper around any optimizer, such as `optax.MultiSteps`."""
        return not _INNER.isdisjoint(self.kind.fields)


class StateTree:
    """The arrays of a state and its records, each in the tree's order.

    Args:
        state: the state.
        paths: the parameters.
        known: fields of records that hold something for each parameter, if no parameter shows it here.

    Attributes:
        leaves: the arrays.
        records: the records.
        of: for each parameter, the records that hold something for it, by number: the numbers of these
            arrays, by field.
        shared: for each record, the numbers of the arrays that belong to all of it, by field.
        fields: the fields of records that hold something for each parameter.
        is_parameters: True if this is a tree of parameters, and no state.
    """

    def __init__(self, state: Any, paths: ParameterPaths, known: Sequence[tuple[Kind, str]] = ()) -> None:
        flat = _flattened(state)
        keys, values = [path for path, _ in flat], [leaf for _, leaf in flat]
        texts = list(map(plain, keys))
        self._nodes = _nodes(state, keys)
        roots = _roots(texts, values, paths)
        self.is_parameters = () in roots and len(paths.names) > 1
        self.fields = list(dict.fromkeys(self._place(root)[:2] for root in roots))
        self.leaves: list[StateLeaf] = []
        self.records: list[Record] = []
        self.of: dict[str, dict[int, dict[str, int]]] = {}
        self.shared: list[dict[str, list[int]]] = []
        numbers: dict[Path, int] = {}
        for text, value in zip(texts, values, strict=True):
            root = next((text[:end] for end in range(len(text) + 1) if text[:end] in roots), None)
            if root is None:
                root = self._root_like(text, [*self.fields, *known])
            kind, field, at = self._place(self._unboxed(text) if root is None else root)
            number = numbers.setdefault(at, len(self.records))
            if number == len(self.records):
                self.records.append(Record(kind, _part(at)))
                self.shared.append({})
            name = None if root is None else paths.named(text[len(root) :])
            if name is None:
                self.shared[number].setdefault(field, []).append(len(self.leaves))
            else:
                self.of.setdefault(name, {}).setdefault(number, {})[field] = len(self.leaves)
            setting = name is None and (field == _COEFFICIENTS or at[-1:] == (_INJECTED,))
            self.leaves.append(StateLeaf(number, field, name, value, setting))

    def called(self, number: int) -> str:
        """Return the name of an array for messages: its record and field."""
        leaf = self.leaves[number]
        return self.records[leaf.record].kind.called(leaf.field)

    def keeps(self, name: str) -> tuple[str, ...]:
        """Return what an optimizer itself keeps for a parameter, in words of the state."""
        return tuple(
            self.records[number].kind.called(field)
            for number, own in self.of.get(name, {}).items()
            for field in own
            if not self.records[number].wraps
        )

    def _place(self, path: Path) -> tuple[Kind, str, Path]:
        """Return the kind of record, the field and the path of the record that holds a node.

        A node in a tuple, as some write the state of a stage, is a record of its own.
        """
        parent = self._nodes[path[:-1]] if path else None
        if (names := _fields(parent)) is None:
            return Kind("", frozenset()), "", path
        cls = "" if isinstance(parent, Mapping) else type(parent).__name__
        return Kind(cls, frozenset(names)), path[-1], path[:-1]

    def _unboxed(self, path: Path) -> Path:
        """Return a leaf's path without the box that NNX puts around it."""
        boxed = path[-1:] == ("value",) and (_fields(self._nodes[path[:-1]]) or ["value"]) == ["value"]
        return path[:-1] if boxed else path

    def _root_like(self, text: Path, known: Sequence[tuple[Kind, str]]) -> Path | None:
        """Return the node around a leaf that holds something for each parameter elsewhere; None if none does.

        Parameters that are gone may be all that a part of the old state had.
        """
        for end in range(1, len(text)):
            kind, field, _ = self._place(text[:end])
            if field and any(field == own and kind.is_like(other) for other, own in known):
                return text[:end]
        return None


def _nodes(state: Any, keys: Sequence[Any]) -> dict[Path, Any]:
    """Return the nodes above the leaves by their paths."""
    found: dict[Path, Any] = {(): state}
    for path in keys:
        text = plain(path)
        for end, key in enumerate(path[:-1], 1):
            if text[:end] not in found:
                found[text[:end]] = _child(found[text[: end - 1]], key)
    return found


def refuse_endless(state: Any) -> None:
    """Raise RulesError (E518) for a state that jax cannot flatten because of how deep it is nested.

    Where jax itself finds out, Python's limit of recursion is used up for the rest of the process.
    """
    walk_inside(state, _inside(state, ""), _PASS)


def _inside(node: Any, name: str) -> Inside:
    """Walk what is in a container; nothing is in anything else."""
    children = node.items() if isinstance(node, Mapping) else enumerate(node if _is_row(node) else ())
    for key, child in children:
        if isinstance(child, Mapping) or _is_row(child):
            yield child, f"{name}{key}.", _inside(child, f"{name}{key}.")


def _is_row(node: Any) -> bool:
    return isinstance(node, list | tuple)


def _flattened(state: Any) -> list[tuple[Any, Any]]:
    """Return the leaves of a state with their paths. Raises RulesError (E620) if jax cannot flatten it."""
    try:
        return jax.tree_util.tree_flatten_with_path(state)[0]
    except (TypeError, ValueError) as error:
        message = f"this is not the state of an optimizer: jax cannot flatten it: {error}"
        raise RulesError(Diagnostic("E620", message, help=_PASS)) from None


def _child(node: Any, key: Any) -> Any:
    match key:
        case GetAttrKey():
            return getattr(node, key.name)
        case DictKey():
            return node[key.key]
        case SequenceKey():
            return node[key.idx]
    children = jax.tree_util.tree_flatten_with_path(node, is_leaf=lambda inner: inner is not node)[0]
    return next(child for path, child in children if path[0] == key)


def _fields(node: Any) -> list[str] | None:
    """Return the fields of a record; None for any other node."""
    if isinstance(node, Mapping):
        names = list(map(str, node))
        return None if all(name.isdigit() for name in names) else names  # a restored tuple
    if hasattr(node, "_fields"):
        return list(node._fields)
    return [field.name for field in fields(node)] if is_dataclass(node) else None


def _roots(texts: Sequence[Path], values: Sequence[Any], paths: ParameterPaths) -> set[Path]:
    """Return the paths of trees like that of the parameters.

    Such a tree has leaves at no other paths than parameters have, or it has an array where a parameter is.
    (It may have other leaves too, for parameters that are gone.) Of nested ones, the outermost counts.
    """
    leaves: Counter[Path] = Counter()
    fitting: Counter[Path] = Counter()
    found = set()
    for text, value in zip(texts, values, strict=True):
        for end in range(len(text) + 1):
            leaves[text[:end]] += 1
            if paths.get(text[end:]) is not None:
                fitting[text[:end]] += 1
                if getattr(value, "ndim", 0):
                    found.add(text[:end])
    found |= {path for path, count in fitting.items() if count == leaves[path]}
    return {path for path in found if not any(path[:end] in found for end in range(len(path)))}


def _part(path: Path) -> Path | None:
    """Return the path of the outermost part of a partition that a path leads into."""
    return path[: path.index(_PARTS) + 2] if _PARTS in path else None
