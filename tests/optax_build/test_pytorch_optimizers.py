"""`paramrules_optax.pytorch` against torch.optim: 1e-10 after 50 steps in float64."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramrules_optax as pro
import pytest
import torch
from optax.contrib import MuonDimensionNumbers
from optax_build.torch_optimizers import (
    CASES,
    PAGE,
    by_rules,
    difference,
    factory_of,
    theirs_with_defaults,
    with_defaults,
    with_settings,
)

import paramrules
from paramrules_optax.pytorch import adam, adamw, muon, nadam, rprop, sgd

CLOSE = 1e-10


@pytest.mark.parametrize("name", [name for name in CASES if "," not in name])
def test_with_the_defaults(name: str) -> None:
    with jax.enable_x64(True):
        assert difference(with_defaults(name), theirs_with_defaults(name)) < CLOSE


@pytest.mark.parametrize("name", CASES)
def test_with_other_arguments(name: str) -> None:
    with jax.enable_x64(True):
        assert with_settings(name) < CLOSE


@pytest.mark.parametrize("name", CASES)
def test_by_rules_and_a_schedule(name: str) -> None:
    with jax.enable_x64(True):
        assert by_rules(name) < CLOSE
