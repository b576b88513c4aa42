"""Models as users of haiku write them: functions."""

import haiku as hk
import jax
import jax.numpy as jnp


def classifier(images):
    """A perceptron with a gain outside all modules."""
    gain = hk.get_parameter("gain", (), init=jnp.ones)
    return hk.nets.MLP([6, 3])(hk.Flatten()(images)) * gain


def convolutional(images, is_training):
    x = hk.Conv2D(4, 3, name="stem")(images)
    x = hk.BatchNorm(True, True, 0.9)(x, is_training)
    return hk.Linear(3, name="head")(jnp.mean(jax.nn.relu(x), axis=(1, 2)))


class Layer(hk.Module):
    def __init__(self, width, heads, name=None):
        super().__init__(name)
        self.width, self.heads = width, heads

    def __call__(self, x):
        h = hk.LayerNorm(-1, True, True, name="norm")(x)
        init = hk.initializers.VarianceScaling()
        attention = hk.MultiHeadAttention(
            self.heads, self.width // self.heads, w_init=init, model_size=self.width, name="attention"
        )
        return x + hk.Linear(self.width, name="out")(attention(h, h, h))


class Encoder(hk.Module):
    def __init__(self, layers, name=None):
        super().__init__(name)
        self.embed = hk.Embed(11, 8, name="embed")
        self.layers = layers

    def __call__(self, ids):
        x = self.embed(ids)
        x = hk.layer_stack(self.layers, name="stack")(lambda h: Layer(8, 2, name="layer")(h))(x)
        return hk.RMSNorm(-1, name="norm")(x)


def encoder(ids):
    return hk.Linear(11, name="head")(Encoder(3, name="encoder")(ids))


def recurrent(inputs):
    """Run an LSTM; inputs are (time, batch, features)."""
    core = hk.LSTM(4)
    outputs, _ = hk.dynamic_unroll(core, inputs, core.initial_state(inputs.shape[1]))
    return hk.BatchApply(hk.Linear(2, name="head"))(outputs)
