"""Layouts: what the axes of a stored weight are for, and the matrix that they form."""

import pytest

from paramrules.inventories import UNKNOWN_OWNER, Class, Owner
from paramrules.inventories.layouts import layout, layouts_of_all, merge


def owner(*around: str | tuple[str, ...]) -> Owner:
    return Owner(tuple(Class(c) if isinstance(c, str) else Class(c[0], c[1:]) for c in around))


LINEAR = owner("torch.nn.modules.linear.Linear")
CONV = owner(("torch.nn.modules.conv.Conv2d", "torch.nn.modules.conv._ConvNd"))
GENERAL = owner("flax.linen.linear.DenseGeneral")
ATTENTION = owner(
    "app.Net", "flax.linen.attention.MultiHeadDotProductAttention", "flax.linen.linear.DenseGeneral"
)


def test_layouts_of_many_are_those_of_each() -> None:
    rows = [
        (LINEAR, "a.weight", 2),
        (LINEAR, "b.weight", 2),
        (LINEAR, "a.b.weight", 2),
        (LINEAR, "weight", 2),
        (LINEAR, "weight", 3),
        (CONV, "c.weight.original0", 4),
        (CONV, "c.weight.original1", 4),
        (ATTENTION, "attn.query.kernel", 3),
        (ATTENTION, "attn.out.kernel", 3),
        (GENERAL, "own.kernel", 4),
        (GENERAL, "kernel", 3),
        (UNKNOWN_OWNER, "a.weight", 2),
    ]
    own = {"own.kernel": ("_", "in", "in", "out")}
    owners, names, ranks = zip(*rows, strict=True)
    assert layouts_of_all(owners, names, ranks, own) == [
        layout(*row, own.get(name)) for row, name in zip(rows, names, strict=True)
    ]
    assert layouts_of_all(owners, names, ranks, own) == [
        *[("out", "in")] * 4,
        None,
        None,
        ("out", "in", "*", "*"),
        ("in", "out", "out"),
        ("in", "in", "out"),
        ("_", "in", "in", "out"),
        None,  # which of the three is contracted?
        None,
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("in out", None),
        ("in out out", ((0,), (1, 2))),
        ("in in out", ((0, 1), (2,))),
        ("in in out out", ((0, 1), (2, 3))),
        ("out in out", ((0, 2), (1,))),  # the merged axis stands where the first one stood
        ("_ in out", None),  # experts
        ("_ in out out", ((0,), (1,), (2, 3))),
        ("out in in2", None),  # a bilinear form is no matrix
        ("* in out", None),
        ("* * in out", None),
        ("in in", None),
        ("_ _", None),
    ],
)
def test_the_matrix_that_axes_form(words: str, expected: object) -> None:
    assert merge(tuple(words.split())) == expected
