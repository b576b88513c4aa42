"""Corners of `infer`: labels, ties of blocks, several sizes of a series, long and odd predicates."""

import sys
from itertools import product
from typing import Any

import pytest
from grouped_models import LINEAR, NORM, gpt, grouping, inferred, linear, plain, staged, vit, weight
from support import inventory_of

from paramrules.inference import Grouping, differences, infer
from paramrules.inference.effective import FREE, close, distinct
from paramrules.inference.indexes import indexes_of
from paramrules.inference.space import Space


def number(name: str) -> int | None:
    parts = name.split(".")
    return int(parts[1]) if parts[0] == "blocks" else None


def falling(depth: int) -> Any:
    """Rates from block to block, with the stem below the first."""

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        at = number(row["name"])
        step = depth - at if at is not None else 0 if row["name"].startswith(("head", "norm")) else depth + 1
        return {"lr": 1e-3 * 0.9**step, "weight_decay": 0.0 if len(row["shape"]) < 2 else 0.1}

    return loop


def test_a_series_on_two_sizes_is_one_formula() -> None:
    found = infer([grouping(vit(depth), falling(depth), f"{depth} blocks") for depth in (4, 6)])
    assert "block_{i}: block" in found.text
    assert "lr_scale = rate ** (depth - i)" in found.text
    assert found.base == {"lr": 1e-3}
    assert differences(found.rules, grouping(vit(9), falling(9)), found.base) == ()


def test_a_power_with_a_factor() -> None:
    """A rate for each optimizer stays one, times the power."""

    def loop(depth: int) -> Any:
        def of(row: dict[str, Any]) -> dict[str, Any]:
            at = number(row["name"])
            if at is None:
                return {"optimizer": "sgd", "lr": 0.5}
            return {"optimizer": "adam", "lr": 3e-4 * 0.9 ** (depth - at)}

        return of

    found = infer([grouping(vit(5), loop(5))])
    assert '-> optimizer = "adam", lr = 0.0003 * rate ** (depth - i)' in found.text
    assert differences(found.rules, grouping(vit(8), loop(8))) == ()


def test_a_line_with_a_factor() -> None:
    def loop(depth: int) -> Any:
        return lambda row: {"drop": 0.0 if (at := number(row["name"])) is None else 0.3 * (at + 1) / depth}

    found = infer([grouping(vit(5), loop(5))])
    assert "drop = 0.3 * (i + 1) / depth" in found.text
    assert differences(found.rules, grouping(vit(8), loop(8))) == ()


def test_stages_of_one_block_each_are_numbered_once() -> None:
    rows = [*linear("stages.0.blocks.0.fc", 2, 2), *linear("stages.1.blocks.0.fc", 2, 2)]
    space = Space([Grouping("staged", inventory_of(rows), ({},) * len(rows))])
    assert [(index.regex, index.depth) for index in indexes_of(space)] == [(r"^stages\.(?<i>\d+)\.", [2])]


def test_blocks_that_share_their_parameters() -> None:
    """ALBERT's layers are one: a tied parameter counts as its first."""
    rows = [{**weight(f"layers.{n}.w", 2, 2), "also": [f"layers.{n + 2}.w"]} for n in (0, 1)] + [
        weight("head.w", 2, 2)
    ]
    made = grouping(rows, lambda row: {"lr_scale": {"0": 0.25, "1": 0.5}.get(row["name"].split(".")[1], 1.0)})
    found = infer([made])
    assert differences(found.rules, made) == ()


@pytest.mark.parametrize(
    ("loop", "labels"),
    [
        (lambda row: {"is_expert": "mlp" in row["name"]}, ["expert", "rest"]),
        (lambda row: {"is_": "mlp" in row["name"]}, ["marked", "rest"]),
        (lambda row: {"optimizer": "muon" if "mlp" in row["name"] else "adam w"}, ["muon", "adam_w"]),
        (lambda row: {"lr_scale": 5.0 if row["name"][4:9] in ("norm1", "mlp.f") else 1.0}, ["fast", "rest"]),
        (lambda row: {"lr_scale": 0.5}, ["rest"]),
        (lambda row: {"weight_decay_scale": 0.5 if "mlp" in row["name"] else 1.0}, ["mlp", "decay"]),
        (lambda row: {"weight_decay": 0.5 if "mlp" in row["name"] else 0.1}, ["mlp", "decay"]),
        (lambda row: {"clip": None if "mlp" in row["name"] else "soft"}, ["mlp", "rest"]),
    ],
)  # fmt: skip
def test_labels(loop: Any, labels: list[str]) -> None:
    found = inferred(gpt(), loop)
    assert [rule.label.text for rule in found.rules.axes[0].rules] == labels


def test_words_with_a_meaning_are_not_labels() -> None:
    """A module called `default` or `no_decay` gives its rule no label of that name."""
    rows = [weight(f"{name}.w", 2, 2) for name in ("default", "no_decay", "other")]
    values = {"default": 0.25, "no_decay": 0.5, "other": 1.0}
    found = inferred(rows, lambda row: {"clip": values[row["name"].split(".")[0]]})
    assert {rule.label.text for rule in found.rules.axes[0].rules} == {"part", "part_2", "rest"}


def test_decay_and_its_scale_are_two_axes() -> None:
    found = inferred(
        gpt(),
        lambda row: {
            "weight_decay": 0.1 if len(row["shape"]) > 1 else 0.0,
            "weight_decay_scale": 0.5 if "attn" in row["name"] else 1.0,
        },
    )
    assert sorted(axis.name for axis in found.rules.axes) == ["decay", "decay_"]


def test_scales_of_rates_that_differ_too() -> None:
    """`lr` and `lr_scale` of one group become one scale."""
    found = inferred(
        gpt(),
        lambda row: {
            "lr": 1e-3 if "mlp" in row["name"] else 1e-4,
            "lr_scale": 0.5 if "attn" in row["name"] else 1.0,
            "foreach": "ln_f" not in row["name"],
        },
    )
    assert found.base == {"lr": 1e-4}
    assert "lr_scale" in found.text


def test_three_facts_at_once() -> None:
    """One of eight kinds that differ in three facts and not in their names."""
    rows = [
        {"name": f"x.{n}.w", "shape": [2] * ndim, "owner": owner, "trainable": trainable, "role": "other"}
        for n, (ndim, owner, trainable) in enumerate(product((1, 2), (LINEAR, NORM), (True, False)))
    ]
    found = inferred(rows, lambda row: {"tag": "it" if row["name"] == "x.4.w" else "no"})
    predicate = found.rules.axes[0].rules[0].span.text
    assert all(part in predicate for part in ("trainable", "type(Linear)", "ndim >= 2")), predicate


def test_many_branches_are_taken_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paramrules.inference.cover._MOST_BRANCHES", 2)
    odd = ("attn.qkv.bias", "norm1.weight", "fc2.weight", "cls_token", "head.bias")
    made = grouping(vit(), lambda row: {"clip": 2.0 if row["name"].endswith(odd) else 1.0})
    assert differences(infer([made]).rules, made) == ()


def test_a_long_predicate_says_so() -> None:
    odd = ("attn.qkv.bias", "norm1.weight", "fc2.weight", "cls_token")
    found = inferred(vit(), lambda row: {"clip": 2.0 if row["name"].endswith(odd) else 1.0})
    assert ": no short test tells these apart\n" in found.text
    assert "Most" not in found.text  # of two rules


@pytest.mark.parametrize("decays", [True, False])
def test_where_most_rules_are_long_the_top_says_so(decays: bool) -> None:
    odd = {1.0: (2, 13, 9), 2.0: (5, 11, 31), 3.0: (7, 23, 28)}
    rows = [weight(f"x.{n}.w", 2, 2) for n in range(32)] + [{"name": "x.0.b", "shape": [2], "role": "bias"}]

    def settings(row: Any) -> dict[str, object]:
        clip = next((clip for clip, of in odd.items() if int(row["name"].split(".")[1]) in of), 4.0)
        return {"clip": clip} | ({"weight_decay": 0.1 * (len(row["shape"]) > 1)} if decays else {})

    found = inferred(rows, settings)
    which = "rules of `clip`" if decays else "of these rules"
    assert (
        f"# Most {which} are long, and may not hold on another size: check one, or infer from two.\n"
        in found.text
    )


def test_names_that_hold_quotes_are_listed_by_a_regex() -> None:
    rows = [weight(f'q".{n}.w', 2, 2) for n in range(4)]
    made = grouping(rows, lambda row: {"clip": 2.0 if ".2." in row["name"] else 1.0})
    assert differences(infer([made]).rules, made) == ()


def test_numbers_of_a_bare_tree() -> None:
    """Without fans, layers go by their numbers."""
    unknown = {"fan_in": "pass the model itself"}
    rows = [weight(f"a.{n}.w", 2, 2) for n in range(4)]
    made = tuple({"clip": 2.0 if n == 2 else 1.0} for n in range(4))
    inventory = inventory_of(rows, unknown=unknown)
    found = infer([Grouping("tree", inventory, made)])
    assert differences(found.rules, Grouping("tree", inventory, made)) == ()


def test_two_levels_beside_several_children() -> None:
    """Whatever else stands in a stage may go with its first block."""
    rows = [
        row
        for stage in range(3)
        for row in (
            *linear(f"stages.{stage}.down", 2, 2),
            *linear(f"stages.{stage}.skip", 2, 2),
            *linear(f"stages.{stage}.blocks.0.fc", 2, 2),
            *linear(f"stages.{stage}.blocks.1.fc", 2, 2),
        )
    ]

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        parts = row["name"].split(".")
        place = 2 * int(parts[1]) + (int(parts[3]) if parts[2] == "blocks" else 0)
        return {"lr_scale": 0.5 ** (6 - place)}

    assert r"^stages\.(\d+)\.(?:down|skip|blocks\.(\d+))\." in inferred(rows, loop).text


def test_a_file_that_differs_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["paramrules.inference.infer"]  # `infer` is also the function
    monkeypatch.setattr(module, "differences", lambda *_: ("a.weight",))
    with pytest.raises(AssertionError, match=r"a bug of `infer`: a\.weight of model in"):
        infer([grouping(linear("a", 2, 2), lambda _: {})])


def test_staged_models_by_stage() -> None:
    def loop(row: dict[str, Any]) -> dict[str, Any]:
        parts = row["name"].split(".")
        return {"lr_scale": 0.5 ** (4 - int(parts[1])) if parts[0] == "stages" else 1.0}

    found = inferred(staged((1, 2, 1, 1)), loop, staged((2, 2, 3, 2)))
    assert r"let stage = name ~ ^stages\.(?<i>\d+)\." in found.text
    assert found.checks[0].names == ()


def test_a_scale_of_one_is_none() -> None:
    """Values that differ by rounding are the same."""
    found = inferred(
        gpt(), lambda row: {"lr_scale": 1.0, "eps": 1e-8 if "mlp" in row["name"] else 1e-8 * (1 + 1e-13)}
    )
    assert plain(found.text) == "edition 1\nall: else"


def test_a_base_rate_that_nothing_trains_at() -> None:
    """With head and norm frozen, rates count from the last block."""

    def loop(depth: int) -> Any:
        return lambda row: (
            {"freeze": True} if row["name"].startswith(("head", "norm")) else falling(depth)(row)
        )

    found = infer([grouping(vit(12), loop(12))])
    assert "lr_scale = rate ** (depth - 1 - i)" in found.text
    assert differences(found.rules, grouping(vit(8), loop(8)), found.base) == ()


def test_a_model_of_nothing_but_blocks() -> None:
    rows = [row for at in range(6) for row in linear(f"{at}", 4, 4)]

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        return {"lr": 0.1 * 0.5 ** int(row["name"].split(".")[0])}

    assert plain(inferred(rows, loop).text).splitlines() == [
        "edition 1",
        "option rate = 0.5",
        r"let block = name ~ ^(?<i>\d+)\.",
        "block_{i}: block -> lr_scale = rate ** i",
    ]


def test_an_optimizer_that_one_rule_chooses_names_it() -> None:
    def loop(row: dict[str, Any]) -> dict[str, Any]:
        if row["name"].startswith("blocks") and len(row["shape"]) > 1:
            return {"optimizer": "muon"}
        return {"optimizer": "adam", "lr": 0.1 if len(row["shape"]) > 1 else 0.2}

    found = inferred(vit(3), loop)
    assert [rule.label.text for rule in found.rules.axes[0].rules].count("muon") == 1


def test_thousands_of_rates_are_refused_before_they_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = [0.001 + (number * 7919 % 10007) / 1e5 for number in range(3000)]
    counted = 0

    def close_to(one: Any, two: Any) -> bool:
        nonlocal counted
        counted += 1
        return close(one, two)

    monkeypatch.setattr("paramrules.inference.effective.close", close_to)
    assert len(distinct(rates)) == 3000
    assert counted < 6000


def test_distinct_values() -> None:
    near = 0.1 * (1 + 1e-10)
    assert distinct([near, 0.1, 0.2, FREE, 0.2, 0.2, "a", True, 1, (near, 1), (0.1, 1), None]) == [
        *(0.2, near, (near, 1), "a", True, 1, None)
    ]


def test_marks_for_decay_tell_nothing_about_freezing() -> None:
    rows = [
        {**row, "attributes": {"no_weight_decay": True}} if "embed" in row["name"] else row for row in vit(3)
    ]
    marked = [row["name"] for row in rows if row.get("attributes")]
    assert marked
    text = inferred(rows, lambda row: {"freeze": True} if row["name"] in marked else {}).text
    assert "no_weight_decay" not in text
    text = inferred(rows, lambda row: {"weight_decay": 0.0 if row["name"] in marked else 0.1}).text
    assert "no_decay: attr(no_weight_decay)" in text


def test_rates_from_a_geometric_space() -> None:
    """fastai and NumPy's `geomspace` divide a range of rates evenly: the ratio has no end of digits."""

    def loop(row: dict[str, Any]) -> dict[str, Any]:
        at = number(row["name"])
        step = at + 1 if at is not None else 13 if row["name"].startswith(("head", "norm")) else 0
        return {"lr": 1e-5 * 100 ** (step / 13)}

    found = inferred(vit(12), loop)
    assert "block_{i}: block" in found.text
    assert len(found.rules.axes[0].rules) == 3
