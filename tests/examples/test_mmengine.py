"""`<mmengine>` on real models, against mmengine's rules for one module at a time.

References:
    `DefaultOptimWrapperConstructor.add_params`, and that of mmcv, which mmdetection 2 has:
    https://github.com/open-mmlab/mmengine/blob/main/mmengine/optim/optimizer/default_constructor.py
    https://github.com/open-mmlab/mmcv/blob/1.x/mmcv/runner/optimizer/default_constructor.py
"""

from collections.abc import Callable

import paramrules_torch
import pytest
from torch import nn
from transformers import ConvNextConfig, ConvNextModel, MobileNetV2Config, MobileNetV2Model

POLICY = "<mmengine@1>"
NORMS = (nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm, nn.GroupNorm, nn.LayerNorm)
MULTIPLIERS = {"bias_lr": 2.0, "bias_decay": 0.25, "norm_decay": 0.125, "dw_decay": 0.5}
LR, DECAY = 0.01, 0.5


def by_module(model: nn.Module, mmcv: bool) -> dict[str, tuple[float, float]]:
    """The rate and the decay of each parameter, without custom keys and deformable convolutions."""
    given = {}
    for path, module in model.named_modules():
        depthwise = isinstance(module, nn.Conv2d) and module.in_channels == module.groups
        for leaf, _ in module.named_parameters(recurse=False):
            lr, decay = LR, DECAY
            if leaf == "bias" and not isinstance(module, NORMS):
                lr *= MULTIPLIERS["bias_lr"]
            if isinstance(module, NORMS):
                decay *= MULTIPLIERS["norm_decay"]
            elif depthwise and (mmcv or leaf != "bias"):
                decay *= MULTIPLIERS["dw_decay"]
            elif leaf == "bias":
                decay *= MULTIPLIERS["bias_decay"]
            given[f"{path}.{leaf}" if path else leaf] = lr, decay
    return given


def mobilenet() -> nn.Module:
    return MobileNetV2Model(MobileNetV2Config(depth_multiplier=0.25, num_hidden_layers=4))


def convnext() -> nn.Module:
    return ConvNextModel(ConvNextConfig(hidden_sizes=[4, 8, 8, 8], depths=[1, 1, 1, 1]))


def own() -> nn.Module:
    """Convolutions at the edges of the rule: of one channel, in some groups, of other ranks, transposed."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.Conv2d(4, 8, 3, groups=2),
        nn.Conv2d(8, 8, 1, groups=8),
        nn.Conv2d(8, 16, (1, 3), groups=8, bias=False),
        nn.ConvTranspose2d(16, 16, 3, groups=16),
        nn.Conv1d(16, 16, 3, groups=16),
        nn.BatchNorm1d(16),
        nn.Linear(16, 2),
    )


@pytest.mark.parametrize("mmcv", [False, True])
@pytest.mark.parametrize("make", [mobilenet, convnext, own])
def test_the_rule_file_says_what_mmengine_says(make: Callable[[], nn.Module], mmcv: bool) -> None:
    model = make()
    groups = paramrules_torch.param_groups(
        model, POLICY, options={**MULTIPLIERS, "mmcv": mmcv}, lr=LR, weight_decay=DECAY
    )
    given = {name: (g["lr"], g["weight_decay"]) for g in groups for name in g["param_names"]}
    assert given == by_module(model, mmcv)
    assert DECAY * MULTIPLIERS["dw_decay"] in {decay for _, decay in given.values()}
