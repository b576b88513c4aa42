"""DINOv2's groups in its own words: `get_params_groups_with_decay` of dinov2/utils/param_groups.py."""


def multipliers(name: str) -> tuple[float, float, bool]:
    """Return `lr_multiplier`, `wd_multiplier` and `is_last_layer` of a parameter."""
    layer = 4
    if name.startswith("backbone"):
        if any(part in name for part in (".pos_embed", ".patch_embed", ".mask_token", ".cls_token")):
            layer = 0
        elif ".blocks." in name:
            layer = int(name[name.find(".blocks.") :].split(".")[2]) + 1
    multiplier = 0.9 ** (4 - layer) * (0.2 if "patch_embed" in name else 1.0)
    spared = name.endswith(".bias") or "norm" in name or "gamma" in name
    return multiplier, 0.0 if spared else 1.0, "last_layer" in name
