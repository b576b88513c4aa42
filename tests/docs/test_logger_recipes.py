"""The recipes for loggers that are not installed here, with writers of the same methods."""

from typing import Any

import paramrules_torch
import torch
from docs.pages import DOCS, blocks

import paramrules


class SummaryWriter:
    """`torch.utils.tensorboard.SummaryWriter`, whose `add_scalar` takes a number."""

    def __init__(self) -> None:
        self.scalars: dict[str, tuple[float, int]] = {}

    def add_scalar(
        self, tag: str, scalar_value: float, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        assert global_step is not None
        self.scalars[tag] = (float(scalar_value), global_step)


class Run:
    """A run of `wandb`."""

    def __init__(self) -> None:
        self.logged: list[tuple[dict[str, Any], int | None]] = []

    def log(self, data: dict[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        self.logged.append((data, step))


def test_tensorboard_and_wandb() -> None:
    (recipe,) = (b for b in blocks((DOCS / "monitoring.md").read_text("utf-8")) if "SummaryWriter" in b.text)
    optimizer = paramrules_torch.build(torch.nn.Linear(2, 2), paramrules.parse("all: else"), lr=0.1)
    monitor = paramrules_torch.GroupMonitor(optimizer)
    optimizer.step()
    page: dict[str, Any] = {"monitor": monitor}
    exec(recipe.text, page)
    writer, run = SummaryWriter(), Run()
    page["log_to_tensorboard"](writer)
    page["log_to_wandb"](run)
    assert writer.scalars["lr/all"] == (0.1, 1)
    assert run.logged == [(monitor.metrics(), 1)]
    assert writer.scalars.keys() == monitor.metrics().keys()
