"""Rules change between saving and resuming, in real trainers: moments stay, settings are new."""

from pathlib import Path
from typing import Any, ClassVar

import lightning
import paramrules_torch
import pytest
import torch
from accelerate import Accelerator
from paramrules_torch.trainers import TrainerMixin, lightning_optimizers
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, OneCycleLR
from torch.utils.data import DataLoader
from trainers.gpt import DECAY, LR, ONE, OPTIMIZERS, SEVERAL, Sequences, gpt
from transformers import Trainer, TrainerCallback, TrainingArguments

import paramrules
from paramrules import RulesError

# Lightning asks torch's trees for their kind in a way that torch has given up
pytestmark = pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec.. is deprecated:FutureWarning")

CHANGED = {
    "one": paramrules.parse("""
head: name ~ ^transformer\\.ln_f -> lr_scale = 3
# allow: N210 -- the head is tied to the embedding
no_decay: ndim <= 1 or type(Embedding)
decay: else
"""),
    "several": paramrules.parse("""
# allow: N210 -- the head is tied to the embedding
table: name ~ wte -> optimizer = "adamw", weight_decay = 0
muon: role == weight and ndim == 2 and within(GPT2Block) -> optimizer = "muon"
adamw: else -> optimizer = "adamw"
"""),
}
OLD = {"one": ONE, "several": SEVERAL}


def names_muon(rules: paramrules.Rules) -> bool:
    return rules in (SEVERAL, CHANGED["several"])


POLICY = "<transformers/trainer@1>"

State = dict[str, dict[str, Any]]


def state_of(model: nn.Module, optimizer: Any) -> State:
    """A copy of the optimizer's state, by the parameters' names."""
    return {
        name: {key: torch.as_tensor(value).clone() for key, value in optimizer.state[tensor].items()}
        for name, tensor in model.named_parameters()
    }


def same(one: State, other: State) -> None:
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert values.keys() == other[name].keys()
        assert values
        for key, value in values.items():
            assert torch.equal(value, other[name][key]), (name, key)


def settings(optimizer: Any) -> list[tuple[str, float, float]]:
    groups = optimizer.param_groups
    return [(group["label"], group["lr_ratio"], group["weight_decay"]) for group in groups]


NOW = {
    "one": [("head", 3, DECAY), ("no_decay", 1, 0), ("decay", 1, DECAY)],
    "several": [("table", 1, 0), ("muon", 1, DECAY), ("adamw", 1, DECAY)],
}


class Watch(TrainerCallback):
    """Keeps the state at the first step and at the last, and the rates."""

    def __init__(self) -> None:
        self.first: State = {}
        self.last: State = {}
        self.rates: list[list[float]] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        if known["optimizer"].state:
            self.first = state_of(known["model"], known["optimizer"])

    def on_step_end(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        self.last = state_of(known["model"], known["optimizer"])
        self.rates.append([group["lr"] for group in known["optimizer"].param_groups])


def train(
    folder: Path, rules: paramrules.Rules, resume: bool, base: Any = TrainerMixin, **how: Any
) -> tuple[Any, Watch]:
    bases = (Trainer,) if base is object else (base, Trainer)

    class RulesTrainer(*bases):  # type: ignore[misc]  # mypy: a variable
        named_optimizers = {"muon": torch.optim.Muon, "adamw": None} if names_muon(rules) else {}

    arguments = {
        "learning_rate": LR,
        "weight_decay": DECAY,
        "adam_beta1": 0.8,
        "max_steps": 6 if resume else 3,
        "lr_scheduler_type": "constant_with_warmup",
        "warmup_steps": 4,
        "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": 2,
        "save_steps": 3,
        "use_cpu": True,
        "report_to": "none",
        "disable_tqdm": True,
    }
    watch = Watch()
    trainer = RulesTrainer(
        gpt(), TrainingArguments(str(folder), **arguments | how), train_dataset=Sequences(), callbacks=[watch]
    )
    trainer.rules = rules
    trainer.train(resume_from_checkpoint=str(folder / "checkpoint-3") if resume else None)
    return trainer, watch


@pytest.mark.parametrize("which", ["one", "several"])
@pytest.mark.parametrize("how", [{}, {"bf16": True}], ids=str)
def test_transformers(which: str, how: dict[str, Any], tmp_path: Path) -> None:
    _, before = train(tmp_path, OLD[which], False, **how)
    trainer, after = train(tmp_path, CHANGED[which], True, **how)
    same(before.last, after.first)
    assert settings(trainer.optimizer) == NOW[which]
    ratios = [ratio for _, ratio, _ in NOW[which]]
    assert after.rates == [[LR * factor * ratio for ratio in ratios] for factor in (1, 1, 1)]
    assert before.rates[-1][-1] == LR * 0.75 * (0.5 if which == "one" else 1)
    assert trainer.optimizer.param_groups[-1]["betas"] == (0.8, 0.999)


class Plain:
    """The optimizer of the rules under the Trainer's own scheduler, which saves one rate for each group."""

    def create_optimizer(self: Any, model: nn.Module | None = None) -> torch.optim.Optimizer:
        if self.optimizer is None:
            how = {"lr": self.args.learning_rate, "weight_decay": self.args.weight_decay}
            self.optimizer = paramrules_torch.build(self.model, self.rules, **how)
            paramrules_torch.regroup_on_load(self.optimizer, self.model)
        return self.optimizer  # type: ignore[no-any-return]


def test_a_run_saved_under_the_trainers_own_scheduler_resumes_with_the_mixin(tmp_path: Path) -> None:
    _, before = train(tmp_path, ONE, False, Plain)
    _, after = train(tmp_path, CHANGED["one"], True)
    same(before.last, after.first)
    assert after.rates == [[LR * 3, LR, LR]] * 3


def test_a_run_without_rules_resumes_with_them(tmp_path: Path) -> None:
    """The Trainer's own groups have no names; the policy that reproduces them tells which they were."""

    class Adopted(TrainerMixin):
        regroup_with: ClassVar[Any] = {"old": POLICY}

    _, before = train(tmp_path, ONE, False, object)
    trainer, after = train(tmp_path, CHANGED["one"], True, Adopted)
    same(before.last, after.first)
    assert settings(trainer.optimizer) == NOW["one"]
    assert after.rates == [[LR * 3, LR, LR]] * 3


def test_that_scheduler_cannot_resume(tmp_path: Path) -> None:
    train(tmp_path, ONE, False)
    with pytest.raises(RulesError) as raised:
        train(tmp_path, ONE, True, Plain)
    assert str(raised.value) == (
        "\nerror[E660]: the scheduler of this optimizer saves rates by group, and the groups may "
        "have changed\n"
        "  = help: schedule the base rate, `paramrules_torch.scheduled(optimizer, lambda base: ...)`, "
        "which loads what the other scheduler saved too"
    )


class Lit(lightning.LightningModule):
    def __init__(self, rules: paramrules.Rules, scheduled: bool) -> None:
        super().__init__()
        self.model, self.rules, self.scheduled = gpt(), rules, scheduled
        self.first: State = {}

    def training_step(self, batch: dict[str, Tensor], number: int) -> Tensor:
        return self.model(**batch).loss  # type: ignore[no-any-return]

    def configure_optimizers(self) -> Any:
        optimizers = OPTIMIZERS if names_muon(self.rules) else torch.optim.AdamW
        schedule = (lambda base: OneCycleLR(base, LR, 12, cycle_momentum=False)) if self.scheduled else None
        how = {"lr": LR, "weight_decay": DECAY}
        return lightning_optimizers(self.model, self.rules, optimizers, schedule=schedule, **how)

    def on_train_start(self) -> None:
        optimizer = self.trainer.optimizers[0]
        if optimizer.state:
            self.first = state_of(self.model, optimizer)


@pytest.mark.parametrize("scheduled", [True, False], ids=["scheduled", "constant"])
@pytest.mark.parametrize("which", ["one", "several"])
def test_lightning(which: str, scheduled: bool, tmp_path: Path) -> None:
    def fit(rules: paramrules.Rules, epochs: int, checkpoint: Path | None = None) -> tuple[Any, Lit]:
        trainer = lightning.Trainer(
            max_epochs=epochs,
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
        )
        lit = Lit(rules, scheduled)
        trainer.fit(lit, DataLoader(Sequences(24), batch_size=4), ckpt_path=checkpoint)
        return trainer, lit

    trainer, lit = fit(OLD[which], 1)
    trainer.save_checkpoint(tmp_path / "half.ckpt")
    resumed, again = fit(CHANGED[which], 2, tmp_path / "half.ckpt")
    same(state_of(lit.model, trainer.optimizers[0]), again.first)
    assert settings(resumed.optimizers[0]) == NOW[which]
    whole, _ = fit(CHANGED[which], 2)
    rates = [[group["lr"] for group in trained.optimizers[0].param_groups] for trained in (resumed, whole)]
    assert rates[0] == rates[1]


@pytest.mark.parametrize("which", ["one", "several"])
@pytest.mark.parametrize("before_prepare", [True, False])
def test_accelerate(which: str, before_prepare: bool, tmp_path: Path) -> None:
    def run(rules: paramrules.Rules) -> tuple[Accelerator, nn.Module, Any, Any]:
        accelerator = Accelerator(cpu=True)
        model = gpt()
        optimizers = OPTIMIZERS if which == "several" else torch.optim.AdamW
        optimizer = paramrules_torch.build(model, rules, optimizers, lr=LR, weight_decay=DECAY)
        optimizer = paramrules_torch.regroup_on_load(optimizer, model)

        def make(optimizer: Any) -> Any:
            return paramrules_torch.scheduled(optimizer, lambda base: CosineAnnealingLR(base, 8))

        if before_prepare:
            return accelerator, *accelerator.prepare(model, optimizer, make(optimizer))
        model, optimizer = accelerator.prepare(model, optimizer)
        return accelerator, model, optimizer, accelerator.prepare(make(optimizer))

    accelerator, model, optimizer, scheduler = run(OLD[which])
    for batch in DataLoader(Sequences(16), batch_size=4):
        accelerator.backward(model(**batch).loss)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
    accelerator.save_state(str(tmp_path))

    accelerator, again, resumed, scheduler = run(CHANGED[which])
    accelerator.load_state(str(tmp_path))
    same(state_of(model, optimizer), state_of(again, resumed))
    assert settings(resumed) == NOW[which]
    assert [group["lr"] for group in resumed.param_groups] == pytest.approx(
        [LR / 2 * ratio for _, ratio, _ in NOW[which]]
    )


def test_a_constant_rate_needs_no_scheduler(tmp_path: Path) -> None:
    def made(rules: paramrules.Rules) -> tuple[nn.Module, torch.optim.Optimizer]:
        model = gpt()
        optimizer = paramrules_torch.build(model, rules, lr=LR, weight_decay=DECAY)
        return model, paramrules_torch.regroup_on_load(optimizer, model)

    model, optimizer = made(ONE)
    model(**next(iter(DataLoader(Sequences(4), batch_size=4)))).loss.backward()
    optimizer.step()
    again, resumed = made(CHANGED["one"])
    resumed.load_state_dict(optimizer.state_dict())
    same(state_of(model, optimizer), state_of(again, resumed))
    assert settings(resumed) == NOW["one"]
    LambdaLR(resumed, lambda step: 1.0)
    with pytest.raises(RulesError, match="E660"):
        resumed.load_state_dict(optimizer.state_dict())
