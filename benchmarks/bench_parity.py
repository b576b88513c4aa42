"""How long comparing two large models takes: `python benchmarks/bench_parity.py`.

Two mixtures of experts of 45,000 tensors on the meta device: one beside another of the same names, beside one
whose modules have other names, and beside one whose names bring most tensors into other groups. What it takes
to assign rules to both is the yardstick, and a part of it.

Needs the package installed (`pip install -e ".[torch]"`), not only on the path: its backends are found
by their entry points.
"""

import time
from collections.abc import Callable, Iterator

from bench_torch import CARD, LAYERS, Model
from measuring import Row, milliseconds, needed, rows_of, show

with needed():
    import torch
    from torch import nn

    import paramrules

ROUNDS = 3

NAMES = {
    "embed": "embed_tokens",
    "blocks": "layers",
    "norm": "final_norm",
    "head": "lm_head",
    "ln_1": "input_layernorm",
    "ln_2": "post_attention_layernorm",
    "attn": "self_attn",
    "mlp": "block_sparse_moe",
    "w1": "gate_proj",
    "w2": "down_proj",
    "w3": "up_proj",
}
"""The names of modules in `Model`, and those that another library gives them."""

BY_NAME = paramrules.parse(
    "experts: name ~ \\.w[123]\\. -> weight_decay_scale = 0.5\nothers: else\n", "names.rules"
)
"""Rules whose names only one of two models has."""


def renamed(model: nn.Module) -> nn.Module:
    """Return a model with other names for the modules in it."""
    for module in model.modules():
        module._modules = {NAMES.get(name, name): child for name, child in module._modules.items()}
    return model


def rows() -> Iterator[Row]:
    """Measure models that are alike, named differently, and grouped differently."""
    with torch.device("meta"):
        model, same, other = Model(LAYERS), Model(LAYERS), renamed(Model(LAYERS))
    assigned = "`assign` to both models"
    ways: dict[str, Callable[[], object]] = {
        assigned: lambda: [paramrules.assign(CARD, each) for each in (model, same)],
        "`parity`, the same names": lambda: paramrules.parity(CARD, model, same),
        "`parity`, other names": lambda: paramrules.parity(CARD, model, other),
        "`parity`, other names, and most tensors in other groups": lambda: (
            paramrules.parity(BY_NAME, model, other).findings
        ),
    }
    for row in rows_of(milliseconds(ways, ROUNDS, time.process_time)):
        yield row if row.what == assigned else row._replace(ratio=None, against="", target=2_000)


if __name__ == "__main__":
    show(rows())
