"""Drafts of rules for models without a framework."""

from collections.abc import Sequence

import pytest
from support import Row, inventory_of

import paramrules
from paramrules.drafting import draft
from paramrules.drafting.numbered_blocks import prefixes, series_in, words_of

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
        "expect decay: type(Linear) and role == weight\n"
        "\n"
        "# 3 blocks, 9 tensors\n"
        "let block = name ~ ^h\\.(?<i>\\d+)\\.\n"
        "let depth = count(block)\n"
        "let stem  = name ~ ^wte\\.\n"
        "let head  = name ~ ^lm_head\\.\n"
        "\n"
        "[lr]\n"
        "stem:      stem  -> lr_scale = rate ** (depth + 1)\n"
        "block_{i}: block -> lr_scale = rate ** (depth - i)\n"
        "rest:      else\n"
        "expect block_{i}: block\n"
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
        f"decay/{tower}_block_{number}" for tower in ("decoder", "encoder") for number in (0, 1)
    }


def test_series() -> None:
    sizes = dict.fromkeys((*SERIES, "head.0.w", "small.0.w", "small.1.w"), 8) | {
        "small.0.w": 1,
        "small.1.w": 1,
    }
    assert [(each.begin, each.numbers) for each in series_in(sizes)] == [
        ("decoder.layers_", {"0", "1"}),
        ("encoder.layers_", {"0", "1"}),
    ]
    assert series_in({"w": 1}) == []
    assert prefixes(["a.b.w", "a.b.v", "c"], ["a.x.w"]) == ["a.b", "c"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["0.w", "1.w"], ["block"]),
        (["blocks.0.mlp.0.w", "blocks.1.mlp.0.w"], ["block"]),
        (["stages.0.blocks.0.w", "stages.1.blocks.0.w", "stages.1.downsample.w"], ["stage"]),
        (["block.0.layer.0.q", "block.1.layer.0.q"], ["block"]),
        (["block.0.0.q", "block.1.0.q"], ["stage"]),
        (["layer1.0.w", "layer2.0.w"], ["stage"]),
        ([f"{tower}.h.{i}.w" for tower in ("a", "b") for i in (0, 1)], ["a_block", "b_block"]),
        ([f"net.{part}_{i}.w" for part in ("conv", "fc") for i in (0, 1)], ["conv_block", "fc_block"]),
        ([f"{part}{i}.w" for part in ("", "x", "x_") for i in (0, 1)], ["block", "x_block", "x_block_3"]),
    ],
)
def test_what_blocks_are_called(names: list[str], words: list[str]) -> None:
    assert words_of(series_in(dict.fromkeys(names, 1))) == words


def test_blocks_that_are_not_counted_from_zero_have_an_index() -> None:
    text = draft(inventory_of(untyped("layer1.w", "layer2.w")))
    assert "let block = name ~ ^layer(\\d+)\\.\n" in text
    assert "block_{index(block)}: block -> lr_scale = rate ** (depth - index(block))\n" in text


def test_arrays_with_numbers_of_their_own() -> None:
    text = draft(inventory_of(untyped("pos_embed", "post_norm.w", "w.0", "w.1")))
    assert "let block = name ~ ^w\\.(?<i>\\d+)(?:\\.|$)\n" in text
    assert "let stem  = name ~ ^pos_embed$\n" in text


def test_parts_that_have_little_in_common_are_not_a_series() -> None:
    parts = [f"0.{name}" for name in ("words.w", "places.w", "norm.w")] + [
        "1.dense.w",
        "1.dense.b",
        "1.norm.w",
    ]
    assert series_in(dict.fromkeys(parts, 1)) == []
    assert len(series_in(dict.fromkeys([*parts, "1.words.w"], 1))) == 1
    assert len(series_in(dict.fromkeys([*parts, "2.dense.w", "2.norm.w"], 1))) == 1
    assert len(series_in(dict.fromkeys([f"{i}.{'ab'[i % 2]}.w" for i in range(3)], 1))) == 1


def raw(*names: str) -> list[Row]:
    return [{"name": name, "shape": (1, 9, 4), "owner": "nets.ViT", "role": "other"} for name in names]


def test_arrays_that_are_learned_inputs_do_not_decay() -> None:
    rows = [*raw("cls_token", "enc.pos_embed", "mixer"), *linear("head")]
    text = draft(inventory_of(rows))
    assert 'let token  = leaf in ("cls_token", "pos_embed")\n' in text
    assert "expect no_decay: token\n" in text
    groups = paramrules.assign(paramrules.parse(text), inventory_of(rows)).groups
    assert [(group.label, group.parameters) for group in groups] == [
        ("no_decay", (0, 1, 4)),
        ("decay", (2, 3)),
    ]
    assert 'let token  = leaf == "pos"\n' in draft(inventory_of([*raw("pos"), *linear("head")]))


@pytest.mark.parametrize(
    "names", [["mixer"], ["odd name pos"], [f"x{letter}_pos" for letter in "abcdefghijklm"]]
)
def test_arrays_that_are_named_like_no_input_or_are_too_many(names: list[str]) -> None:
    assert "let token" not in draft(inventory_of([*raw(*names), *linear("head")]))


def test_what_places_share_is_written_once() -> None:
    rows = [
        *(row for name in ("m.wte", "m.wpe") for row in table(name)),
        *(row for i in range(2) for row in linear(f"m.h.{i}.fc")),
    ]
    assert "let stem  = name ~ ^m\\.(?:wte|wpe)\\.\n" in draft(inventory_of(rows))


def test_a_projection_inside_is_not_a_head() -> None:
    rows = [
        *(row for i in range(2) for row in linear(f"up.{i}")),
        *linear("mid.output_proj"),
        *linear("fc.proj"),
    ]
    assert "let head  = name ~ ^fc\\.\n" in draft(inventory_of(rows))


def test_only_so_many_series_are_drafted() -> None:
    names = [f"{tower}.{i}.w" for tower in "abcdefghij" for i in (0, 1)]
    model = inventory_of(untyped(*names))
    assert draft(model).count("_blocks = count(") == 6
    assert paramrules.examine(paramrules.parse(draft(model)), model, strict=True).findings == ()


def test_the_stem_of_several_towers_trains_slower_than_the_deepest() -> None:
    towers = [
        row
        for tower, depth in (("text", 2), ("vision", 3))
        for i in range(depth)
        for row in linear(f"{tower}.{i}")
    ]
    text = draft(inventory_of([*table("embed"), *towers]))
    assert "lr_scale = rate ** (max(vision_blocks, text_blocks) + 1)\n" in text


def test_stages_are_called_so() -> None:
    rows = [
        row
        for i in range(3)
        for part in ("down_layer.0", "layers.0.fc")
        for row in linear(f"stages.{i}.{part}")
    ]
    assert "let stage = name ~ ^stages" in draft(inventory_of(rows))


def test_the_layers_of_an_lstm_are_in_one_module() -> None:
    rows = untyped(
        *(f"lstm.{kind}_{way}_l{i}" for kind in ("weight", "bias") for way in ("ih", "hh") for i in range(2))
    )
    assert "[lr]" not in draft(inventory_of(rows))
