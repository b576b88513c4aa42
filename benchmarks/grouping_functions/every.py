"""All grouping functions, in the table's order."""

from grouping_functions import (
    adapters_and_muon,
    detection,
    freezing,
    gpts,
    jax_masks,
    timm_groups,
    transformers_trainer,
    vit_layers,
)
from grouping_functions.corpus import GroupingFunction


def every() -> list[GroupingFunction]:
    """Return every grouping function; `missing_packages` tells which cannot run here."""
    modules = (
        timm_groups,
        transformers_trainer,
        vit_layers,
        detection,
        gpts,
        adapters_and_muon,
        freezing,
        jax_masks,
    )
    return [function for module in modules for function in module.functions()]


def timed() -> list[tuple[GroupingFunction, int]]:
    """Return functions on large models, each with the seconds that it may take at most."""
    vit, huge = timm_groups.VIT["deeper"], gpts.HUGE
    return [
        (
            GroupingFunction(
                "timm layer decay", timm_groups.at_three_quarters, {"seen": vit}, None, timm_groups.NEEDS
            ),
            10,
        ),
        (
            GroupingFunction(
                "DETR", detection.detr, {"seen": detection.DETR["seen"]}, None, timm_groups.NEEDS
            ),
            10,
        ),
        (GroupingFunction("Megatron", gpts.megatron, {"seen": huge}), 60),
        (GroupingFunction("layer decay of experts", gpts.layer_decay, {"seen": huge}), 60),
    ]
