"""Functions that freeze, and fine-tuning recipes that give parts of a model their own rates."""

from typing import Any

from torch import nn

from grouping_functions.corpus import GroupingFunction, Groups, Settings, Subject, on_meta
from grouping_functions.timm_groups import NEEDS, RESNET, VIT, create
from grouping_functions.transformers_trainer import FAMILIES, trainer_groups


def feature_encoder(model: Any) -> Groups:
    """wav2vec 2.0 as its fine-tuning scripts train it: the convolutions frozen, then the Trainer's groups.

    References:
        huggingface/transformers, examples/pytorch/speech-recognition/run_speech_recognition_ctc.py
    """
    model.freeze_feature_encoder()
    return trainer_groups(model)


def probe(model: Any) -> Groups:
    """Linear probing: everything but the classifier is frozen.

    References:
        facebookresearch/mae, main_linprobe.py
    """
    for parameter in model.parameters():
        parameter.requires_grad = False
    for parameter in model.head.parameters():
        parameter.requires_grad = True
    return [{"params": list(model.head.parameters()), "weight_decay": 0.0}]


def first_layers(model: Any) -> dict[str, Settings]:
    """The embeddings and the first two layers of a BERT frozen, the head at ten times the rate."""
    given: dict[str, Settings] = {}
    for name, _ in model.named_parameters():
        frozen = ".embeddings." in name or ".layer.0." in name or ".layer.1." in name
        given[name] = {"freeze": True} if frozen else {"lr": 2e-5 if "encoder" in name else 2e-4}
    return given


def yolov5(model: nn.Module) -> Groups:
    """The three groups of `smart_optimizer`: biases, weights that decay, weights of norms.

    References:
        ultralytics/yolov5, utils/torch_utils.py
    """
    norms = tuple(kind for name, kind in nn.__dict__.items() if "Norm" in name and isinstance(kind, type))
    biases, weights, plain = [], [], []
    for module in model.modules():
        for leaf, parameter in module.named_parameters(recurse=False):
            if leaf == "bias":
                biases.append(parameter)
            elif leaf == "weight" and isinstance(module, norms):
                plain.append(parameter)
            else:
                weights.append(parameter)
    return [
        {"params": biases, "lr": 0.1, "weight_decay": 0.0},
        {"params": weights, "lr": 0.01, "weight_decay": 5e-4},
        {"params": plain, "lr": 0.01, "weight_decay": 0.0},
    ]


class Llava(nn.Module):
    """LLaVA's names: a vision tower inside, a projector, and a language model."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        language = FAMILIES["Llama"][kind].make()
        self.model = language.model
        self.model.vision_tower = FAMILIES["CLIP"][kind].make().vision_model
        width = self.model.embed_tokens.weight.shape[1]
        self.model.mm_projector = nn.Sequential(nn.Linear(64, width), nn.GELU(), nn.Linear(width, width))
        self.lm_head = language.lm_head


def llava(model: nn.Module) -> dict[str, Settings]:
    """The groups of `create_optimizer` with `mm_projector_lr`, the vision tower frozen.

    References:
        haotian-liu/LLaVA, llava/train/llava_trainer.py
    """
    from transformers.trainer_pt_utils import get_parameter_names

    decays = {name for name in get_parameter_names(model, [nn.LayerNorm]) if "bias" not in name}
    given: dict[str, Settings] = {}
    for name, _ in model.named_parameters():
        if "vision_tower" in name:
            given[name] = {"freeze": True}
        else:
            rate = 2e-5 if "mm_projector" in name else 2e-4
            given[name] = {"lr": rate, "weight_decay": 0.1 if name in decays else 0.0}
    return given


def functions() -> list[GroupingFunction]:
    kinds = ("seen", "deeper", "wider")
    speech = {kind: FAMILIES["wav2vec 2.0"][kind] for kind in kinds}
    bert = {kind: FAMILIES["BERT"][kind] for kind in kinds}
    towers = {kind: Subject(f"LLaVA, {kind}", on_meta(Llava, kind)) for kind in kinds}
    needs = ("transformers",)
    return [
        GroupingFunction("Trainer, feature encoder frozen", feature_encoder, speech, None, needs),
        GroupingFunction(
            "linear probe, ViT", probe, VIT | {"other": create("swinv2_cr_tiny_224")}, None, NEEDS
        ),
        GroupingFunction("BERT, first layers frozen", first_layers, bert, None, needs),
        GroupingFunction(
            "YOLOv5, ResNet", yolov5, RESNET | {"other": create("efficientnet_b0")}, "yolov5", NEEDS
        ),
        GroupingFunction("LLaVA, projector's rate", llava, towers, "llava", needs),
    ]
