"""The files that `infer` writes: what a person would have written, and the groups exactly."""

from typing import Any

import pytest
from grouped_models import golden, gpt, grouping, inferred, linear, norm, plain, staged, vit, weight
from support import inventory_of

import paramrules
from paramrules.inference import Grouping, infer
from paramrules.inference.effective import differences

GOLDEN = dict(golden())


def block_of(name: str) -> int | None:
    parts = name.split(".")
    return int(parts[1]) if parts[0] in ("blocks", "h") else None


def weight_decay(row: dict[str, Any]) -> dict[str, Any]:
    return {"weight_decay": 0.0 if len(row["shape"]) <= 1 else 0.1}


def layer_decay(depth: int, rate: float = 0.75) -> Any:
    """timm's layer decay for a vision transformer of this depth."""

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        name = row["name"]
        at = block_of(name)
        if at is not None:
            layer = at + 1
        elif name.startswith("norm."):
            layer = depth
        else:
            layer = depth + 1 if name.startswith("head") else 0
        exempt = len(row["shape"]) <= 1 or "attributes" in row
        return {"lr_scale": rate ** (depth + 1 - layer), "weight_decay": 0.0 if exempt else 0.05}

    return loop


def test_a_whole_file() -> None:
    found = infer([grouping(vit(), layer_decay(4), "vit")])
    assert found.text == (
        "# Inferred by paramrules from the groups of `vit`.\n"
        "edition 1\n"
        "\n"
        "option rate  = 0.75\n"
        "option decay = 0.05\n"
        "\n"
        "let block = name ~ ^blocks\\.(?<i>\\d+)\\.\n"
        "let depth = count(block)\n"
        "\n"
        "[lr]\n"
        "# 48 tensors, 3,488 parameters\n"
        "block_{i}: block                  -> lr_scale = rate ** (depth - i)\n"
        "# 4 tensors, 536 parameters: embed, cls_token\n"
        "stem:      name ~ embed|cls_token -> lr_scale = rate ** (depth + 1)\n"
        "# 2 tensors, 16 parameters: norm\n"
        "norm:      name ~ ^norm\\.         -> lr_scale = rate\n"
        "# 2 tensors, 90 parameters\n"
        "head:      else\n"
        "\n"
        "[decay]\n"
        "# 38 tensors, 594 parameters: vectors, no_weight_decay\n"
        "no_decay: ndim <= 1 or attr(no_weight_decay)\n"
        "# 18 tensors, 3,536 parameters\n"
        "decay:    else -> weight_decay = decay\n"
        "expect no_decay?: type(LayerNorm)\n"
        "expect decay?: type(Linear) and role == weight\n"
    )
    assert found.rules.axes == paramrules.parse(found.text).axes
    assert (found.base, found.listed, found.checks) == ({}, (), ())


def test_a_file_of_one_size_holds_on_others() -> None:
    found = infer([grouping(vit(), layer_decay(4))])
    for depth, width in ((12, 8), (4, 32), (2, 4)):
        assert differences(found.rules, grouping(vit(depth, width), layer_decay(depth))) == ()


def test_checks_name_what_differs() -> None:
    wider = grouping(vit(6, 16), layer_decay(6), "wider")
    other = grouping(vit(), layer_decay(4, 0.8), "another rate")
    found = infer([grouping(vit(), layer_decay(4))], checks=[wider, other])
    assert [(check.model, len(check.names), check.error) for check in found.checks] == [
        ("wider", 0, None),
        ("another rate", 54, None),
    ]
    assert found.checks[1].names[:2] == ("cls_token", "pos_embed")


def test_a_check_on_a_model_without_the_facts_keeps_the_error() -> None:
    rows = [*linear("a", 4, 4), *norm("b", 4), *linear("c", 4, 4)]
    seen = grouping(rows, lambda row: {"weight_decay": 0.0 if "Norm" in row["owner"] else 0.1})
    bare = inventory_of(rows, unknown={"type": "pass the model itself"})
    found = infer([seen], checks=[Grouping("bare", bare, seen.settings)])
    (check,) = found.checks
    assert check.names == tuple(row["name"] for row in rows)
    assert isinstance(check.error, paramrules.RulesError)
    assert [each.code for each in check.error.diagnostics] == ["E215"]


@pytest.mark.parametrize("name", GOLDEN)
def test_what_libraries_made(name: str) -> None:
    """Few rules, no names, and the groups exactly: `infer` compares before it returns."""
    found = infer([GOLDEN[name]])
    rules = sum(len(axis.rules) for axis in found.rules.axes)
    assert rules <= (6 if "layer_decay" in name else 2)
    assert found.listed == ()


def test_all_alike_is_one_rule_and_the_base() -> None:
    found = inferred(gpt(), lambda row: {"lr": 1e-3, "betas": (0.9, 0.95)})
    assert plain(found.text) == "edition 1\nall: else"
    assert found.base == {"lr": 1e-3, "betas": (0.9, 0.95)}
    assert "# The optimizer is given lr = 0.001, betas = (0.9, 0.95).\n" in found.text


def test_two_levels_of_numbers() -> None:
    """ConvNeXt's layer decay: blocks count through the stages, a downsampling goes with the first block."""

    def loop(depths: tuple[int, ...]) -> Any:
        starts = [sum(depths[:stage]) for stage in range(len(depths))]

        def of(row: dict[str, Any]) -> dict[str, Any]:
            parts = row["name"].split(".")
            layer = 0 if parts[0] == "stem" else sum(depths) + 1
            if parts[0] == "stages":
                layer = starts[int(parts[1])] + 1 + (int(parts[3]) if parts[2] == "blocks" else 0)
            return {"lr_scale": 0.8 ** (sum(depths) + 1 - layer)}

        return of

    found = infer([grouping(staged((1, 1, 3, 1)), loop((1, 1, 3, 1)))])
    assert plain(found.text) == (
        "edition 1\n"
        "option rate = 0.8\n"
        "let block = name ~ ^stages\\.(\\d+)\\.(?:downsample|blocks\\.(\\d+))\\.\n"
        "let place = index(block)\n"
        "let depth = count(block)\n"
        "block_{place}: block          -> lr_scale = rate ** (depth - place)\n"
        "stem:          name ~ ^stem\\. -> lr_scale = rate ** (depth + 1)\n"
        "head:          else"
    )
    deeper = (2, 3, 9, 2)
    assert differences(found.rules, grouping(staged(deeper), loop(deeper))) == ()


def test_steps_of_several_blocks() -> None:
    """Facebook's ConvNeXt: three blocks share a rate, counted from a fixed number of layers."""

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        at = block_of(row["name"])
        return {"lr_scale": 1.0 if at is None else 0.8 ** (5 - at // 3)}

    found = inferred(vit(9), loop, vit(12))
    assert "block_{i}: block -> lr_scale = rate ** (5 - i // 3)" in found.text
    assert [check.names for check in found.checks] == [()]


def test_a_lower_bound() -> None:
    def loop(depth: int) -> Any:
        return lambda row: {
            key: max(0.3, value) if key == "lr_scale" else value
            for key, value in layer_decay(depth)(row).items()
        }

    found = infer([grouping(vit(8), loop(8))])
    assert "option min_scale = 0.3" in found.text
    assert "stem:      name ~ embed|cls_token -> lr_scale = max(min_scale, rate ** (depth + 1))" in found.text
    assert differences(found.rules, grouping(vit(12), loop(12))) == ()


def test_rates_that_rise_from_the_first_block() -> None:
    def loop(row: dict[str, Any]) -> dict[str, Any]:
        at = block_of(row["name"])
        return {"lr_scale": 0.5 if at is None else 0.9**at}

    found = inferred(vit(5), loop, vit(9))
    assert "block_{i}: block -> lr_scale = rate ** i" in found.text
    assert [check.names for check in found.checks] == [()]


def test_straight_lines() -> None:
    def loop(depth: int) -> Any:
        def of(row: dict[str, Any]) -> dict[str, Any]:
            at = block_of(row["name"])
            return {"lr_scale": 1.0 if at is None else (at + 1) / (depth + 1)}

        return of

    found = infer([grouping(vit(6), loop(6))])
    assert "lr_scale = (i + 1) / (depth + 1)" in found.text
    assert differences(found.rules, grouping(vit(11), loop(11))) == ()


def test_a_line_between_two_values() -> None:
    def loop(depth: int) -> Any:
        def of(row: dict[str, Any]) -> dict[str, Any]:
            at = block_of(row["name"])
            return {} if at is None else {"dropout": 0.5 - 0.3 * at / (depth - 1)}

        return of

    found = infer([grouping(vit(5), loop(5))])
    assert "dropout = 0.5 - 0.3 * i / (depth - 1)" in found.text
    assert differences(found.rules, grouping(vit(9), loop(9))) == ()


def test_multiples_of_a_series() -> None:
    """DINOv2: the patch embedding has a fifth of the stem's rate; here biases of blocks have twice theirs."""

    def loop(depth: int) -> Any:
        def of(row: dict[str, Any]) -> dict[str, Any]:
            scale = layer_decay(depth, 0.9)(row)["lr_scale"]
            if row["name"].startswith("patch_embed."):
                scale *= 0.2
            if block_of(row["name"]) is not None and row["name"].endswith("bias"):
                scale *= 2
            return {"lr_scale": scale}

        return of

    found = infer([grouping(vit(4), loop(4))])
    assert plain(found.text) == (
        "edition 1\n"
        "option rate = 0.9\n"
        "let block = name ~ ^blocks\\.(?<i>\\d+)\\.\n"
        "let depth = count(block)\n"
        'biases_{i}: block and leaf == "bias" -> lr_scale = 2 * rate ** (depth - i)\n'
        "block_{i}:  block                    -> lr_scale = rate ** (depth - i)\n"
        "stem:       name ~ ^patch_embed\\.    -> lr_scale = 0.2 * rate ** (depth + 1)\n"
        "stem_2:     name ~ embed|cls_token   -> lr_scale = rate ** (depth + 1)\n"
        "norm:       name ~ ^norm\\.           -> lr_scale = rate\n"
        "head:       else"
    )
    assert differences(found.rules, grouping(vit(7), loop(7))) == ()


def mup(row: dict[str, Any]) -> dict[str, Any]:
    hidden = len(row["shape"]) == 2 and "Embedding" not in row["owner"]
    return {
        "lr": 1e-2 * (8 / row["fan_in"] if hidden else 1),
        "weight_decay": 0.1 * (row["fan_in"] / 8 if hidden else 1),
    }


def test_rates_that_follow_the_fan_in() -> None:
    found = inferred(gpt(3, 16), mup, gpt(3, 64), gpt(6, 8))
    assert plain(found.text) == (
        "edition 1\n"
        "option decay = 0.1\n"
        "weights: role == weight -> lr_scale = 8 / fan_in, weight_decay = fan_in / 80\n"
        "rest:    else           -> weight_decay = decay"
    )
    assert found.base == {"lr": 0.01}
    assert [check.names for check in found.checks] == [(), ()]


def test_two_sizes_tell_what_one_cannot() -> None:
    def loop(row: dict[str, Any]) -> dict[str, Any]:
        return {"lr": 1e-2 * (8 / row["shape"][0] if "proj" in row["name"] and len(row["shape"]) == 2 else 1)}

    one, two = (grouping(gpt(2, width), loop, f"width {width}") for width in (16, 32))
    assert infer([one], checks=[two]).checks[0].names != ()
    both = infer([one, two], checks=[grouping(gpt(2, 64), loop)])
    assert "lr_scale = 8 / fan_" in both.text
    assert "# Sizes are those of `width 16`.\n" in both.text
    assert both.checks[0].names == ()


def test_optimizers_by_name_with_what_goes_with_them() -> None:
    def loop(row: dict[str, Any]) -> dict[str, Any]:
        if len(row["shape"]) == 2 and "Embedding" not in row["owner"]:
            return {"optimizer": "muon", "lr": 0.02, "momentum": 0.95, "weight_decay": 0.01}
        return {"optimizer": "adamw", "lr": 3e-4, **weight_decay(row)}

    found = inferred(gpt(), loop, gpt(6, 32))
    assert plain(found.text) == (
        "edition 1\n"
        "option vectors_lr       = 0.0003\n"
        "option embeddings_decay = 0.1\n"
        "option muon_lr          = 0.02\n"
        "option muon_decay       = 0.01\n"
        'vectors:    ndim <= 1 -> optimizer = "adamw", lr = vectors_lr, weight_decay = 0\n'
        "embeddings: role == embedding\n"
        '    -> optimizer = "adamw", lr = vectors_lr, weight_decay = embeddings_decay\n'
        "muon:       else"
        ' -> optimizer = "muon", lr = muon_lr, weight_decay = muon_decay, momentum = 0.95'
    )
    assert found.checks[0].names == ()


def test_freezing_skipping_and_what_was_frozen_before() -> None:
    def loop(row: dict[str, Any]) -> dict[str, Any] | None:
        if row["name"].startswith("patch_embed"):
            return None
        if (block_of(row["name"]) or 9) < 2 or row["name"].startswith("blocks.0."):
            return {"freeze": True, "lr": 123.0}
        return {"skip": True} if row["name"].startswith("head") else {"lr": 1e-3, "freeze": False}

    found = inferred(vit(5), loop, vit(8))
    assert plain(found.text) == (
        "edition 1\n"
        "let block = name ~ ^blocks\\.(?<i>\\d+)\\.\n"
        "frozen:  block and i < 2 -> freeze = true\n"
        "skipped: name ~ ^head\\.  -> skip = true\n"
        "trained: else"
    )
    assert found.base == {"lr": 1e-3}
    assert found.checks[0].names == ()


def test_the_last_blocks() -> None:
    """Of several sizes, the same number of blocks from the end."""

    def loop(depth: int) -> Any:
        return lambda row: {"freeze": True} if (block_of(row["name"]) or 0) < depth - 2 else {}

    found = infer([grouping(vit(depth), loop(depth), f"depth {depth}") for depth in (4, 6)])
    assert "i >= depth - 2" in found.text
    assert differences(found.rules, grouping(vit(9), loop(9))) == ()


def test_what_only_some_sizes_have_is_optional() -> None:
    rows = [*vit(2), weight("extra.weight", 4, 4)]

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        return {"lr_scale": 0.5 if row["name"].startswith("extra") else 1.0}

    found = infer([grouping(vit(2), loop, "plain"), grouping(rows, loop, "with extra")])
    assert "extra?: name ~ ^extra\\. -> lr_scale = extra_scale\n" in found.text
    assert "# 0 tensors, 0 parameters: extra\n" in found.text


def test_what_nothing_explains_is_listed_and_reported() -> None:
    odd = ("blocks.1.attn.qkv.weight", "blocks.3.mlp.fc1.bias", "blocks.6.norm1.weight")
    found = inferred(vit(8), lambda row: {"lr_scale": 0.5 if row["name"] in odd else 1.0})
    assert [(each.axis, each.label, each.names) for each in found.listed] == [("lr", "slow", odd)]
    assert "# 3 tensors, 232 parameters: nothing but their names tells these apart\n" in found.text


def test_ties() -> None:
    """A head that is tied to the embedding is one parameter, whatever a rule sees of it first."""
    found = inferred(gpt(), lambda row: {"lr_scale": 0.1 if row["name"].startswith("w") else 1.0}, gpt(5))
    assert found.checks[0].names == ()


def test_the_same_twice_is_the_same_text() -> None:
    texts = {infer([grouping(vit(), layer_decay(4))]).text for _ in range(2)}
    assert len(texts) == 1
