"""Shipped policies against their sources' loops, written in Python, on small models of the sources' names.

Each loop looks at one name and shape, as the source does, and answers with the settings it would give.
"""

from typing import Any

import pytest
from golden import golden_model
from support import Row, golden_rows, inventory_of

import paramrules
from paramrules.assignment.value_evaluator import Scalar

VIT, RESNET, BERT, GPT2, LLAMA, T5 = (
    golden_rows(golden_model.read(f"{name}.json"))
    for name in (
        "timm-vit_tiny_patch16_224",
        "timm-resnet50",
        "transformers-bert",
        "transformers-gpt2",
        "transformers-llama",
        "transformers-t5",
    )
)


def given(policy: str, rows: list[Row], **options: Scalar) -> dict[str, dict[str, Any]]:
    """The settings of each parameter, the frozen ones marked."""
    assignment = paramrules.assign(f"<{policy}@1>", inventory_of(rows), options=options)
    assert [finding.code for finding in assignment.findings if finding.severity != "note"] == []
    return {row["name"]: dict(assignment.group_of(row["name"]).settings) for row in rows}


Found = dict[str, tuple[tuple[int, ...], dict[str, Any]]]
"""The shape and the settings of each parameter, by name."""


def given_in_torch(policy: str, file: str, **options: Scalar) -> Found:
    """Both for each parameter of a model rebuilt in torch, which knows roles and fans."""
    model, _ = golden_model.load(f"{file}.json")
    assignment = paramrules.assign(f"<{policy}@1>", model, options=options)
    assert [finding.code for finding in assignment.findings if finding.severity != "note"] == []
    return {
        name: (tuple(p.shape), dict(assignment.group_of(name).settings))
        for name, p in model.named_parameters()
    }


def rows_of(*names: str, shape: tuple[int, ...] = (4, 4), **more: Any) -> list[Row]:
    return [{"name": name, "shape": (4,) if name.endswith("bias") else shape, **more} for name in names]


@pytest.mark.parametrize("attn_only", [False, True])
def test_deit(attn_only: bool) -> None:
    skip = {"pos_embed", "cls_token", "dist_token"}

    def loop(name: str, shape: tuple[int, ...]) -> dict[str, Any]:
        trained = ".attn." in name or name in ("head.weight", "head.bias", "pos_embed")
        exempt = len(shape) == 1 or name.endswith(".bias") or name in skip
        frozen = {"freeze": True} if attn_only and not trained else {}
        return frozen | ({"weight_decay": 0} if exempt else {})

    expected = {row["name"]: loop(row["name"], tuple(row["shape"])) for row in VIT}
    assert given("deit", VIT, attn_only=attn_only) == expected


DETR = rows_of(
    "backbone.0.body.conv1.weight", "transformer.reference_points.weight", "bbox_embed.bias"
) + rows_of("transformer.sampling_offsets.weight", "backbone.1.level_embed")


def test_detr() -> None:
    assert given("detr", DETR) == {
        row["name"]: {"lr": 1e-5} if "backbone" in row["name"] else {} for row in DETR
    }


def test_deformable_detr() -> None:
    def loop(name: str) -> dict[str, Any]:
        if any(word in name for word in ["backbone.0"]):
            return {"lr": 2e-5}
        linear = any(word in name for word in ["reference_points", "sampling_offsets"])
        return {"lr_scale": 0.1} if linear else {}

    assert given("deformable_detr", DETR) == {row["name"]: loop(row["name"]) for row in DETR}


def test_flax_examples() -> None:
    names = [
        "h.0.ln_1.scale",
        "h.0.ln_1.bias",
        "h.0.attn.kernel",
        "wte.embedding",
        "LayerNorm.kernel",
        "norm.scale",
    ]
    rows = rows_of(*names, "encoder.layer_norm_2.scale", "layers.0.final_layer_norm.scale", "plain.scale")

    def loop(name: str) -> dict[str, Any]:
        *_, module, leaf = name.split(".")
        is_norm = any(word in module.lower() for word in ("layernorm", "layer_norm", "ln", "norm"))
        return {"weight_decay": 0} if leaf == "bias" or (is_norm and leaf in ("scale", "kernel")) else {}

    assert given("transformers/flax", rows) == {row["name"]: loop(row["name"]) for row in rows}


@pytest.mark.parametrize("file", ["gpt2", "llama", "bert", "t5"])
def test_muon_takes_the_matrices_of_the_blocks(file: str) -> None:
    found = given_in_torch("muon", f"transformers-{file}")
    muon = {name for name, (_, settings) in found.items() if settings["optimizer"] == "muon"}
    tables = ("wte", "wpe", "embed_tokens", "shared", "embeddings.", "relative_attention_bias", "lm_head")
    assert muon == {
        name
        for name, (shape, _) in found.items()
        if len(shape) == 2 and not any(each in name for each in tables)
    }


def test_muons_settings() -> None:
    rows = rows_of("a.weight", "a.bias", owner="torch.nn.modules.linear.Linear", role="weight")
    rows += rows_of("lm_head.weight", owner="torch.nn.modules.linear.Linear", role="weight")
    adamw = {"optimizer": "adamw", "lr": 0.001, "betas": (0.9, 0.95)}
    assert given("muon", rows, muon_lr=0.1, adamw_lr=0.001) == {
        "a.weight": {"optimizer": "muon", "lr": 0.1, "momentum": 0.95},
        "a.bias": adamw,
        "lm_head.weight": adamw,
    }


def test_modded_nanogpt() -> None:
    rows = rows_of(
        "embed.weight", "value_embeds.0.weight", "blocks.0.attn.qkv", "blocks.11.mlp.fc", "lm_head.weight"
    )
    rows += rows_of("blocks.0.lambdas", "skip_weights", shape=(4,))

    def loop(name: str, shape: tuple[int, ...]) -> dict[str, Any]:
        if name == "lm_head.weight":
            return {"optimizer": "adam", "lr": 0.22}
        if "embed" in name:
            return {"optimizer": "adam", "lr": 0.6}
        if len(shape) < 2:
            return {"optimizer": "adam", "lr": 0.04}
        return {"optimizer": "muon", "lr": 0.05, "momentum": 0.95}

    assert given("modded_nanogpt", rows) == {
        row["name"]: loop(row["name"], tuple(row["shape"])) for row in rows
    }


def test_s4() -> None:
    marks = {"lr": 0.001, "weight_decay": 0.0}
    rows = [*rows_of("encoder.weight"), {"name": "log_dt", "shape": (4,), "attributes": {"_optim": marks}}]
    assert given("s4", rows) == {"encoder.weight": {}, "log_dt": marks}


BIG_VISION = rows_of(
    "img.conv.kernel", "img.pos_embedding", "txt.Encoder.pos_embedding", "txt.head.bias", "t"
)


@pytest.mark.parametrize("frozen", [False, True])
def test_big_vision(frozen: bool) -> None:
    def loop(name: str) -> dict[str, Any]:
        settings: dict[str, Any] = {} if name.endswith("kernel") else {"weight_decay_scale": 0}
        settings |= {"lr_scale": 0.1} if name.endswith("pos_embedding") else {}
        return settings | ({"freeze": True} if frozen and name.startswith("img.") else {})

    assert given("big_vision", BIG_VISION, frozen=frozen) == {
        row["name"]: loop(row["name"]) for row in BIG_VISION
    }


def test_locked_image_tuning() -> None:
    assert given("big_vision/lit", BIG_VISION) == {
        row["name"]: {"freeze": True} if row["name"].startswith("img.") else {} for row in BIG_VISION
    }


def test_levanter() -> None:
    def loop(row: Row) -> dict[str, Any]:
        if row.get("also"):  # a bias that a tied Linear has as well
            return {"weight_decay": 0}
        owner = str(row["owner"][0]).rpartition(".")[2]
        leaf = str(row["name"]).rpartition(".")[2]
        exempt = {f"{cls}.{each}" for cls in ("LayerNorm", "RMSNorm") for each in ("weight", "bias")}
        is_table = owner == "Embedding"
        return {"weight_decay": 0} if f"{owner}.{leaf}" in {*exempt, "Linear.bias"} or is_table else {}

    assert given("levanter", BERT) == {row["name"]: loop(row) for row in BERT}


LLAVA = rows_of(
    "model.vision_tower.a.weight", "model.mm_projector.0.weight", "model.mm_projector.0.bias"
) + rows_of("model.norm.weight", owner="transformers.models.llama.modeling_llama.LlamaRMSNorm")


@pytest.mark.parametrize("stage", [1, 2])
def test_llava(stage: int) -> None:
    def loop(name: str) -> dict[str, Any]:
        settings: dict[str, Any] = {"lr": 2e-5} if "mm_projector" in name else {}
        settings |= {"weight_decay": 0} if "bias" in name or "norm" in name else {}
        frozen = "vision_tower" in name or (stage == 1 and "mm_projector" not in name)
        return settings | ({"freeze": True} if frozen else {})

    assert given("llava", LLAVA, stage=stage) == {row["name"]: loop(row["name"]) for row in LLAVA}


def test_llava_with_a_mapper_of_rates() -> None:
    rows = [
        row | {"around": [*row.get("around", ()), row["owner"]] if "owner" in row else []} for row in LLAVA
    ]
    found = given("llava_lr_mapper", rows, projector=0.1, tower=0.01)
    assert [settings.get("lr_scale") for settings in found.values()] == [0.01, 0.1, 0.1, None]
    assert [settings.get("weight_decay") for settings in found.values()] == [None, None, 0, 0]


def test_mup_with_layers() -> None:
    # transformers' Conv1D keeps its weight as (in, out), so the first extent is the fan-in.
    found = given_in_torch("mup/layer_decay", "transformers-gpt2", base_width=256)

    def loop(name: str, shape: tuple[int, ...]) -> float:
        in_block = ".h." in name
        width = 256 / shape[0] if in_block and len(shape) == 2 else 1
        return width * (0.9 ** (12 - int(name.split(".")[2])) if in_block else 1)

    assert {name: settings.get("lr_scale", 1) for name, (_, settings) in found.items()} == {
        name: pytest.approx(loop(name, shape)) for name, (shape, _) in found.items()
    }


@pytest.mark.parametrize("rows", [VIT, RESNET, BERT, GPT2, LLAMA, T5])
def test_one_line_for_all_transformers(rows: list[Row]) -> None:
    def loop(row: Row) -> dict[str, Any]:
        owner = str(row["owner"][0]).rpartition(".")[2]
        listed = any(word in row["name"] for word in ("bias", "mem_k", "mem_v"))
        exempt = listed or len(row["shape"]) <= 1 or "Embedding" in owner or "LayerNorm" in owner
        return {"weight_decay": 0} if exempt else {}

    assert given("x_transformers/decay", rows) == {row["name"]: loop(row) for row in rows}
