"""Names that haiku makes up for what has none."""

import re

_UNNAMED = re.compile(r"(?:(?<=[./])|^)__layer_stack_(?:no|with)_per_layer(?=(?:_\d+)?(?:[./]|$))")
"""How `hk.layer_stack` calls the module of a stack that is not given a name."""


def canonical(path: str) -> str:
    """A path of haiku's as a canonical name: `/` as dots, and a stack without a name as `layer_stack`.

    >>> canonical("encoder/__layer_stack_no_per_layer_1/linear/w")
    'encoder.layer_stack_1.linear.w'
    """
    return named(path.replace("/", ".").strip("."))


def named(name: str) -> str:
    """A name in which stacks that have no name are called `layer_stack`."""
    return _UNNAMED.sub("layer_stack", name) if "__layer_stack_" in name else name
