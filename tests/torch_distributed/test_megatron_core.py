"""Megatron on two processes without a GPU: layers that it cuts have the groups of the whole."""

import traceback
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import paramrules_torch
import pytest
import torch
import torch.distributed as dist
from torch import nn

import paramrules

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(find_spec("megatron") is None, reason="`nox -s engines` installs Megatron"),
]

RULES = paramrules.parse(
    "no_decay: type(LayerNorm|Embedding) or ndim <= 1 -> weight_decay = 0\n"
    "narrow: fan_in == 8\n"
    "wide: type(Linear) and fan_in == 24 and fan_out == 8 -> lr_scale = 2"
)
FACTS = ("shape", "ndim", "size", "fan_in", "fan_out", "role")


def plain() -> nn.Module:
    layers = {"embedding": nn.Embedding(32, 8), "norm": nn.LayerNorm(8)}
    return nn.ModuleDict(layers | {"up": nn.Linear(8, 24), "down": nn.Linear(24, 8)})


def parallel(config: Any) -> nn.Module:
    from megatron.core.tensor_parallel import ColumnParallelLinear, RowParallelLinear, VocabParallelEmbedding

    how = {"config": config, "init_method": nn.init.ones_}
    up = ColumnParallelLinear(8, 24, gather_output=False, **how)
    down = RowParallelLinear(24, 8, bias=True, input_is_parallel=True, skip_bias_add=False, **how)
    layers = {"embedding": VocabParallelEmbedding(32, 8, **how), "norm": nn.LayerNorm(8)}
    return nn.ModuleDict(layers | {"up": up, "down": down})


def seen(model: nn.Module) -> dict[str, Any]:
    inventory = paramrules.inventory(model)
    groups = paramrules_torch.param_groups(model, RULES, lr=0.1)
    return {
        "names": list(inventory.names),
        "facts": {fact: list(inventory.column(fact)) for fact in FACTS},
        "groups": [(group["label"], group["param_names"]) for group in groups],
    }


def notes_of() -> dict[str, Any]:
    from megatron.core.parallel_state import initialize_model_parallel
    from megatron.core.transformer import TransformerConfig
    from megatron.core.transformer.module import Float16Module

    initialize_model_parallel(tensor_model_parallel_size=2)
    shape = {"num_layers": 1, "hidden_size": 8, "num_attention_heads": 2, "tensor_model_parallel_size": 2}
    model = parallel(TransformerConfig(use_cpu_initialization=True, **shape))
    notes = {"seen": seen(model), "kept": tuple(model["up"].weight.shape)}
    optimizer = paramrules_torch.build(model, RULES, torch.optim.AdamW, lr=0.1)
    x = model["norm"](model["embedding"](torch.arange(32)))
    model["down"](model["up"](x)[0])[0].square().sum().backward()
    optimizer.step()
    notes["moments"] = {
        g["label"]: sum(optimizer.state[p]["exp_avg"].numel() for p in g["params"])
        for g in optimizer.param_groups
    }
    wrapped = Float16Module(TransformerConfig(bf16=True, **shape), model)
    notes["wrapped"] = list(paramrules.inventory(wrapped).names)
    return notes


def work(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    try:
        notes: Any = notes_of()
    except Exception:  # shown by the test
        notes = traceback.format_exc()
    torch.save(notes, Path(folder) / f"notes{rank}.pt")
    dist.barrier()
    dist.destroy_process_group()


def test_layers_and_wrappers_have_the_groups_of_the_whole(tmp_path: Path) -> None:
    context = torch.multiprocessing.spawn(work, (str(tmp_path),), nprocs=2, join=False)
    assert context.join(timeout=120, grace_period=5) or context.join(timeout=30), "the processes hang"
    expected = seen(plain())
    assert [label for label, _ in expected["groups"]] == ["no_decay", "narrow", "wide"]
    for rank in (0, 1):
        notes = torch.load(tmp_path / f"notes{rank}.pt", weights_only=False)
        assert not isinstance(notes, str), notes
        assert notes["kept"] == (12, 8)
        assert notes["seen"] == expected
        assert notes["wrapped"] == expected["names"]
        assert notes["moments"] == {"no_decay": 128 + 16 + 12 + 8, "narrow": 96, "wide": 96}
