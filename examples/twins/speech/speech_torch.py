"""A recogniser of speech in PyTorch: convolutions over a spectrogram, an `nn.LSTM` of four layers, a head."""

import torch
from torch import Tensor, nn


class Recogniser(nn.Module):
    def __init__(self, bands: int = 80, width: int = 512, layers: int = 4, letters: int = 29) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(bands, width, 5, padding=2)
        self.conv2 = nn.Conv1d(width, width, 5, stride=2, padding=2)
        self.norm = nn.LayerNorm(width)
        self.lstm = nn.LSTM(width, width, layers, batch_first=True)
        self.head = nn.Linear(width, letters)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Logits (batch, length / 2, letters) of a spectrogram (batch, bands, length)."""
        x = torch.relu(self.conv2(torch.relu(self.conv1(spectrogram))))
        x, _ = self.lstm(self.norm(x.transpose(1, 2)))
        return self.head(x)


def make() -> Recogniser:
    return Recogniser()
