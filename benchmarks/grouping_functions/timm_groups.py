"""timm's own `param_groups_weight_decay` and `param_groups_layer_decay`, as `create_optimizer_v2` calls them.

References:
    huggingface/pytorch-image-models, timm/optim/_param_groups.py and _optim_factory.py
"""

from functools import partial
from typing import Any

from grouping_functions.corpus import GroupingFunction, Groups, Subject, on_meta

NEEDS = ("timm", "torchvision")


def create(name: str, **kwargs: Any) -> Subject:
    """A model of timm's registry."""

    def make() -> Any:
        import timm

        return timm.create_model(name, **kwargs)

    changed = "".join(f", {key}={value}" for key, value in kwargs.items())
    return Subject(f"{name}{changed}", on_meta(make))


def _skipped(model: Any) -> Any:
    return model.no_weight_decay() if hasattr(model, "no_weight_decay") else ()


def weight_decay(model: Any, **kwargs: Any) -> Groups:
    from timm.optim import param_groups_weight_decay

    return param_groups_weight_decay(model, 0.05, no_weight_decay_list=_skipped(model), **kwargs)


def layer_decay(model: Any, rate: float, **kwargs: Any) -> Groups:
    from timm.optim import param_groups_layer_decay

    return param_groups_layer_decay(
        model, 0.05, no_weight_decay_list=_skipped(model), layer_decay=rate, **kwargs
    )


at_three_quarters = partial(layer_decay, rate=0.75)

VIT = {
    "seen": create("vit_small_patch16_224"),
    "deeper": create("vit_small_patch16_224", depth=24),
    "wider": create("vit_base_patch16_224"),
}
CONVNEXT = {
    "seen": create("convnext_tiny"),
    "deeper": create("convnext_small"),
    "wider": create("convnext_base", depths=(3, 3, 9, 3)),
}
SWIN = {
    "seen": create("swin_tiny_patch4_window7_224"),
    "deeper": create("swin_small_patch4_window7_224"),
    "wider": create("swin_tiny_patch4_window7_224", embed_dim=128, num_heads=(4, 8, 16, 32)),
}
RESNET = {
    "seen": create("resnet50"),
    "deeper": create("resnet101"),
    "wider": create("wide_resnet50_2"),
}
BEIT = {
    "seen": create("beit_base_patch16_224"),
    "deeper": create("beit_base_patch16_224", depth=20),
    "wider": create("beit_large_patch16_224", depth=12),
}
EVA = {
    "seen": create("eva02_small_patch14_224", num_classes=100),
    "deeper": create("eva02_small_patch14_224", num_classes=100, depth=20),
    "wider": create("eva02_base_patch14_224", num_classes=100),
}


def functions() -> list[GroupingFunction]:
    decay = [
        GroupingFunction(
            f"timm weight decay, {title}",
            weight_decay,
            models | {"other": other},
            "timm/weight_decay",
            NEEDS,
        )
        for title, models, other in (
            ("ViT", VIT, SWIN["seen"]),
            ("ConvNeXt", CONVNEXT, VIT["seen"]),
            ("Swin", SWIN, VIT["seen"]),
            ("ResNet", RESNET, create("efficientnet_b0")),
            ("BEiT", BEIT, create("mixer_b16_224")),
            ("EVA", EVA, VIT["seen"]),
        )
    ]
    both = CONVNEXT | {"second": VIT["seen"], "wider": VIT["wider"], "other": SWIN["seen"]}
    two = GroupingFunction(
        "timm weight decay, ConvNeXt and ViT", weight_decay, both, "timm/weight_decay", NEEDS
    )
    layers = [
        GroupingFunction(f"timm layer decay, {title}", partial(layer_decay, rate=rate), models, policy, NEEDS)
        for title, models, rate, policy in (
            (
                "ViT",
                VIT | {"other": create("vit_small_patch16_224", global_pool="avg")},
                0.75,
                "timm/layer_decay",
            ),
            ("ConvNeXt", CONVNEXT, 0.8, "timm/layer_decay"),
            ("Swin", SWIN, 0.9, "timm/layer_decay"),
            ("ResNet", RESNET, 0.75, "timm/layer_decay"),
            ("BEiT", BEIT, 0.65, None),
            ("EVA", EVA, 0.7, None),
        )
    ]
    clamped = GroupingFunction(
        "timm layer decay with min_scale, ViT",
        partial(layer_decay, rate=0.75, min_scale=0.1),
        VIT,
        "timm/layer_decay",
        NEEDS,
    )
    muon = GroupingFunction(
        "timm weight decay, fallbacks of Muon",
        partial(weight_decay, fallback_list=("head.*", "patch_embed.*"), fallback_no_weight_decay=True),
        VIT,
        None,
        NEEDS,
    )
    return [*decay, two, *layers, clamped, muon]
