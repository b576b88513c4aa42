"""MAE's and BEiT's layer decay, and DINOv2's, on vision transformers of timm.

The three number the blocks alike and differ in what trains with the stem and the head, and in what decays.
"""

from functools import partial
from typing import Any

from grouping_functions.corpus import GroupingFunction, Settings
from grouping_functions.timm_groups import BEIT, NEEDS, VIT, create


def _trained(model: Any) -> Any:
    return ((name, p) for name, p in model.named_parameters() if p.requires_grad)


def mae(model: Any, rate: float = 0.75, decay: float = 0.05) -> dict[str, Settings]:
    """The groups of `param_groups_lrd`, called with the model's `no_weight_decay()` as main_finetune.py does.

    References:
        facebookresearch/mae, util/lr_decay.py
    """
    last = len(model.blocks) + 1
    skipped = model.no_weight_decay()

    def layer(name: str) -> int:
        if name in ("cls_token", "pos_embed") or name.startswith("patch_embed"):
            return 0
        return int(name.split(".")[1]) + 1 if name.startswith("blocks") else last

    return {
        name: {
            "lr_scale": rate ** (last - layer(name)),
            "weight_decay": 0.0 if p.ndim == 1 or name in skipped else decay,
        }
        for name, p in _trained(model)
    }


def beit(model: Any, rate: float = 0.9, decay: float = 0.05) -> dict[str, Settings]:
    """The groups of `get_parameter_groups` with `LayerDecayValueAssigner`.

    References:
        microsoft/unilm, beit/optim_factory.py
    """
    last = len(model.blocks) + 1
    skipped = model.no_weight_decay()

    def layer(name: str) -> int:
        if name in ("cls_token", "mask_token", "pos_embed") or name.startswith("patch_embed"):
            return 0
        if name.startswith("rel_pos_bias") or not name.startswith("blocks"):
            return last
        return int(name.split(".")[1]) + 1

    return {
        name: {
            "lr_scale": rate ** (last - layer(name)),
            "weight_decay": 0.0 if p.ndim == 1 or name.endswith(".bias") or name in skipped else decay,
        }
        for name, p in _trained(model)
    }


def dinov2(model: Any, rate: float = 0.9, patch: float = 0.2) -> dict[str, Settings]:
    """The multipliers of `get_params_groups_with_decay`, under the names that rules have for them.

    References:
        facebookresearch/dinov2, dinov2/utils/param_groups.py
    """
    last = len(model.blocks) + 1

    def layer(name: str) -> int:
        if any(word in name for word in ("pos_embed", "patch_embed", "mask_token", "cls_token")):
            return 0
        if "blocks." in name and "residual." not in name:
            return int(name[name.find("blocks.") :].split(".")[1]) + 1
        return last

    return {
        name: {
            "lr_scale": rate ** (last - layer(name)) * (patch if "patch_embed" in name else 1.0),
            "weight_decay_scale": 0.0 if name.endswith(".bias") or "norm" in name or "gamma" in name else 1.0,
            "is_last_layer": "last_layer" in name,
        }
        for name, _ in _trained(model)
    }


RELATIVE = {
    "seen": create(
        "beit_base_patch16_224", use_abs_pos_emb=False, use_rel_pos_bias=False, use_shared_rel_pos_bias=True
    ),
    "deeper": create(
        "beit_base_patch16_224",
        use_abs_pos_emb=False,
        use_rel_pos_bias=False,
        use_shared_rel_pos_bias=True,
        depth=20,
    ),
    "wider": create(
        "beit_large_patch16_224",
        use_abs_pos_emb=False,
        use_rel_pos_bias=False,
        use_shared_rel_pos_bias=True,
        depth=12,
    ),
}
DINO = {
    "seen": create("vit_small_patch14_dinov2", img_size=224),
    "deeper": create("vit_small_patch14_dinov2", img_size=224, depth=24),
    "wider": create("vit_base_patch14_dinov2", img_size=224),
}


def functions() -> list[GroupingFunction]:
    return [
        GroupingFunction("MAE layer decay, ViT", mae, VIT | {"other": BEIT["seen"]}, "mae", NEEDS),
        GroupingFunction(
            "MAE layer decay at 0.65, ViT",
            partial(mae, rate=0.65),
            {
                "seen": VIT["wider"],
                "deeper": create("vit_large_patch16_224"),
                "wider": create("vit_large_patch16_224", depth=12),
            },
            "mae",
            NEEDS,
        ),
        GroupingFunction("BEiT layer decay, BEiT", beit, BEIT | {"other": VIT["seen"]}, "beit", NEEDS),
        GroupingFunction("BEiT layer decay, shared bias", beit, RELATIVE, "beit", NEEDS),
        GroupingFunction("DINOv2 layer decay, ViT", dinov2, DINO, "dinov2", NEEDS),
    ]
