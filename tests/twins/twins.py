"""The twins of examples/twins: the same architecture from two worlds, and one rule file."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from paramrules.cli import main

TWINS = Path(__file__).parents[2] / "examples" / "twins"


class Twin(NamedTuple):
    """A rule file and two models, the first of PyTorch, as the command line takes them; paths from TWINS."""

    title: str
    rules: str
    torch: str
    jax: str
    kinds: tuple[str, str]

    @property
    def name(self) -> str:
        """For test ids: `gpt2_linen:make`."""
        return Path(self.jax).name.replace(".py", "")

    @property
    def models(self) -> list[str]:
        """The arguments that name both models."""
        return [word for model in (self.torch, self.jax) for word in ("--model", str(TWINS / model))]


def _twin(title: str, folder: str, torch: str, jax: str, kinds: tuple[str, str]) -> Twin:
    return Twin(title, f"{folder}/{folder}.rules", f"{folder}/{torch}", f"{folder}/{jax}", kinds)


_SPEECH = "Speech recogniser, 2 convolutions, LSTM of 4 layers"

ALL = [
    _twin(
        "GPT-2, 12 layers",
        "gpt2",
        "gpt2_torch.py:make",
        "gpt2_linen.py:make_unrolled",
        ("transformers", "linen, unrolled"),
    ),
    _twin("ViT-B/16", "vit", "vit_b16_timm.json", "vit_nnx.py:make", ("timm", "NNX")),
    _twin("T5 base", "t5", "t5_torch.py:make", "t5_linen.py:make", ("transformers", "linen, unrolled")),
    _twin("BERT base", "bert", "bert_torch.py:make", "bert_equinox.py:make", ("transformers", "Equinox")),
    _twin("ResNet-50", "resnet", "resnet50_timm.json", "resnet_haiku.py:make", ("timm", "haiku")),
    _twin(_SPEECH, "speech", "speech_torch.py:make", "speech_equinox.py:make", ("torch", "Equinox")),
    _twin(_SPEECH, "speech", "speech_torch.py:make", "speech_haiku.py:make", ("torch", "haiku")),
    _twin(_SPEECH, "speech", "speech_torch.py:make", "speech_linen.py:make", ("torch", "linen")),
]


def ask(*arguments: str) -> Any:
    """What a command prints as JSON."""
    ran = CliRunner().invoke(main, [*arguments, "--json"])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)
