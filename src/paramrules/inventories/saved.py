"""Inventories as JSON, for machines without the model's framework.

The file is written so that two of them can be compared line by line:

    {
    "paramrules_inventory": 1,
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

`classes` holds a class and its bases, most derived first, without `object`. `owners` are lists of numbers
of classes, from the model's root to the owner. A parameter's `owner` is a number of an owner or null where
nobody knows it, `variable` the number of its own class, `shape` the logical shape. `stored` is there where
the array is stored in another shape, `layer` where it holds several layers: the name of the `array`, the
`axes` that stacking has added, and the place `at` each. `role`, `fan_in`, `fan_out` and `attributes`
(what is set on the parameter) may be left out where there is none. A tied parameter has `also`: a list of
its further names, each with its `name`, `owner`, `role`, `fan_in`, `fan_out` and `attributes`. `unknown`
holds the facts that nobody can know of this model, with what to do about it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from paramrules.inventories.inventory import ABSENT, Columns, Inventory, Parameter
from paramrules.inventories.layer import Layer
from paramrules.inventories.owner import Class, Owner

VERSION: Final = 1


class Rows(Columns):
    """Facts that were read from a file: a mapping for each parameter, and one for each entry."""

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
        """The logical shapes."""
        return [tuple(row["shape"]) for row in self._parameters]

    def stored(self) -> Sequence[tuple[int, ...]]:
        """The shapes as the arrays are stored."""
        return [tuple(row.get("stored", row["shape"])) for row in self._parameters]

    def layer(self) -> Sequence[Layer | None]:
        """Of which array each is a layer."""
        found = (row.get("layer") for row in self._parameters)
        return [layer and Layer(layer["array"], tuple(layer["axes"]), tuple(layer["at"])) for layer in found]

    def elements(self) -> Sequence[int]:
        """The numbers of elements; files of the first version counted those of a whole stack."""
        sizes = self.size()
        return [row.get("elements", size) for row, size in zip(self._parameters, sizes, strict=True)]

    def dtype(self) -> Sequence[str]:
        """The dtypes."""
        return [row["dtype"] for row in self._parameters]

    def trainable(self) -> Sequence[bool]:
        """Whether each takes part in training."""
        return [row["trainable"] for row in self._parameters]

    def variable(self) -> Sequence[Class]:
        """The parameters' own classes."""
        return [self._classes[row["variable"]] for row in self._parameters]

    def role(self) -> Sequence[str]:
        """The roles."""
        return [row["role"] for row in self._entries]

    def fan_in(self) -> Sequence[int | None]:
        """What the layers contract."""
        return [row.get("fan_in") for row in self._entries]

    def fan_out(self) -> Sequence[int | None]:
        """What the layers produce."""
        return [row.get("fan_out") for row in self._entries]

    def attribute(self, name: str) -> Sequence[object]:
        """One attribute."""
        return [row.get(name, ABSENT) for row in self.attributes()]

    def attributes(self) -> Sequence[Mapping[str, object]]:
        """All attributes."""
        return [row.get("attributes", {}) for row in self._entries]


def written(inventory: Inventory) -> str:
    """The inventory as the text of a file."""
    numbers = _Numbers()
    parameters = [json.dumps(row) for row in _rows(inventory, numbers)]  # numbers the classes on the way
    return "\n".join(
        [
            "{",
            f'"paramrules_inventory": {VERSION},',
            f'"framework": {json.dumps(inventory.framework)},',
            f'"unknown": {json.dumps(dict(inventory.unknown))},',
            *_lines("classes", [json.dumps([cls.name, cls.bases]) for cls in numbers.classes], ","),
            *_lines("owners", [json.dumps(around) for around in numbers.owners], ","),
            *_lines("parameters", parameters, ""),
            "}\n",
        ]
    )


class _Numbers:
    """The classes and owners that a file holds, in the order in which parameters ask for them."""

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


def _rows(inventory: Inventory, numbers: _Numbers) -> Iterator[dict[str, object]]:
    for number, parameter in enumerate(inventory):
        row: dict[str, object] = {
            "name": parameter.name,
            "owner": numbers.owner(parameter.owner),
            "shape": parameter.shape,
            "dtype": parameter.dtype,
            "trainable": parameter.trainable,
        }
        if parameter.variable is not None:
            row["variable"] = numbers.cls(parameter.variable)
        row |= _by_owner(parameter)
        if parameter.stored != parameter.shape:
            row["stored"] = parameter.stored
        if parameter.layer:
            row["layer"] = parameter.layer._asdict()
        if parameter.tied:
            others = map(inventory.parameter, inventory.also[number])
            row["also"] = [{"name": o.name, "owner": numbers.owner(o.owner)} | _by_owner(o) for o in others]
        yield row


def _by_owner(row: Parameter) -> dict[str, object]:
    """The facts that a tied parameter has for each of its names."""
    facts = {
        "role": row.role,
        "fan_in": row.fan_in,
        "fan_out": row.fan_out,
        "attributes": row.attributes or None,
    }
    return {fact: value for fact, value in facts.items() if value is not None}
