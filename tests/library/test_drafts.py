"""Drafts of rules for models without a framework."""

from collections.abc import Sequence

import pytest
from support import Row, inventory_of

import paramrules
from paramrules.drafting import draft
from paramrules.drafting.numbered_blocks import prefixes, series_in

LINEAR = "torch.nn.modules.linear.Linear"
NORM = "torch.nn.modules.normalization.LayerNorm"
TABLE = "torch.nn.modules.sparse.Embedding"


def linear(name: str) -> list[Row]:
    return [
        {"name": f"{name}.weight", "shape": (4, 4), "owner": LINEAR, "role": "weight"},
        {"name": f"{name}.bias", "shape": (4,), "owner": LINEAR, "role": "bias"},
    ]


def norm(name: str, owner: str = NORM) -> list[Row]:
    return [{"name": f"{name}.weight", "shape": (4,), "owner": owner, "role": "scale"}]


def table(name: str) -> list[Row]:
    return [{"name": f"{name}.weight", "shape": (9, 4), "owner": TABLE, "role": "embedding"}]


GPT = [
    *table("wte"),
    *(row for i in range(3) for row in (*norm(f"h.{i}.ln"), *linear(f"h.{i}.mlp"))),
    *norm("norm", "nets.OddNorm"),
    *linear("lm_head"),
]


def test_all_that_a_model_has() -> None:
    assert draft(inventory_of(GPT)) == (
        "# Drafted from a model of 13 tensors and strict on it: edit what should differ.\n"
        "edition 1\n"
        "\n"
        "option rate = 1.0  # below 1, each block trains slower than the one after it, to fine-tune\n"
        "\n"
        "let norm      = type(LayerNorm|*Norm)\n"
        "let embedding = role == embedding\n"
        "let exempt    = norm or embedding or role == bias or ndim <= 1\n"
        "\n"
        "[decay]\n"
        "no_decay: exempt -> weight_decay = 0\n"
        "decay:    else\n"
        "expect no_decay: norm\n"
        "expect no_decay: embedding\n"
        "expect decay: type(Linear) and leaf ~ ^(?:weight|kernel)$\n"
        "\n"
        "# 3 blocks, 9 tensors\n"
        "let block = name ~ ^h\\.([0-9]+)(?:\\.|$)\n"
        "let stem  = name ~ ^(?:wte)(?:\\.|$)\n"
        "let head  = name ~ ^(?:lm_head)(?:\\.|$)\n"
        "\n"
        "[lr]\n"
        "stem:                 stem  -> lr_scale = rate ** (count(block) + 1)\n"
        "block_{index(block)}: block -> lr_scale = rate ** (count(block) - index(block))\n"
        "rest:                 else\n"
        "expect block_{index(block)}: block\n"
        "expect rest: head\n"
    )


def untyped(*names: str) -> list[Row]:
    return [{"name": name, "shape": (4,) if name.endswith(("bias", "scale")) else (4, 4)} for name in names]


SERIES = [f"{tower}.layers_{i}.kernel" for tower in ("encoder", "decoder") for i in range(2)]


@pytest.mark.parametrize(
    "rows",
    [
        GPT,
        GPT[:-3],
        linear("fc"),
        linear("0") + linear("2"),
        norm("only"),
        table("only"),
        untyped("w"),
        untyped("w", "bias"),
        untyped("blocks.0.w", "blocks.1.w"),
        untyped(*SERIES, "embed.table", "head.kernel", "head.bias"),
        untyped("layer1.0.w", "layer2.0.w", "conv1.w", "bn1.scale", "fc.w"),
        untyped("odd name[0]", "a/b.0.w", "a/b.1.w"),
        untyped("blocks.0.w", "blocks.1.w", *(f"embed_{letter}.w" for letter in "abcdefghijklmnop")),
        [{**row, "trainable": False} for row in GPT],
        [{**row, "attributes": {"no_weight_decay": True}} for row in GPT],
    ],
)
def test_a_draft_is_strict_and_formatted(rows: Sequence[Row]) -> None:
    model = inventory_of(rows)
    text = draft(model)
    assert paramrules.format_rules(text) == text
    assert paramrules.examine(paramrules.parse(text), model, strict=True).findings == ()


def test_an_encoder_and_a_decoder_have_rates_each() -> None:
    found = paramrules.assign(
        paramrules.parse(draft(inventory_of(untyped(*SERIES)))), inventory_of(untyped(*SERIES))
    )
    assert {group.label for group in found.groups} == {
        f"decay/{tower}_layers_{number}_{index}"
        for number, tower in ((1, "decoder"), (2, "encoder"))
        for index in (0, 1)
    }


def test_series() -> None:
    sizes = dict.fromkeys((*SERIES, "head.0.w", "small.0.w", "small.1.w"), 8) | {
        "small.0.w": 1,
        "small.1.w": 1,
    }
    assert [(each.begin, each.blocks) for each in series_in(sizes)] == [
        ("decoder.layers_", 2),
        ("encoder.layers_", 2),
    ]
    assert series_in({"w": 1}) == []
    assert series_in({"0.w": 1, "1.w": 1})[0].word == "block"
    assert prefixes(["a.b.w", "a.b.v", "c"], ["a.x.w"]) == ["a.b", "c"]
