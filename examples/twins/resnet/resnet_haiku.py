"""ResNet-50 in haiku, as its users have it."""

import haiku as hk
import jax
from jax import Array

import paramrules


def forward(images: Array, is_training: bool) -> Array:
    return hk.nets.ResNet50(1000)(images, is_training)


def make() -> paramrules.Inventory:
    images = jax.ShapeDtypeStruct((1, 224, 224, 3), "float32")
    return paramrules.inventory(hk.transform_with_state(forward), inputs=(images, True))
