"""Inventories as JSON, for machines without the model's framework.

The file is written so that two can be compared line by line. docs/inventory.md describes every field.

    {
    "paramrules_inventory": 2,
    "framework": "torch",
    "unknown": {},
    "classes": [
    ["app.Net", ["torch.nn.modules.module.Module"]],
    ["torch.nn.modules.linear.Linear", ["torch.nn.modules.module.Module"]],
    ["torch.nn.parameter.Parameter", ["torch.Tensor", "torch._C.TensorBase"]]
    ],
    "owners": [
    [0, 1]
    ],
    "parameters": [
    {"name": "fc.bias", "owner": 0, "shape": [2], "dtype": "float32", "trainable": true, "variable": 2, ...}
    ]
    }
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import prod
from typing import Any, Final, TypeVar

from paramrules import strict_json
from paramrules.facts import GIVEN
from paramrules.inventories.attributes import ABSENT, marked, readable
from paramrules.inventories.columns import Columns
from paramrules.inventories.layouts import layout, merge
from paramrules.inventories.own_vocabulary import OwnFiles
from paramrules.inventories.owner import Class, Owner
from paramrules.inventories.parameter import Layer, Parameter
from paramrules.inventories.tables import Layout

VERSION: Final = 2

NO_MARKS: Final = "a saved inventory holds no attributes of modules: pass the model, or match names or types"
"""The way out where a rule reads an attribute of a module. It is the same of all files and in none."""

_T = TypeVar("_T")

_Rows = Iterable[Sequence[tuple[Parameter, Mapping[str, object]]]]
"""Of each parameter its entries, each as a row and with all its attributes, unreadable ones too."""


class Rows(Columns):
    """Facts read from a file.

    Args:
        rows: the different rows of the file. Those of further names hold no facts of the parameter.
        of: for each entry the number of its row.
        classes: the classes, to which rows refer by number.
        marks: the attributes of modules, by the modules' names; None if the file does not hold them.
    """

    is_saved = True
    groups_help = (
        "the file does not hold the groups of the convolution of `{name}`: save the model's inventory again"
    )

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        of: Sequence[int],
        classes: Sequence[Class],
        marks: Mapping[str, Mapping[str, object]] | None,
    ) -> None:
        self.saved_marks = marks
        self._rows = rows
        self._of = of
        self._classes = classes

    def some(self, entries: Sequence[int]) -> "Rows":
        """Return the facts about some entries."""
        return Rows(self._rows, [self._of[entry] for entry in entries], self._classes, self.saved_marks)

    def _read(self, fact: str, absent: object = None) -> list[Any]:
        """Return a fact by row."""
        return [row.get(fact, absent) for row in self._rows]

    def _by_entry(self, by_row: Sequence[_T]) -> list[_T]:
        return list(map(by_row.__getitem__, self._of))

    def _by_parameter(self, by_row: Sequence[_T]) -> list[_T]:
        return list(map(by_row.__getitem__, islice(self._of, self.count)))

    def _by_name(self, by_row: Sequence[_T | None]) -> dict[str, _T]:
        facts = zip(self.names, self._by_entry(by_row), strict=True)
        return {name: fact for name, fact in facts if fact is not None}

    def _compute(self, fact: str, *of: str) -> Sequence[Any]:
        """Read the flags and numbers that a file holds."""
        if fact not in GIVEN:
            return super()._compute(fact, *of)
        read = self._read(fact, GIVEN[fact].default)
        return self._by_entry(read) if GIVEN[fact].by_name else self._by_parameter(read)

    def shape(self) -> Sequence[tuple[int, ...]]:
        """Read the logical shapes."""
        return self._by_parameter(self._shapes)

    def stored(self) -> Sequence[tuple[int, ...]]:
        """Read the stored shapes, which a file leaves out if they are the logical ones."""
        return self._by_parameter(self._stored)

    def ndim(self) -> Sequence[int]:
        """Count the axes of the logical shapes."""
        return self._by_parameter(list(map(len, self._shapes)))

    def layer_shape(self) -> Sequence[tuple[int, ...]]:
        """Return the stored shapes without the axes of stacks."""
        return self._by_parameter(self._layer_shapes)

    def layer_ndim(self) -> Sequence[int]:
        """Count the axes of the stored shapes without those of stacks."""
        return self._by_parameter(list(map(len, self._layer_shapes)))

    @property
    def _shapes(self) -> Sequence[tuple[int, ...]]:
        return list(map(tuple, self._read("shape", ())))

    @property
    def _stored(self) -> Sequence[tuple[int, ...]]:
        rows = zip(self._read("stored"), self._shapes, strict=True)
        return [shape if stored is None else tuple(stored) for stored, shape in rows]

    @property
    def _layer_shapes(self) -> Sequence[tuple[int, ...]]:
        rows = zip(self._stored, self._layers, strict=True)
        return [
            tuple(extent for axis, extent in enumerate(stored) if axis not in layer.axes) if layer else stored
            for stored, layer in rows
        ]

    @property
    def _layers(self) -> Sequence[Layer | None]:
        return [
            layer and Layer(layer["array"], tuple(layer["axes"]), tuple(layer["at"]))
            for layer in self._read("layer")
        ]

    def layouts(self) -> Mapping[str, Layout]:
        """Read the layouts; of most weights the class alone tells, and the file leaves it out."""
        return self._by_name([None if words is None else tuple(words) for words in self._read("layout")])

    def groups(self) -> Mapping[str, int]:
        """Read the groups of convolutions, which files have not always held."""
        return self._by_name(self._read("groups"))

    def layer(self) -> Sequence[Layer | None]:
        """Read the places in stacks."""
        return self._by_parameter(self._layers)

    def size(self) -> Sequence[int]:
        """Return the number of elements of the logical shapes."""
        return self._by_parameter(list(map(prod, self._shapes)))

    def elements(self) -> Sequence[int]:
        """Return the numbers of elements; files of the first version hold those of a whole stack."""
        rows = zip(self._read("elements"), self._shapes, strict=True)
        return self._by_parameter([prod(shape) if size is None else size for size, shape in rows])

    def dtype(self) -> Sequence[str]:
        """Read the dtypes."""
        return self._by_parameter(self._read("dtype"))

    def variable(self) -> Sequence[Class]:
        """Read the parameters' own classes."""
        return list(map(self._classes.__getitem__, self._by_parameter(self._read("variable"))))

    def role(self) -> Sequence[str]:
        """Read the roles."""
        return self._by_entry(self._read("role", "other"))

    def attribute(self, name: str) -> Sequence[object]:
        """Read one attribute."""
        return [row.get(name, ABSENT) for row in self.column("attributes")]

    def attributes(self) -> Sequence[Mapping[str, object]]:
        """Read all attributes."""
        return self._by_entry(
            [
                {name: readable(value) for name, value in (attributes or {}).items()}
                for attributes in self._read("attributes")
            ]
        )

    def module_marks(self, name: str) -> Mapping[str, object]:
        """Read one attribute of modules."""
        every = self.saved_marks or {}
        return {path: readable(marks[name]) for path, marks in every.items() if name in marks}


def written(
    framework: str,
    unknown: Mapping[str, str],
    own: OwnFiles,
    marks: Mapping[str, Mapping[str, object]] | None,
    rows: _Rows,
) -> str:
    """Return the text of a file."""
    numbers = _Numbers()
    recorded = {fact: help for fact, help in unknown.items() if fact != "module_attr"}
    parameters = [_text(row) for row in _rows(rows, numbers)]  # numbers the classes on the way
    return "\n".join(
        [
            "{",
            f'"paramrules_inventory": {VERSION},',
            f'"framework": {_text(framework)},',
            f'"unknown": {_text(recorded)},',
            *(_lines("vocabulary", [_text(file.saved) for file in own], ",") if own else ()),
            *([] if marks is None else [f'"modules": {_text(marks)},']),
            *_lines("classes", [_text([cls.name, cls.bases]) for cls in numbers.classes], ","),
            *_lines("owners", [_text(around) for around in numbers.owners], ","),
            *_lines("parameters", parameters, ""),
            "}\n",
        ]
    )


_text = strict_json.text


class _Numbers:
    """Numbers classes and owners in the order in which parameters refer to them."""

    def __init__(self) -> None:
        self.classes: dict[Class, int] = {}
        self.owners: dict[tuple[int, ...], int] = {}

    def cls(self, cls: Class) -> int:
        return self.classes.setdefault(cls, len(self.classes))

    def owner(self, owner: Owner) -> int | None:
        if not owner.known:
            return None
        return self.owners.setdefault(tuple(map(self.cls, owner.around)), len(self.owners))


def _lines(key: str, rows: Iterable[str], end: str) -> Iterator[str]:
    yield f'"{key}": ['
    if rows := list(rows):
        yield ",\n".join(rows)
    yield f"]{end}"


def _rows(rows: _Rows, numbers: _Numbers) -> Iterator[dict[str, object]]:
    for (parameter, attributes), *others in rows:
        row: dict[str, object] = {
            "name": parameter.name,
            "owner": numbers.owner(parameter.owner),
            "shape": parameter.shape,
            "dtype": parameter.dtype,
            "trainable": parameter.trainable,
            **{fact: value for fact, value in _said(parameter, by_name=False) if fact != "trainable"},
        }
        if parameter.variable is not None:
            row["variable"] = numbers.cls(parameter.variable)
        row |= _by_entry(parameter, attributes)
        if parameter.stored != parameter.shape:
            row["stored"] = parameter.stored
        if parameter.layer:
            row["layer"] = parameter.layer._asdict()
        if others:
            row["also"] = [
                {"name": other.name, "owner": numbers.owner(other.owner)} | _by_entry(other, theirs)
                for other, theirs in others
            ]
        yield row


def _said(row: Parameter, *, by_name: bool) -> Iterator[tuple[str, object]]:
    """Yield the flags and numbers that are not what a file without them says."""
    for fact in GIVEN.values():
        if fact.by_name == by_name and (value := getattr(row, fact.name)) != fact.default:
            yield fact.name, value


def _by_entry(row: Parameter, attributes: Mapping[str, object]) -> dict[str, object]:
    """Return the facts that a tied parameter has for each of its names."""
    facts = {
        "role": row.role,
        **dict(_said(row, by_name=True)),
        "attributes": marked(attributes) or None,
        "layout": row.layout if _layout_is_news(row) else None,
        "groups": row.layer_groups if row.layout and "*" in row.layout else None,
    }
    return {fact: value for fact, value in facts.items() if value is not None}


def _layout_is_news(row: Parameter) -> bool:
    """Return whether a layout merges axes, or is not the one that the vocabulary has for the name."""
    if row.layout is None:
        return False
    return bool(merge(row.layout)) or row.layout != layout(row.owner, row.name, len(row.layout))
