"""The twins of examples/twins: the same architecture from two worlds, and one rule file."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

import paramrules
from paramrules import Inventory, Parity, named_models
from paramrules.cli import main
from paramrules.named_models import ModelName, inventories_of, read_model_name

TWINS = Path(__file__).parents[2] / "examples" / "twins"


class Twin(NamedTuple):
    """A rule file and two models, the first of PyTorch, as the command line takes them; paths from TWINS."""

    title: str
    rules: str
    torch: str
    jax: str
    kinds: tuple[str, str]
    mapping: str | None = None

    @property
    def name(self) -> str:
        """For test ids: `gpt2_linen:make`."""
        return Path(self.jax).name.replace(".py", "")

    @property
    def framework(self) -> str:
        """The backend of the second model."""
        return "mlx" if "_mlx.py" in self.jax else "optax"

    @property
    def folder(self) -> str:
        """The twin's folder in examples/twins."""
        return self.rules.partition("/")[0]


def _twin(folder: str, title: str, torch: str, jax: str, kinds: str, mapping: str | None = None) -> Twin:
    first, second = kinds.split(" / ")
    at = f"{folder}/"
    named = mapping and f"{at}{mapping}"
    return Twin(title, f"{at}{folder}.rules", at + torch, at + jax, (first, second), named)


_GPT2 = ("gpt2", "GPT-2, 12 layers", "gpt2_torch.py:make")
_SPEECH = ("speech", "Speech recogniser", "speech_torch.py:make")

ALL = [
    _twin(*_GPT2, "gpt2_linen.py:make", "transformers / linen, scanned", "gpt2_scanned.map"),
    _twin(*_GPT2, "gpt2_linen.py:make_unrolled", "transformers / linen, unrolled", "gpt2_unrolled.map"),
    _twin(*_GPT2, "gpt2_mlx.py:make", "transformers / MLX"),
    _twin("vit", "ViT-B/16", "vit_b16_timm.json", "vit_nnx.py:make", "timm / NNX", "vit.map"),
    _twin("t5", "T5 base", "t5_torch.py:make", "t5_linen.py:make", "transformers / linen, unrolled"),
    _twin("bert", "BERT base", "bert_torch.py:make", "bert_equinox.py:make", "transformers / Equinox"),
    _twin("resnet", "ResNet-50", "resnet50_timm.json", "resnet_haiku.py:make", "timm / haiku"),
    _twin(
        "mixtral",
        "Mixtral 8x7B",
        "mixtral_torch.py:make",
        "mixtral_nnx.py:make",
        "transformers / NNX, layers and experts stacked",
        "mixtral.map",
    ),
    _twin(
        "llama",
        "Llama 2 7B",
        "llama_torch.py:make",
        "llama_haiku.py:make",
        "transformers / haiku, `layer_stack`",
        "llama.map",
    ),
    _twin(
        "whisper",
        "Whisper small",
        "whisper_torch.py:make",
        "whisper_linen.py:make",
        "transformers / linen, scanned, `nn.remat`",
        "whisper.map",
    ),
    _twin("unet", "U-Net", "unet_torch.py:make", "unet_equinox.py:make", "torch / Equinox", "unet.map"),
    _twin(*_SPEECH, "speech_equinox.py:make", "torch / Equinox", "speech_equinox.map"),
    _twin(*_SPEECH, "speech_haiku.py:make", "torch / haiku", "speech_haiku.map"),
    _twin(*_SPEECH, "speech_linen.py:make", "torch / linen", "speech_linen.map"),
]


_built: dict[str, Inventory] = {}


def build_once(names: Sequence[ModelName], *how: Any) -> list[Inventory]:
    """Return the inventories of the named models, each of them built the first time it is asked for."""
    new = [name for name in names if name.text not in _built]
    _built.update(zip((name.text for name in new), inventories_of(new, *how), strict=True))
    return [_built[name.text] for name in names]


def inventory(model: str) -> Inventory:
    """Return the inventory of one model."""
    return build_once([read_model_name(str(TWINS / model))], {})[0]


def ask(command: str, twin: Twin, *more: str) -> Any:
    """Return the JSON that a command prints about both models of a twin."""
    models = [word for model in (twin.torch, twin.jax) for word in ("--model", str(TWINS / model))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(named_models, "inventories_of", build_once)
        ran = CliRunner().invoke(main, [command, str(TWINS / twin.rules), *models, *more, "--json"])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


@cache
def shown(twin: Twin) -> Any:
    """Return what `paramrules show` prints."""
    return ask("show", twin)


@cache
def compared(twin: Twin) -> Any:
    """Return what `paramrules parity` prints, with the mapping file beside the models."""
    return ask("parity", twin, *(("--mapping", str(TWINS / twin.mapping)) if twin.mapping else ()))


def unmapped(twin: Twin) -> Parity:
    """Return what `paramrules.parity` finds without a mapping file."""
    rules = paramrules.load(str(TWINS / twin.rules))
    return paramrules.parity(rules, inventory(twin.torch), inventory(twin.jax))
