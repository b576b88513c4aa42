"""A small GPT as an inventory: three blocks, a tied embedding, a frozen layer, a tensor with attributes."""

from support import Row, inventory_of

LAYER_NORM = "torch.nn.modules.normalization.LayerNorm"
LINEAR = "torch.nn.modules.linear.Linear"
EMBEDDING = "torch.nn.modules.sparse.Embedding"


def _block(i: int) -> list[Row]:
    wide = 4 * (i + 1)
    optim = {"_optim": {"lr": 0.1, "weight_decay": 0.0}, "lr_mult": 2, "kind": "ssm"} if i == 1 else {}
    return [
        {"name": f"h.{i}.ln.weight", "owner": LAYER_NORM, "shape": (4,), "role": "scale"},
        {"name": f"h.{i}.ln.bias", "owner": LAYER_NORM, "shape": (4,), "role": "bias"},
        {
            "name": f"h.{i}.fc.weight",
            "owner": LINEAR,
            "around": ["m.GPT", "m.Block"],
            "shape": (wide, 4),
            "fan_in": 4,
            "fan_out": wide,
            "attributes": optim,
        },
        {"name": f"h.{i}.fc.bias", "owner": LINEAR, "shape": (wide,), "role": "bias"},
    ]


ROWS: list[Row] = [
    {
        "name": "wte.weight",
        "owner": EMBEDDING,
        "shape": (10, 4),
        "role": "embedding",
        "also": [{"name": "lm_head.weight", "owner": LINEAR, "role": "weight"}],
    },
    *(row for i in range(3) for row in _block(i)),
    {"name": "frozen.weight", "owner": LINEAR, "shape": (4, 4), "trainable": False},
]

GPT = inventory_of(ROWS)
