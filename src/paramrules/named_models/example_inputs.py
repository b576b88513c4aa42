"""Example inputs, as typed on the command line for models that have no parameters before they run.

    (1, 224, 224, 3)       a shape: an array of float32
    int32[1,128]           an array of another type; jax's short names, i32[1,128], will do
    train=False            an argument by name: a literal, or any of the above

An example input has no values: models run abstractly.
"""

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from paramrules.diagnostics import did_you_mean

_HOW: Final = (
    'write a shape, `"(1, 224, 224, 3)"`, an array, `int32[1,128]`, or an argument by name, `train=False`'
)
_SHORT: Final = {"f": "float", "i": "int", "u": "uint", "bf": "bfloat"}
_DTYPES: Final = (
    *("bool", "float16", "float32", "float64", "bfloat16", "complex64"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)
_WORDS: Final = {"true": True, "false": False, "none": None}
_NAMED: Final = re.compile(r"([A-Za-z_]\w*)\s*=(?!=)\s*(.*)", re.DOTALL)
_ARRAY: Final = re.compile(r"([A-Za-z]\w*)\s*\[([0-9,\s]*)\]")


class AbstractArray(NamedTuple):
    """A shape and the name of a type of numbers, such as `float32`."""

    shape: tuple[int, ...]
    dtype: str


class ExampleInput(NamedTuple):
    """One argument of a model.

    Attributes:
        name: its name; "" for a positional one.
        value: an array, or a literal that is passed on as it is.
    """

    name: str
    value: object

    @property
    def text(self) -> str:
        """The text that `read_input` reads it from.

        >>> read_input("mask=bool[1, 128]").text
        'mask=bool[1,128]'
        """
        value = self.value
        written = (
            f"{value.dtype}[{','.join(map(str, value.shape))}]"
            if isinstance(value, AbstractArray)
            else repr(value)
        )
        return f"{self.name}={written}" if self.name else written


class ExampleInputs(NamedTuple):
    """The arguments of a model, its arrays in the form of the model's framework."""

    inputs: tuple[object, ...]
    kwargs: dict[str, object]


def read_input(text: str) -> ExampleInput:
    """Read one example input.

    Raises:
        ValueError: the text is none; the message says what to type.

    >>> read_input("mask=bool[1,128]")
    ExampleInput(name='mask', value=AbstractArray(shape=(1, 128), dtype='bool'))
    """
    named = _NAMED.fullmatch(text.strip())
    return ExampleInput(named[1], _value(named[2])) if named else ExampleInput("", _value(text.strip()))


def arguments(
    examples: Sequence[ExampleInput], array: Callable[[tuple[int, ...], str], Any]
) -> ExampleInputs:
    """Return the arguments that a model runs with; `array` makes an abstract array of its framework."""
    made = [(name, array(*value) if isinstance(value, AbstractArray) else value) for name, value in examples]
    return ExampleInputs(
        tuple(value for name, value in made if not name), {name: value for name, value in made if name}
    )


def _value(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if array := _ARRAY.fullmatch(text):
        extents = [extent for extent in map(str.strip, array[2].split(",")) if extent]
        if all(map(str.isdecimal, extents)):
            return AbstractArray(tuple(map(int, extents)), _dtype(array[1], text))
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise ValueError(f"`{text}` is not an input; {_HOW}") from None
    if not isinstance(value, tuple | list):
        return value
    if isinstance(value, list) or not all(type(extent) is int and extent >= 0 for extent in value):
        raise ValueError(f"`{text}` is not a shape; {_HOW}")
    return AbstractArray(value, "float32")


def _dtype(written: str, text: str) -> str:
    letters = written.rstrip("0123456789")
    dtype = _SHORT.get(letters, letters) + written[len(letters) :]
    if dtype not in _DTYPES:
        near = did_you_mean(written, _DTYPES) or f"one of {', '.join(_DTYPES)}"
        raise ValueError(f"`{written}` in `{text}` is not a type of numbers; {near}")
    return dtype
