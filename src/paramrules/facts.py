"""The flags and the numbers that rules read of a parameter, one entry of `FACTS` for each.

What rules accept, what editors show, which columns hold a value for each name, what a saved inventory holds
and how it is checked, what `explain` and `prove` report: all follow from the entry.
"""

from typing import Final, NamedTuple


class Fact(NamedTuple):
    """A flag or a number.

    Attributes:
        name: its name in rules, that of its column and, if `Parameter` has it, of its field.
        form: how it is written, for editors.
        text: what it means, a sentence or two.
        is_flag: True for a flag, False for a number.
        by_name: True if a tied parameter may have another value under each of its names.
        is_given: True if it does not follow from other facts: a saved inventory holds it.
        default: its value where a file or a row does not hold it.
        source: the fact without which nobody knows it; "" if that is itself.
    """

    name: str
    form: str
    text: str
    is_flag: bool = False
    by_name: bool = False
    is_given: bool = False
    default: bool | int | None = None
    source: str = ""


FACTS: Final = (
    Fact("ndim", "ndim <= 1", "The number of axes; biases and gains of known layers are vectors."),
    Fact("squeezed_ndim", "squeezed_ndim <= 1", "The number of extents other than 1."),
    Fact("size", "size > 1_000_000", "The number of elements."),
    Fact(
        "fan_in",
        "lr_scale = 256 / fan_in",
        "What a matrix contracts, times a convolution's receptive field. Biases have none.",
        by_name=True,
        is_given=True,
    ),
    Fact(
        "fan_out",
        "sqrt(fan_out / fan_in)",
        "What a matrix produces, times a convolution's receptive field. Biases have none.",
        by_name=True,
        is_given=True,
    ),
    Fact(
        "layer_fan_in",
        "layer_fan_in",
        "`fan_in` of the weight in the same layer, also of a bias.",
        by_name=True,
        source="fan_in",
    ),
    Fact(
        "layer_fan_out",
        "layer_fan_out",
        "`fan_out` of the weight in the same layer, also of a bias.",
        by_name=True,
        source="fan_out",
    ),
    Fact(
        "layer_kernel",
        "layer_kernel > 1",
        "The receptive field of the layer's weight: 9 for a convolution of 3 x 3, else 1.",
        by_name=True,
        source="fan_in",
    ),
    Fact(
        "layer_groups",
        "layer_groups > 1",
        "The number of groups of the layer's convolution, else 1.",
        by_name=True,
        source="fan_in",
    ),
    Fact(
        "trainable",
        "not trainable",
        "The parameter takes part in training.",
        is_flag=True,
        is_given=True,
        default=True,
    ),
    Fact("tied", "tied", "The parameter has several names.", is_flag=True),
)

GIVEN: Final = {fact.name: fact for fact in FACTS if fact.is_given}
"""The facts that do not follow from others."""

BY_NAME: Final = frozenset(fact.name for fact in FACTS if fact.by_name)
"""The facts that a tied parameter has for each of its names."""

SOURCES: Final = {fact.name: fact.source for fact in FACTS if fact.source}
"""Facts about the weight of a parameter's layer, each with the fact without which nobody knows it."""
