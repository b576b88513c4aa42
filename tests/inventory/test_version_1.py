"""Saved inventories of version 1: matrices with their stored axes as shape, and what was not known then."""

import json
from typing import Any

import pytest

from paramrules import Inventory, assign, parse

LINEN, ROOT = "flax.linen.linear.", "flax.linen.module.Module"
CLASSES = {
    "app": "app.Net",
    "attention": "flax.linen.attention.MultiHeadDotProductAttention",
    "general": LINEN + "DenseGeneral",
    "dense": LINEN + "Dense",
    "conv": LINEN + "Conv",
    "einsum": LINEN + "Einsum",
    "hf": "transformers.models.gpt2.modeling_flax_gpt2.FlaxConv1D",
    "wn": "transformers.models.wav2vec2.modeling_flax_wav2vec2.FlaxConvWithWeightNorm",
    "mine": "app.Mine",
    "embed": LINEN + "Embed",
    "positions": "equimo.layers.posemb.LearnedPosEmbed",
    "experts": "transformers.models.mixtral.modeling_mixtral.MixtralExperts",
}


def version_1(*rows: dict[str, Any]) -> Inventory:
    """An inventory of rows whose owner is a key of CLASSES, or two with the class around."""
    table = {
        "paramrules_inventory": 1,
        "framework": "optax",
        "unknown": {},
        "classes": [[name, [ROOT]] for name in CLASSES.values()],
        "owners": [],
        "parameters": [],
    }
    numbers = list(CLASSES)

    def filled(row: dict[str, Any]) -> dict[str, Any]:
        around = ["app", *row["owner"].split()] if row["owner"] else None
        if around:
            table["owners"].append([numbers.index(cls) for cls in around])
        return {"role": "weight"} | row | {"owner": len(table["owners"]) - 1 if around else None}

    for row in rows:
        also = {"also": list(map(filled, row["also"]))} if "also" in row else {}
        whole = {"dtype": "float32", "trainable": True, "variable": 0} | filled(row) | also
        table["parameters"].append(whole)
    return Inventory.from_json(json.dumps(table))


@pytest.mark.parametrize(
    ("owner", "name", "shape", "fans", "expected"),
    [
        # the vocabulary's layout
        ("attention general", "attn.query.kernel", (8, 2, 6), (8, 12), (8, 12)),
        ("attention general", "attn.out.kernel", (2, 6, 8), (12, 8), (12, 8)),
        ("hf", "c_attn.kernel", (24, 8), None, (24, 8)),
        ("conv", "conv.kernel", (3, 8, 6), (24, 18), (3, 8, 6)),
        ("experts", "experts.up_proj", (4, 8, 6), (6, 8), (4, 8, 6)),
        # the only one that the fans allow
        ("general", "heads.kernel", (8, 2, 6), (8, 12), (8, 12)),
        ("general", "out.kernel", (2, 6, 8), (12, 8), (12, 8)),
        ("general", "both.kernel", (2, 4, 2, 3), (8, 6), (8, 6)),
        ("general", "batch.kernel", (5, 8, 2, 6), (8, 12), (5, 8, 12)),
        ("general", "batch.kernel", (5, 8, 6), (8, 6), (5, 8, 6)),
        ("general", "one.kernel", (8, 1, 6), (8, 6), (8, 6)),  # two layouts, one matrix
        ("general", "one.kernel", (1, 8, 2, 6), (8, 12), (1, 8, 2, 6)),  # a batch of one, or contracted?
        ("general", "odd.kernel", (8, 2, 6), (5, 5), (8, 2, 6)),
        ("general", "none.kernel", (8, 2, 6), None, (8, 2, 6)),
        # no telling
        ("einsum", "einsum.kernel", (8, 2, 6), None, (8, 2, 6)),
        ("mine", "mine.kernel", (8, 2, 6), (8, 12), (8, 2, 6)),
        ("", "bare.kernel", (8, 2, 6), None, (8, 2, 6)),
    ],
)
def test_matrices_are_merged_where_the_file_tells_how(
    owner: str, name: str, shape: tuple[int, ...], fans: Any, expected: tuple[int, ...]
) -> None:
    row = {"name": name, "owner": owner, "shape": shape}
    inventory = version_1(row | dict(zip(("fan_in", "fan_out"), fans or (), strict=False)))
    assert inventory[name].shape == expected
    assert inventory[name].stored == shape
    again = Inventory.from_json(inventory.to_json())
    assert again[name].layout == inventory[name].layout
    assert again.to_json() == inventory.to_json()


def test_what_the_vocabulary_did_not_know_is_looked_up() -> None:
    inventory = version_1(
        {"name": "c_attn.kernel", "owner": "hf", "shape": [24, 8]},
        {"name": "c_attn.bias", "owner": "hf", "shape": [24], "role": "bias"},
        {"name": "conv.weight_g", "owner": "wn", "shape": [1, 1, 9], "role": "other"},
        {"name": "conv.weight_v", "owner": "wn", "shape": [8, 2, 9]},
        {"name": "einsum.bias", "owner": "einsum", "shape": [2, 4], "role": "bias"},
        {"name": "table.bias", "owner": "mine", "shape": [2, 4], "role": "bias"},
        {"name": "table.weight", "owner": "mine", "shape": [2, 4]},
        {"name": "positions.weight", "owner": "positions", "shape": [2, 4]},
    )
    assert [(p.role, p.shape, p.fan_in, p.fan_out) for p in inventory] == [
        ("weight", (24, 8), 8, 24),
        ("bias", (24,), None, None),
        ("scale", (9,), None, None),
        ("weight", (8, 2, 9), 18, 72),
        ("bias", (8,), None, None),
        ("bias", (2, 4), None, None),
        ("weight", (2, 4), None, None),
        ("other", (2, 4), None, None),
    ]
    assert assign(parse("linear: type(Linear)"), inventory).names("linear") == (
        "c_attn.kernel",
        "c_attn.bias",
    )


def test_a_layout_in_the_file_is_not_read() -> None:
    row = {"name": "fc.kernel", "owner": "dense", "shape": [8, 4], "layout": ["in", "out"]}
    assert version_1(row)["fc.kernel"].layout == ("in", "out")


def test_a_layer_of_a_stack_is_looked_up_by_its_arrays_name() -> None:
    layer = {"array": "attn.query.kernel", "axes": [0], "at": [1]}
    row = {"name": "attn.query.1.kernel", "owner": "attention general", "shape": [8, 2, 6]}
    inventory = version_1(row | {"stored": [3, 8, 2, 6], "layer": layer})
    found = inventory["attn.query.1.kernel"]
    assert (found.shape, found.stored, found.layout) == ((8, 12), (3, 8, 2, 6), ("in", "out", "out"))
    again = Inventory.from_json(inventory.to_json())[found.name]
    assert (again.shape, again.layer, again.layout) == (found.shape, found.layer, found.layout)


def test_of_a_tied_matrix_the_name_whose_role_comes_first_decides() -> None:
    also = {"name": "heads.kernel", "owner": "general", "fan_in": 8, "fan_out": 12}
    row = {"name": "mine.table", "owner": "mine", "shape": [8, 2, 6], "also": [also]}
    assert version_1(row | {"role": "other"})["mine.table"].shape == (8, 12)
    assert version_1(row | {"role": "embedding"})["mine.table"].shape == (8, 2, 6)
