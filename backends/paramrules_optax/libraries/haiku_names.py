"""Names that haiku makes up for what has none."""

import re

_UNNAMED = re.compile(r"(?:(?<=[./])|^)__layer_stack(?:_no_per_layer|(?=_with_per_layer))")
"""How `hk.layer_stack` calls the module of a stack that is not given a name."""


def canonical(path: str) -> str:
    """A path of haiku's as a canonical name: `/` as dots, and a stack without a name as `layer_stack`.

    >>> canonical("encoder/__layer_stack_no_per_layer_1/linear/w")
    'encoder.layer_stack_1.linear.w'
    """
    return named(path.replace("/", ".").strip("."))


def named(name: str) -> str:
    """A name in which a stack that has no name is called `layer_stack`.

    One whose function takes inputs of each layer's own is `layer_stack_with_per_layer`.
    """
    return _UNNAMED.sub("layer_stack", name) if "__layer_stack_" in name else name
