"""Rule files whose peers are not installed, against the peers' formulas written in Python.

Each formula looks at one parameter, as the peer's loop does, and answers with the settings that the loop
would give it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import paramrules_torch
import pytest
from golden import golden_model
from support import Row, golden_rows, inventory_of

import paramrules

VIT, RESNET, BERT, GPT2 = (
    "timm-vit_tiny_patch16_224.json",
    "timm-resnet50.json",
    "transformers-bert.json",
    "transformers-gpt2.json",
)
TORCH_NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "GroupNorm", "LayerNorm")


class Seen(NamedTuple):
    """A parameter as a peer's loop sees it."""

    name: str
    shape: tuple[int, ...]
    owner: tuple[str, ...]
    skipped: bool

    @property
    def leaf(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def is_norm(self) -> bool:
        return any(c.startswith("torch.nn.") and c.rpartition(".")[2] in TORCH_NORMS for c in self.owner)


Formula = Callable[[Seen], dict[str, Any]]


def seen(rows: Iterable[Row]) -> Iterable[Seen]:
    for row in rows:
        owner = row.get("owner", "")
        owner = (owner,) if isinstance(owner, str) else tuple(owner)
        skipped = bool(row.get("attributes", {}).get("no_weight_decay"))
        yield Seen(row["name"], tuple(row["shape"]), owner, skipped)


def settings_by_name(
    policy: str, rows: list[Row], **options: Any
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    inventory = inventory_of(rows)
    rules = paramrules.load(f"<{policy}@1>")
    assignment = paramrules.assign(rules, inventory, options=options)
    given = {
        inventory.names[number]: dict(group.settings)
        for group in assignment.groups
        for number in group.parameters
    }
    return given, [finding.code for finding in assignment.findings]


def with_defaults(settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {**defaults, **settings}


def block_number(name: str) -> int:
    return int(name.split(".")[1])


def mae(p: Seen) -> dict[str, Any]:
    if p.name in ("cls_token", "pos_embed") or p.name.startswith("patch_embed"):
        layer = 0
    elif p.name.startswith("blocks"):
        layer = block_number(p.name) + 1
    else:
        layer = 13
    decays = not (len(p.shape) == 1 or p.skipped)
    return {"lr_scale": 0.75 ** (13 - layer), "weight_decay": "base" if decays else 0}


def beit(p: Seen) -> dict[str, Any]:
    if p.name in ("cls_token", "mask_token", "pos_embed") or p.name.startswith("patch_embed"):
        layer = 0
    elif p.name.startswith("rel_pos_bias"):
        layer = 13
    elif p.name.startswith("blocks"):
        layer = block_number(p.name) + 1
    else:
        layer = 13
    decays = not (len(p.shape) == 1 or p.name.endswith(".bias") or p.skipped)
    return {"lr_scale": 0.9 ** (13 - layer), "weight_decay": "base" if decays else 0}


def dinov2(p: Seen) -> dict[str, Any]:
    layer = 13
    if any(word in p.name for word in ("pos_embed", "patch_embed", "mask_token", "cls_token")):
        layer = 0
    elif "blocks." in p.name and "residual." not in p.name:
        layer = int(p.name[p.name.find("blocks.") :].split(".")[1]) + 1
    lr = 0.9 ** (13 - layer) * (0.2 if "patch_embed" in p.name else 1.0)
    decays = not (p.name.endswith(".bias") or "norm" in p.name or "gamma" in p.name)
    return {
        "lr_scale": lr,
        "weight_decay_scale": 1 if decays else 0,
        "is_last_layer": "last_layer" in p.name,
    }


def convnext(p: Seen) -> dict[str, Any]:
    stage, *rest = (int(part) for part in p.name.split(".")[1:3] if part.isdigit())
    if p.name.startswith("downsample_layers"):
        layer = (0, 2, 3, 12)[stage]
    elif p.name.startswith("stages"):
        layer = (1, 2, 3 + rest[0] // 3, 12)[stage]
    decays = not (len(p.shape) == 1 or p.name.endswith(".bias"))
    return {"lr_scale": 0.8 ** (13 - layer), "weight_decay": "base" if decays else 0}


def mingpt(p: Seen) -> dict[str, Any]:
    exempt = p.leaf == "bias" or p.is_norm or p.owner[0] == "torch.nn.modules.sparse.Embedding"
    return {"weight_decay": 0 if exempt else "base"}


def detectron2(p: Seen) -> dict[str, Any]:
    return {"weight_decay": 0.0 if p.is_norm else "base", "lr_scale": 1}


def detectron2_bias(p: Seen) -> dict[str, Any]:
    settings = detectron2(p)
    if p.leaf == "bias":
        settings.update(weight_decay=1e-4, lr_scale=2)
    return settings


def yolov5(p: Seen) -> dict[str, Any]:
    return {"weight_decay": 0 if p.leaf == "bias" or p.is_norm else "base"}


def megatron(p: Seen) -> dict[str, Any]:
    exempt = p.name.endswith(".bias") or len(p.shape) == 1
    return {"weight_decay_scale": 0 if exempt else 1, "is_expert_parallel": False}


def bert(p: Seen) -> dict[str, Any]:
    layer = 13
    if ".embeddings." in p.name:
        layer = 0
    elif "encoder.layer." in p.name:
        layer = int(p.name.split("encoder.layer.")[1].split(".")[0]) + 1
    exempt = p.leaf == "bias" or p.is_norm
    return {"lr_scale": 0.95 ** (13 - layer), "weight_decay": 0 if exempt else "base"}


DECAY = {"weight_decay": "base"}
LR = {"lr_scale": 1}
SCALE = {"weight_decay_scale": 1}


@pytest.mark.parametrize(
    ("policy", "file", "formula", "defaults", "options"),
    [
        ("mae", VIT, mae, DECAY | LR, {}),
        ("beit", VIT, beit, DECAY | LR, {}),
        ("dinov2", VIT, dinov2, SCALE | LR, {}),
        ("detectron2", RESNET, detectron2, DECAY | LR, {}),
        ("detectron2", RESNET, detectron2_bias, DECAY | LR, {"bias_settings": True, "bias_lr_factor": 2}),
        ("yolov5", RESNET, yolov5, DECAY, {}),
        ("megatron", GPT2, megatron, SCALE, {}),
        ("bert", BERT, bert, DECAY | LR, {}),
    ],
)
def test_a_rule_file_says_what_the_formula_says(
    policy: str, file: str, formula: Formula, defaults: dict[str, Any], options: dict[str, Any]
) -> None:
    rows = golden_rows(golden_model.read(file))
    given, findings = settings_by_name(policy, rows, **options)
    assert findings == []
    assert {name: with_defaults(settings, defaults) for name, settings in given.items()} == {
        p.name: formula(p) for p in seen(rows)
    }


def test_mingpt_and_the_tied_head_of_a_bert() -> None:
    # minGPT would stop at the decoder's weight, an embedding under one name and a Linear under the other.
    # Here the first rule has it, and a note says that its names disagree.
    rows = golden_rows(golden_model.read(BERT))
    given, findings = settings_by_name("mingpt", rows)
    assert findings == ["N210"]
    assert {name: with_defaults(settings, DECAY) for name, settings in given.items()} == {
        p.name: mingpt(p) for p in seen(rows)
    }


def test_mup_scales_by_what_a_layer_contracts() -> None:
    # transformers' Conv1D keeps its weight as (in, out), so the first extent is the fan-in.
    model, _ = golden_model.load(GPT2)
    groups = paramrules_torch.param_groups(
        model, "<mup@1>", options={"base_width": 256}, lr=1.0, weight_decay=1.0
    )
    given = {name: (group["lr"], group["weight_decay"]) for group in groups for name in group["param_names"]}
    assert given == {
        name: (256 / p.shape[0], p.shape[0] / 256) if p.ndim == 2 and ".h." in name else (1.0, 1.0)
        for name, p in model.named_parameters()
    }


def test_convnexts_own_twelve_layers() -> None:
    shapes = {"gamma": (8,), "dwconv.weight": (8, 1, 7, 7), "norm.bias": (8,), "pwconv1.weight": (8, 8)}
    rows: list[Row] = [
        {"name": f"stages.{stage}.{block}.{leaf}", "shape": shape}
        for stage, blocks in enumerate((3, 3, 27, 3))
        for block in range(blocks)
        for leaf, shape in shapes.items()
    ]
    rows += [{"name": f"downsample_layers.{stage}.0.weight", "shape": (8, 3, 2, 2)} for stage in range(4)]
    given, findings = settings_by_name("convnext", [*rows, {"name": "norm.weight", "shape": (8,)}])
    assert findings == []
    assert given.pop("norm.weight") == {"weight_decay": 0}
    expected = {p.name: convnext(p) for p in seen(rows)}
    assert {name: with_defaults(settings, DECAY) for name, settings in given.items()} == expected
