"""The recogniser in linen: `nn.OptimizedLSTMCell` in `nn.RNN`."""

import jax
from flax import linen as nn
from jax import Array

import paramrules


class Recogniser(nn.Module):
    width: int = 512
    layers: int = 4
    letters: int = 29

    @nn.compact
    def __call__(self, spectrogram: Array) -> Array:
        """Logits (batch, length / 2, letters) of a spectrogram (batch, length, bands)."""
        x = nn.relu(nn.Conv(self.width, (5,))(spectrogram))
        x = nn.relu(nn.Conv(self.width, (5,), strides=2)(x))
        x = nn.LayerNorm()(x)
        for number in range(self.layers):
            x = nn.RNN(nn.OptimizedLSTMCell(self.width, parent=None), name=f"lstm_{number}")(x)
        return nn.Dense(self.letters)(x)


def make() -> paramrules.Inventory:
    return paramrules.inventory(Recogniser(), inputs=jax.ShapeDtypeStruct((1, 100, 80), "float32"))
