"""The U-Net in Equinox."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.nn import silu


class ResBlock(eqx.Module):
    norm1: eqx.nn.GroupNorm
    conv1: eqx.nn.Conv2d
    time: eqx.nn.Linear
    norm2: eqx.nn.GroupNorm
    conv2: eqx.nn.Conv2d
    skip: eqx.nn.Conv2d | eqx.nn.Identity

    def __init__(self, channels: int, out: int, time: int, key: Array) -> None:
        keys = jax.random.split(key, 4)
        self.norm1 = eqx.nn.GroupNorm(32, channels)
        self.conv1 = eqx.nn.Conv2d(channels, out, 3, padding=1, key=keys[0])
        self.time = eqx.nn.Linear(time, out, key=keys[1])
        self.norm2 = eqx.nn.GroupNorm(32, out)
        self.conv2 = eqx.nn.Conv2d(out, out, 3, padding=1, key=keys[2])
        self.skip = eqx.nn.Conv2d(channels, out, 1, key=keys[3]) if channels != out else eqx.nn.Identity()

    def __call__(self, x: Array, time: Array) -> Array:
        h = self.conv1(silu(self.norm1(x))) + self.time(silu(time))[:, None, None]
        return self.skip(x) + self.conv2(silu(self.norm2(h)))


class Bottom(eqx.Module):
    norm: eqx.nn.GroupNorm
    attention: eqx.nn.MultiheadAttention

    def __init__(self, channels: int, heads: int, key: Array) -> None:
        self.norm = eqx.nn.GroupNorm(32, channels)
        biases = dict.fromkeys(("use_query_bias", "use_key_bias", "use_value_bias", "use_output_bias"), True)
        self.attention = eqx.nn.MultiheadAttention(heads, channels, **biases, key=key)

    def __call__(self, x: Array) -> Array:
        h = self.norm(x).reshape(len(x), -1).T
        return x + self.attention(h, h, h).T.reshape(x.shape)


class Down(eqx.Module):
    block: ResBlock
    shrink: eqx.nn.Conv2d

    def __init__(self, channels: int, out: int, time: int, key: Array) -> None:
        keys = jax.random.split(key)
        self.block = ResBlock(channels, out, time, keys[0])
        self.shrink = eqx.nn.Conv2d(out, out, 3, 2, 1, key=keys[1])


class Up(eqx.Module):
    grow: eqx.nn.ConvTranspose2d
    block: ResBlock

    def __init__(self, channels: int, out: int, time: int, key: Array) -> None:
        keys = jax.random.split(key)
        self.grow = eqx.nn.ConvTranspose2d(channels, out, 4, 2, padding=1, key=keys[0])
        self.block = ResBlock(2 * out, out, time, keys[1])


class UNet(eqx.Module):
    time: eqx.nn.MLP
    stem: eqx.nn.Conv2d
    down: list[Down]
    bottom: Bottom
    up: list[Up]
    norm: eqx.nn.GroupNorm
    head: eqx.nn.Conv2d

    def __init__(
        self, channels: int = 128, scales: tuple[int, ...] = (1, 2, 4), time: int = 512, *, key: Array
    ) -> None:
        widths = [channels * scale for scale in scales]
        keys = iter(jax.random.split(key, 4 + 2 * len(widths)))
        self.time = eqx.nn.MLP(1, time, time, depth=1, activation=silu, key=next(keys))
        self.stem = eqx.nn.Conv2d(3, channels, 3, padding=1, key=next(keys))
        downwards = zip([channels, *widths], widths, strict=False)
        self.down = [Down(before, width, time, next(keys)) for before, width in downwards]
        self.bottom = Bottom(widths[-1], 8, next(keys))
        upwards = zip([widths[-1], *widths[::-1]], widths[::-1], strict=False)
        self.up = [Up(before, width, time, next(keys)) for before, width in upwards]
        self.norm = eqx.nn.GroupNorm(32, channels)
        self.head = eqx.nn.Conv2d(channels, 3, 3, padding=1, key=next(keys))

    def __call__(self, x: Array, t: Array) -> Array:
        """The noise in one image (3, height, width)."""
        time, x, kept = self.time(t[None]), self.stem(x), []
        for level in self.down:
            x = level.block(x, time)
            kept.append(x)
            x = level.shrink(x)
        x = self.bottom(x)
        for level in self.up:
            x = level.block(jnp.concatenate([level.grow(x), kept.pop()]), time)
        return self.head(silu(self.norm(x)))


def make() -> UNet:
    return UNet(key=jax.random.key(0))
