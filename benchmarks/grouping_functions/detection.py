"""detectron2's and mmengine's grouping of detectors and classifiers.

References:
    facebookresearch/detectron2, detectron2/solver/build.py `get_default_optimizer_params`
    open-mmlab/mmengine, mmengine/optim/optimizer/default_constructor.py
    open-mmlab/mmdetection, configs/swin and configs/detr: the custom keys
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import nn

from grouping_functions.corpus import GroupingFunction, Settings, Subject, on_meta
from grouping_functions.timm_groups import NEEDS, RESNET, SWIN, create

NORMS = (
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.BatchNorm3d,
    nn.SyncBatchNorm,
    nn.GroupNorm,
    nn.InstanceNorm1d,
    nn.InstanceNorm2d,
    nn.InstanceNorm3d,
    nn.LayerNorm,
    nn.LocalResponseNorm,
)
MM_NORMS = (
    nn.modules.batchnorm._BatchNorm,
    nn.modules.instancenorm._InstanceNorm,
    nn.GroupNorm,
    nn.LayerNorm,
)


def _owned(model: nn.Module) -> Any:
    """Yield prefix, module, leaf and tensor of each trained parameter, once."""
    seen = set()
    for prefix, module in model.named_modules():
        for leaf, parameter in module.named_parameters(recurse=False):
            if parameter.requires_grad and id(parameter) not in seen:
                seen.add(id(parameter))
                yield prefix, module, leaf, parameter


def detectron2(
    model: nn.Module, norm_decay: float = 0.0, bias_factor: float = 1.0, bias_decay: float | None = None
) -> dict[str, Settings]:
    """The groups for BASE_LR 0.02 and WEIGHT_DECAY 1e-4."""
    given = {}
    for prefix, module, leaf, _ in _owned(model):
        settings = {"lr": 0.02, "weight_decay": norm_decay if isinstance(module, NORMS) else 1e-4}
        if leaf == "bias":
            settings["lr"] *= bias_factor
            settings["weight_decay"] = settings["weight_decay"] if bias_decay is None else bias_decay
        given[f"{prefix}.{leaf}"] = settings
    return given


def mmengine(
    model: nn.Module,
    custom_keys: Mapping[str, Mapping[str, float]] | None = None,
    bias_lr: float = 1.0,
    bias_decay: float = 1.0,
    norm_decay: float = 1.0,
    dwconv_decay: float = 1.0,
) -> dict[str, Settings]:
    """The groups for lr 1e-4 and weight_decay 0.05: the longest custom key decides before all multipliers."""
    custom = custom_keys or {}
    longest = sorted(sorted(custom), key=len, reverse=True)
    given = {}
    for prefix, module, leaf, _ in _owned(model):
        lr = decay = 1.0
        name = f"{prefix}.{leaf}"
        is_norm = isinstance(module, MM_NORMS)
        key = next((key for key in longest if key in name), None)
        if key is not None:
            lr, decay = custom[key].get("lr_mult", 1.0), custom[key].get("decay_mult", 1.0)
        else:
            if leaf == "bias" and not is_norm:
                lr = bias_lr
            if is_norm:
                decay = norm_decay
            elif isinstance(module, nn.Conv2d) and module.in_channels == module.groups:
                decay = dwconv_decay
            elif leaf == "bias":
                decay = bias_decay
        given[name.removeprefix(".")] = {"lr": 1e-4 * lr, "weight_decay": 0.05 * decay}
    return given


def mask_rcnn(backbone: str) -> Subject:
    """torchvision's Mask R-CNN with norms in all of its parts."""

    def make() -> nn.Module:
        from torchvision.models.detection import MaskRCNN
        from torchvision.models.detection.backbone_utils import resnet_fpn_backbone

        body = resnet_fpn_backbone(
            backbone_name=backbone, weights=None, norm_layer=nn.BatchNorm2d, trainable_layers=5
        )
        return MaskRCNN(body, num_classes=91)

    return Subject(f"Mask R-CNN, {backbone}", on_meta(make))


RCNN = {
    "seen": mask_rcnn("resnet50"),
    "deeper": mask_rcnn("resnet101"),
    "wider": mask_rcnn("wide_resnet50_2"),
    "other": create("convnext_tiny"),
}


class Detr(nn.Module):
    """A detector with the names of DETR: a backbone, a transformer, and heads."""

    def __init__(self, layers: int, width: int, blocks: tuple[int, ...]) -> None:
        super().__init__()
        import timm

        self.backbone = nn.ModuleList([timm.create_model("resnet50", layers=blocks, num_classes=0)])
        self.input_proj = nn.Conv2d(2048, width, 1)
        self.query_embed = nn.Embedding(100, width)
        self.transformer = nn.Transformer(width, 8, layers, layers, 4 * width)
        self.class_embed = nn.Linear(width, 92)
        self.bbox_embed = nn.ModuleList([nn.Linear(width, width), nn.Linear(width, 4)])


def detr(model: nn.Module) -> list[dict[str, Any]]:
    """The two groups of main.py.

    References:
        facebookresearch/detr, main.py
    """
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    return [
        {"params": [p for name, p in named if "backbone" not in name], "lr": 1e-4},
        {"params": [p for name, p in named if "backbone" in name], "lr": 1e-5},
    ]


def _detr(layers: int, width: int, blocks: tuple[int, ...]) -> Subject:
    return Subject(f"DETR, {layers} layers, width {width}", on_meta(Detr, layers, width, blocks))


DETR = {
    "seen": _detr(6, 256, (3, 4, 6, 3)),
    "deeper": _detr(11, 256, (3, 4, 23, 3)),
    "wider": _detr(6, 384, (3, 4, 6, 3)),
}
MOBILE = {
    "seen": create("mobilenetv2_100"),
    "deeper": create("mobilenetv2_120d"),
    "wider": create("mobilenetv2_140"),
    "other": create("convnext_tiny"),
}
SWIN_KEYS = {
    "absolute_pos_embed": {"decay_mult": 0.0},
    "relative_position_bias_table": {"decay_mult": 0.0},
    "norm": {"decay_mult": 0.0},
}
DETR_KEYS = {"backbone": {"lr_mult": 0.1, "decay_mult": 1.0}}


def functions() -> list[GroupingFunction]:
    mobile = partial(mmengine, bias_lr=2.0, bias_decay=0.0, norm_decay=0.0, dwconv_decay=0.0)
    return [
        GroupingFunction("detectron2, norms", detectron2, RCNN, "detectron2", NEEDS),
        GroupingFunction(
            "detectron2, norms and biases",
            partial(detectron2, bias_factor=2.0, bias_decay=0.0, norm_decay=1e-5),
            RCNN,
            "detectron2",
            NEEDS,
        ),
        GroupingFunction("mmengine, multipliers", mobile, MOBILE, "mmengine", NEEDS),
        GroupingFunction(
            "mmengine, Swin's custom keys", partial(mmengine, custom_keys=SWIN_KEYS), SWIN, "mmengine", NEEDS
        ),
        GroupingFunction(
            "mmengine, DETR's custom keys",
            partial(mmengine, custom_keys=DETR_KEYS, norm_decay=0.0),
            DETR,
            "mmengine",
            NEEDS,
        ),
        GroupingFunction("DETR", detr, DETR, "detr", NEEDS),
        GroupingFunction(
            "mmengine, norms of ResNet", partial(mmengine, norm_decay=0.0), RESNET, "mmengine", NEEDS
        ),
    ]
