"""The work of each of two processes under DeepSpeed: train, save, change the rules, resume.

Each stage's notes, or its traceback, go to a file of the rank.
"""

import os
import traceback
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import paramrules_torch
import torch
import torch.distributed as dist
from docs.pages import DOCS, blocks
from torch import nn
from torch_distributed.engines import NEW, OLD, STEPS, adamw, alone, groups, half, net, train

import paramrules

STAGES = (1, 2, 3)
MOMENTS = ("exp_avg", "exp_avg_sq")
EACH = "of_{i}_{k}_{w}: name ~ ^blocks\\.(?<i>\\d+)\\.(?<k>\\w+)\\.(?<w>\\w+)$ -> lr_scale = 2\nrest: else\n"
CHANGED = {1: NEW, 2: EACH, 3: EACH}
"""Rules of fewer groups, and of more."""
EXCHANGED = OLD.replace(
    "block_{i}: name ~ ^blocks\\.(?<i>\\d+)\\. -> lr_scale = 0.5 ** (i + 1)",
    "late: name ~ ^blocks\\.1\\.\nearly: name ~ ^blocks\\.0\\.",
)
"""As many groups of the same sizes, two of which hold each other's parameters."""

_LAYOUT = "The ZeRO checkpoint parameter-alignment layout does not match the current "
_HELP = (
    "  = help: DeepSpeed keeps the state of each group in one flat tensor: convert its checkpoint to a "
    "universal one, as docs/distributed.md shows"
)
_NAMES = (
    "\nerror[E664]: the saved state has `blocks.0.norm.weight` in the place that "
    "`blocks.1.norm.weight` has now\n" + _HELP
)
_NUMBER = "\nerror[E664]: the saved state has 7 groups and this optimizer has 3\n" + _HELP
REFUSED = {
    "changed": {1: _LAYOUT, 2: _LAYOUT, 3: _NUMBER},
    "exchanged": {1: _NAMES, 2: _NAMES, 3: _NAMES},
}
"""The beginnings of the errors, which in one case is DeepSpeed's own."""


def initialized(stage: int, rules: str = OLD, *, universal: bool = False) -> tuple[Any, Any]:
    """Return DeepSpeed's engine, and its optimizer around the one with the groups of the rules."""
    import deepspeed

    model = net()
    engine, optimizer, _, _ = deepspeed.initialize(
        model=model,
        optimizer=adamw(model, rules),
        config={
            "train_micro_batch_size_per_gpu": 2,
            "gradient_clipping": 0.0,  # DeepSpeed clips at 1.0 if this is left out
            "zero_optimization": {"stage": stage},
            "zero_allow_untested_optimizer": True,
            "zero_force_ds_cpu_optimizer": False,
            "checkpoint": {"load_universal": universal},
        },
    )
    return engine, optimizer


def steps(engine: Any, seeds: range) -> None:
    for seed in seeds:
        ids = torch.randint(12, (4, 6), generator=torch.Generator().manual_seed(seed))[half()]
        engine.backward(nn.functional.cross_entropy(engine(ids).flatten(0, 1), ids.flatten()))
        engine.step()


def tensors(engine: Any) -> dict[str, list[torch.Tensor]]:
    """Return each parameter's weight and moments, gathered by DeepSpeed."""
    from deepspeed.utils import safe_get_full_fp32_param, safe_get_full_optimizer_state

    if hasattr(engine.optimizer, "_lazy_init_hp_params_optimizer_state"):
        # ZeRO 1 and 2 link moments to parameters after the first group's step, before the others have any
        engine.optimizer._hp_optimizer_states_linked = False
        engine.optimizer._lazy_init_hp_params_optimizer_state()
    return {
        name: [
            safe_get_full_fp32_param(p).detach(),
            *(safe_get_full_optimizer_state(p, key) for key in MOMENTS),
        ]
        for name, p in engine.module.named_parameters()
    }


def expected(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, list[torch.Tensor]]:
    """Return the same of a model on one process."""
    return {
        name: [p.detach(), *(optimizer.state[p][key] for key in MOMENTS)]
        for name, p in model.named_parameters()
    }


def off(some: dict[str, list[torch.Tensor]], others: dict[str, list[torch.Tensor]]) -> float:
    assert some.keys() == others.keys()
    return max(
        float((a - b).abs().max()) for name in some for a, b in zip(some[name], others[name], strict=True)
    )


def regrouped(rules: str) -> dict[str, list[torch.Tensor]]:
    """Return what one process has that changes its rules after `STEPS` steps and takes another step."""
    model, optimizer = alone()
    other = adamw(model, rules)
    other.load_state_dict(paramrules_torch.regroup_state(optimizer.state_dict(), model, other))
    train(model, other, range(STEPS, STEPS + 1), slice(None))
    return expected(model, other)


def stage_notes(stage: int, folder: Path) -> dict[str, Any]:
    notes: dict[str, Any] = {}
    engine, optimizer = initialized(stage)
    notes["groups"] = groups(optimizer)
    steps(engine, range(STEPS))
    before = tensors(engine)
    notes["off"] = off(before, expected(*alone()))
    engine.save_checkpoint(str(folder), tag="own")

    again, _ = initialized(stage)
    again.load_checkpoint(str(folder), tag="own")
    notes["resumed"] = off(tensors(again), before)

    notes |= names_in(folder / "own")
    notes["changed"] = refused(stage, NEW, folder)
    notes["exchanged"] = refused(stage, EXCHANGED, folder)

    if dist.get_rank() == 0:
        convert(folder)
    dist.barrier()
    other, changed = initialized(stage, CHANGED[stage], universal=True)
    page_function()(other, changed, str(folder))
    notes["carried"] = off(tensors(other), before)
    steps(other, range(STEPS, STEPS + 1))
    notes["regrouped"] = off(tensors(other), regrouped(CHANGED[stage]))
    notes["groups after"] = groups(changed)
    return notes


def page_function() -> Any:
    """Return `load_universal` as docs/distributed.md shows it."""
    page = (DOCS / "distributed.md").read_text("utf-8")
    namespace: dict[str, Any] = {}
    exec(next(block.text for block in blocks(page) if block.name == "universal.py"), namespace)
    return namespace["load_universal"]


def names_in(folder: Path) -> dict[str, Any]:
    """Return the names of weights and in groups that a checkpoint holds."""
    weights = torch.load(next(folder.glob("*model_states.pt")), weights_only=False)["module"]
    saved = torch.load(next(folder.glob("*optim_states.pt")), weights_only=False)["optimizer_state_dict"]
    saved = saved.get("base_optimizer_state") or saved["optimizer_state_dict"]
    return {
        "names of weights": list(weights),
        "names in groups": [(group["label"], group["param_names"]) for group in saved["param_groups"]],
    }


def refused(stage: int, rules: str, folder: Path) -> str:
    """Return the error that loading the checkpoint under other rules ends in."""
    engine, _ = initialized(stage, rules)
    try:
        engine.load_checkpoint(str(folder), tag="own")
    except Exception as error:
        return str(error)
    return ""


def convert(folder: Path) -> None:
    """Convert a checkpoint to a universal one, as `python -m deepspeed.checkpoint.ds_to_universal` does."""
    from deepspeed.checkpoint import ds_to_universal

    ds_to_universal.main(
        SimpleNamespace(
            input_folder=str(folder / "own"),
            output_folder=str(folder / "universal"),
            num_extract_workers=1,
            num_merge_workers=1,
            keep_temp_folder=False,
            strict=True,
            inject_missing_state=True,
        )
    )


def from_its_configuration() -> Any:
    """Give DeepSpeed the groups alone; it makes the optimizer of its configuration."""
    import deepspeed

    model = net()
    given = paramrules_torch.param_groups(model, paramrules.parse(OLD), lr=0.01, weight_decay=0.1)
    _, optimizer, _, _ = deepspeed.initialize(
        model=model,
        model_parameters=given,
        config={
            "train_micro_batch_size_per_gpu": 2,
            "optimizer": {"type": "AdamW", "params": {"lr": 0.01, "torch_adam": True}},
            "zero_optimization": {"stage": 2},
            "zero_force_ds_cpu_optimizer": False,
        },
    )
    return [(g["label"], g["lr"], g["weight_decay"], g["param_names"]) for g in optimizer.param_groups]


def work(rank: int, folder: str) -> None:
    """Run one of the two processes."""
    os.environ |= {
        "DS_ACCELERATOR": "cpu",
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
    }
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    import deepspeed

    # compiled at first use, and if that is interrupted, the next use hangs
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    notes: dict[Any, Any] = {}
    work_of_stages = {stage: partial(stage_notes, stage, Path(folder) / str(stage)) for stage in STAGES}
    for name, check in {**work_of_stages, "configured": from_its_configuration}.items():
        try:
            notes[name] = check()
        except Exception:  # shown by the tests of this check
            notes[name] = traceback.format_exc()
        torch.save(notes, Path(folder) / f"notes{rank}.pt")
        dist.barrier()
    dist.destroy_process_group()
