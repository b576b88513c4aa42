"""The recogniser in Equinox: `eqx.nn.LSTMCell` under `jax.lax.scan`."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array


class Recogniser(eqx.Module):
    conv1: eqx.nn.Conv1d
    conv2: eqx.nn.Conv1d
    norm: eqx.nn.LayerNorm
    lstm: list[eqx.nn.LSTMCell]
    head: eqx.nn.Linear

    def __init__(
        self, bands: int = 80, width: int = 512, layers: int = 4, letters: int = 29, *, key: Array
    ) -> None:
        first, second, last, *keys = jax.random.split(key, layers + 3)
        self.conv1 = eqx.nn.Conv1d(bands, width, 5, padding=2, key=first)
        self.conv2 = eqx.nn.Conv1d(width, width, 5, stride=2, padding=2, key=second)
        self.norm = eqx.nn.LayerNorm(width)
        self.lstm = [eqx.nn.LSTMCell(width, width, key=key) for key in keys]
        self.head = eqx.nn.Linear(width, letters, key=last)

    def __call__(self, spectrogram: Array) -> Array:
        """Logits (length / 2, letters) of a spectrogram (bands, length)."""
        x = jax.nn.relu(self.conv2(jax.nn.relu(self.conv1(spectrogram))))
        x = jax.vmap(self.norm)(x.T)
        for cell in self.lstm:
            zeros = jnp.zeros(cell.hidden_size)
            _, x = jax.lax.scan(
                lambda state, at, cell=cell: (new := cell(at, state), new[0]), (zeros, zeros), x
            )
        return jax.vmap(self.head)(x)


def make() -> Recogniser:
    return Recogniser(key=jax.random.key(0))
