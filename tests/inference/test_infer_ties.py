"""Tied parameters, in one block or in several: a rule looks at each name, and `infer` has to do the same."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from grouped_models import EMBEDDING, LINEAR, NORM, vector, weight
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples, inventory_of

import paramrules
from paramrules.assignment import examine
from paramrules.inference import Grouping, differences, infer
from paramrules.inference.indexes import indexes_of
from paramrules.inference.space import Space

BLOCKS = ("blocks.{}", "encoder.layers.{}", "h.{}", "layers.{}")
PARTS = ("attn.q.weight", "attn.k.weight", "mlp.fc.weight", "mlp.fc.bias", "norm1.weight", "norm1.bias", "w")
HEAD = r"""
let block = name ~ ^{blocks}(?<i>\d+)\.
let depth = count(block)
let any = name ~ \.(?<i>\d+)\.
let two = name ~ ^stages\.(\d+)\.blocks\.(\d+)\.
"""
TESTS = (
    *("ndim <= 1", "role == bias", "type(LayerNorm)", "type(Embedding)", "type(Linear)", "tied", "not tied"),
    *("name ~ attn", "name ~ head", "name ~ ^decoder", 'leaf == "w"', "not type(LayerNorm)", "name !~ attn"),
    *("within(Head)", "block and i % 3 == 0", "block and i % 2 == 1", "block and i >= depth - 2"),
    *(
        "block and i < 2",
        "index(block) < 2",
        "index(block) % 2 == 0",
        "any and i % 3 == 1",
        "index(two) >= 1",
    ),
)
SERIES = (
    ("block", "depth - i"),
    ("block", "i"),
    ("any", "i"),
    ("two", "index(two)"),
    ("block", "index(block)"),
)
ALONE = ("type(Linear)", "type(Embedding)", "type(LayerNorm)", "name ~ attn", "role == bias", "name !~ norm")
VALUES = (
    ("weight_decay = 0", "weight_decay = 0.1", "weight_decay = 0.05"),
    ("lr_scale = 0.5", "lr_scale = 10", "freeze = true", "lr = 0.01", "skip = true"),
    ('optimizer = "muon"', 'optimizer = "adamw"'),
)


def row(name: str, coin: random.Random) -> dict[str, Any]:
    owner = NORM if "norm" in name else EMBEDDING if "embed" in name else LINEAR
    if coin.random() < 0.1:
        owner = coin.choice((LINEAR, NORM, EMBEDDING, "my.Head"))
    if name.endswith("bias") or "norm" in name:
        return vector(name, 4, owner, "bias" if name.endswith("bias") else "scale")
    return weight(name, coin.choice((4, 8)), 4, owner, trainable=coin.random() > 0.05)


def tied_model(coin: random.Random, blocks: str) -> list[dict[str, Any]]:
    """A model with a few ties, in the order of its forward pass or in none."""
    depth, parts = coin.randrange(2, 7), coin.sample(PARTS, coin.randrange(1, 5))
    names = ["embed.weight", "pos", "head.weight", "head.bias", "norm.weight"]
    stacks = [blocks, *(["decoder.layers.{}"] if coin.random() < 0.4 else [])]
    names += [f"{stack.format(at)}.{part}" for stack in stacks for at in range(depth) for part in parts]
    if coin.random() < 0.3:
        names += [f"stages.{s}.blocks.{at}.w" for s in range(2) for at in range(coin.randrange(1, 3))]
    if coin.random() < 0.5:
        coin.shuffle(names)
    rows = [row(name, coin) for name in names]
    for _ in range(coin.randrange(1, 5)):
        first = coin.choice(rows)
        leaf = first["name"].rpartition(".")[2]
        alike = [other for other in rows if other is not first and other["name"].endswith(leaf)]
        others = [other for other in rows if other is not first]
        pool = alike if alike and coin.random() < 0.5 else others
        for other in coin.sample(pool, min(coin.randrange(1, 4), len(pool))):
            rows.remove(other)
            first.setdefault("also", []).extend([other, *other.pop("also", [])])
    return rows


def lines(coin: random.Random) -> Iterator[str]:
    for axis, values in enumerate(VALUES[: coin.randrange(1, 4)]):
        yield f"[axis{axis}]"
        for number in range(coin.randrange(1, 3)):
            if axis == 1 and coin.random() < 0.6:
                match, place = coin.choice(SERIES)
                further = f" and {coin.choice(ALONE)}" if coin.random() < 0.4 else ""
                yield f"s{number}_{{{place}}}: {match}{further} -> lr_scale = 0.5 ** ({place})"
            else:
                further = f" {coin.choice(('and', 'or'))} {coin.choice(TESTS)}" if coin.random() < 0.3 else ""
                yield f"r{number}: {coin.choice(TESTS)}{further} -> {coin.choice(values)}"
        yield "rest: else" + (f" -> {coin.choice(values)}" if coin.random() < 0.3 else "")


def given_by(text: str, rows: list[dict[str, Any]]) -> Grouping | None:
    """Return the settings that a rule file gives a model; None if it is wrong there, or trains nothing."""
    inventory = inventory_of(rows)
    try:
        assignment = examine(paramrules.parse(text), inventory)
    except paramrules.RulesError:
        return None
    of_group = [group.settings for group in assignment.groups]
    trained = zip(assignment.group_numbers, inventory.column("trainable"), strict=False)
    given = tuple(of_group[number] if is_trained else None for number, is_trained in trained)
    return Grouping("model", inventory, given) if any(each is not None for each in given) else None


@given(st.randoms(use_true_random=False), st.sampled_from(BLOCKS))
@settings(max_examples=examples(60), deadline=None)
def test_what_rules_give_tied_parameters_is_reproduced(coin: random.Random, blocks: str) -> None:
    rows = tied_model(coin, blocks)
    text = HEAD.format(blocks=blocks.format("").replace(".", r"\.")) + "\n".join(lines(coin))
    made = given_by(text, rows)
    if made is not None:
        found = infer([made])
        assert differences(found.rules, made, found.base) == (), found.text


def stacked(*also: tuple[int, ...]) -> list[dict[str, Any]]:
    """Six blocks of two matrices each, of which some blocks share the second."""
    rows = [weight(f"blocks.{at}.own.weight", 4, 4) for at in range(6)]
    tied = {other for _, *others in also for other in others}
    more = {first: others for first, *others in also}
    for at in set(range(6)) - tied:
        names = [{"name": f"blocks.{other}.fc.weight", "owner": LINEAR} for other in more.get(at, ())]
        rows.append({**weight(f"blocks.{at}.fc.weight", 4, 4), "also": names})
    return rows


@pytest.mark.parametrize("also", [((0, 4),), ((4, 0),), ((2, 3), (5, 0)), ((1, 3, 5),)])
@pytest.mark.parametrize(
    "test", ["i % 3 == 1", "i % 2 == 0", "i < 2", "i >= 4", "index(block) % 2 == 1", "index(block) >= 3"]
)
def test_a_tensor_in_two_blocks_is_in_both(also: tuple[tuple[int, ...], ...], test: str) -> None:
    lines = r"let block = name ~ ^blocks\.(?<i>\d+)\.", f"slow: block and {test} -> lr = 0.1", "rest: else"
    made = given_by("\n".join(lines), stacked(*also))
    assert made is not None
    found = infer([made])
    assert differences(found.rules, made, found.base) == (), found.text


def test_an_index_numbers_a_tied_parameter_by_the_first_of_its_names() -> None:
    """It finds two names of the first parameter and one of the last, which also numbers the other."""
    head = {**weight("head.weight", 4, 4), "also": [{"name": "blocks.5.w", "owner": LINEAR}]}
    rows = [row for row in stacked((0, 4)) if not row["name"].startswith("blocks.5")] + [head]
    space = Space([Grouping("tied", inventory_of(rows), ({},) * len(rows))])
    (index,) = [each for each in indexes_of(space) if each.regex.startswith(r"^blocks\.")]
    numbers = dict(zip(space.names, index.at, strict=True))
    assert (numbers["blocks.0.fc.weight"], numbers["blocks.4.fc.weight"]) == (0, 0)
    assert numbers["head.weight"] == numbers["blocks.5.w"] == 5
    found = {name for at, name in enumerate(space.names) if index.mask >> at & 1}
    assert found == {*numbers} - {"head.weight"}
    assert index.numbered.bit_count() == len(numbers)
    assert (index.place, index.compared) == ("", index.numbered)


def test_what_a_rule_asks_beside_a_block_holds_under_the_same_name() -> None:
    """The head's tensor is in a block under another name, which is no `Embedding` there."""
    rows = [weight(f"blocks.{at}.w", 4, 4) for at in range(4)]
    rows[3]["also"] = [{"name": "embed.weight", "owner": EMBEDDING, "role": "embedding"}]
    rows += [weight("head.weight", 4, 4)]
    text = (
        r"let block = name ~ ^blocks\.(?<i>\d+)\." + "\ns_{i}: block and type(Linear) -> lr_scale = 0.5 ** i"
    )
    made = given_by(text, rows)
    assert made is not None
    assert [dict(each or {}) for each in made.settings] == [
        *({"lr_scale": 0.5**at} for at in range(4)),
        {},
    ]
    found = infer([made])
    assert differences(found.rules, made, found.base) == (), found.text
