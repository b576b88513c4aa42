"""`<timm/layer_decay>` and `<timm/weight_decay>` against timm itself, on several families and sizes."""

from typing import Any

import paramrules_torch
import pytest
import torch
from torch import nn

from paramrules.diagnostics import RulesError

pytestmark = pytest.mark.timm

MODELS = [
    "vit_tiny_patch16_224",
    "vit_large_patch16_224",
    "vit_base_patch16_clip_224",
    "vit_relpos_base_patch16_224",
    "deit_tiny_distilled_patch16_224",
    "deit3_small_patch16_224",
    "beit_base_patch16_224",
    "beitv2_large_patch16_224",
    "eva02_tiny_patch14_224",
    "eva_large_patch14_196",
    "mixer_s16_224",
    "swin_tiny_patch4_window7_224",
    "swin_base_patch4_window7_224",
    "swinv2_tiny_window8_256",
    "convnext_tiny",
    "convnextv2_base",
    "davit_tiny",
    "resnet18",
    "resnet101",
    "resnext50_32x4d",
]


def made(name: str) -> nn.Module:
    from timm import create_model

    with torch.device("meta"):
        model: nn.Module = create_model(name)
    return model


def by_name(model: nn.Module, groups: list[dict[str, Any]], *keys: str) -> dict[str, tuple[Any, ...]]:
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {names[id(p)]: tuple(g[key] for key in keys) for g in groups for p in g["params"]}


@pytest.mark.parametrize("name", MODELS)
def test_the_groups_are_timms(name: str) -> None:
    from timm.optim import param_groups_layer_decay, param_groups_weight_decay

    model = made(name)
    skip = getattr(model, "no_weight_decay", set)()
    theirs = param_groups_weight_decay(model, 0.05, no_weight_decay_list=skip)
    ours = paramrules_torch.param_groups(model, "<timm/weight_decay@1>", weight_decay=0.05)
    assert by_name(model, ours, "weight_decay") == by_name(model, theirs, "weight_decay")
    for rate, least in ((0.75, 0.0), (0.6, 0.1)):
        theirs = param_groups_layer_decay(
            model, 0.05, no_weight_decay_list=skip, layer_decay=rate, min_scale=least
        )
        ours = paramrules_torch.param_groups(
            model,
            "<timm/layer_decay@1>",
            weight_decay=0.05,
            lr_scale="keep",
            options={"rate": rate, "min_scale": least},
        )
        assert by_name(model, ours, "lr_scale", "weight_decay") == by_name(
            model, theirs, "lr_scale", "weight_decay"
        )


@pytest.mark.parametrize(
    "name", ["regnety_002", "efficientnet_b0", "cait_xxs24_224", "mobilenetv3_small_100", "caformer_s18"]
)
def test_a_family_whose_layers_have_other_names_is_refused(name: str) -> None:
    with pytest.raises(RulesError, match="E206"):
        paramrules_torch.param_groups(made(name), "<timm/layer_decay@1>", weight_decay=0.05, lr_scale="keep")
