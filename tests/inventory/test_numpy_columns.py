"""Columns of NumPy's numbers and arrays, which look like Python's own."""

from collections.abc import Mapping
from typing import Any

import pytest
from test_columns import LINEAR, MISTAKE, SHAPES, Toy, inventory

from paramrules import RulesError

np = pytest.importorskip("numpy")
BOOL = type(np.True_).__name__


@pytest.mark.parametrize(
    ("given", "fact", "how"),
    [
        (
            {"stored": [(np.int64(3), 2)]},
            "shape",
            f"its column `stored` holds a `numpy.int64`, and should be {SHAPES}",
        ),
        (
            {"layer_shape": [(np.int32(3), 2)]},
            "shape",
            f"its column `layer_shape` holds a `numpy.int32`, and should be {SHAPES}",
        ),
        (
            {"trainable": np.array([True])},
            "trainable",
            "its column `trainable` is a `numpy.ndarray`, and should be a list of `bool`",
        ),
        (
            {"trainable": [np.True_]},
            "trainable",
            f"its column `trainable` holds a `numpy.{BOOL}`, and should be a list of `bool`",
        ),
        (
            {"dtype": [np.dtype("float32")]},
            "dtype",
            f"its column `dtype` holds a `{type(np.dtype('float32')).__module__}.Float32DType`, "
            "and should be a list of names, such as `float32`",
        ),
        (
            {"layer_ndim": [np.int64(2)]},
            "ndim",
            "its column `layer_ndim` holds a `numpy.int64`, and should be a list of `int`",
        ),
    ],
)
def test_a_primitive_of_numpy(given: Mapping[str, Any], fact: str, how: str) -> None:
    toy = inventory(Toy([(3, 2)], **given), ["w"], [LINEAR])
    with pytest.raises(RulesError) as raised:
        toy.column(fact)
    text = f"\nerror[E521]: the inventory of the backend `toy` does not fit together: {how}\n{MISTAKE}"
    assert str(raised.value) == text
