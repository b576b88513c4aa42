"""A Llama with LoRA adapters by PEFT, trained by the Trainer of transformers with rates by lora.rules."""

import tempfile
from pathlib import Path

import paramrules_torch
import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainingArguments

RULES = Path(__file__).with_name("lora.rules")


class RulesTrainer(Trainer):
    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        if self.optimizer is None:
            model = self.model if model is None else model
            self.optimizer = paramrules_torch.build(
                model, RULES, torch.optim.AdamW, lr=self.args.learning_rate
            )
        return self.optimizer


torch.manual_seed(0)
sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
llama = LlamaForCausalLM(LlamaConfig(vocab_size=16, max_position_embeddings=16, use_cache=False, **sizes))
model = get_peft_model(llama, LoraConfig(r=4, lora_alpha=32, target_modules=["q_proj", "v_proj"]))
before = {name: tensor.detach().clone() for name, tensor in model.named_parameters()}

rows = [(torch.arange(12) * (1 + number % 3) + number) % 16 for number in range(256)]  # 3 5 7 9 ...
arguments = TrainingArguments(
    tempfile.mkdtemp(),
    learning_rate=2e-3,
    lr_scheduler_type="constant",
    per_device_train_batch_size=32,
    num_train_epochs=10,
    logging_strategy="epoch",
    save_strategy="no",
    report_to="none",
    use_cpu=True,
)
trainer = RulesTrainer(model, arguments, train_dataset=[{"input_ids": row, "labels": row} for row in rows])
trainer.train()

for group in trainer.optimizer.param_groups:
    print(group["label"], len(group["params"]), "tensors", f"lr={group['lr']:g}")
for name, tensor in model.named_parameters():
    assert torch.equal(tensor, before[name]) == ("lora_" not in name)
losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
assert losses[-1] < losses[0] - 0.2
print("the loss has gone down, and only the adapters have moved")
