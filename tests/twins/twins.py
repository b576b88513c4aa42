"""The twins of examples/twins: the same architecture from two worlds, and one rule file."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from paramrules.cli import main

TWINS = Path(__file__).parents[2] / "examples" / "twins"


class Twin(NamedTuple):
    """A rule file and two models, the first of PyTorch, as the command line takes them; paths from TWINS."""

    rules: str
    torch: str
    jax: str

    @property
    def name(self) -> str:
        """For test ids: `gpt2_linen:make`."""
        return Path(self.jax).name.replace(".py", "")


ALL = [
    Twin("gpt2/gpt2.rules", "gpt2/gpt2_torch.py:make", "gpt2/gpt2_linen.py:make_unrolled"),
    Twin("vit/vit.rules", "vit/vit_b16_timm.json", "vit/vit_nnx.py:make"),
    Twin("t5/t5.rules", "t5/t5_torch.py:make", "t5/t5_linen.py:make"),
    Twin("bert/bert.rules", "bert/bert_torch.py:make", "bert/bert_equinox.py:make"),
    Twin("resnet/resnet.rules", "resnet/resnet50_timm.json", "resnet/resnet_haiku.py:make"),
    Twin("speech/speech.rules", "speech/speech_torch.py:make", "speech/speech_equinox.py:make"),
    Twin("speech/speech.rules", "speech/speech_torch.py:make", "speech/speech_haiku.py:make"),
    Twin("speech/speech.rules", "speech/speech_torch.py:make", "speech/speech_linen.py:make"),
]


def ask(*arguments: str) -> Any:
    """What a command prints as JSON."""
    ran = CliRunner().invoke(main, [*arguments, "--json"])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)
