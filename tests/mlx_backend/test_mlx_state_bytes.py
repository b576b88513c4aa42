"""The state of MLX's optimizers without training, against that of a real one."""

import mlx.core as mx
import mlx.nn as nn
import paramrules_mlx
import pytest
from mlx.utils import tree_flatten
from paramrules_mlx.state_bytes import optimizers

import paramrules


@pytest.mark.parametrize("name", sorted(optimizers()))
def test_every_optimizer(name: str) -> None:
    model = nn.Linear(6, 4)
    model.bias = mx.zeros((4,), mx.bfloat16)
    assert name in paramrules_mlx.backend.optimizers()
    rules = paramrules.parse("bias: ndim == 1 -> weight_decay = 0\nweight: else")
    made = optimizers()[name](learning_rate=0.1)
    made.init(model.trainable_parameters())
    held = [sum(v.nbytes for _, v in tree_flatten(made.state[key])) for key in ("bias", "weight")]
    assert paramrules.state_bytes(paramrules.assign(rules, model), name) == held
