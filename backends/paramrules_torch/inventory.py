"""The inventory of a `torch.nn.Module`, or of parameters by name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from torch import Tensor, nn

from paramrules.backends import Class, Diagnostic, Inventory, RulesError, refuse_non_module
from paramrules_torch.facts import TorchColumns
from paramrules_torch.freezing import frozen_by_rules
from paramrules_torch.listing import listed
from paramrules_torch.named_tensors import UNKNOWN, NamedTensors, Parameters
from paramrules_torch.packed import packed_shapes
from paramrules_torch.unreadable import named_errors
from paramrules_torch.walk import Walk

_LAZY = "torch.nn.parameter.UninitializedParameter"
_BY_NAME = "pass the model itself, or its parameters by name: `dict(model.named_parameters())`"


def inventory(model: Parameters) -> Inventory:
    """Return the parameters of a model, in the order of `model.named_parameters()`, on any device.

    In place of a module it takes parameters by name, `{"means": tensor}`, also nested: their names are the
    keys joined with dots. What depends on modules, such as types and roles, is unknown there.

    Names are canonical: without what DistributedDataParallel, `torch.compile`, FSDP, checkpoint wrappers,
    AveragedModel, Fabric and PEFT add, and with a parametrization's tensors under the parameter that they
    replace (`conv.weight.original0`). Shapes are those of whole tensors, also if FSDP2, tensor parallelism,
    Megatron or ZeRO-3 keep only a part. Reading shapes that Megatron split raises E503 if it does not know
    into how many parts.

    Raises:
        RulesError: E519 if it is neither, E546 if a mapping holds something other than tensors, E518 if
            modules are nested without an end, E502 if two parameters come to one canonical name, E503 if a
            parameter has no shape of its own yet (a lazy module) or no longer (flattened by FSDP's first
            version, or packed by a quantizer that does not say it), E501 if a parameter's class raises where
            it is read. Reading the shape of a nested tensor, or one with symbols, raises E503 too.

    >>> inventory(torch.nn.Linear(3, 2)).names
    ['weight', 'bias']
    """
    return inventory_and_tensors(model)[0]


def inventory_and_tensors(model: Parameters) -> tuple[Inventory, Sequence[Tensor], Sequence[str]]:
    """Return the inventory of a model, its parameters in the same order, and their names in torch.

    Raises what `inventory` raises. The names are one per entry, further names of tied parameters last.
    """
    return describe(model)[:3]


class Described(NamedTuple):
    """A model at one moment.

    Attributes:
        inventory: its inventory.
        tensors: its parameters in the same order.
        raw: their names in torch, one per entry, further names of tied parameters last.
        frozen: the ids of the parameters that rules froze before.
    """

    inventory: Inventory
    tensors: Sequence[Tensor]
    raw: Sequence[str]
    frozen: frozenset[int]


def describe(model: Parameters) -> Described:
    """Describe a model. Raises what `inventory` raises."""
    walk: Walk | NamedTensors
    if isinstance(model, nn.Module):
        walk = Walk(model)
    elif isinstance(model, Mapping) and model:
        walk = NamedTensors(model)
    else:
        raise refuse_non_module(model, "torch.nn.Module", otherwise=_BY_NAME)
    with named_errors(walk.names, walk.tensors):
        ranks, requires_grad = _ranks_and_gradients(walk.tensors)
        all_train, types = all(requires_grad), set(map(type, walk.tensors))
        frozen = frozenset() if all_train else frozen_by_rules(model, walk.tensors)
        all_float = all_train and types == {nn.Parameter}  # no other numbers have gradients
        packed = {} if all_float else packed_shapes(walk.model, walk.tensors)
    _check_shapes(walk, types, packed)
    _check_names(walk)
    order, aliases = _tied(walk)
    names, owners, raw = walk.names, walk.owners, walk.raw
    if aliases:
        names, owners, raw = [names[e] for e in order], [owners[e] for e in order], [raw[e] for e in order]
    count = len(order) - sum(map(len, aliases.values()))
    trainable = (
        [requires_grad[e] or id(walk.tensors[e]) in frozen for e in order[:count]]
        if frozen or aliases
        else requires_grad
    )
    columns = TorchColumns(walk, order, ranks, trainable, packed)
    unknown = UNKNOWN if isinstance(walk, NamedTensors) else None
    made = Inventory("torch", names, owners, columns, aliases=aliases, unknown=unknown)
    return Described(made, columns.tensors, raw, frozen)


def _ranks_and_gradients(tensors: Sequence[Tensor]) -> tuple[Sequence[int], Sequence[bool]]:
    """Return `ndim` and `requires_grad` of each; a second look at all tensors takes as long as the first."""
    ranks, requires_grad = [], []
    for tensor in tensors:
        ranks.append(tensor.ndim)
        requires_grad.append(tensor.requires_grad)
    return ranks, requires_grad


def _tied(walk: Walk | NamedTensors) -> tuple[Sequence[int], Mapping[int, Sequence[int]]]:
    """Return the order of entries, each tensor's first in front, and the further entries of tied tensors."""
    tensors = walk.tensors
    if len(set(map(id, tensors))) == len(tensors):
        return range(len(tensors)), {}
    number: dict[int, int] = {}
    own: list[int] = []
    further: list[int] = []
    for entry, tensor in enumerate(tensors):
        if number.setdefault(id(tensor), len(own)) == len(own):
            own.append(entry)
        else:
            further.append(entry)
    further.sort(key=lambda entry: number[id(tensors[entry])])  # as a saved inventory has them
    aliases: dict[int, list[int]] = {}
    for at, entry in enumerate(further, len(own)):
        aliases.setdefault(number[id(tensors[entry])], []).append(at)
    return own + further, aliases


def _check_names(walk: Walk | NamedTensors) -> None:
    """Refuse two parameters of one canonical name, which only removing wrappers can cause."""
    if walk.renamed and len(set(walk.names)) < len(walk.names):
        first: dict[str, int] = {}
        clashes = [(n, first[n], e) for e, n in enumerate(walk.names) if first.setdefault(n, e) != e]
        name, one, other = clashes[0]
        more = f" (and {len(clashes) - 1} more)" if len(clashes) > 1 else ""
        raise RulesError(
            Diagnostic(
                "E502",
                f"without wrappers `{walk.raw[one]}` and `{walk.raw[other]}` are both `{name}`{more}",
                help="rename one of the two modules or parameters",
            )
        )


def _check_shapes(walk: Walk | NamedTensors, types: Iterable[type], packed: Mapping[int, object]) -> None:
    """Refuse parameters that have no shape of their own, with one error for each cause."""
    lazy = {cls for cls in types if Class.of(cls).name == _LAZY}
    before_wrapping = "wrap with `fully_shard`, which keeps shapes, or assign and group before wrapping"
    found = [
        (
            [e for e, tensor in enumerate(walk.tensors) if type(tensor) in lazy] if lazy else [],
            "no shape before the model has seen a batch",
            "run the model once, `model(batch)`, before its parameters are grouped",
        ),
        (sorted(walk.flattened), "the shape of many parameters that FSDP has made one", before_wrapping),
        (
            sorted(walk.sharded - walk.flattened),
            "the shape of the piece that FSDP has left here",
            before_wrapping,
        ),
        (
            [e for e, t in enumerate(walk.tensors) if packed.get(id(t), ()) is None] if packed else [],
            "the shape of its packed 4-bit values",
            "keep `quant_state`, which has the shape of the matrix, or assign and group before quantizing",
        ),
    ]
    if any(entries for entries, _, _ in found):
        raise RulesError(
            [
                Diagnostic("E503", f"{listed([walk.names[e] for e in entries])} {what}", help=help)
                for entries, what, help in found
                if entries
            ]
        )
