"""Lightning: groups of rules from `configure_optimizers`, scheduled, accumulated, clipped, saved, resumed."""

import csv
from pathlib import Path
from typing import Any

import lightning
import paramrules_torch
import pytest
import torch
from lightning.pytorch.callbacks import LearningRateMonitor
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR
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

# Lightning asks torch's trees for their kind in a way that torch has given up
pytestmark = pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec.. is deprecated:FutureWarning")

STEPS = 12


def linear(step: int) -> float:
    return min((step + 1) / 4, (STEPS - step) / 9)


class Lit(lightning.LightningModule):
    def __init__(self, rules: paramrules.Rules, schedule: str) -> None:
        super().__init__()
        self.model = gpt()
        self.rules, self.schedule = rules, schedule
        self.factors: list[float] = []

    def training_step(self, batch: dict[str, Tensor], number: int) -> Tensor:
        return self.model(**batch).loss  # type: ignore[no-any-return]

    def configure_optimizers(self) -> Any:
        optimizer = optimizer_of(self.model, self.rules)
        if self.schedule == "linear":
            scheduler: Any = LambdaLR(optimizer, linear)
        else:
            scheduler = paramrules_torch.scheduled(
                optimizer, lambda base: OneCycleLR(base, LR, STEPS, cycle_momentum=self.rules is ONE)
            )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        first = optimizer.param_groups[0]
        factor = first["lr"] / first["lr_ratio"] / LR
        check_rates(optimizer.param_groups, factor)
        self.factors.append(factor)


def trained(lit: Lit, epochs: int = 2, checkpoint: Path | None = None) -> lightning.Trainer:
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accumulate_grad_batches=2,
        gradient_clip_val=1.0,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    loader = DataLoader(Sequences(48), batch_size=4)  # six steps an epoch
    trainer.fit(lit, loader, ckpt_path=checkpoint)
    return trainer


@pytest.mark.parametrize("schedule", ["linear", "one-cycle"])
@pytest.mark.parametrize("rules", [ONE, SEVERAL], ids=["one", "several"])
def test_groups_live_through_schedule_accumulation_and_resume(
    rules: paramrules.Rules, schedule: str, tmp_path: Path
) -> None:
    lit = Lit(rules, schedule)
    whole = trained(lit)
    (optimizer,) = whole.optimizers
    check_coverage(lit, optimizer.param_groups)
    check_decays(lit.model, optimizer.param_groups, rules)
    assert len(lit.factors) == STEPS
    if schedule == "linear":
        assert lit.factors == pytest.approx([linear(step) for step in range(STEPS)])
    else:
        assert max(lit.factors) > 0.9
        assert lit.factors[0] == pytest.approx(1 / 25)

    trained(Lit(rules, schedule), epochs=1).save_checkpoint(tmp_path / "half.ckpt")
    resumed = Lit(rules, schedule)
    again = trained(resumed, checkpoint=tmp_path / "half.ckpt")
    assert resumed.factors == lit.factors[6:]
    same_weights(resumed.model, lit.model)
    same_state(again.optimizers[0], optimizer)


@pytest.mark.parametrize("rules", [ONE, SEVERAL], ids=["one", "several"])
def test_the_monitor_of_rates_shows_labels(rules: paramrules.Rules, tmp_path: Path) -> None:
    monitor = LearningRateMonitor("step")
    lit = Lit(rules, "linear")
    trainer = lightning.Trainer(
        max_steps=2,
        accelerator="cpu",
        logger=CSVLogger(tmp_path),
        callbacks=[monitor],
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        log_every_n_steps=1,
    )
    trainer.fit(lit, DataLoader(Sequences(8), batch_size=4))
    (optimizer,) = trainer.optimizers
    labels = [group["label"] for group in optimizer.param_groups]
    assert [name.split("/", 1)[1] for name in monitor.lrs] == labels


class Watched(Lit):
    """Logs what its optimizer does to the groups."""

    def on_fit_start(self) -> None:
        self.monitor = paramrules_torch.GroupMonitor(self.optimizers(), every=1)  # type: ignore[arg-type]

    def on_train_batch_end(self, *_: Any) -> None:
        self.log_dict(self.monitor.metrics())


@pytest.mark.parametrize("rules", [ONE, SEVERAL], ids=["one", "several"])
def test_labels_are_in_what_is_logged(rules: paramrules.Rules, tmp_path: Path) -> None:
    lit = Watched(rules, "one-cycle")
    logger = CSVLogger(tmp_path)
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=logger,
        callbacks=[LearningRateMonitor("step", log_weight_decay=True)],
        log_every_n_steps=1,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    trainer.fit(lit, DataLoader(Sequences(12), batch_size=4))
    (optimizer,) = trainer.optimizers
    labels = [group["label"] for group in optimizer.param_groups]
    with open(logger.experiment.metrics_file_path, encoding="utf-8") as file:
        logged = {*next(csv.reader(file))}
    cls = type(optimizer).__name__
    assert {f"lr-{cls}/{label}" for label in labels} <= logged
    assert {f"lr-{cls}/{label}-weight_decay" for label in labels} <= logged
    assert not any("/pg" in key for key in logged)
    assert {f"{key}/{label}" for label in labels for key in ("lr", "update_ratio", "state_bytes")} <= logged
    assert lit.monitor.step == 3
