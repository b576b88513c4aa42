"""The mixin for transformers' Trainer: what the training arguments say, and what they cannot have."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pytest
import torch
from paramrules_torch.trainers import TrainerMixin, lightning_optimizers
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from trainers.gpt import DECAY, LR, ONE, SEVERAL, Sequences, gpt
from transformers import Trainer, TrainingArguments
from transformers.optimization import GreedyLR

import paramrules
from paramrules import RulesError, RulesWarning


class RulesTrainer(TrainerMixin, Trainer):
    rules = ONE


def trainer(folder: Path, cls: type = RulesTrainer, made: dict[str, Any] | None = None, **how: Any) -> Any:
    arguments: dict[str, Any] = {"learning_rate": LR, "weight_decay": DECAY, "use_cpu": True}
    arguments |= {"report_to": "none", "disable_tqdm": True, "per_device_train_batch_size": 8, "max_steps": 4}
    return cls(
        gpt(),
        TrainingArguments(str(folder), **arguments | how),
        train_dataset=Sequences(),
        eval_dataset=Sequences(8),
        **made or {},
    )


def test_the_optimizer_is_that_of_the_training_arguments(tmp_path: Path) -> None:
    arguments = {"adam_beta1": 0.7, "adam_beta2": 0.8, "adam_epsilon": 1e-5}
    optimizer = trainer(tmp_path, **arguments).create_optimizer()
    assert type(optimizer) is torch.optim.AdamW
    assert {(g["betas"], g["eps"], g["fused"]) for g in optimizer.param_groups} == {((0.7, 0.8), 1e-5, True)}
    assert {g["label"]: (g["lr"], g["weight_decay"]) for g in optimizer.param_groups} == {
        "no_decay/block_0": (LR / 4, 0),
        "no_decay/block_1": (LR / 2, 0),
        "no_decay/embeddings": (LR / 8, 0),
        "no_decay/final_norm": (LR, 0),
        "decay/block_0": (LR / 4, DECAY),
        "decay/block_1": (LR / 2, DECAY),
    }
    sgd = trainer(tmp_path, optim="sgd", optim_args="momentum=0.5,weight_decay=0.3").create_optimizer()
    assert type(sgd) is torch.optim.SGD
    assert {g["momentum"] for g in sgd.param_groups} == {0.5}
    assert {g["weight_decay"] for g in sgd.param_groups} == {0, DECAY}  # as the Trainer does by itself
    made = {"optimizer_cls_and_kwargs": (torch.optim.RAdam, {"lr": 0.5})}
    own = trainer(tmp_path, made=made).create_optimizer()
    assert type(own) is torch.optim.RAdam
    assert own.param_groups[-1]["lr"] == 0.25


def test_arguments_of_build_and_named_optimizers(tmp_path: Path) -> None:
    class Muon(RulesTrainer):
        rules = SEVERAL
        named_optimizers: ClassVar[Any] = {"muon": torch.optim.Muon, "adamw": None}
        build_with: ClassVar[Any] = {"lr": 0.5}

    optimizer = trainer(tmp_path, Muon, adam_beta1=0.7).create_optimizer()
    assert {name: type(one) for name, one in optimizer.optimizers.items()} == {
        "muon": torch.optim.Muon,
        "adamw": torch.optim.AdamW,
    }
    assert {(g["optimizer"], g["lr"], g.get("betas")) for g in optimizer.param_groups} == {
        ("muon", 1.0, None),
        ("adamw", 0.5, (0.7, 0.999)),
    }


def test_an_optimizer_that_is_there_already_is_kept(tmp_path: Path) -> None:
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    one = trainer(tmp_path, made={"optimizers": (optimizer, None)})
    assert one.create_optimizer() is optimizer
    scheduler = one.create_scheduler(4)
    assert one.create_scheduler(4) is scheduler


def test_a_mixin_after_the_trainer_would_have_no_effect() -> None:
    with pytest.raises(TypeError) as raised:
        type("Mine", (Trainer, TrainerMixin), {})
    assert str(raised.value) == (
        "`Trainer` comes before the mixin and hides it: write `class Mine(TrainerMixin, Trainer)`"
    )
    assert issubclass(type("Mine", (RulesTrainer,), {"create_optimizer": None}), RulesTrainer)


def test_a_trainer_without_rules_says_what_to_write(tmp_path: Path) -> None:
    class Bare(TrainerMixin, Trainer):
        pass

    with pytest.raises(TypeError) as raised:
        trainer(tmp_path, Bare).create_optimizer()
    assert str(raised.value) == '`Bare` has no rules: write `rules = "my.rules"` in the class'


def test_warnings_point_outside_of_paramrules(tmp_path: Path) -> None:
    rules = paramrules.parse("dead: name ~ nowhere\nrest: else -> lr_scale = 2")

    class Dead(RulesTrainer):
        pass

    Dead.rules = rules
    with pytest.warns(RulesWarning, match="W201") as warned:
        lightning_optimizers(gpt(), rules, lr=LR)
    assert [warning.filename for warning in warned] == [__file__]
    with pytest.warns(RulesWarning, match="W201") as warned:
        trainer(tmp_path, Dead).create_optimizer()
    assert [warning.filename for warning in warned] == [sys.modules[Trainer.__module__].__file__]


@pytest.mark.parametrize("kind", ["class", "factory"])
def test_an_optimizer_with_groups_of_its_own(kind: str, tmp_path: Path) -> None:
    class GaLore(torch.optim.AdamW):
        pass

    made: Any = (GaLore, {"params": []}) if kind == "class" else (lambda: GaLore, {})
    one = trainer(tmp_path, made={"optimizer_cls_and_kwargs": made})
    with pytest.raises(RulesError) as raised:
        one.create_optimizer()
    assert str(raised.value) == (
        f"\nerror[E661]: `{'GaLore' if kind == 'class' else '<lambda>'}` makes groups of its own, "
        "which leaves none for the rules\n"
        "  = help: choose another `optim`, or name the optimizer's class in `named_optimizers`"
    )
    assert one.optimizer_cls_and_kwargs is made


def test_embeddings_stay_out_of_the_8_bit_state_of_bitsandbytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overridden = []
    manager = SimpleNamespace(register_module_override=lambda *override: overridden.append(override))
    library: Any = ModuleType("bitsandbytes")
    library.optim = SimpleNamespace(GlobalOptimManager=SimpleNamespace(get_instance=lambda: manager))
    monkeypatch.setitem(sys.modules, "bitsandbytes", library)

    class AdamW8bit(torch.optim.AdamW):
        def __init__(self, params: Any, optim_bits: int = 32, **how: Any) -> None:
            super().__init__(params, **how)

    AdamW8bit.__module__ = "bitsandbytes.optim"
    one = trainer(tmp_path, made={"optimizer_cls_and_kwargs": (AdamW8bit, {"optim_bits": 8})})
    assert type(one.create_optimizer()) is AdamW8bit
    model = one.model.transformer
    assert overridden == [(table, "weight", {"optim_bits": 32}) for table in (model.wte, model.wpe)]


@pytest.mark.parametrize(("kind", "cls"), [("reduce_lr_on_plateau", ReduceLROnPlateau), ("greedy", GreedyLR)])
def test_schedules_by_metrics_step_after_evaluations(kind: str, cls: type, tmp_path: Path) -> None:
    how = {
        "lr_scheduler_type": kind,
        "lr_scheduler_kwargs": {"factor": 0.5, "patience": 0, "threshold": 10.0, "min_lr": 1e-9},
        "eval_strategy": "steps",
        "eval_steps": 1,
        "save_steps": 2,
        "metric_for_best_model": "loss",
    }
    one = trainer(tmp_path, **how)
    one.train()
    assert isinstance(one.lr_scheduler, cls)
    rates = [group["lr"] for group in one.optimizer.param_groups]
    assert rates == [rates[3] * group["lr_ratio"] for group in one.optimizer.param_groups]
    assert rates[3] < LR
    again = trainer(tmp_path, **how)
    again.train(resume_from_checkpoint=str(tmp_path / "checkpoint-2"))
    assert [group["lr"] for group in again.optimizer.param_groups] == rates
