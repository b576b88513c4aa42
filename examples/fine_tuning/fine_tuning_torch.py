"""A BERT fine-tuned by fine_tuning.rules: SGD, momentum, Adagrad, RMSprop and Adam, gradients clipped."""

from functools import partial
from pathlib import Path

import paramrules_torch
import torch
from torch.optim import SGD, Adagrad, Adam, RMSprop
from transformers import BertConfig, BertForSequenceClassification, get_linear_schedule_with_warmup

RULES = Path(__file__).with_name("fine_tuning.rules")
STEPS = 30

OPTIMIZERS = {
    "SGD": (SGD, 0.3),
    "momentum": (partial(SGD, momentum=0.9, nesterov=True), 0.1),
    "Adagrad": (Adagrad, 0.02),
    "RMSprop": (RMSprop, 0.003),
    "Adam": (Adam, 0.01),
}

torch.manual_seed(0)
sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
config = BertConfig(vocab_size=20, max_position_embeddings=12, num_labels=2, **sizes)
ids = torch.randint(2, 20, (64, 12))
classes = (ids == 7).any(1).long()  # is there a 7 in it?

for name, (make_optimizer, lr) in OPTIMIZERS.items():
    torch.manual_seed(0)
    model = BertForSequenceClassification(config)
    optimizer = paramrules_torch.build(model, RULES, make_optimizer, lr=lr, weight_decay=0.01)
    scheduler = get_linear_schedule_with_warmup(optimizer, 4, STEPS)
    losses = []
    for _ in range(STEPS):
        loss = model(input_ids=ids, labels=classes).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    for group in optimizer.param_groups:
        assert group["initial_lr"] == lr * (1 if group["label"].endswith("classifier") else 0.1)
    assert losses[-1] < losses[0]
    print(f"{name:8} loss {losses[0]:.2f} -> {losses[-1]:.2f}")
