"""Columns: every fact about a model's parameters, computed from the few that only a backend knows.

A backend reports what its arrays are: stored shape, dtype, class, attributes. Everything that has to come out
the same in every framework is computed here, once, when a rule first asks for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Any, ClassVar, Final

from paramrules.facts import BY_NAME
from paramrules.inventories.attributes import ABSENT, readable
from paramrules.inventories.column_checks import check_column, check_entries, checked
from paramrules.inventories.conv_groups import MARKS, conv_groups
from paramrules.inventories.fans import Fans, fans_in
from paramrules.inventories.layer_weights import layer_weights
from paramrules.inventories.layouts import Merge, layouts_of_all, merge
from paramrules.inventories.logical import Logical, Shape, vectors
from paramrules.inventories.module_marks import mark, nearest, not_a_mark
from paramrules.inventories.no_weight_decay import METHOD, undecayed
from paramrules.inventories.owner import Class, Owner
from paramrules.inventories.parameter import Layer
from paramrules.inventories.roles import roles
from paramrules.inventories.tables import Layout
from paramrules.inventories.ties import deciding_entries

Aliases = Mapping[int, Sequence[int]]

_BY_TENSOR: Final = frozenset(("role", "layout", "conv_groups", "fans", *BY_NAME))
"""Facts of an entry that are the same under all names of a tied parameter: those of the deciding one."""

_BY_ENTRY: Final = _BY_TENSOR | {"leaf", "attribute", "attributes", "marked_module", "module_attribute"}
"""Facts with one value per entry; all others have one per parameter."""


class Columns:
    """The facts about the parameters of one inventory. A backend implements the primitives.

    A parameter has one *entry* for each of its names: the first entries are the parameters themselves, in the
    model's order, and the further names of tied ones follow. Primitives return one value per parameter,
    except `leaf`, which has one per entry. Each is called at most once.

    Required are `stored`, `dtype`, `trainable` and `variable`. Optional are

    - `layer_shape` and `layer`, if one array holds several layers;
    - `own_attributes`, if arrays or their holders carry attributes;
    - `modules`, if modules can have a `no_weight_decay` method, `every_module`, if these are not all, and
      `on_module`, if a module keeps attributes elsewhere than in its `__dict__`;
    - `layouts` and `groups`, for what only a layer's instance knows, groups where no attribute does;
    - `leaf`, if the last component of a name is not what decides a role;
    - `layer_ndim`, if it is cheaper than shapes.

    Attributes:
        framework: the backend's name.
        names: canonical names, one per entry.
        owners: the module that owns each, one per entry.
        parameter: the number of its parameter, one per entry.
        aliases: for each tied parameter its further entries.
        count: the number of parameters.
        is_saved: True for facts read from a file, whose packages may be others than those installed here.
        notes: attributes that the framework sets for itself, which rules and saved inventories never see.
        module_notes: the same for attributes of modules.
        saved_marks: all attributes of modules, by the modules' names, where a saved inventory holds them.
        groups_help: the help where a rule reads `layer_groups` and nothing tells the groups of a convolution,
            with `{name}` for its weight.

    The inventory that is built on the columns sets them, except the last three.

    >>> class ToyColumns(Columns):
    ...     def __init__(self, arrays): self.arrays = arrays
    ...     def stored(self): return [array.shape for array in self.arrays]
    ...     def dtype(self): return [array.dtype.name for array in self.arrays]
    ...     def trainable(self): return [True] * len(self.arrays)
    ...     def variable(self): return [Class("numpy.ndarray")] * len(self.arrays)
    """

    framework: str
    names: Sequence[str]
    owners: Sequence[Owner]
    parameter: Sequence[int]
    aliases: Aliases
    count: int
    is_saved: ClassVar[bool] = False
    notes: ClassVar[frozenset[str]] = frozenset()
    module_notes: ClassVar[frozenset[str]] = frozenset()
    saved_marks: Mapping[str, Mapping[str, object]] | None = None
    groups_help: str = (
        "the convolution of `{name}` does not say how many groups it has: set `groups` on its module"
    )

    # What a backend implements

    def stored(self) -> Sequence[Shape]:
        """Return the shapes of the whole arrays as they are stored: of a layer, that of its whole stack."""
        raise NotImplementedError

    def dtype(self) -> Sequence[str]:
        """Return the plain names of the dtypes: `float32`, `bfloat16`."""
        raise NotImplementedError

    def trainable(self) -> Sequence[bool]:
        """Return whether each parameter takes part in training (`requires_grad` in torch)."""
        raise NotImplementedError

    def variable(self) -> Sequence[Class]:
        """Return the class of each parameter itself, such as that of `torch.nn.Parameter`."""
        raise NotImplementedError

    def layer_shape(self) -> Sequence[Shape]:
        """Return the stored shapes without the axes that stacking layers added."""
        return self.column("stored")

    def layer_ndim(self) -> Sequence[int]:
        """Return the number of axes of each `layer_shape`."""
        return [len(shape) for shape in self.column("layer_shape")]

    def layer(self) -> Sequence[Layer | None]:
        """Return the place of each parameter in a stack; None for one that has an array of its own."""
        return [None] * self.count

    def own_attributes(self) -> Sequence[Mapping[str, object]]:
        """Return everything set on each parameter, as it is."""
        return [{}] * self.count

    def modules(self) -> Iterable[tuple[str, object]]:
        """Return canonical name and module of at least those modules that have a `no_weight_decay` method."""
        return ()

    def every_module(self) -> Iterable[tuple[str, object]]:
        """Return canonical name and module of every module, an outer one before those inside it."""
        return self._deciders

    def on_module(self, module: Any) -> Mapping[str, object]:
        """Return everything set on a module itself, as it is."""
        return getattr(module, "__dict__", {})

    def layouts(self) -> Mapping[str, Layout]:
        """Return by canonical name the layouts that only a layer's instance knows, one word per axis.

        The words are the vocabulary's: `in` is contracted, `out` produced, `_` neither (a batch), and `*`
        stands for any number of axes of the receptive field. A layout here takes precedence over the
        vocabulary's.
        """
        return {}

    def groups(self) -> Mapping[str, int]:
        """Return by canonical name of the weight the groups of convolutions, where their modules do not say.

        Most do: `groups` or `feature_group_count` among the attributes of `every_module` is read without
        this. What stands here takes precedence.
        """
        return {}

    def leaf(self) -> Sequence[str]:
        """Return the last component of each name, or what decides the role in its place, one per entry."""
        return [name[name.rfind(".") + 1 :] for name in self.names]

    def some(self, entries: Sequence[int]) -> "Columns | None":
        """Return the facts about some entries alone; None if only whole columns can be had."""
        return None

    # What follows

    def shape(self) -> Sequence[Shape]:
        """Return the logical shapes.

        They are those of one layer, in which biases and gains of known layers are vectors, and the weight of
        a known linear map is a matrix, whatever number of axes it is stored with.
        """
        return self._logical.shapes(self.column("layer_shape"))

    def ndim(self) -> Sequence[int]:
        """Return the number of axes of the logical shapes, without computing these."""
        return self._logical.ranks(self.column("layer_ndim"))

    @cached_property
    def _logical(self) -> Logical:
        return Logical(self._vectors(), self._matrices())

    def _vectors(self) -> Sequence[int]:
        if not any(owner.known for owner in set(self.owners)):
            return []
        ranks = self.column("layer_ndim")
        if not self.aliases:
            return vectors(self.owners, self.column("leaf"), ranks)
        deciding = [self.deciding.get(number, number) for number in range(self.count)]
        leaves = self.column("leaf")
        return vectors([self.owners[e] for e in deciding], [leaves[e] for e in deciding], ranks)

    def _matrices(self) -> Mapping[int, Merge]:
        ranks = self.column("layer_ndim")
        if max(ranks, default=0) < 3:
            return {}
        deep = [number for number, rank in enumerate(ranks) if rank > 2]
        deciding = [self.deciding.get(number, number) for number in deep]
        layouts = layouts_of_all(
            [self.owners[entry] for entry in deciding],
            [self.names[entry] for entry in deciding],
            [ranks[number] for number in deep],
            self._own_layouts,
        )
        merges = ((number, layout and merge(layout)) for number, layout in zip(deep, layouts, strict=True))
        return {number: merged for number, merged in merges if merged}

    @cached_property
    def _own_layouts(self) -> Mapping[str, Layout]:
        own: Mapping[str, Layout] = checked(self.framework, "layouts", self.layouts())
        return own

    def size(self) -> Sequence[int]:
        """Return the number of elements of the logical shapes."""
        shapes = self.column("shape")
        known = {shape: prod(shape) for shape in set(shapes)}
        return [known[shape] for shape in shapes]

    def elements(self) -> Sequence[int]:
        """Return the number of elements that each parameter adds to the model."""
        return self.column("size")

    def squeezed_ndim(self) -> Sequence[int]:
        """Return the number of extents other than 1."""
        return [sum(extent != 1 for extent in shape) for shape in self.column("shape")]

    def role(self) -> Sequence[str]:
        """Return `weight`, `bias`, `scale`, `embedding` or `other`, one per entry, each by its own name."""
        return roles(self.owners, self.column("leaf"))

    def layout(self) -> Sequence[Layout | None]:
        """Return what each axis of one layer's stored array is for, one per entry; None if it is unknown."""
        ranks = self.column("layer_ndim")
        return layouts_of_all(
            self.owners, self.names, [ranks[number] for number in self.parameter], self._own_layouts
        )

    def conv_groups(self) -> Sequence[int | None]:
        """Return the groups of each weight's convolution, one per entry; 1 for other known weights."""
        layouts = self.column("layout")
        if not any(layout and "*" in layout for layout in layouts):
            return [None if layout is None else 1 for layout in layouts]
        reported = checked(self.framework, "groups", self.groups())
        marks = {path: value for name in reversed(MARKS) for path, value in self.module_marks(name).items()}
        at_hand = {path for path, _ in self._every_module}
        return conv_groups(self.names, self.owners, layouts, reported, marks, at_hand)

    def fans(self) -> Sequence[Fans]:
        """Return `fan_in` and `fan_out`, one pair per entry.

        A weight that is stored as (in, out / groups, ...), as that of torch's transposed convolutions, is
        one whose layout begins with a contracted axis.
        """
        shapes, layouts = self.column("layer_shape"), self.column("layout")
        found = [fans_in(layouts[entry], shapes[number]) for entry, number in enumerate(self.parameter)]
        for entry, layout in enumerate(layouts):
            if layout and layout[0] == "in" and "*" in layout:
                (fan_in, fan_out), groups = found[entry], self.column("conv_groups")[entry] or 1
                found[entry] = fan_in and fan_in // groups, fan_out and fan_out * groups
        return found

    def fan_in(self) -> Sequence[int | None]:
        """Return the extent that the layer contracts, one per entry; None if there is none."""
        return [pair[0] for pair in self.column("fans")]

    def fan_out(self) -> Sequence[int | None]:
        """Return the extent that the layer produces, one per entry; None if there is none."""
        return [pair[1] for pair in self.column("fans")]

    def layer_fan_in(self) -> Sequence[int | None]:
        """Return the `fan_in` of each layer's weight, one per entry: of a bias, that of its layer."""
        return self._of_weight(self.column("fan_in"))

    def layer_fan_out(self) -> Sequence[int | None]:
        """Return the `fan_out` of each layer's weight, one per entry."""
        return self._of_weight(self.column("fan_out"))

    def layer_kernel(self) -> Sequence[int | None]:
        """Return the number of places in each layer's receptive field, one per entry; 1 without one."""
        shapes, layouts = self.column("layer_shape"), self.column("layout")
        return self._of_weight(
            [
                layout
                and (
                    prod(n for n, word in zip(shapes[number], layout, strict=True) if word == "*")
                    if "*" in layout
                    else 1
                )
                for number, layout in zip(self.parameter, layouts, strict=True)
            ]
        )

    def layer_groups(self) -> Sequence[int | None]:
        """Return the number of groups of each layer's convolution, one per entry; 1 for other layers."""
        return self._of_weight(self.column("conv_groups"))

    def without_groups(self) -> str:
        """Return what to do about the first convolution with an unknown number of groups; "" if none has."""
        columns = (self.column(fact) for fact in ("layout", "fan_in", "conv_groups"))
        for entry, (layout, fan_in, groups) in enumerate(zip(*columns, strict=True)):
            if layout and fan_in is not None and groups is None:
                return self.groups_help.format(name=self.names[entry])
        return ""

    def _of_weight(self, column: Sequence[int | None]) -> Sequence[int | None]:
        return [None if entry is None else column[entry] for entry in self._weights]

    @cached_property
    def _weights(self) -> Sequence[int | None]:
        return layer_weights(self.names, self.column("fan_in"))

    def attribute(self, name: str) -> Sequence[object]:
        """Return the attribute of that name, one per entry; ABSENT if there is none, see `readable`.

        `no_weight_decay` is True for what a module's method of that name lists.

        Raises:
            RulesError: E516 or E523 if such a method fails.
        """
        found: list[object] = [
            readable(own[name]) if name in own else ABSENT for own in self.column("own_attributes")
        ]
        if name in self.notes:
            found = [ABSENT] * len(found)
        if len(self.names) > len(found):
            found = [found[number] for number in self.parameter]
        if name == METHOD:
            for entry in self._undecayed:
                found[entry] = True
        return found

    def attributes(self) -> Sequence[Mapping[str, object]]:
        """Return all attributes, one mapping per entry. Raises what `attribute` raises."""
        own = [
            {str(name): readable(value) for name, value in each.items() if name not in self.notes}
            for each in self.column("own_attributes")
        ]
        return [
            own[number] | {METHOD: True} if entry in self._undecayed else own[number]
            for entry, number in enumerate(self.parameter)
        ]

    def module_marks(self, name: str) -> Mapping[str, object]:
        """Return the attribute of that name by the names of the modules that have it, see `mark`."""
        if name in self.module_notes or name.startswith("__"):
            return {}
        every = ((path, mark(module, self.on_module(module), name)) for path, module in self._every_module)
        return {path: value for path, value in every if value is not ABSENT}

    def not_marks(self, name: str) -> Mapping[str, str]:
        """Return by the names of modules what their attribute is where it is not a mark, for a help."""
        every = (
            (path, not_a_mark(module, self.on_module(module), name)) for path, module in self._every_module
        )
        return {path: what for path, what in every if what}

    def marked_module(self, name: str) -> Sequence[str | None]:
        """Return the nearest module outward that has the attribute, one per entry; None if none has."""
        return nearest(self.names, self.module_marks(name))

    def module_attribute(self, name: str) -> Sequence[object]:
        """Return the attribute of the nearest module that has it, one per entry; ABSENT if none has."""
        marks = self.module_marks(name)
        return [ABSENT if path is None else marks[path] for path in self.column("marked_module", name)]

    @cached_property
    def _every_module(self) -> Sequence[tuple[str, object]]:
        return tuple(checked(self.framework, "every_module", self.every_module()))

    @cached_property
    def deciding(self) -> Mapping[int, int]:
        """For each tied parameter the entry that decides its role, fans and shape."""
        return deciding_entries(self.names, self.owners, self.role(), self.aliases)

    @cached_property
    def _undecayed(self) -> frozenset[int]:
        return undecayed(self._deciders, self.names)

    @cached_property
    def _deciders(self) -> Sequence[tuple[str, object]]:
        return tuple(checked(self.framework, "modules", self.modules()))

    # How an inventory asks

    def bind(self, framework: str, names: Sequence[str], owners: Sequence[Owner], aliases: Aliases) -> None:
        """Set the entries that the columns are about. The inventory calls it.

        Raises:
            RulesError: E521 if the arguments do not fit together, E522 if two entries have one name.
        """
        self.framework, self.names, self.owners, self.aliases = framework, names, owners, aliases
        check_entries(framework, names, owners, aliases)
        self._computed: dict[tuple[str, ...], Sequence[Any]] = {}
        self.count = count = len(names) - sum(map(len, aliases.values()))
        further = sorted((entry, parameter) for parameter, others in aliases.items() for entry in others)
        self.parameter = (
            [*range(count), *(parameter for _, parameter in further)] if further else range(count)
        )

    def column(self, fact: str, *of: str) -> Sequence[Any]:
        """Return a whole column, computed and checked on first use.

        Raises:
            RulesError: E521 if it is not a list of the right length and type.
        """
        key = (fact, *of)
        if key not in self._computed:
            column = self._compute(fact, *of)
            by_entry = fact in _BY_ENTRY
            expected = len(self.names) if by_entry else self.count
            if fact != "layer_shape" or column is not self._computed.get(("stored",)):  # checked as that
                check_column(self.framework, fact, column, expected, "entries" if by_entry else "parameters")
            self._computed[key] = self._by_tensor(column) if fact in _BY_TENSOR and self.aliases else column
        return self._computed[key]

    def _compute(self, fact: str, *of: str) -> Sequence[Any]:
        """Return a column as the method of its name computes it."""
        column: Sequence[Any] = getattr(self, fact)(*of)
        return column

    def _by_tensor(self, column: Sequence[Any]) -> Sequence[Any]:
        """Return a column in which all names of a tied parameter have the value of the deciding one."""
        found = list(column)
        for number, entry in self.deciding.items():
            for other in (number, *self.aliases[number]):
                found[other] = column[entry]
        return found
