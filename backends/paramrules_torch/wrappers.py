"""Wrappers: modules around a model that are not a part of it, and classes without what wrapping changed.

They are recognised by the dotted name of their class, so that none of their libraries is imported, and
never by a name: a module of the user's own that is called `module` keeps its place.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from paramrules.backends import Class, named

WRAPPERS: Final = {
    "torch.nn.DataParallel": "module",
    "torch.nn.parallel.DistributedDataParallel": "module",
    "torch.optim.swa_utils.AveragedModel": "module",
    "torch._dynamo.OptimizedModule": "_orig_mod",
    "torch.ao.quantization.QuantWrapper": "module",
    "torch.distributed.fsdp.FullyShardedDataParallel": "_fsdp_wrapped_module",
    "torch.distributed.algorithms._checkpoint.ActivationWrapper": "_checkpoint_wrapped_module",
    "torch.distributed.pipelining.LossWrapper": "module",
    "lightning.fabric.wrappers._FabricModule": "_forward_module",
    "lightning_fabric.wrappers._FabricModule": "_forward_module",
    "lightning.pytorch.plugins.precision.LightningDoublePrecisionModule": "module",
    "pytorch_lightning.plugins.precision.LightningDoublePrecisionModule": "module",
    "fairscale.nn.FullyShardedDataParallel": "_fsdp_wrapped_module",
    "deepspeed.DeepSpeedEngine": "module",
    "apex.parallel.DistributedDataParallel": "module",
    "megatron.core.transformer.Float16Module": "module",
    "megatron.core.distributed._BaseDataParallel": "module",
    "megatron.legacy.model.Float16Module": "module",
    "opacus.grad_sample.AbstractGradSampleModule": "_module",
    "opacus.distributed.DifferentiallyPrivateDistributedDataParallel": "module",
    "colossalai.interface.ModelWrapper": "module",
    "torch_xla.SpmdFullyShardedDataParallel": "_orig_module",
    "timm.utils.ModelEmaV2": "module",
    "timm.utils.ModelEmaV3": "module",
    "peft.PeftModel": "base_model",
    "peft.PeftMixedModel": "base_model",
    "peft.tuners.tuners_utils.BaseTuner": "model",
    "peft.tuners.tuners_utils.BaseTunerLayer": "base_layer",
    "peft.tuners.adaption_prompt.AdaptionPromptModel": "model",
    "peft.tuners.adaption_prompt.layer._BaseAdaptedAttention": "model",
    "peft.utils.other.TrainableTokensWrapper": "token_adapter",
    "torch.nn.utils.parametrize.Parametrized*": "parametrizations",
}
"""Wrapper classes, and the child that each wraps: the only list of them.

A wrapper's other children stay below it: PEFT's `lora_A` is within its `LoraLayer`, its `base_layer` is not.
One that is the wrapped module again, or a part of it, as Fabric's `_original_module` is, is left out.
If PEFT keeps a whole module twice (`modules_to_save`), both keep their names: one name cannot be for both.
The last entry is for the names that it adds; `Kind` finds what it parametrizes by its base.
"""

_MIXED_IN: Final = (
    "torch.distributed.fsdp.FSDPModule",
    "torch.distributed._composable.replicate.DDP",
    "torch.distributed._composable.replicate_with_fsdp.ReplicateModule",
)
"""Classes that torch adds to the bases of a module's own, in place: `FSDPLinear(FSDPModule, Linear)`."""


class Kind(NamedTuple):
    """The facts about a module's class that the walk needs.

    Attributes:
        cls: the class before wrapping changed it.
        keeps: the key of the child that it wraps, "" for none.
        parametrized: True if `torch.nn.utils.parametrize` made it.
        flattens: True if it is an FSDP wrapper that flattens parameters into one tensor.
        names_no_decay: True if it has a method `no_weight_decay`.
    """

    cls: Class
    keeps: str
    parametrized: bool
    flattens: bool
    names_no_decay: bool

    @property
    def plain(self) -> bool:
        """True if the class needs no care."""
        return not (self.keeps or self.parametrized or self.names_no_decay)

    @classmethod
    def of(cls, module_class: type) -> "Kind":
        """Describe a module's class."""
        names_no_decay = callable(getattr(module_class, "no_weight_decay", None))
        own, parametrized = module_class, False
        while True:
            if own.__module__ == "torch.nn.utils.parametrize" and own.__name__.startswith("Parametrized"):
                own, parametrized = own.__bases__[0], True
            elif len(own.__bases__) == 2 and _is(own.__bases__[0], _MIXED_IN):
                own = own.__bases__[1]
            else:
                break
        described = Class.of(own)
        keeps = _kept((described.name, *described.bases))
        return cls(
            described, keeps, parametrized, keeps == "_fsdp_wrapped_module", names_no_decay and not keeps
        )


@lru_cache(1 << 12)
def _kept(lineage: tuple[str, ...]) -> str:
    """Return the key of the child that a class of these names wraps, "" for none."""
    return next((key for wrapper, key in WRAPPERS.items() if any(named(wrapper, c) for c in lineage)), "")


def _is(python_class: type, names: tuple[str, ...]) -> bool:
    return any(named(name, Class.of(python_class).name) for name in names)
