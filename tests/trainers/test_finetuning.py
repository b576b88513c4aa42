"""Lightning's callbacks that unfreeze a backbone and add it to the optimizer as a group without names."""

from pathlib import Path
from typing import Any

import lightning
import paramrules_torch
import pytest
import torch
from lightning.pytorch.callbacks import BackboneFinetuning, BaseFinetuning, LearningRateMonitor
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.optim.lr_scheduler import LinearLR
from torch.utils.data import DataLoader, TensorDataset

import paramrules

# Lightning asks torch's trees for their kind in a way that torch has given up
pytestmark = pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec.. is deprecated:FutureWarning")

ONE = paramrules.parse("no_decay: ndim <= 1\nrest: else -> lr_scale = 0.5")
SEVERAL = paramrules.parse('muon: ndim == 2 -> optimizer = "muon"\nrest: else')


class Unfreeze(BaseFinetuning):
    def freeze_before_training(self, module: Any) -> None:
        self.freeze(module.backbone)

    def finetune_function(self, module: Any, epoch: int, optimizer: torch.optim.Optimizer) -> None:
        if epoch > 1:
            self.make_trainable(module.backbone)  # a resumed run has frozen it again
        if epoch == 1:
            self.unfreeze_and_add_param_group(module.backbone[1], optimizer)
            self.unfreeze_and_add_param_group(module.backbone[0], optimizer, lr=1e-4, train_bn=False)


class Net(lightning.LightningModule):
    def __init__(self, rules: paramrules.Rules) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.backbone = nn.Sequential(nn.Linear(4, 4, bias=False), nn.LayerNorm(4))
        self.head, self.rules = nn.Linear(4, 2), rules

    def training_step(self, batch: Any, number: int) -> Any:
        return self.head(self.backbone(batch[0])).square().mean()

    def configure_optimizers(self) -> Any:
        both = {"muon": torch.optim.Muon, "default": torch.optim.AdamW}
        optimizers: Any = torch.optim.AdamW if self.rules is ONE else both
        optimizer = paramrules_torch.build(self, self.rules, optimizers, lr=1e-3, weight_decay=0.1)
        if not isinstance(self.trainer.callbacks[0], Unfreeze):
            return optimizer  # the callback sets the rate
        scheduler = paramrules_torch.scheduled(optimizer, lambda base: LinearLR(base, 1.0, 0.0, 10))
        return {"optimizer": optimizer, "lr_scheduler": scheduler}


def fit(
    rules: paramrules.Rules,
    epochs: int,
    folder: Path,
    checkpoint: Path | None = None,
    callback: Any = Unfreeze,
) -> tuple[lightning.Trainer, Net, LearningRateMonitor]:
    monitor = LearningRateMonitor("epoch")
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=CSVLogger(folder),
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        callbacks=[callback(), monitor],
        log_every_n_steps=1,
    )
    net = Net(rules)
    data = TensorDataset(torch.randn(8, 4, generator=torch.Generator().manual_seed(1)))
    trainer.fit(net, DataLoader(data, batch_size=4), ckpt_path=checkpoint)
    return trainer, net, monitor


@pytest.mark.parametrize("rules", [ONE, SEVERAL], ids=["one", "several"])
def test_a_backbone_joins_and_a_run_with_it_resumes(rules: paramrules.Rules, tmp_path: Path) -> None:
    trainer, net, monitor = fit(rules, 3, tmp_path)
    (optimizer,) = trainer.optimizers
    labels = (
        ["no_decay", "rest", "no_decay#2", "rest#2"] if rules is ONE else ["muon", "rest", "rest#2", "muon#2"]
    )
    groups = optimizer.param_groups
    assert [group["label"] for group in groups] == labels
    assert [group["param_names"] for group in groups[2:]] == [
        ["backbone.1.weight", "backbone.1.bias"],
        ["backbone.0.weight"],
    ]
    assert [group["weight_decay"] for group in groups[2:]] == [0 if rules is ONE else 0.1, 0.1]
    assert {name.split("/", 1)[1] for name in monitor.lrs} == set(labels)
    first = groups[0]["lr"]
    # both joined after an epoch, at the tenth of the first rate and at 1e-4, when the base rate was 9e-4
    assert [group["lr"] for group in groups[2:]] == pytest.approx([first / 10, 7e-4 * 1e-4 / 9e-4])
    assert len(optimizer.state) == 5

    trainer, _, _ = fit(rules, 2, tmp_path)
    trainer.save_checkpoint(tmp_path / "joined.ckpt")
    resumed, again, _ = fit(rules, 3, tmp_path, tmp_path / "joined.ckpt")
    assert [group["label"] for group in resumed.optimizers[0].param_groups] == labels
    for ours, theirs in zip(again.parameters(), net.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_lightnings_own_callback_raises_the_rate_of_the_last_group(tmp_path: Path) -> None:
    def callback() -> BackboneFinetuning:
        return BackboneFinetuning(1, lambda epoch: 2.0, backbone_initial_lr=1e-5, train_bn=False)

    with pytest.warns(paramrules.RulesWarning, match="W663"):
        trainer, _, _ = fit(ONE, 3, tmp_path, callback=callback)
    last = trainer.optimizers[0].param_groups[-1]
    assert (last["label"], last["lr"]) == ("rest+no_decay", 2e-5)
