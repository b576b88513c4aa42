"""One of two processes: train a model under every engine and record the results.

Started once for all tests of this folder; each check's notes, or its traceback, go to a file of the rank.
"""

import traceback
import warnings
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import paramrules_torch
import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_optimizer_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from torch.nn.parallel import DistributedDataParallel

import paramrules

OLD = """
[decay]
no_decay: type(LayerNorm|Embedding) or ndim <= 1 -> weight_decay = 0
decay: else
[lr]
wide: fan_in == 16 -> lr_scale = 4
block_{i}: name ~ ^blocks\\.(?<i>\\d+)\\. -> lr_scale = 0.5 ** (i + 1)
rest: else
"""
NEW = "head: name ~ ^head -> lr_scale = 2\nsquare: size >= 64 -> weight_decay = 0\nrest: else\n"
STEPS = 4


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.up = nn.Linear(8, 16)
        self.down = nn.Linear(16, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.down(torch.relu(self.up(self.norm(x))))  # type: ignore[no-any-return]


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(12, 8)
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.head = nn.Linear(8, 12)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.emb(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(x)  # type: ignore[no-any-return]


def net() -> Net:
    torch.manual_seed(0)
    return Net()


def adamw(model: nn.Module, rules: str = OLD) -> torch.optim.Optimizer:
    # a large eps: where gradients are next to nothing, rounding would decide about the sign of Adam's step
    return paramrules_torch.build(
        model, paramrules.parse(rules), torch.optim.AdamW, lr=0.01, weight_decay=0.1, eps=1e-3
    )


def train(
    model: nn.Module, optimizer: torch.optim.Optimizer, steps: range, part: slice, step: Any = None
) -> None:
    """Steps on batches of four, of which this process sees a part."""
    for seed in steps:
        ids = torch.randint(12, (4, 6), generator=torch.Generator().manual_seed(seed))[part]
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(ids).flatten(0, 1), ids.flatten()).backward()
        (step or optimizer.step)()


def half() -> slice:
    return slice(2 * dist.get_rank(), 2 * dist.get_rank() + 2)


def whole(value: torch.Tensor) -> torch.Tensor:
    return value.full_tensor() if isinstance(value, DTensor) else value


def weights(model: nn.Module) -> list[torch.Tensor]:
    return [whole(parameter.detach()).clone() for parameter in model.parameters()]


def groups(optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    """Everything about the groups but the tensors, with the names of the model as it is unwrapped."""
    wrapped = ("module.", "_orig_mod.")

    def plain(name: str) -> str:
        return plain(name.split(".", 1)[1]) if name.startswith(wrapped) else name

    return [
        {
            **{k: v for k, v in group.items() if k != "params"},
            "param_names": list(map(plain, group["param_names"])),
        }
        for group in optimizer.param_groups
    ]


def everywhere(value: Any) -> list[Any]:
    every: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(every, value)
    return every


def alone() -> tuple[Net, torch.optim.Optimizer]:
    """The model trained by one process on everything."""
    model = net()
    optimizer = adamw(model)
    train(model, optimizer, range(STEPS), slice(None))
    return model, optimizer


def trained(wrap: Callable[[Net], nn.Module], part: slice, compiled_step: bool = False) -> dict[str, Any]:
    """The groups on every rank, and how far the weights are from those of one process alone."""
    model = wrap(net())
    optimizer = adamw(model)
    seen = everywhere(groups(optimizer))
    step = torch.compile(optimizer.step, backend="eager") if compiled_step else None
    train(model, optimizer, range(STEPS), part, step)
    expected = weights(alone()[0])
    start = weights(net())
    found = weights(model)
    moved = distance(start, expected)
    return {"groups": seen, "off": distance(found, expected), "moved": moved}


def monitored(wrap: Callable[[Net], nn.Module], part: slice) -> list[dict[str, Any]]:
    """Return what a monitor measures of each group on this rank."""
    model = wrap(net())
    optimizer = adamw(model)
    monitor = paramrules_torch.GroupMonitor(optimizer)
    train(model, optimizer, range(1), part)
    return monitor.rows()


def distance(some: list[torch.Tensor], others: list[torch.Tensor]) -> float:
    return max(float((a - b).abs().max()) for a, b in zip(some, others, strict=True))


def mesh() -> Any:
    return init_device_mesh("cpu", (dist.get_world_size(),))


def sharded(model: Net) -> nn.Module:
    for block in model.blocks:
        fully_shard(block, mesh=mesh())
    return fully_shard(model, mesh=mesh())


def parallel(model: Net) -> nn.Module:
    plan = {f"blocks.{i}.up": ColwiseParallel() for i in range(2)}
    plan |= {f"blocks.{i}.down": RowwiseParallel() for i in range(2)}  # type: ignore[misc]
    return parallelize_module(model, mesh(), plan)


def compiled(model: nn.Module) -> nn.Module:
    return torch.compile(model, backend="aot_eager")  # type: ignore[return-value]


def moments(optimizer: torch.optim.Optimizer, model: nn.Module) -> dict[str, torch.Tensor]:
    return {
        name: whole(optimizer.state[parameter]["exp_avg"]).clone()
        for name, parameter in model.named_parameters()
    }


def resumed_from_a_whole_file(folder: Path) -> dict[str, Any]:
    """Sharded, saved whole as a file with names, and loaded sharded into other groups."""
    model = sharded(net())
    optimizer = adamw(model)
    train(model, optimizer, range(STEPS), half())
    options = StateDictOptions(full_state_dict=True)
    state = get_optimizer_state_dict(model, optimizer, options=options)
    flat = get_optimizer_state_dict(
        model, optimizer, options=StateDictOptions(full_state_dict=True, flatten_optimizer_state_dict=True)
    )
    before = moments(optimizer, model)
    if dist.get_rank() == 0:
        torch.save(state, folder / "whole.pt")
        torch.save(flat, folder / "flat.pt")
    found = {}
    for name, given in (("whole", state), ("flat", flat), ("own", deepcopy(optimizer.state_dict()))):
        again = sharded(net())
        other = adamw(again, NEW)
        other.load_state_dict(paramrules_torch.regroup_state(given, again, other))
        after = moments(other, again)
        same = all(torch.equal(before[key], after[key]) for key in before)
        kinds = {type(entry["exp_avg"]).__name__ for entry in other.state.values()}
        train(again, other, range(STEPS, STEPS + 1), half())
        found[name] = (same, sorted(kinds))
    if dist.get_rank() == 0:
        torch.save(before, folder / "moments.pt")
    return found


def checkpointed(folder: Path) -> dict[str, Any]:
    """Saved by torch.distributed.checkpoint from two ranks, and loaded by it into other groups."""
    model = sharded(net())
    optimizer = adamw(model)
    train(model, optimizer, range(STEPS), half())
    before = moments(optimizer, model)
    dcp.save({"state": get_optimizer_state_dict(model, optimizer)["state"]}, checkpoint_id=folder / "dcp")
    again = sharded(net())
    other = adamw(again, NEW)
    settings = groups(other)
    state = get_optimizer_state_dict(again, other)
    dcp.load({"state": state["state"]}, checkpoint_id=folder / "dcp")
    set_optimizer_state_dict(again, other, state)
    after = moments(other, again)
    return {
        "same": all(torch.equal(before[key], after[key]) for key in before),
        "settings": groups(other) == settings,
    }


def checks(folder: Path) -> dict[str, Callable[[], Any]]:
    everything = slice(None)
    return {
        "ddp": lambda: trained(DistributedDataParallel, half()),
        "ddp compiled": lambda: trained(lambda model: compiled(DistributedDataParallel(model)), half()),
        "fsdp": lambda: trained(sharded, half()),
        "fsdp compiled": lambda: trained(lambda model: compiled(sharded(model)), half()),
        "tensor parallel": lambda: trained(parallel, everything),
        "compiled": lambda: trained(compiled, everything),
        "monitored alone": lambda: monitored(lambda model: model, everything),
        "monitored ddp": lambda: monitored(DistributedDataParallel, half()),
        "monitored fsdp": lambda: monitored(sharded, half()),
        "monitored tensor parallel": lambda: monitored(parallel, everything),
        "compiled step": lambda: trained(lambda model: model, everything, compiled_step=True),
        "alone": lambda: groups(adamw(net())),
        "whole file": lambda: resumed_from_a_whole_file(folder),
        "dcp": lambda: checkpointed(folder),
    }


def work(rank: int, folder: str) -> None:
    """One of the two processes."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    warnings.filterwarnings("ignore", "FSDP2-wrapped module", UserWarning)  # about views: nothing is in place
    notes: dict[str, Any] = {}
    for name, check in checks(Path(folder)).items():
        try:
            notes[name] = check()
        except Exception:  # told to the test of this check; the others go on
            notes[name] = traceback.format_exc()
        torch.save(notes, Path(folder) / f"notes{rank}.pt")
        dist.barrier()
    dist.destroy_process_group()
