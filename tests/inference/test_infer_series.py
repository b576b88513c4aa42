"""Series of blocks, and numbers in names: where all else is frozen, and where numbers are odd."""

from typing import Any

import pytest
from grouped_models import block, grouping, plain, vit, weight
from support import inventory_of

from paramrules.assignment import examine
from paramrules.inference import Grouping, differences, infer
from paramrules.rules import parse


def number(name: str) -> int | None:
    parts = name.split(".")
    return int(parts[1]) if parts[0] == "blocks" else None


@pytest.mark.parametrize("stem", [True, False])
def test_rates_of_blocks_where_all_else_is_frozen(stem: bool) -> None:
    """Parameters outside the blocks may have any rate, and fall to `else`."""

    def loop(depth: int) -> Any:
        def settings(row: dict[str, Any]) -> dict[str, Any]:
            at = number(row["name"])
            return {"freeze": True} if at is None else {"lr": 1e-3 * 0.75 ** (depth - 1 - at)}

        return settings

    def model(depth: int) -> list[dict[str, Any]]:
        return [row for row in vit(depth) if stem or number(row["name"]) is not None or "head" in row["name"]]

    found = infer([grouping(model(6), loop(6))], checks=[grouping(model(9), loop(9))])
    assert "block_{i}: block -> lr_scale = rate ** (depth - 1 - i)" in found.text
    assert (found.listed, found.checks[0].names) == ((), ())


def test_blocks_of_two_stacks_alone_have_rates_of_their_own() -> None:
    """Neither series is right for all, so a last rule is added that takes nothing."""

    def stacks(depth: int) -> list[dict[str, Any]]:
        return [
            row
            for stack in ("encoder", "decoder")
            for at in range(depth)
            for row in block(f"{stack}.{at}", 4)
        ]

    def loop(depth: int) -> Any:
        def settings(row: dict[str, Any]) -> dict[str, Any]:
            stack, at, *_ = row["name"].split(".")
            return {"lr": 1e-3 * (0.9 if stack == "decoder" else 0.75) ** (depth - 1 - int(at))}

        return settings

    found = infer([grouping(stacks(6), loop(6))], checks=[grouping(stacks(9), loop(9))])
    assert len(found.rules.axes[0].rules) == 3
    assert (found.listed, found.checks[0].names) == ((), ())


def test_few_frozen_blocks_leave_constants() -> None:
    """With two blocks, the values are listed where a series and the names alike of kinds explain nothing."""
    rows = [weight(name, 4, 4) for name in ("pos", "h.0.attn.q", "h.1.attn.q", "h.0.mlp", "h.1.mlp", "head")]
    rates = {"h.0.attn.q": 1.0, "h.1.attn.q": 0.5}

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        return {"lr_scale": rates[row["name"]]} if row["name"] in rates else {"freeze": True}

    made = grouping(rows, loop)
    found = infer([made])
    assert differences(found.rules, made, found.base) == ()


def test_a_variable_and_classes_derived_from_it() -> None:
    """`variable(Param)` holds for a `LoRAParam` that is one."""
    rows = [
        {**weight(f"{kind}{n}", 4, 4), "variable": variable}
        for kind, variable in (
            ("p", ["nnx.Param"]),
            ("q", ["my.LoRAParam", "nnx.Param"]),
            ("r", ["nnx.Cache"]),
        )
        for n in range(2)
    ]
    for slow in (("p",), ("p", "q"), ("q",), ("r",)):
        made = grouping(rows, lambda row, slow=slow: {"lr_scale": 0.1 if row["name"][0] in slow else 1.0})
        found = infer([made])
        assert differences(found.rules, made, found.base) == (), slow


@pytest.mark.parametrize("rate", [0.1, 10.0, 1e-3, 1e3, 5e4])
def test_rates_whose_powers_leave_the_range_of_floats(rate: float) -> None:
    rows = [*(weight(f"blocks.{at}.w", 4, 4) for at in range(400)), weight("head.w", 4, 4)]

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        at = number(row["name"])
        return {"lr": 1.0 if at is None else rate ** min(at, 2)}

    made = grouping(rows, loop)
    found = infer([made])
    assert differences(found.rules, made, found.base) == ()


@pytest.mark.parametrize("test", [r"index(name ~ ^b\.(\d+)\.) >= 2", r"index(name ~ ^b\.(\d+)\.) % 2 == 1"])
def test_numbers_that_no_integer_holds_are_ordered_as_rules_order_them(test: str) -> None:
    numbers = ("1234567890123456789", "1234567890123456780", "3", "12345678901234567890")
    inventory = inventory_of([*(weight(f"b.{at}.w", 4, 4) for at in numbers), weight("head.w", 4, 4)])
    assignment = examine(parse(f"slow: {test} -> lr = 1\nrest: else"), inventory)
    settings = tuple(assignment.groups[at].settings for at in assignment.group_numbers)
    made = Grouping("b", inventory, settings)
    found = infer([made])
    assert differences(found.rules, made, found.base) == ()


def test_a_superscript_is_no_number() -> None:
    rows = [weight(f"b.{at}.w", 4, 4) for at in ("1", "\u00b2", "2", "\u2462", "\u0663")]
    made = grouping(rows, lambda row: {"lr": 1.0 if "\u00b2" in row["name"] or "1" in row["name"] else 2.0})
    found = infer([made])
    assert differences(found.rules, made, found.base) == ()


def test_rates_that_are_divided_from_block_to_block() -> None:
    """ULMFiT divides by 2.6, https://arxiv.org/abs/1801.06146: the inverse has no end of digits."""

    def loop(depth: int) -> Any:
        def settings(row: dict[str, Any]) -> dict[str, Any]:
            at = number(row["name"])
            if at is not None:
                return {"lr": 2e-3 / 2.6 ** (depth - at)}
            return {"lr": 2e-3 if row["name"].startswith(("head", "norm")) else 2e-3 / 2.6 ** (depth + 1)}

        return settings

    found = infer([grouping(vit(6), loop(6))], checks=[grouping(vit(9), loop(9))])
    assert "lr_scale = 1 / rate ** (depth - i)" in found.text
    assert "lr_scale = 1 / rate ** (depth + 1)" in found.text
    assert dict(found.rules.options)["rate"].default == 2.6
    assert found.checks[0].names == ()


def in_blocks(*chosen: range) -> Any:
    """A loop that gives some of twelve blocks another rate."""

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        at = number(row["name"])
        return {"lr": 1e-4 if at is not None and any(at in each for each in chosen) else 1e-3}

    return loop


def test_the_end_that_is_nearer_counts_blocks() -> None:
    """The last two of twelve blocks are not all but the first ten, which are others in a deeper model."""
    assert ": block and i >= depth - 2 ->" in infer([grouping(vit(12), in_blocks(range(10, 12)))]).text
    assert ": block and i < 2 ->" in infer([grouping(vit(12), in_blocks(range(2)))]).text


def test_the_first_and_the_last_block() -> None:
    """LISA trains both, https://arxiv.org/abs/2403.17919."""

    def loop(depth: int) -> Any:
        return lambda row: {"freeze": True} if number(row["name"]) in range(1, depth - 1) else {"lr": 1e-4}

    found = infer([grouping(vit(12), loop(12))], checks=[grouping(vit(20), loop(20))])
    assert (found.listed, found.checks[0].names) == ((), ())


def test_blocks_in_the_middle_are_between_two_numbers() -> None:
    """The match of the blocks stands there once."""
    text = plain(infer([grouping(vit(12), in_blocks(range(3, 8)))]).text)
    assert "slow: block and i >= 3 and i < depth - 4 -> lr_scale = slow_scale" in text


def test_a_series_of_some_blocks_names_its_match_once() -> None:
    def loop(row: dict[str, Any]) -> dict[str, Any]:
        at = number(row["name"])
        return {"lr": 1e-3 * 0.5 ** (12 - at) if at is not None and at >= 2 else 1e-3}

    found = infer([grouping(vit(12), loop)])
    assert "block and i >= 2 ->" in found.text


def test_the_rate_of_a_head_in_a_model_of_many_blocks() -> None:
    """Each of 150 blocks has more tensors than stem and head together."""

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        at = number(row["name"])
        return {"lr": 1e-3 if at is None else 1e-3 * 0.99 ** (150 - at)}

    made = grouping(vit(150), loop)
    found = infer([made])
    assert len(found.rules.axes[0].rules) == 2
    assert differences(found.rules, made, found.base) == ()
