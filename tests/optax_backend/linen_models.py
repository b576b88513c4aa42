"""Models as users of linen write them."""

import jax.numpy as jnp
from flax import linen as nn


class Block(nn.Module):
    """A layer of a transformer. It returns a carry and an output, as a scan needs."""

    width: int
    heads: int

    @nn.compact
    def __call__(self, x, train):
        h = nn.LayerNorm(name="norm1")(x)
        h = nn.MultiHeadDotProductAttention(self.heads, dropout_rate=0.1, name="attention")(
            h, deterministic=not train
        )
        x = x + nn.Dropout(0.1)(h, deterministic=not train)
        h = nn.Dense(4 * self.width, name="up")(nn.RMSNorm(name="norm2")(x))
        return x + nn.Dense(self.width, name="down")(nn.gelu(h)), None


class Transformer(nn.Module):
    """A language model that predicts tokens with its embedding table."""

    layers: int = 2
    width: int = 8
    heads: int = 2
    vocabulary: int = 11
    scanned: bool = False
    scan_axis: int = 0
    remat: bool = False

    @nn.compact
    def __call__(self, ids, train):
        table = nn.Embed(self.vocabulary, self.width, name="tokens")
        positions = self.param("positions", nn.initializers.normal(0.02), (ids.shape[-1], self.width))
        x = table(ids) + positions
        block = nn.remat(Block, static_argnums=(2,)) if self.remat else Block
        if self.scanned:
            stack = nn.scan(
                block,
                variable_axes={"params": self.scan_axis},
                split_rngs={"params": True, "dropout": True},
                in_axes=nn.broadcast,
                length=self.layers,
            )
            x, _ = stack(self.width, self.heads, name="blocks")(x, train)
        else:
            for number in range(self.layers):
                x, _ = block(self.width, self.heads, name=f"blocks_{number}")(x, train)
        return table.attend(nn.LayerNorm(name="norm")(x))


class Residual(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x, train):
        h = nn.Conv(self.features, (3, 3), use_bias=False)(x)
        h = nn.relu(nn.BatchNorm(use_running_average=not train)(h))
        h = nn.Conv(self.features, (3, 3), use_bias=False)(h)
        h = nn.BatchNorm(use_running_average=not train, scale_init=nn.initializers.zeros)(h)
        if x.shape != h.shape:
            x = nn.Conv(self.features, (1, 1), use_bias=False, name="shortcut")(x)
        return nn.relu(x + h)


class ResNet(nn.Module):
    classes: int = 5

    @nn.compact
    def __call__(self, x, train=True):
        x = nn.Conv(4, (3, 3), name="stem")(x)
        for features in (4, 8):
            x = Residual(features)(x, train)
        return nn.Dense(self.classes, name="head")(jnp.mean(x, axis=(1, 2)))


class Tagger(nn.Module):
    """A bidirectional recurrent model."""

    width: int = 4

    def setup(self):
        self.embed = nn.Embed(7, self.width)
        self.reader = nn.Bidirectional(nn.RNN(nn.LSTMCell(self.width)), nn.RNN(nn.GRUCell(self.width)))
        self.fast = nn.RNN(nn.OptimizedLSTMCell(self.width))
        self.head = nn.WeightNorm(nn.Dense(3))

    def __call__(self, ids):
        return self.head(self.fast(self.reader(self.embed(ids))))

    def encode(self, ids):
        return self.reader(self.embed(ids))

    def no_weight_decay(self):
        return {"embed.*"}
