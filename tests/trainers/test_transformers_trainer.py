"""The Trainer of transformers, with its own schedule, accumulation and checkpoints, on groups of rules."""

from pathlib import Path
from typing import Any

import paramrules_torch
import pytest
import torch
from paramrules_torch.trainers import TrainerMixin
from peft import LoraConfig, get_peft_model
from torch import nn
from trainers.gpt import (
    DECAY,
    LR,
    ONE,
    OPTIMIZERS,
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
from transformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_utils import SaveStrategy, SchedulerType

import paramrules


class RulesTrainer(TrainerMixin, Trainer):
    @property
    def named_optimizers(self) -> Any:  # type: ignore[override]  # an attribute elsewhere
        return OPTIMIZERS | {"adamw": None} if self.rules is SEVERAL else {}


class Rates(TrainerCallback):
    """Looks at the rates after each step: linear warm-up over three steps, linear decay to the twelfth."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        step = state.global_step
        check_rates(known["optimizer"].param_groups, step / 3 if step < 3 else (12 - step) / 9)
        self.steps.append(step)


def arguments(folder: Path) -> TrainingArguments:
    return TrainingArguments(
        str(folder),
        optim="adamw_torch",
        learning_rate=LR,
        weight_decay=DECAY,
        max_steps=12,
        warmup_steps=3,
        lr_scheduler_type="linear",
        per_device_train_batch_size=4,
        gradient_accumulation_steps=2,
        save_steps=6,
        use_cpu=True,
        report_to="none",
        disable_tqdm=True,
    )


def trained(trainer: Trainer, checkpoint: Path | None = None) -> None:
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)


@pytest.mark.parametrize("rules", [ONE, SEVERAL], ids=["one", "several"])
def test_groups_live_through_schedule_accumulation_and_resume(
    rules: paramrules.Rules, tmp_path: Path
) -> None:
    def trainer(folder: str) -> tuple[RulesTrainer, Rates]:
        rates = Rates()
        made = RulesTrainer(gpt(), arguments(tmp_path / folder), train_dataset=Sequences(), callbacks=[rates])
        made.rules = rules
        return made, rates

    whole, rates = trainer("whole")
    trained(whole)
    assert rates.steps == list(range(1, 13))
    check_coverage(whole.model, whole.optimizer.param_groups)
    check_decays(whole.model, whole.optimizer.param_groups, rules)

    again, rates = trainer("again")
    trained(again, tmp_path / "whole" / "checkpoint-6")
    assert rates.steps == list(range(7, 13))
    same_weights(again.model, whole.model)
    same_state(again.optimizer.optimizer, whole.optimizer.optimizer)


@pytest.mark.parametrize("rules", [ONE, SEVERAL], ids=["one", "several"])
def test_every_way_to_pass_the_optimizer_trains_alike(rules: paramrules.Rules, tmp_path: Path) -> None:
    subclass = RulesTrainer(gpt(), arguments(tmp_path), train_dataset=Sequences())
    subclass.rules = rules

    model = gpt()
    ready = Trainer(
        model,
        arguments(tmp_path),
        train_dataset=Sequences(),
        optimizers=(optimizer_of(model, rules), None),
    )

    optimizers = torch.optim.AdamW if rules is ONE else OPTIMIZERS
    how = {"rules": rules, "optimizer": optimizers, "lr": LR, "weight_decay": DECAY}
    factory = Trainer(
        gpt(),
        arguments(tmp_path),
        train_dataset=Sequences(),
        optimizer_cls_and_kwargs=(lambda: paramrules_torch.build, how),
    )

    for trainer in (subclass, ready, factory):
        trained(trainer)
        same_weights(trainer.model, subclass.model)
    same_state(ready.optimizer.optimizer, factory.optimizer.optimizer)


LORA_PLUS = paramrules.parse("""
lora_A: name ~ lora_A
lora_B: name ~ lora_B -> lr_scale = 16, weight_decay = 0
expect lora_A: trainable and name ~ lora_A
""")


def adapted() -> nn.Module:
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=17, max_position_embeddings=8, use_cache=False, **sizes))
    return get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", "v_proj"]))


# peft asks transformers for `is_gradient_checkpointing`, which transformers has renamed
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_an_adapted_model_moves_where_it_is_adapted(tmp_path: Path) -> None:
    def trainer(folder: str) -> RulesTrainer:
        made = RulesTrainer(
            adapted(), arguments(tmp_path / folder), train_dataset=Sequences(), callbacks=[Rates()]
        )
        made.rules = LORA_PLUS
        return made

    whole = trainer("whole")
    trained(whole)
    check_coverage(whole.model, whole.optimizer.param_groups)
    assert [
        (group["label"], len(group["params"]), group["lr_ratio"], group["weight_decay"])
        for group in whole.optimizer.param_groups
    ] == [("lora_A", 4, 1, DECAY), ("lora_B", 4, 16, 0)]
    before = dict(adapted().named_parameters())
    for name, tensor in whole.model.named_parameters():
        assert torch.equal(tensor, before[name]) == ("lora_" not in name), name

    again = trainer("again")
    trained(again, tmp_path / "whole" / "checkpoint-6")
    same_weights(again.model, whole.model)
    same_state(again.optimizer.optimizer, whole.optimizer.optimizer)


SCHEDULES = {
    "linear": {},
    "cosine": {},
    "cosine_with_restarts": {"num_cycles": 2},
    "polynomial": {"lr_end": 1e-4, "power": 2.0},
    "constant_with_warmup": {},
    "inverse_sqrt": {},
    "cosine_with_min_lr": {"min_lr": 1e-4},
    "cosine_warmup_with_min_lr": {"min_lr": 1e-4},
    "warmup_stable_decay": {"num_decay_steps": 4},
}


class Ratios(TrainerCallback):
    def __init__(self) -> None:
        self.factors: list[float] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        groups = known["optimizer"].param_groups
        self.factors.append(groups[0]["lr"] / groups[0]["lr_ratio"] / LR)
        check_rates(groups, self.factors[-1])


@pytest.mark.parametrize("rules", [ONE, SEVERAL], ids=["one", "several"])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_groups_keep_their_ratios_under_the_trainers_schedules(
    schedule: str, rules: paramrules.Rules, tmp_path: Path
) -> None:
    how = arguments(tmp_path)
    how.lr_scheduler_type, how.lr_scheduler_kwargs = SchedulerType(schedule), SCHEDULES[schedule]
    how.gradient_accumulation_steps, how.save_strategy = 1, SaveStrategy.NO
    ratios = Ratios()
    trainer = RulesTrainer(gpt(), how, train_dataset=Sequences(), callbacks=[ratios])
    trainer.rules = rules
    trained(trainer)
    assert len(ratios.factors) == 12
    assert len(set(ratios.factors)) > 2
    if schedule in ("polynomial", "cosine_with_min_lr"):  # they divide the bound by `defaults["lr"]`
        assert ratios.factors[-1] == pytest.approx(1e-4 / LR)


class Logging(RulesTrainer):
    """Logs the groups' rates instead of the first group's alone, and what the optimizer does to them."""

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        optimizer = super().create_optimizer(model)
        self.monitor = paramrules_torch.GroupMonitor(optimizer, every=1)
        return optimizer

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        super().log(logs | self.monitor.metrics(), start_time)


class Seen(TrainerCallback):
    """Keeps what a logger of the Trainer is given."""

    def __init__(self) -> None:
        self.logs: list[dict[str, float]] = []

    def on_log(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        self.logs.append(known["logs"])


@pytest.mark.parametrize("rules", [ONE, SEVERAL], ids=["one", "several"])
def test_groups_in_the_logs(rules: paramrules.Rules, tmp_path: Path) -> None:
    how = arguments(tmp_path)
    how.logging_steps, how.max_steps = 1, 4
    seen = Seen()
    trainer = Logging(gpt(), how, train_dataset=Sequences(), callbacks=[seen])
    trainer.rules = rules
    trainer.train()
    labels = [group["label"] for group in trainer.optimizer.param_groups]
    assert trainer.monitor.step == 4
    first = paramrules_torch.rates(trainer.optimizer)
    for logs in (seen.logs[0], trainer.state.log_history[0]):
        assert logs["lr/" + labels[0]] == pytest.approx(
            logs["learning_rate"]
        )  # the Trainer's own is one group's
        for label in labels:
            assert f"lr/{label}" in first
            assert logs[f"grad_norm/{label}"] > 0
            assert logs[f"state_bytes/{label}"] > 0
