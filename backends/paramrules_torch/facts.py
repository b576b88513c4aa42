"""What torch tells of parameters: the columns of an inventory, each computed when a rule asks for it."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from math import isfinite, prod

from torch import Tensor, nn

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inventories import ABSENT, Class, Columns
from paramrules.inventories.fans import fans_of_all
from paramrules.inventories.logical import vector_parameters, vectors
from paramrules.inventories.roles import roles
from paramrules_torch import megatron
from paramrules_torch.freezing import frozen_by_rules
from paramrules_torch.walk import Walk

_NOTES = ("_is_param", "_is_hf_initialized")
"""What torch and transformers note on parameters for themselves, and no rule is about."""


class TorchColumns(Columns):
    """The facts about the entries of a walk.

    `order` gives for each entry of the inventory its number in the walk; its first `count` are the
    parameters themselves, the rest further names of tied ones.
    """

    def __init__(self, walk: Walk, order: Sequence[int], count: int) -> None:
        self.walk = walk
        self.order = order
        tensors = walk.tensors
        self.tensors: Sequence[Tensor] = (
            tensors if count == len(tensors) else [tensors[e] for e in order[:count]]
        )

    def shape(self) -> Sequence[tuple[int, ...]]:
        """The shapes as they are stored, but that biases and gains of known layers are vectors."""
        if not self._vectors:
            return self._stored
        vectors = self._vectors
        return [(prod(shape),) if n in vectors else shape for n, shape in enumerate(self._stored)]

    def stored(self) -> Sequence[tuple[int, ...]]:
        """Whole tensors' shapes: a DTensor's global one, what ZeRO-3 and Megatron note on what they cut."""
        return self._stored

    def ndim(self) -> Sequence[int]:
        """The number of axes of the logical shapes, which need not be computed for it."""
        if not self._vectors:
            return self._ranks
        return [1 if n in self._vectors else rank for n, rank in enumerate(self._ranks)]

    @cached_property
    def _stored(self) -> Sequence[tuple[int, ...]]:
        if not megatron.loaded():
            return self._gathered
        names = [self.walk.names[entry] for entry in self.order[: len(self.tensors)]]
        return megatron.whole_shapes(names, self.tensors, self._gathered)

    @cached_property
    def _gathered(self) -> Sequence[tuple[int, ...]]:
        """The tensors' own shapes, those of whole tensors but for Megatron's."""
        if "deepspeed" in sys.modules:
            return [tuple(getattr(tensor, "ds_shape", tensor.shape)) for tensor in self.tensors]
        return [tuple(tensor.shape) for tensor in self.tensors]

    @cached_property
    def _ranks(self) -> Sequence[int]:
        """The numbers of axes; read off shapes only where these are there already or kept elsewhere."""
        if "deepspeed" in sys.modules or "_gathered" in vars(self):
            return [len(shape) for shape in self._gathered]
        return [tensor.ndim for tensor in self.tensors]

    @cached_property
    def _vectors(self) -> frozenset[int]:
        walk = self.walk
        if len(self.order) == len(self.tensors):
            return frozenset(vectors(walk.owners, walk.leaves, self._ranks))
        numbers = {id(tensor): number for number, tensor in enumerate(self.tensors)}
        parameter = [numbers[id(tensor)] for tensor in walk.tensors]
        return vector_parameters(walk.owners, walk.leaves, parameter, self._ranks)

    def dtype(self) -> Sequence[str]:
        """The dtypes without `torch.`."""
        plain = {dtype: str(dtype).removeprefix("torch.") for dtype in {t.dtype for t in self.tensors}}
        return [plain[tensor.dtype] for tensor in self.tensors]

    def trainable(self) -> Sequence[bool]:
        """`requires_grad`, as it would be without the rules that have frozen something: see `freezing`."""
        column = [tensor.requires_grad for tensor in self.tensors]
        if all(column):
            return column
        frozen = frozen_by_rules(self.walk.model, self.tensors)
        return [tensor.requires_grad or id(tensor) in frozen for tensor in self.tensors]

    def variable(self) -> Sequence[Class]:
        """The classes of the tensors. One that `nn.Parameter` took in, FSDP's DTensor, is a Parameter too."""
        described = {cls: _variable(cls) for cls in set(map(type, self.tensors))}
        return [described[type(tensor)] for tensor in self.tensors]

    def role(self) -> Sequence[str]:
        """The roles by the vocabulary. The gain of a weight norm is known here by its parametrization."""
        column = roles(self.walk.owners, self.walk.leaves)
        return [column[entry] for entry in self.order]

    def fan_in(self) -> Sequence[int | None]:
        """What the layer contracts."""
        return [pair[0] for pair in self._fans]

    def fan_out(self) -> Sequence[int | None]:
        """What the layer produces."""
        return [pair[1] for pair in self._fans]

    @cached_property
    def _fans(self) -> list[tuple[int | None, int | None]]:
        walk, order = self.walk, self.order
        shapes = {id(t): shape for t, shape in zip(self.tensors, self._stored, strict=True)}
        found = fans_of_all(
            (walk.owners[e] for e in order),
            (walk.names[e] for e in order),
            (shapes[id(walk.tensors[e])] for e in order),
        )
        groups = _groups(walk.model)
        if groups:
            for n, entry in enumerate(order):
                fan_in, fan_out = found[n]
                if fan_in is not None and fan_out is not None:
                    by = groups.get(id(walk.tensors[entry]), 1)
                    found[n] = fan_in // by, fan_out * by
        return found

    def attribute(self, name: str) -> Sequence[object]:
        """What was set on the tensor under this name; what modules' `no_weight_decay()` names is True."""
        own = [vars(tensor).get(name, ABSENT) for tensor in self.tensors]
        tensors, order = self.walk.tensors, self.order
        if len(order) > len(own):
            by_tensor = dict(zip(map(id, self.tensors), own, strict=True))
            own = [by_tensor[id(tensors[entry])] for entry in order]
        if name == "no_weight_decay" and (named := self._named_no_decay()):
            return [value or (True if e in named else value) for value, e in zip(own, order, strict=True)]
        return own

    def attributes(self) -> Sequence[Mapping[str, object]]:
        """What was set on the tensors, as far as JSON can hold it."""
        own = {
            id(tensor): {
                name: value for name, value in vars(tensor).items() if name not in _NOTES and _plain(value)
            }
            for tensor in self.tensors
        }
        named = self._named_no_decay()
        return [
            own[id(self.walk.tensors[entry])] | ({"no_weight_decay": True} if entry in named else {})
            for entry in self.order
        ]

    def _named_no_decay(self) -> set[int]:
        """The entries that a module's `no_weight_decay()` names, relative to it, whole or by a glob."""
        found: set[int] = set()
        for prefix, module in self.walk.deciders:
            wanted = _undecayed(module, prefix)
            exact, globs = set(wanted), [w for w in wanted if any(c in w for c in "*?[")]
            for entry, name in enumerate(self.walk.names):
                if name.startswith(prefix):
                    own = name[len(prefix) :]
                    if own in exact or any(fnmatchcase(own, glob) for glob in globs):
                        found.add(entry)
        return found


def _undecayed(module: nn.Module, prefix: str) -> list[str]:
    """What `no_weight_decay()` of the module at this prefix gives."""
    names = module.no_weight_decay()  # type: ignore[operator]  # torch: a Tensor or a Module
    if isinstance(names, str) or not isinstance(names, Iterable):
        where = f" at `{prefix.removesuffix('.')}`" if prefix else ""
        raise RulesError(
            Diagnostic(
                "E501",
                f"`no_weight_decay()` of the `{type(module).__name__}`{where} gives {names!r}, and no names",
                help="let it return a set of names, such as `{'pos_embed'}`, or `set()`",
            )
        )
    return list(names)


def _variable(cls: type) -> Class:
    described = Class.of(cls)
    parameter = Class.of(nn.Parameter)
    if issubclass(cls, nn.Parameter):
        return described
    return Class(described.name, (parameter.name, *described.bases))


def _plain(value: object) -> bool:
    """Whether a value can be written down as JSON."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _plain(inner) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, int | str) or (isinstance(value, float) and isfinite(value))


def _groups(model: nn.Module) -> dict[int, int]:
    """Into how many groups each transposed convolution's weight is cut, where there are several.

    (in, out / groups, ...) is how torch stores it, so that the shape alone tells neither fan.
    """
    return {
        id(tensor): module.groups
        for module in model.modules()
        if isinstance(module, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d))
        and module.groups > 1
        for tensor in module.parameters()
    }
