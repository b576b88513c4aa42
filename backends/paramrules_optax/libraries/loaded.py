"""Shared by the files of all libraries: classes, looked up and never imported, layouts and refusals."""

import re
import sys
from collections.abc import Sized
from inspect import Parameter, signature
from typing import Any, NamedTuple

Classes = tuple[type[Any], ...]
Layout = tuple[str, ...]
"""For each axis of a kernel `in`, `out`, `_` (a batch), or `*` for the window of a convolution."""

_EINSUM = re.compile(r"((?:[A-Za-z]|\.{3})*),([A-Za-z]*)->((?:[A-Za-z]|\.{3})*)")


class Refusal(NamedTuple):
    """Why a leaf is not a parameter.

    Attributes:
        reason: the end of a sentence that begins with the leaf's name.
        help: what to pass in its place.
    """

    reason: str
    help: str


def loaded(module: str, *names: str) -> Classes:
    """Return the classes of these names in a module; none if nobody has imported it.

    A tree can hold instances of a class only if its module is loaded.
    """
    found: Any = sys.modules.get(module)
    return tuple(getattr(found, name) for name in names if hasattr(found, name))


def requires(maker: Any, argument: str) -> bool:
    """Return whether a callable has an argument of this name and no default for it."""
    initialises = maker.__init__ if isinstance(maker, type) else maker  # type: ignore[misc]  # of this class
    try:
        arguments = signature(initialises).parameters
    except ValueError:  # some builtins have none
        return False
    return argument in arguments and arguments[argument].default is Parameter.empty


def einsum_layout(equation: str | None) -> Layout | None:
    """Return the layout of the second operand of an einsum, flax's kernel; None if there is no telling.

    A letter in both operands and in the result is a batch, one that the result lacks is contracted, and one
    that the first operand lacks is produced. A letter that only the kernel has, a repeated one and an
    ellipsis make something else of it than a linear map.

    >>> einsum_layout("btd,dnh->btnh"), einsum_layout("ebd,edf->ebf"), einsum_layout("bd,d...->b...")
    (('in', 'out', 'out'), ('_', 'in', 'out'), None)
    """
    parts = _EINSUM.fullmatch((equation or "").replace(" ", ""))
    if parts is None:
        return None
    inputs, kernel, result = parts.groups()
    kinds = {(True, True): "_", (True, False): "in", (False, True): "out"}
    words = tuple(kinds.get((letter in inputs, letter in result), "") for letter in kernel)
    return None if "" in words or len(set(kernel)) < len(kernel) else words


def general_layout(*axes: int | Sized) -> Layout:
    """Return the layout of a linear layer of these batch axes, contracted axes and produced axes.

    flax's general layers have any number of each: a kernel of shape (8, 64, 512) may take heads in or put
    them out, which its class does not tell.

    >>> general_layout((), (-2, -1), 512)
    ('in', 'in', 'out')
    """
    kinds = ("_", "in", "out")
    counts = (1 if isinstance(each, int) else len(each) for each in axes)
    return tuple(kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count))
