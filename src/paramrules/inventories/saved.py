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
from typing import Any, Final

from paramrules import strict_json
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

_Rows = Iterable[Sequence[tuple[Parameter, Mapping[str, object]]]]
"""Of each parameter its entries, each as a row and with all its attributes, unreadable ones too."""


class Rows(Columns):
    """Facts read from a file: one mapping per parameter, and one per entry."""

    is_saved = True
    groups_help = (
        "the file does not hold the groups of the convolution of `{name}`: save the model's inventory again"
    )

    def __init__(
        self,
        parameters: Sequence[Mapping[str, Any]],
        entries: Sequence[Mapping[str, Any]],
        classes: Sequence[Class],
    ) -> None:
        self._parameters = parameters
        self._entries = entries
        self._classes = classes

    def shape(self) -> Sequence[tuple[int, ...]]:
        """Read the logical shapes."""
        return [tuple(row["shape"]) for row in self._parameters]

    def stored(self) -> Sequence[tuple[int, ...]]:
        """Read the stored shapes, which a file leaves out if they are the logical ones."""
        return [tuple(row.get("stored", row["shape"])) for row in self._parameters]

    def ndim(self) -> Sequence[int]:
        """Count the axes of the logical shapes."""
        return [len(row["shape"]) for row in self._parameters]

    def layer_shape(self) -> Sequence[tuple[int, ...]]:
        """Return the stored shapes without the axes of stacks."""
        rows = zip(self.column("stored"), self.column("layer"), strict=True)
        return [
            tuple(extent for axis, extent in enumerate(stored) if axis not in layer.axes) if layer else stored
            for stored, layer in rows
        ]

    def layer_ndim(self) -> Sequence[int]:
        """Count the axes of the stored shapes without those of stacks."""
        rows = zip(self.column("stored"), self.column("layer"), strict=True)
        return [len(stored) - (len(layer.axes) if layer else 0) for stored, layer in rows]

    def layouts(self) -> Mapping[str, Layout]:
        """Read the layouts; of most weights the class alone tells, and the file leaves it out."""
        rows = zip(self.names, self._entries, strict=True)
        return {name: tuple(row["layout"]) for name, row in rows if "layout" in row}

    def groups(self) -> Mapping[str, int]:
        """Read the groups of convolutions, which files have not always held."""
        rows = zip(self.names, self._entries, strict=True)
        return {name: row["groups"] for name, row in rows if "groups" in row}

    def layer(self) -> Sequence[Layer | None]:
        """Read the places in stacks."""
        found = (row.get("layer") for row in self._parameters)
        return [layer and Layer(layer["array"], tuple(layer["axes"]), tuple(layer["at"])) for layer in found]

    def elements(self) -> Sequence[int]:
        """Return the numbers of elements; files of the first version hold those of a whole stack."""
        sizes = self.column("size")
        return [row.get("elements", size) for row, size in zip(self._parameters, sizes, strict=True)]

    def dtype(self) -> Sequence[str]:
        """Read the dtypes."""
        return [row["dtype"] for row in self._parameters]

    def trainable(self) -> Sequence[bool]:
        """Read which parameters take part in training."""
        return [row["trainable"] for row in self._parameters]

    def variable(self) -> Sequence[Class]:
        """Read the parameters' own classes."""
        return [self._classes[row["variable"]] for row in self._parameters]

    def role(self) -> Sequence[str]:
        """Read the roles."""
        return [row.get("role", "other") for row in self._entries]

    def fan_in(self) -> Sequence[int | None]:
        """Read what the layers contract."""
        return [row.get("fan_in") for row in self._entries]

    def fan_out(self) -> Sequence[int | None]:
        """Read what the layers produce."""
        return [row.get("fan_out") for row in self._entries]

    def attribute(self, name: str) -> Sequence[object]:
        """Read one attribute."""
        return [row.get(name, ABSENT) for row in self.column("attributes")]

    def attributes(self) -> Sequence[Mapping[str, object]]:
        """Read all attributes."""
        none: Mapping[str, object] = {}
        return [
            {name: readable(value) for name, value in row["attributes"].items()}
            if "attributes" in row
            else none
            for row in self._entries
        ]


def written(framework: str, unknown: Mapping[str, str], own: OwnFiles, rows: _Rows) -> str:
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


def _by_entry(row: Parameter, attributes: Mapping[str, object]) -> dict[str, object]:
    """Return the facts that a tied parameter has for each of its names."""
    facts = {
        "role": row.role,
        "fan_in": row.fan_in,
        "fan_out": row.fan_out,
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
