"""Policies rewritten: twins that mean the same, and near twins that nearly do.

The original of `twins/timm_weight_decay.rules` is the shipped policy `<timm/weight_decay@1>`. `others` holds
originals of forms that no policy has.

A tied parameter has several names, and a rule takes it by any of them. So two rules cannot always change
places although no name fits both: two of the near twins do just that.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from support import golden_rows, inventory_of

import paramrules
from paramrules.inventories import Inventory
from paramrules.rules import Rules
from paramrules.rules.shipped import file_name, policies

HERE = Path(__file__).parent
TESTS = HERE.parent
POLICIES = {file_name(str(newest)): str(newest) for *_, newest in policies().values()}
OTHERS = {path.name: str(path) for path in sorted((HERE / "others").glob("*.rules"))}
ORIGINALS = {**POLICIES, **OTHERS}
"""The rule file, or the name of the policy, by the file name of its twins."""
TWINS = sorted((HERE / "twins").glob("*.rules"))
NEAR_TWINS = sorted((HERE / "near_twins").glob("*.rules"))

Group = tuple[tuple[str, ...], Mapping[str, object]]
"""The labels of a parameter in all axes, and its settings."""

NAMES = (
    *("cls_token", "pos_embed", "reg_token", "mask_token", "wpe", "bias", "head", "x.gamma"),
    *("patch_embed.proj.weight", "patch_embedding", "absolute_pos_embed", "norm.weight", "norm_pre.bias"),
    *("blocks.0.attn.qkv.weight", "blocks.10.ls1.gamma", "blocks.0.3.residual.weight", "my.blocks.2.weight"),
    *(
        "blocksx1y.weight",
        "blocks.1x",
        "embed.weight",
        "blocks.3.embed.bias",
        "lm_head.weight",
        "x.lm_head.g",
    ),
    *("stages.0.blocks.1.weight", "stages.2.7.gamma", "stages.2.downsample.0.bias", "stages.3.0.weight"),
    *("downsample_layers.0.0.weight", "downsample_layers.1.bias", "downsample_layers.3.1.weight", "stem.0"),
    *("layer1.0.conv1.weight", "layer12.3.bn1.bias", "conv1.weight", "bn1.weight", "layers.0.downsample.w"),
    *("layers.3.blocks.11.attn.relative_position_bias_table", "encoder.layer.7.output.LayerNorm.weight"),
    *("bert.encoder.layer.1.bias", "embeddings.word.weight", "cls.embeddings.bias", "h.0.mlp.w", "x.h.12.w"),
    *("img.kernel", "imgs.kernel", "img", "txt.pos_embedding", "a.Bias", "RMSNorm.g", "q_norm.weight"),
    *("mm_projector.0.weight", "model.vision_tower.layers.1.weight", "backbone.0.w", "x.backbone.conv.bias"),
    *("mem_k", "x.mem_v", "memory_tokens", "a.to_v.weight", "a.to_out.0.weight", "a.to_q.weight"),
    *(
        "lora_A.w",
        "x.lora_B.default.weight",
        "lora_embedding_A",
        "reference_points.bias",
        "sampling_offsets.w",
    ),
    *(
        "stemming.weight",
        "scores.weight",
        "embed_out.weight",
        "x.fc.bias",
        "fc.weight",
        "layers.1.blocks.0.w",
    ),
    *("conv_offset.weight", "last_layer.weight_g", "decoder.ln_f.scale", "x.layer_norm.kernel", "my_head.w"),
)
CLASSES = (
    "torch.nn.modules.linear.Linear",
    "torch.nn.modules.normalization.LayerNorm",
    "flax.linen.normalization.LayerNorm",
    "x_transformers.x_transformers.RMSNorm",
    "torch.nn.modules.batchnorm.BatchNorm2d",
    "torch.nn.modules.normalization.GroupNorm",
    "torch.nn.modules.sparse.Embedding",
    "torch.nn.modules.conv.Conv2d",
)
SHAPES = ((), (4,), (4, 8), (4, 8, 3, 3))
AROUND: tuple[tuple[str, ...], ...] = (
    (),
    ("lab.Attention",),
    ("lab.FeedForward",),
    ("lab.DeformConv2dPack",),
)
ATTRIBUTES: tuple[Mapping[str, object], ...] = (
    {},
    {"no_weight_decay": True},
    {"_optim": {"lr": 0.0, "weight_decay": 0.0}},
    {"allreduce": False, "is_embedding_or_output_parameter": True},
)


@cache
def models() -> tuple[tuple[dict[str, Any], ...], ...]:
    """Return the rows of two recorded models, of the names above, and of every few of these tied."""
    files = [TESTS / "golden" / f"{name}.json" for name in ("timm-vit_tiny_patch16_224", "transformers-bert")]
    golden = [tuple(map(dict, golden_rows(json.loads(file.read_text("utf-8"))))) for file in files]
    alone = [tuple(row(at, name, at // 7 + more) for at, name in enumerate(NAMES)) for more in range(4)]
    tied = [
        tuple(
            row(at, NAMES[at], at) | {"also": [row(at, NAMES[at - step], at + 1)]}
            for at in range(step % 2, len(NAMES), 2)
        )
        for step in range(1, len(NAMES), 8)  # odd, so that no name comes twice
    ]
    return (*golden, *alone, *tied)


@cache
def inventories() -> tuple[Inventory, ...]:
    """Return the models as inventories."""
    return tuple(map(inventory, models()))


def inventory(rows: tuple[dict[str, Any], ...]) -> Inventory:
    return inventory_of(rows, modules={"": {"groups": 1}})


def row(at: int, name: str, other: int) -> dict[str, Any]:
    """Return a parameter whose facts are some mixture of those above."""
    shape = SHAPES[(at + other // 2) % 4]
    fans = {"fan_in": 8, "fan_out": 4} if len(shape) > 1 else {}
    return {
        "name": name,
        "owner": [CLASSES[other % len(CLASSES)]],
        "around": [[cls] for cls in AROUND[(at + other) % 4]],
        "shape": shape,
        "role": "bias" if name.endswith("bias") else "weight",
        "attributes": ATTRIBUTES[(at // 4 + other // 3) % 4],
        **fans,
    }


def settings_of(rules: Rules) -> list[dict[str, Any]]:
    """Return values for the options of a file: the defaults, and others."""
    required = {name: 128 for name, option in rules.options.items() if option.required}
    changed = {name: _other(option.default) for name, option in rules.options.items() if not option.required}
    return [required, required | changed] if changed else [required]


def _other(default: object) -> object:
    return not default if isinstance(default, bool) else 3 if default == 1 else 1


def groups(
    rules: Rules, rows: tuple[dict[str, Any], ...], options: Mapping[str, Any], model: Inventory
) -> list[Group | str]:
    """Return the group of each parameter of a model; of one that is refused, those of its halves.

    A parameter that is refused on its own has the codes of the errors in its place. `expect` does not count.
    """
    try:
        assignment = paramrules.examine(rules, model, options=options)
    except paramrules.RulesError as error:
        if len(rows) > 1:
            half = len(rows) // 2
            parts = rows[:half], rows[half:]
            return [each for part in parts for each in groups(rules, part, options, inventory(part))]
        return [" ".join(finding.code for finding in error.diagnostics)]
    found: dict[int, Group] = {}
    for group in assignment.groups:
        for number in group.parameters:
            found[number] = (group.labels, dict(group.settings))
    return [found[number] for number in range(len(rows))]
