"""The recogniser in haiku: `hk.LSTM` under `hk.dynamic_unroll`."""

import haiku as hk
import jax
from jax import Array

import paramrules


def forward(spectrogram: Array, width: int = 512, layers: int = 4, letters: int = 29) -> Array:
    """Logits (length / 2, letters) of a spectrogram (length, bands)."""
    x = jax.nn.relu(hk.Conv1D(width, 5, name="conv_1")(spectrogram))
    x = jax.nn.relu(hk.Conv1D(width, 5, stride=2, name="conv_2")(x))
    x = hk.LayerNorm(-1, create_scale=True, create_offset=True)(x)
    for number in range(layers):
        lstm = hk.LSTM(width, name=f"lstm_{number}")
        x, _ = hk.dynamic_unroll(lstm, x, lstm.initial_state(None))
    return hk.Linear(letters, name="head")(x)


def make() -> paramrules.Inventory:
    return paramrules.inventory(hk.transform(forward), inputs=jax.ShapeDtypeStruct((100, 80), "float32"))
