"""Blocks of several towers, parts of all blocks, and rules that go by a block's number."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from grouped_models import block, grouping, linear, norm, plain, vit, weight

from paramrules.inference import Inferred, differences, infer

Rows = list[dict[str, Any]]
Loops = Callable[[int], Any]


def towers(depth: int, words: tuple[str, ...] = ("encoder", "decoder"), layers: str = "layers.") -> Rows:
    rows = [weight("model.embed.weight", 9, 4)]
    for word in words:
        for at in range(depth):
            rows += block(f"model.{word}.{layers}{at}", 4)
    return [*rows, weight("head.weight", 9, 4)]


def deep(depth: int) -> Rows:
    rows = [weight("embed.weight", 9, 4)]
    return [*rows, *(weight(f"blocks.{at}.w", 4, 4) for at in range(depth)), weight("head.weight", 9, 4)]


def number(name: str) -> int | None:
    found = re.search(r"\.(?:layers\.|stage)?(\d+)\.", name)
    return int(found[1]) if found else None


def tried(
    model: Callable[[int], Rows], loop: Loops, seen: tuple[int, ...], others: tuple[int, ...]
) -> Inferred:
    """Return the file inferred from some depths, which holds on the others."""
    found = infer([grouping(model(depth), loop(depth)) for depth in seen])
    for depth in others:
        assert differences(found.rules, grouping(model(depth), loop(depth)), found.base) == (), found.text
    return found


@pytest.mark.parametrize("layers", ["layers.", "stage"])
def test_rates_that_fall_from_the_decoder_to_the_encoder(layers: str) -> None:
    def loop(depth: int) -> Any:
        def settings(row: dict[str, Any]) -> dict[str, Any]:
            name, at = row["name"], number(row["name"])
            if at is None:
                return {"lr_scale": 0.9 ** (2 * depth + 1) if "embed" in name else 1.0}
            return {"lr_scale": 0.9 ** (2 * depth - at - depth * ("decoder" in name))}

        return settings

    found = tried(lambda depth: towers(depth, layers=layers), loop, (4,), (7,))
    word = layers.replace(".", r"\.")
    assert rf"name ~ ^model\.(encoder|decoder)\.{word}(\d+)\." in found.text
    assert "_{place}: " in found.text
    assert len(found.rules.axes[0].rules) == 3


def test_towers_at_the_top_are_numbered_by_what_is_in_them() -> None:
    rows = [weight(f"{tower}.{at}.w", 4, 4) for tower in ("down", "mid", "up") for at in range(3)]
    at = {row["name"]: place for place, row in enumerate(rows)}
    found = infer([grouping(rows, lambda row: {"lr": 0.5 ** (8 - at[row["name"]])})])
    assert r"let block = name ~ ^(down|mid|up)\.(\d+)\." in found.text


def test_many_towers_are_not_numbered_through() -> None:
    words = tuple("abcde")
    model = towers(2, words)

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        at = number(row["name"])
        return {"lr": 1.0 if at is None else 0.5 ** (9 - at - 2 * words.index(row["name"].split(".")[1]))}

    assert "(a|b|c|d|e)" not in infer([grouping(model, loop)]).text


def test_each_of_two_towers_of_one_depth_is_counted_alone() -> None:
    """A match of all layers would count those of the deeper tower of another model."""

    def model(vision: int, text: int) -> Rows:
        rows = [row for at in range(vision) for row in block(f"vision.encoder.layers.{at}", 4)]
        return [
            *rows,
            *(row for at in range(text) for row in block(f"text.encoder.layers.{at}", 4)),
            weight("scale.weight", 4, 4),
        ]

    def loop(vision: int, text: int) -> Any:
        def settings(row: dict[str, Any]) -> dict[str, Any]:
            name, at = row["name"], number(row["name"])
            if at is None:
                return {"lr": 4e-4}
            is_text = name.startswith("text")
            return {"lr": 4e-5 * 0.85 ** (text - at) if is_text else 4e-4 * 0.75 ** (vision - at)}

        return settings

    found = infer([grouping(model(6, 6), loop(6, 6))])
    for depths in ((9, 4), (4, 9)):
        assert differences(found.rules, grouping(model(*depths), loop(*depths)), found.base) == (), found.text


def test_the_rest_has_the_factor_of_the_blocks() -> None:
    """A head with a rate of its own makes all other rates multiples of an odd number."""

    def loop(depth: int) -> Any:
        def settings(row: dict[str, Any]) -> dict[str, Any]:
            name, at = row["name"], number(row["name"])
            if at is not None:
                return {"lr": 3.5e-6 * 0.9 ** (depth - 1 - at)}
            return {"lr": 3.6e-6 if name.startswith(("head", "norm")) else 3.5e-6 * 0.9**depth}

        return settings

    found = tried(vit, loop, (12,), (5, 20))
    assert (
        plain(found.text).splitlines()[-3:]
        == [
            "block_{i}: block                                -> lr = 3.5e-06 * rate ** (depth - 1 - i)",
            r"stem:      name ~ ^patch_embed\.|pos_embed|cls_token -> lr = 3.5e-06 * rate ** depth",
            "head:      else",
        ]
        or found.text
    )
    assert "min_scale" not in found.text


def test_thirds_of_the_blocks_need_two_depths() -> None:
    def loop(depth: int) -> Any:
        def settings(row: dict[str, Any]) -> dict[str, Any]:
            at = number(row["name"])
            return {"lr_scale": 1.0 if at is None else (0.25, 0.5, 1.0)[min(at // (depth // 3), 2)]}

        return settings

    found = tried(deep, loop, (6, 12), (9, 24))
    assert "depth // 3" in found.text
    assert "third" in found.text
    assert "depth //" not in tried(deep, loop, (6,), ()).text


@pytest.mark.parametrize(
    ("is_frozen", "test"),
    [
        (lambda at, depth: at < 110, "i < 110"),
        (lambda at, depth: at >= depth - 105, "i >= depth - 105"),
        (lambda at, depth: at < 3, "i < 3"),
    ],
)  # fmt: skip
def test_numbers_beyond_a_hundred(is_frozen: Callable[[int, int], bool], test: str) -> None:
    def loop(depth: int) -> Any:
        def settings(row: dict[str, Any]) -> dict[str, Any]:
            at = number(row["name"])
            return {"freeze": True} if at is not None and is_frozen(at, depth) else {}

        return settings

    assert f"block and {test}" in tried(deep, loop, (130, 190), (140, 300)).text


def test_settings_that_change_with_each_of_many_blocks_are_no_numbers() -> None:
    def loop(depth: int) -> Any:
        def settings(row: dict[str, Any]) -> dict[str, Any]:
            at = number(row["name"])
            return {"lr_scale": 1.0 if at is None else 0.99 ** (depth - at)}

        return settings

    assert "rate ** (depth - i)" in tried(deep, loop, (150,), (130, 200)).text


def test_what_is_trained_beside_the_last_blocks_goes_by_its_place() -> None:
    """`type(Conv) or ndim >= 3` is not what was meant by a stem."""

    def loop(depth: int) -> Any:
        def settings(row: dict[str, Any]) -> dict[str, Any]:
            name, at = row["name"], number(row["name"])
            trained = name.startswith(("norm", "head")) if at is None else at >= depth - 3
            return {} if trained else {"freeze": True}

        return settings

    found = tried(vit, loop, (12,), (7, 18))
    assert r"trained: block and i >= depth - 3 or name ~ ^(?:head|norm)\." in found.text


def test_decay_that_follows_rates_has_its_own_rules_where_they_are_shorter() -> None:
    scales = {"c_fc": 2.0, "c_proj": 3.0, "embed": 75.0, "head": 27.5}
    rows = [*norm("norm", 4), *(row for name in scales for row in linear(name, 4, 4)[:1])]

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        vector = len(row["shape"]) == 1
        return {
            "lr_scale": scales.get(row["name"].split(".")[0], 1.0),
            "weight_decay": 0.0 if vector else 0.1,
        }

    text = plain(infer([grouping(rows, loop)]).text)
    assert "no_decay: ndim <= 1\ndecay:    else -> weight_decay = decay" in text


def test_an_option_of_several_rules_is_named_after_none() -> None:
    rows = [*norm("norm", 4), *linear("fc", 4, 4), *linear("head", 4, 4), weight("embed", 4, 4)]
    own = {"fc": (1.0, 0.1), "head": (2.0, 0.1), "norm": (1.0, 0.0), "embed": (4.0, 0.0)}

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        scale, decay = own[row["name"].split(".")[0]]
        return {"optimizer": f"of_{scale:.0f}", "weight_decay": decay, "eps": decay}

    text = infer([grouping(rows, loop)]).text
    assert "option decay = 0.1" in text


def test_powers_of_one_rate_that_no_block_explains() -> None:
    """timm gives a model without layers of its own a rate for each twelve tensors."""
    rows = [weight(f"{letter}.w", 4, 4) for letter in "abcdefg"]
    at = {row["name"]: place for place, row in enumerate(rows)}
    found = infer([grouping(rows, lambda row: {"lr_scale": 0.7 ** (6 - at[row["name"]])})])
    assert found.text.count("option") == 1
    assert "option rate = 0.7" in found.text
    assert {rule.label.text for rule in found.rules.axes[0].rules} >= {f"power_{n}" for n in range(1, 6)}
    assert "-> lr_scale = rate\n" in found.text


@pytest.mark.parametrize("key", ["lr_scale", "lr", "clip"])
@pytest.mark.parametrize(
    "values",
    [
        (1.0, 0.7, 0.49, 0.343, 0.2401, 0.16807, 0.123),
        (1.0, 0.7, 0.49, 0.343, 0.2401, 0.16807, 0.0),
        (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.500000003),
    ],
)
def test_values_that_are_not_all_powers_are_constants(key: str, values: tuple[Any, ...]) -> None:
    rows = [weight(f"{letter}.w", 4, 4) for letter in "abcdefg"]
    of = dict(zip("abcdefg", values, strict=True))
    made = grouping(rows, lambda row: {key: of[row["name"][0]]})
    found = infer([made])
    assert "rate" not in found.text
    assert differences(found.rules, made, found.base) == ()


def test_texts_are_no_powers() -> None:
    rows = [weight(f"{letter}.w", 4, 4) for letter in "abcdefg"]
    found = infer([grouping(rows, lambda row: {"clip": 0.5 if row["name"] == "g.w" else row["name"][0]})])
    assert "rate" not in found.text


def test_what_patterns_begin_and_end_with_is_written_once() -> None:
    modules = ("to_q", "to_k", "to_v", "to_out", "norm")
    rows = [
        weight(f"up.{at}.{attention}.{module}.w", 4, 4)
        for at in range(2)
        for attention in ("attn", "self", "cross")
        for module in modules
    ]

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        return {} if "attn.to_k" in row["name"] or "attn.to_v" in row["name"] else {"freeze": True}

    assert r"name ~ attn\.(?:to_k|to_v)\." in infer([grouping(rows, loop)]).text


@pytest.mark.parametrize(
    ("cls", "label"),
    [("MixtralTopKRouter", "mixtral_top_k_router"), ("RMSNorm2d", "rms_norm2d"), ("GELU", "gelu")],
)
def test_labels_from_the_names_of_classes(cls: str, label: str) -> None:
    rows = [weight(f"{at}.w", 4, 4, f"my.{cls}" if at % 2 else "my.Other") for at in range(4)]
    found = infer([grouping(rows, lambda row: {"lr_scale": 0.5 if row["owner"].endswith(cls) else 1.0})])
    assert found.rules.axes[0].rules[0].label.text == label


def test_the_else_of_a_series_without_a_stem_is_the_rest() -> None:
    def loop(row: dict[str, Any]) -> dict[str, Any]:
        at = number(row["name"])
        return {"lr_scale": 1.0 if at is None else 1 - at / 6}

    text = plain(infer([grouping(deep(6), loop)]).text)
    assert "block_{i}: block -> lr_scale = 1 - i / depth\nrest:      else" in text


def test_part_of_the_series_keeps_its_brackets() -> None:
    def loop(row: dict[str, Any]) -> dict[str, Any]:
        at = number(row["name"])
        return {"drop": 0.0 if at is None else 0.3 * (1 - at / 6)}

    assert "drop = 0.3 * (1 - i / depth)" in infer([grouping(deep(6), loop)]).text
