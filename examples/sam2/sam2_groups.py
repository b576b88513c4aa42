"""SAM2's layer-wise decay in its own words: `layer_decay_param_modifier` with Hiera's `get_layer_id`."""


def scale(name: str) -> float:
    """Return the factor of a parameter's learning rate."""
    layer = 4
    if name.startswith("image_encoder.trunk"):
        if "pos_embed" in name:
            return 1.0
        layer = int(name.split("blocks")[1].split(".")[1]) + 1 if "blocks" in name else 0
    return 0.9 ** (4 - layer)
