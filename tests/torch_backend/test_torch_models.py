"""Models of other libraries, as they build them."""

import time
from typing import Any

import pytest
from paramrules_torch import backend, param_groups
from paramrules_torch.inventory import inventory_and_tensors
from torch import nn

import paramrules

RULES = paramrules.parse("no_decay: role in (bias, scale) -> weight_decay = 0\ndecay: else\n")


def tiny(name: str) -> nn.Module:
    transformers: Any = pytest.importorskip("transformers")
    sizes = {"vocab_size": 64, "hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 2}
    config = {
        "gpt2": lambda: transformers.GPT2Config(vocab_size=64, n_embd=16, n_head=2, n_layer=2),
        "llama": lambda: transformers.LlamaConfig(**sizes, intermediate_size=32, num_key_value_heads=1),
        "bert": lambda: transformers.BertConfig(**sizes, intermediate_size=32),
        "t5": lambda: transformers.T5Config(
            vocab_size=64, d_model=16, d_ff=32, d_kv=8, num_heads=2, num_layers=2
        ),
    }[name]()
    auto = transformers.AutoModelForSeq2SeqLM if name == "t5" else transformers.AutoModelForCausalLM
    model: nn.Module = auto.from_config(config)
    return model


@pytest.mark.parametrize("name", ["gpt2", "llama", "bert", "t5"])
def test_transformers(name: str) -> None:
    model = tiny(name)
    inventory, tensors, raw = inventory_and_tensors(model)
    named = list(model.named_parameters())
    assert [parameter.name for parameter in inventory] == [n for n, _ in named]
    assert all(ours is theirs for ours, (_, theirs) in zip(tensors, named, strict=True))
    assert set(raw) == {n for n, _ in model.named_parameters(remove_duplicate=False)}
    for parameter in inventory:
        if parameter.leaf == "bias":
            assert parameter.role == "bias"
        elif len(parameter.shape) == 2:
            assert parameter.role in ("weight", "embedding")
            assert parameter.fan_in in parameter.shape
        else:
            assert (parameter.role, parameter.fan_in) == ("scale", None)
    groups = param_groups(model, RULES)
    assert sum(len(group["params"]) for group in groups) == len(named)


def test_gpt2_keeps_its_matrices_the_other_way_round() -> None:
    row = paramrules.inventory(tiny("gpt2"))["transformer.h.0.attn.c_attn.weight"]
    assert (row.shape, row.fan_in, row.fan_out) == ((16, 48), 16, 48)


@pytest.mark.parametrize("norm", [{}, {"use_rmsnorm": True}, {"use_scalenorm": True}])
def test_x_transformers(norm: dict[str, bool]) -> None:
    xt: Any = pytest.importorskip("x_transformers")
    model = xt.TransformerWrapper(
        num_tokens=32,
        max_seq_len=16,
        num_memory_tokens=2,
        attn_layers=xt.Decoder(dim=16, depth=2, heads=2, attn_num_mem_kv=2, **norm),
    )
    inventory = paramrules.inventory(model)
    assert inventory.names == [name for name, _ in model.named_parameters()]
    roles = {row.name: row.role for row in inventory}
    assert {role for name, role in roles.items() if name.endswith((".g", ".gamma"))} == {"scale"}
    assert roles["token_emb.emb.weight"] == "embedding"
    no_decay, _ = param_groups(model, RULES)
    taken = set(no_decay["param_names"])
    assert {name for name in inventory.names if name.endswith((".g", ".gamma"))} <= taken


LLAMA_70B = {
    "hidden_size": 8192,
    "intermediate_size": 28672,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
}


def test_seventy_billion_parameters_are_grouped_in_seconds_and_without_memory() -> None:
    transformers: Any = pytest.importorskip("transformers")
    before = time.perf_counter()
    model: Any = backend.build_abstract(
        lambda: transformers.AutoModelForCausalLM.from_config(transformers.LlamaConfig(**LLAMA_70B))
    )
    no_decay, decay = param_groups(model, RULES)
    assert time.perf_counter() - before < 60
    assert all(parameter.is_meta for parameter in model.parameters())
    assert (
        sum(parameter.numel() for group in (no_decay, decay) for parameter in group["params"])
        == 70_553_706_496
    )
    assert "model.layers.79.mlp.down_proj.weight" in decay["param_names"]


def test_a_tied_head_stays_with_the_embedding_without_a_warning() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wte = nn.Embedding(8, 4)
            self.head = nn.Linear(4, 8, bias=False)
            self.head.weight = self.wte.weight

    rules = paramrules.parse("no_decay: type(Embedding)\ndecay?: else\n")
    assert [finding.code for finding in paramrules.assign(rules, Tied()).findings] == ["N210"]
    groups = param_groups(Tied(), rules)
    assert [(group["label"], group["param_names"]) for group in groups] == [("no_decay", ["wte.weight"])]


@pytest.mark.parametrize("name", ["Mixtral", "GptOss"])
def test_matrices_of_experts_have_fans(name: str) -> None:
    transformers: Any = pytest.importorskip("transformers")
    sizes = {"vocab_size": 64, "hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1}
    config = getattr(transformers, f"{name}Config")(
        **sizes, intermediate_size=24, num_local_experts=4, num_key_value_heads=1
    )
    inventory = paramrules.inventory(getattr(transformers, f"{name}ForCausalLM")(config))
    weights = {row.leaf: (row.fan_in, row.fan_out) for row in inventory if row.role == "weight"}
    assert weights["gate_up_proj"] == (16, 48)
    assert weights["down_proj"] == (24, 16)
