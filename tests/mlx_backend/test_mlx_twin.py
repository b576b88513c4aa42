"""GPT-2 in torch and in MLX: one rule file, the same groups, and the same parameters after ten steps."""

import sys
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
import numpy as np
import paramrules_mlx
import paramrules_torch
import pytest
import torch
from mlx.utils import tree_flatten, tree_unflatten

import paramrules

GPT2 = Path(__file__).parents[2] / "examples" / "twins" / "gpt2"
RULES = GPT2 / "gpt2.rules"
LAYERS, WIDTH, HEADS, VOCABULARY, LENGTH = 3, 16, 2, 31, 12
STEPS, RATE, DECAY = 10, 1e-2, 0.1
BATCHES = np.random.default_rng(0).integers(0, VOCABULARY, (STEPS, 4, LENGTH))

sys.path.insert(0, str(GPT2))
import gpt2_mlx  # noqa: E402
import gpt2_torch  # noqa: E402


def torch_model() -> torch.nn.Module:
    torch.manual_seed(0)
    return gpt2_torch.make(LAYERS, WIDTH, HEADS, VOCABULARY, LENGTH)


def weights(model: torch.nn.Module) -> dict[str, np.ndarray[Any, Any]]:
    """The weights under their names in MLX; a `Conv1D` is (in, out), a `Linear` of MLX (out, in)."""
    found = {}
    for name, tensor in model.named_parameters():
        array = tensor.detach().numpy().copy()
        turned = array.ndim == 2 and ".h." in name
        found[name.removeprefix("transformer.")] = array.T if turned else array
    return found


def mlx_model() -> nn.Module:
    model = gpt2_mlx.make(LAYERS, WIDTH, HEADS, VOCABULARY, LENGTH)
    model.update(tree_unflatten([(name, mx.array(array)) for name, array in weights(torch_model()).items()]))
    return model


def trained_in_torch(rules: Path | None) -> dict[str, np.ndarray[Any, Any]]:
    model = torch_model()
    groups = (
        paramrules_torch.param_groups(model, rules, lr=RATE, weight_decay=DECAY)
        if rules
        else model.parameters()
    )
    optimizer = torch.optim.AdamW(groups, lr=RATE, weight_decay=DECAY)
    for batch in torch.from_numpy(BATCHES):
        logits = model(batch).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, VOCABULARY), batch[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return weights(model)


def trained_in_mlx() -> dict[str, np.ndarray[Any, Any]]:
    model = mlx_model()
    optimizer = paramrules_mlx.build(
        model, RULES, optim.AdamW, learning_rate=RATE, weight_decay=DECAY, bias_correction=True
    )

    def loss(model: nn.Module, batch: mx.array) -> mx.array:
        return nn.losses.cross_entropy(model(batch)[:, :-1], batch[:, 1:]).mean()

    step = nn.value_and_grad(model, loss)
    for batch in BATCHES:
        _, gradients = step(model, mx.array(batch))
        optimizer.update(model, gradients)
        mx.eval(model.parameters(), optimizer.state)
    return {name: np.array(array) for name, array in tree_flatten(model.parameters())}


def furthest(some: dict[str, np.ndarray[Any, Any]], others: dict[str, np.ndarray[Any, Any]]) -> float:
    assert some.keys() == others.keys()
    return max(float(np.abs(array - others[name]).max()) for name, array in some.items())


def test_both_compute_the_same() -> None:
    with torch.no_grad():
        theirs = torch_model()(torch.from_numpy(BATCHES[0])).logits.numpy()
    assert np.abs(theirs - np.array(mlx_model()(mx.array(BATCHES[0])))).max() < 1e-5


def test_ten_steps_end_at_the_same_parameters() -> None:
    by_the_rules = trained_in_torch(RULES)
    assert furthest(by_the_rules, trained_in_mlx()) < 2e-5
    assert furthest(by_the_rules, trained_in_torch(None)) > 1e-2


def test_every_parameter_is_in_the_same_group() -> None:
    found = paramrules.parity(RULES, torch_model(), mlx_model())
    assert found.same
    assert (len(found.pairs), found.unpaired) == (40, ((), ()))


@pytest.mark.parametrize(
    "name", ["h.0.attn.c_attn.weight", "h.2.mlp.c_proj.bias", "wte.weight", "ln_f.weight"]
)
def test_roles_and_fans_are_the_same(name: str) -> None:
    one, other = (
        paramrules.inventory(torch_model())[f"transformer.{name}"],
        paramrules.inventory(mlx_model())[name],
    )
    assert (one.role, one.fan_in, one.fan_out) == (other.role, other.fan_in, other.fan_out)
