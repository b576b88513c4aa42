"""Accelerate: groups of rules through `prepare`, accumulation, clipping, saving and loading."""

from pathlib import Path
from typing import Any

import paramrules_torch
import pytest
import torch
from accelerate import Accelerator
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR
from torch.utils.data import DataLoader
from trainers.gpt import (
    LR,
    ONE,
    SEVERAL,
    Sequences,
    check_coverage,
    check_decays,
    check_rates,
    gpt,
    optimizer_of,
    same_state,
    same_weights,
)

import paramrules

STEPS = 8


class Run:
    """A run that was prepared by Accelerate."""

    def __init__(self, rules: paramrules.Rules, schedule: str) -> None:
        self.accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
        model = gpt()
        optimizer = optimizer_of(model, rules)
        if schedule == "cosine":
            scheduler: Any = CosineAnnealingLR(optimizer, STEPS)
        else:
            scheduler = paramrules_torch.scheduled(
                optimizer, lambda base: OneCycleLR(base, LR, STEPS, cycle_momentum=rules is ONE)
            )
        loader = DataLoader(Sequences(), batch_size=4)
        self.model, self.optimizer, self.loader, self.scheduler = self.accelerator.prepare(
            model, optimizer, loader, scheduler
        )
        self.factors: list[float] = []

    def train(self, batches: range) -> None:
        for number, batch in enumerate(self.loader):
            if number not in batches:
                continue
            with self.accelerator.accumulate(self.model):
                self.accelerator.backward(self.model(**batch).loss)
                if self.accelerator.sync_gradients:
                    self.accelerator.clip_grad_norm_(self.model.parameters(), 1.0)
                    self.look()
                self.optimizer.step()
                self.scheduler.step()
                self.optimizer.zero_grad()

    def look(self) -> None:
        groups = self.optimizer.param_groups
        self.factors.append(groups[0]["lr"] / groups[0]["lr_ratio"] / LR)
        check_rates(groups, self.factors[-1])


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle"])
@pytest.mark.parametrize("rules", [ONE, SEVERAL], ids=["one", "several"])
def test_groups_live_through_schedule_accumulation_and_loading(
    rules: paramrules.Rules, schedule: str, tmp_path: Path
) -> None:
    whole = Run(rules, schedule)
    whole.train(range(8))
    whole.accelerator.save_state(str(tmp_path))
    whole.train(range(8, 16))
    assert len(whole.factors) == STEPS
    check_coverage(whole.model, whole.optimizer.param_groups)
    check_decays(whole.model, whole.optimizer.param_groups, rules)

    again = Run(rules, schedule)
    again.accelerator.load_state(str(tmp_path))
    again.train(range(8, 16))
    assert again.factors == whole.factors[4:]
    same_weights(again.model, whole.model)
    same_state(again.optimizer.optimizer, whole.optimizer.optimizer)


def test_without_accelerate_the_same_is_learned() -> None:
    run = Run(ONE, "cosine")
    run.train(range(16))

    model = gpt()
    optimizer = optimizer_of(model, ONE)
    scheduler = CosineAnnealingLR(optimizer, STEPS)
    for number, batch in enumerate(DataLoader(Sequences(), batch_size=4)):
        (model(**batch).loss / 2).backward()
        if number % 2:
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
    same_weights(run.model, model)
