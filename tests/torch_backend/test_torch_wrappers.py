"""Wrapped models have the inventory of the model itself; wrappers are known by their class, not by names."""

from collections.abc import Iterator
from typing import Any

import lightning
import pytest
import torch
import torch.distributed as dist
from lightning.pytorch.plugins.precision.double import LightningDoublePrecisionModule
from paramrules_torch.inventory import inventory_and_tensors
from torch import nn
from torch.ao.quantization import QuantWrapper
from torch.distributed._composable.replicate import replicate
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import (
    apply_activation_checkpointing,
    offload_wrapper,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard
from torch.distributed.pipelining._IR import LossWrapper
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel
from torch.testing._internal.distributed.fake_pg import FakeStore

import paramrules
from paramrules import RulesError
from paramrules.inventories import Class

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning:torch")


def net() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.Sequential(nn.Linear(4, 2)))


def compiled(model: nn.Module) -> nn.Module:
    return torch.compile(model, backend="eager")  # type: ignore[return-value]


def fabric() -> lightning.Fabric:
    return lightning.Fabric(accelerator="cpu", devices=1)


def elsewhere(name: str, key: str, model: nn.Module) -> nn.Module:
    """A model in a wrapper of a library that is not installed; its class or a base is in the table."""
    module, _, cls = name.rpartition(".")
    base: type[nn.Module] = nn.Module
    for own in {"GradSampleModule": ["AbstractGradSampleModule"], "DDP": ["_BaseDataParallel"]}.get(cls, []):
        base = type(own, (base,), {"__module__": module})
    wrapper: nn.Module = type(cls, (base,), {"__module__": module})()
    wrapper.add_module(key, model)
    return wrapper


@pytest.fixture
def two_processes() -> Iterator[None]:
    """A group of two in which nothing is sent: what this rank keeps is what it would keep."""
    dist.init_process_group("fake", rank=0, world_size=2, store=FakeStore())
    yield
    dist.destroy_process_group()


def assert_like_unwrapped(wrapped: nn.Module) -> None:
    inventory, tensors, raw = inventory_and_tensors(wrapped)
    plain = paramrules.inventory(net())
    assert inventory.names == plain.names
    assert [owner.around for owner in inventory.owners] == [owner.around for owner in plain.owners]
    for fact in ("shape", "ndim", "size", "dtype", "trainable", "role", "fan_in", "fan_out"):
        assert inventory.column(fact) == plain.column(fact), fact
    named = list(wrapped.named_parameters())
    assert raw == [name for name, _ in named]
    assert all(ours is theirs for ours, (_, theirs) in zip(tensors, named, strict=True))


@pytest.mark.parametrize(
    "wrap",
    [
        nn.DataParallel,
        AveragedModel,
        compiled,
        lambda model: nn.DataParallel(offload_wrapper(model)),
        lambda model: nn.DataParallel(compiled(AveragedModel(model))),
        QuantWrapper,
        lambda model: LossWrapper(model, nn.MSELoss()),
        pytest.param(
            LightningDoublePrecisionModule,
            marks=pytest.mark.filterwarnings("ignore:The `LightningDoublePrecisionModule` is deprecated"),
        ),
        lambda model: fabric().setup(model),
        lambda model: fabric().setup(compiled(model)),
        lambda model: fabric().setup(AveragedModel(model)),
        lambda model: elsewhere("opacus.grad_sample.grad_sample_module.GradSampleModule", "_module", model),
        lambda model: elsewhere("colossalai.interface.model.ModelWrapper", "module", model),
        lambda model: elsewhere("torch_xla.distributed.SpmdFullyShardedDataParallel", "_orig_module", model),
        lambda model: elsewhere("megatron.core.transformer.module.Float16Module", "module", model),
        lambda model: elsewhere("megatron.core.distributed.data_parallel_base.DDP", "module", model),
    ],
)
def test_wrappers_around_a_model(wrap: object) -> None:
    assert_like_unwrapped(wrap(net()))  # type: ignore[operator]


def test_wrappers_inside_a_model() -> None:
    model = net()
    apply_activation_checkpointing(model, check_fn=lambda module: isinstance(module, nn.Linear))
    model[2] = compiled(model[2])  # type: ignore[operator]
    assert_like_unwrapped(model)


@pytest.mark.usefixtures("one_process")
def test_data_parallel_of_processes() -> None:
    assert_like_unwrapped(DistributedDataParallel(net()))
    assert_like_unwrapped(DistributedDataParallel(compiled(net())))
    assert_like_unwrapped(replicate(net()))
    model = net()
    wrapped = fabric().setup(model)
    wrapped._forward_module = DistributedDataParallel(model)  # as its strategies do
    assert_like_unwrapped(wrapped)


@pytest.mark.usefixtures("two_processes")
def test_fully_shard_keeps_names_classes_and_shapes() -> None:
    model = net()
    mesh = init_device_mesh("cpu", (2,))
    for part in model:  # type: ignore[attr-defined]
        fully_shard(part, mesh=mesh)
    fully_shard(model, mesh=mesh)
    assert type(model[0]).__name__ == "FSDPLinear"  # type: ignore[index]
    assert model[0].weight.to_local().shape == (2, 4)  # type: ignore[index]
    assert_like_unwrapped(model)


@pytest.mark.usefixtures("two_processes")
def test_the_class_of_a_sharded_parameter_is_a_parameter_too() -> None:
    model = nn.Linear(4, 4)
    fully_shard(model, mesh=init_device_mesh("cpu", (2,)))
    row = paramrules.inventory(model)["weight"]
    assert row.variable is not None
    assert row.variable.short == "DTensor"
    assert Class.of(nn.Parameter).name in row.variable.bases
    assert row.attributes == {}


def fsdp(model: nn.Module, *, use_orig_params: bool) -> nn.Module:
    return FullyShardedDataParallel(model, use_orig_params=use_orig_params, device_id=torch.device("cpu"))


@pytest.mark.usefixtures("one_process")
def test_fsdp_in_one_process_keeps_shapes_where_it_may() -> None:
    assert_like_unwrapped(fsdp(net(), use_orig_params=True))


@pytest.mark.usefixtures("two_processes")
def test_a_parameter_that_fsdp_has_flattened() -> None:
    with pytest.raises(RulesError) as raised:
        paramrules.inventory(nn.Sequential(fsdp(net(), use_orig_params=False), nn.Linear(2, 2)))
    assert str(raised.value) == (
        "\nerror[E503]: `0._flat_param` has the shape of many parameters that FSDP has made one\n"
        "  = help: wrap with `fully_shard`, which keeps shapes, or assign and group before wrapping"
    )


@pytest.mark.usefixtures("two_processes")
def test_parameters_of_which_fsdp_keeps_a_piece() -> None:
    with pytest.raises(RulesError) as raised:
        paramrules.inventory(fsdp(net(), use_orig_params=True))
    assert str(raised.value) == (
        "\nerror[E503]: `0.weight`, `0.bias`, `1.weight`, 3 more "
        "have the shape of the piece that FSDP has left here\n"
        "  = help: wrap with `fully_shard`, which keeps shapes, or assign and group before wrapping"
    )


class Namesake(nn.Module):
    """A model whose own modules are called like those of wrappers."""

    def __init__(self) -> None:
        super().__init__()
        self.module = nn.Linear(2, 2)
        self._orig_mod = nn.Linear(2, 2)
        self.base_model = nn.ModuleDict({"model": nn.Linear(2, 2)})
        self.parametrizations = nn.ModuleDict({"weight": nn.Linear(2, 2)})


def test_a_name_makes_no_wrapper() -> None:
    model = Namesake()
    assert paramrules.inventory(model).names == [name for name, _ in model.named_parameters()]
    assert inventory_and_tensors(nn.DataParallel(model))[0].names == paramrules.inventory(model).names


def test_what_a_wrapper_has_beside_the_model_stays() -> None:
    model = nn.DataParallel(nn.Linear(2, 2))
    model.scale = nn.Parameter(torch.ones(1))
    model.probe = nn.Linear(2, 1, bias=False)
    inventory, _, raw = inventory_and_tensors(model)
    assert inventory.names == ["scale", "weight", "bias", "probe.weight"]
    assert raw == ["scale", "module.weight", "module.bias", "probe.weight"]
    assert repr(inventory["scale"].owner) == "Owner(DataParallel)"
    assert repr(inventory["weight"].owner) == "Owner(Linear)"


class Adapted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q_proj = nn.Linear(4, 4)
        self.emb = nn.Embedding(5, 4)
        self.norm = nn.LayerNorm(4)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.norm(self.q_proj(self.emb(ids)))  # type: ignore[no-any-return]


def test_lora_through_peft() -> None:
    peft = pytest.importorskip("peft")
    config = peft.LoraConfig(target_modules=["q_proj", "emb"], r=2)
    model = peft.get_peft_model(Adapted(), config)
    inventory, _, raw = inventory_and_tensors(model)
    plain = paramrules.inventory(Adapted())
    rows = {row.name: row for row in inventory}
    assert raw == [name for name, _ in model.named_parameters()]
    for name in plain.names:
        assert rows[name].owner.around == plain[name].owner.around
        assert not rows[name].trainable
    adapters = {name: row for name, row in rows.items() if name not in plain.names}
    assert {name: (row.trainable, row.role, row.fan_in) for name, row in adapters.items()} == {
        "q_proj.lora_A.default.weight": (True, "weight", 4),
        "q_proj.lora_B.default.weight": (True, "weight", 2),
        "emb.lora_embedding_A.default": (True, "other", None),
        "emb.lora_embedding_B.default": (True, "other", None),
    }
    around = [cls.name for cls in adapters["q_proj.lora_A.default.weight"].owner.around]
    assert around[1] == "peft.tuners.lora.layer.Linear"


def test_a_whole_module_that_peft_keeps_a_copy_of_has_names_for_both() -> None:
    peft = pytest.importorskip("peft")
    config = peft.LoraConfig(target_modules=["q_proj"], modules_to_save=["norm"])
    inventory = paramrules.inventory(peft.get_peft_model(Adapted(), config))
    assert {row.name: row.trainable for row in inventory if row.name.startswith("norm")} == {
        "norm.original_module.weight": False,
        "norm.original_module.bias": False,
        "norm.modules_to_save.default.weight": True,
        "norm.modules_to_save.default.bias": True,
    }


def test_peft_with_adapters_of_several_kinds() -> None:
    peft = pytest.importorskip("peft")
    model = peft.PeftMixedModel(Adapted(), peft.LoraConfig(target_modules=["q_proj"], r=2))
    inventory = paramrules.inventory(model)
    adapters = {"q_proj.lora_A.default.weight", "q_proj.lora_B.default.weight"}
    assert set(inventory.names) == {*paramrules.inventory(Adapted()).names, *adapters}
    assert repr(inventory["norm.weight"].owner) == "Owner(Adapted > LayerNorm)"


def test_tokens_that_peft_trains_beside_lora() -> None:
    peft = pytest.importorskip("peft")
    config = peft.LoraConfig(target_modules=["q_proj"], r=2, trainable_token_indices={"emb": [1, 3]})
    inventory, _, raw = inventory_and_tensors(peft.get_peft_model(Adapted(), config))
    assert [name for name in inventory.names if name.startswith("emb")] == [
        "emb.weight",
        "emb.trainable_tokens_delta.default",
    ]
    assert repr(inventory["emb.weight"].owner) == "Owner(Adapted > Embedding)"
    assert "base_model.model.emb.token_adapter.base_layer.weight" in raw


def test_prompts_that_peft_puts_into_attention() -> None:
    peft = pytest.importorskip("peft")
    transformers: Any = pytest.importorskip("transformers")

    def llama() -> nn.Module:
        sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2}
        config = transformers.LlamaConfig(**sizes, vocab_size=10)
        return transformers.LlamaForCausalLM(config)  # type: ignore[no-any-return]

    config = peft.AdaptionPromptConfig(adapter_len=2, adapter_layers=1, task_type="CAUSAL_LM")
    inventory = paramrules.inventory(peft.get_peft_model(llama(), config))
    plain = paramrules.inventory(llama())
    assert set(inventory.names) - set(plain.names) == {
        "model.layers.1.self_attn.adaption_prompt",
        "model.layers.1.self_attn.adaption_gate",
    }
    assert all(inventory[name].owner.around == plain[name].owner.around for name in plain.names)
