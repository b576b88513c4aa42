"""A note where `shape` fits only what a parameter is stored as."""

import pytest

import paramrules
from paramrules.inventories import Class, Columns, Inventory, Owner

DENSE = Owner((Class("flax.linen.linear.DenseGeneral"),))


class Kernels(Columns):
    def stored(self):
        return [(8, 2, 4), (8, 2, 4), (8, 8), (2, 4)]

    def layouts(self):
        return dict.fromkeys(("a.kernel", "b.kernel"), ("in", "out", "out"))

    def dtype(self):
        return ["float32"] * 4

    def trainable(self):
        return [True] * 4

    def variable(self):
        return [Class("jax.Array")] * 4


MODEL = Inventory("toy", ["a.kernel", "b.kernel", "c.kernel", "a.bias"], [DENSE] * 4, Kernels())


def notes(predicate):
    rules = paramrules.parse(f"x?: {predicate}\nrest: else", "s.rules")
    return [paramrules.render(f) for f in paramrules.assign(rules, MODEL).findings if f.code == "N216"]


def test_the_note():
    assert notes("shape == (8, 2, *)") == [
        "note[N216]: `a.kernel` is stored like this, and its shape is (8, 8) (2 tensors in all)\n"
        "  --> s.rules:1:5\n"
        "   |\n"
        " 1 | x?: shape == (8, 2, *)\n"
        "   |     ^^^^^^^^^^^^^^^^^^ stored as (8, 2, 4)\n"
        "   = help: rules see the matrix or vector that it is in the layer; `explain` shows both"
    ]
    assert notes("shape == (2, 4)")[0].startswith(
        "note[N216]: `a.bias` is stored like this, and its shape is (8,)\n"
    )


@pytest.mark.parametrize(
    "predicate",
    [
        "shape == (8, 8)",
        "shape == (8, 2)",
        "shape != (8, 2, 4)",
        "shape == (8, 2, 5)",
        "shape == (size, 2, 4)",
        "ndim == 3",
    ],
)
def test_no_note(predicate):
    assert notes(predicate) == []


def test_no_note_where_every_shape_is_the_stored_one():
    class Matrices(Kernels):
        def layouts(self):
            return {}

    names = ["a.kernel", "b.kernel", "c.kernel", "a.bias"]
    model = Inventory("toy", names, [Owner((Class("own.Module"),))] * 4, Matrices())
    taken = paramrules.assign(paramrules.parse("x: shape == (8, 2, *)\nrest: else", "s.rules"), model)
    assert taken.names("x") == ("a.kernel", "b.kernel")
    assert taken.findings == ()
