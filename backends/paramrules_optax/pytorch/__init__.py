"""PyTorch's optimizers as optax transformations: the same formulas, arguments and defaults.

Each factory makes an ordinary `optax.GradientTransformation`, by itself or for `paramrules_optax.build`. It
takes arguments by PyTorch's names (`lr`, `betas`, `alpha`) or by optax's (`learning_rate`, `b1` and `b2`,
`decay`). In float64 the parameters stay within 1e-10 of PyTorch's over 50 steps.

>>> from paramrules_optax import pytorch
>>> tx = pytorch.rmsprop(lr=1e-3, alpha=0.95, momentum=0.9)
>>> tx = optax.chain(optax.clip_by_global_norm(1.0), pytorch.adamw(schedule, betas=(0.9, 0.95)))
>>> tx = paramrules_optax.build(params, "vit.rules", pytorch.adamw, learning_rate=1e-3)

References:
    https://docs.pytorch.org/docs/stable/optim.html
"""

from paramrules_optax.pytorch.adam_family import adam, adamax, adamw, nadam, radam
from paramrules_optax.pytorch.factored import adafactor
from paramrules_optax.pytorch.momentum_and_scaling import adadelta, adagrad, rmsprop, rprop, sgd
from paramrules_optax.pytorch.muon import muon

__all__ = [
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "muon",
    "nadam",
    "radam",
    "rmsprop",
    "rprop",
    "sgd",
]
