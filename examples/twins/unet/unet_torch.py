"""A U-Net in PyTorch: residual blocks with GroupNorm, a time embedding, attention at the bottom."""

import torch
from torch import Tensor, nn
from torch.nn.functional import silu


class ResBlock(nn.Module):
    def __init__(self, channels: int, out: int, time: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(32, channels)
        self.conv1 = nn.Conv2d(channels, out, 3, padding=1)
        self.time = nn.Linear(time, out)
        self.norm2 = nn.GroupNorm(32, out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1)
        self.skip = nn.Conv2d(channels, out, 1) if channels != out else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        h = self.conv1(silu(self.norm1(x))) + self.time(silu(time))[:, :, None, None]
        return self.skip(x) + self.conv2(silu(self.norm2(h)))


class Bottom(nn.Module):
    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(32, channels)
        self.attention = nn.MultiheadAttention(channels, heads, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(x).flatten(2).transpose(1, 2)
        h, _ = self.attention(h, h, h)
        return x + h.transpose(1, 2).view_as(x)


class UNet(nn.Module):
    def __init__(self, channels: int = 128, scales: tuple[int, ...] = (1, 2, 4), time: int = 512) -> None:
        super().__init__()
        widths = [channels * scale for scale in scales]
        self.time = nn.Sequential(nn.Linear(1, time), nn.SiLU(), nn.Linear(time, time))
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.down = nn.ModuleList()
        for before, width in zip([channels, *widths], widths, strict=False):
            block = ResBlock(before, width, time)
            self.down.append(nn.ModuleDict({"block": block, "shrink": nn.Conv2d(width, width, 3, 2, 1)}))
        self.bottom = Bottom(widths[-1], 8)
        self.up = nn.ModuleList()
        for before, width in zip([widths[-1], *widths[::-1]], widths[::-1], strict=False):
            grow = nn.ConvTranspose2d(before, width, 4, 2, 1)
            self.up.append(nn.ModuleDict({"grow": grow, "block": ResBlock(2 * width, width, time)}))
        self.norm = nn.GroupNorm(32, channels)
        self.head = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        time, x, kept = self.time(t[:, None]), self.stem(x), []
        for level in self.down:
            x = level["block"](x, time)
            kept.append(x)
            x = level["shrink"](x)
        x = self.bottom(x)
        for level in self.up:
            x = level["block"](torch.cat([level["grow"](x), kept.pop()], dim=1), time)
        return self.head(silu(self.norm(x)))


def make() -> UNet:
    return UNet()
