"""The columns of a torch inventory, each computed when a rule reads it."""

import sys
from collections.abc import Iterable, Mapping, Sequence

from torch import SymInt, Tensor, nn

from paramrules.backends import Class, Columns
from paramrules_torch import megatron
from paramrules_torch.freezing import NOTE
from paramrules_torch.named_tensors import NamedTensors
from paramrules_torch.unreadable import named_errors
from paramrules_torch.walk import Walk, named_modules


class TorchColumns(Columns):
    """The facts about the entries of a walk.

    Args:
        walk: the walk through the model.
        order: for each entry of the inventory its number in the walk. The first `count` are the parameters
            themselves, the rest further names of tied ones.
        ranks: the number of axes of each tensor of the walk.
        trainable: the column of that name; it has one value for each parameter.
        packed: by `id`, the shapes of tensors that are stored packed.
    """

    notes = frozenset(("_is_param", "_is_hf_initialized", NOTE))  # set by torch, transformers and here
    module_notes = frozenset((*vars(nn.Module), *vars(nn.Module())))  # `training` among them

    def __init__(
        self,
        walk: Walk | NamedTensors,
        order: Sequence[int],
        ranks: Sequence[int],
        trainable: Sequence[bool],
        packed: Mapping[int, tuple[int, ...] | None],
    ) -> None:
        self.walk = walk
        self.order = order
        tensors, count = walk.tensors, len(trainable)
        alone = count == len(tensors)
        self.tensors: Sequence[Tensor] = tensors if alone else [tensors[e] for e in order[:count]]
        self._ranks = ranks if alone else [ranks[e] for e in order[:count]]
        self._trainable = trainable
        self._packed = packed

    def stored(self) -> Sequence[tuple[int, ...]]:
        """Return the shapes of whole tensors, also where a DTensor, ZeRO-3 or Megatron keeps a part."""
        names = self.names[: len(self.tensors)]
        with named_errors(names, self.tensors):
            shapes = self._shapes()
        return megatron.whole_shapes(names, self.tensors, shapes) if megatron.loaded() else shapes

    def layer_shape(self) -> Sequence[tuple[int, ...]]:
        """Return the same shapes, and those of the matrices that are stored packed in fewer bits."""
        stored = self.column("stored")
        if not self._packed:
            return stored
        return [
            self._packed.get(id(tensor)) or shape for tensor, shape in zip(self.tensors, stored, strict=True)
        ]

    def layer_ndim(self) -> Sequence[int]:
        """Return the numbers of axes, those of shapes only if these are kept elsewhere."""
        if "deepspeed" in sys.modules or self._packed:
            return [len(shape) for shape in self.column("layer_shape")]
        return self._ranks

    def _shapes(self) -> Sequence[tuple[int, ...]]:
        """Return the tensors' shapes, gathered ones where ZeRO-3 keeps a part; Megatron's are of parts."""
        plain = _Plain()  # a list of the tensors' own shapes first takes twice as long
        if "deepspeed" in sys.modules:
            return [plain[getattr(tensor, "ds_shape", tensor.shape)] for tensor in self.tensors]
        return [plain[tensor.shape] for tensor in self.tensors]

    def dtype(self) -> Sequence[str]:
        """Return the dtypes without `torch.`."""
        plain = {dtype: str(dtype).removeprefix("torch.") for dtype in {t.dtype for t in self.tensors}}
        return [plain[tensor.dtype] for tensor in self.tensors]

    def trainable(self) -> Sequence[bool]:
        """Return `requires_grad`, without the effect of rules that froze a parameter: see `freezing`."""
        return self._trainable

    def variable(self) -> Sequence[Class]:
        """Return the tensors' classes. One that `nn.Parameter` wraps, FSDP's DTensor, is a Parameter too."""
        described = {cls: _variable(cls) for cls in set(map(type, self.tensors))}
        return [described[type(tensor)] for tensor in self.tensors]

    def own_attributes(self) -> Sequence[Mapping[str, object]]:
        """Return what is set on the tensors."""
        return list(map(vars, self.tensors))

    def modules(self) -> Iterable[tuple[str, object]]:
        """Return the modules with a method `no_weight_decay`."""
        return ((prefix.removesuffix("."), module) for prefix, module in self.walk.deciders)

    def every_module(self) -> Iterable[tuple[str, object]]:
        """Return every module, a wrapper under the name of the module that it wraps, and before it."""
        return named_modules(self.walk.model)

    def leaf(self) -> Sequence[str]:
        """Return the last components of names; for what a parametrization keeps, that of the parameter."""
        leaves = self.walk.leaves
        return leaves if len(self.order) == len(self.tensors) else [leaves[entry] for entry in self.order]


class _Plain(dict[tuple[int, ...], tuple[int, ...]]):
    """Shapes as plain tuples, one for all that are equal. Symbols among the extents raise TypeError."""

    def __missing__(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if any(isinstance(extent, SymInt) for extent in shape):
            raise TypeError(f"{shape} holds symbols")
        self[shape] = tuple(shape)
        return self[shape]


def _variable(cls: type) -> Class:
    described = Class.of(cls)
    if issubclass(cls, nn.Parameter):
        return described
    return Class(described.name, (Class.of(nn.Parameter).name, *described.bases))
