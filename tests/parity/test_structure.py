"""Pairs by what surrounds a parameter: towers, blocks, fused and tied tensors, tables of other lengths."""

from pathlib import Path
from typing import Any

import pytest
from support import inventory_of

import paramrules
from paramrules import Inventory
from paramrules.comparison import Parity
from paramrules.comparison.containers import corresponding
from paramrules.comparison.name_words import contradict

RULES = paramrules.parse("all: else")
TORCH_NORM, FLAX_NORM = "torch.nn.modules.normalization.LayerNorm", "flax.linen.normalization.LayerNorm"


def compared(a: Inventory, b: Inventory, mapping: Path | None = None) -> Parity:
    return paramrules.parity(RULES, a, b, mapping)


def pairs(a: Inventory, b: Inventory, mapping: Path | None = None) -> set[tuple[str, str]]:
    return {(" + ".join(pair.a), " + ".join(pair.b)) for pair in compared(a, b, mapping).pairs}


def sized(shape: tuple[int, ...], *names: str, **more: object) -> list[dict[str, Any]]:
    return [{"name": name, "shape": shape, **more} for name in names]


def norms(*names: str, flax: bool = False, size: int = 4) -> list[dict[str, Any]]:
    owner = FLAX_NORM if flax else TORCH_NORM
    return sized((size,), *names, role="scale", owner=owner)


def tower(at: str, flax: bool) -> list[dict[str, Any]]:
    """Two blocks of an attention and a norm."""
    found = []
    for i in range(2):
        block = f"{at}.block_{i}" if flax else f"{at}.layers.{i}"
        names = ("key", "out", "query", "value") if flax else ("q_proj", "k_proj", "v_proj", "out_proj")
        leaf = "kernel" if flax else "weight"
        found += sized((4, 4), *(f"{block}.attn.{name}.{leaf}" for name in names))
        found += norms(f"{block}.norm.{'scale' if flax else 'weight'}", flax=flax)
    return found


def test_towers_are_told_apart_by_what_only_one_has() -> None:
    a = inventory_of(
        [*sized((7, 4), "u.patches.kernel"), *tower("u", True), *sized((9, 4), "v.words"), *tower("v", True)]
    )
    b = inventory_of(
        [*sized((9, 4), "x.table"), *tower("x", False), *sized((7, 4), "y.conv.weight"), *tower("y", False)]
    )
    found = pairs(a, b)
    assert len(found) == len(a) == 22
    assert {(x[0], y[0]) for x, y in found} == {("u", "y"), ("v", "x")}
    assert ("u.block_1.attn.key.kernel", "y.layers.1.attn.k_proj.weight") in found


def sorted_towers() -> tuple[Inventory, Inventory]:
    first = sorted([*tower("u", True), *tower("v", True)], key=lambda row: row["name"].split("."))
    return inventory_of(first), inventory_of([*tower("x", False), *tower("y", False)])


def test_equal_towers_take_one_mapping_line_each(tmp_path: Path) -> None:
    a, b = sorted_towers()
    found = compared(a, b)
    assert found.pairs == ()
    assert found.mapping().splitlines()[3:] == [
        "# modules that are alike: say which is which, one line each",
        "# u.* = x.* or y.*",
        "# v.* = x.* or y.*",
    ]
    (tmp_path / "a.map").write_text("u.* = y.*")
    paired = pairs(a, b, tmp_path / "a.map")
    assert len(paired) == 20
    assert {(x[0], y[0]) for x, y in paired} == {("u", "y"), ("v", "x")}


def test_a_module_of_a_mapping_keeps_what_has_no_partner_there(tmp_path: Path) -> None:
    a = inventory_of([*sized((2, 3), "u.a.w"), *sized((5,), "u.b.w")])
    b = inventory_of([*sized((2, 3), "x.a.w", "x.c.w"), *sized((5,), "z.b.w")])
    (tmp_path / "a.map").write_text("u.* = x.*")
    found = compared(a, b, tmp_path / "a.map")
    assert [(pair.a, pair.b) for pair in found.pairs] == [(("u.a.w",), ("x.a.w",))]
    assert [[each.name for each in side] for side in found.unpaired] == [["u.b.w"], ["x.c.w", "z.b.w"]]
    (tmp_path / "a.map").write_text("u.* = x.*\nu.a.w = x.a.w\nu.b.w = z.b.w")
    assert len(compared(a, b, tmp_path / "a.map").pairs) == 2


def test_modules_correspond_that_contain_each_others_partners() -> None:
    names = [(("a", "b", "c"), ("x", "c")), (("a", "d"), ("x", "d"))]
    stems = [
        (tuple((word, False) for word in first), tuple((word, False) for word in second))
        for first, second in names
    ]
    assert ((("a", False),), (("x", False),)) in corresponding(stems)
    assert all(first[:1] == (("a", False),) for first, _ in corresponding(stems))


FUSED = [f"h.{i}.attn.c_attn" for i in range(2)]


@pytest.mark.parametrize("swapped", [False, True])
def test_queries_keys_and_values_are_one_matrix(swapped: bool) -> None:
    separate = [f"blocks_{i}.attn.{name}" for i in range(2) for name in ("query", "key", "value")]
    more = ["blocks_0.attn.q_norm.scale"]
    a = inventory_of(
        [
            *sized((4, 4), *(f"{name}.kernel" for name in separate)),
            *sized((4,), *(f"{name}.bias" for name in separate), role="bias"),
            *sized((4,), *more),
        ]
    )
    b = inventory_of(
        [
            *sized((12, 4), *(f"{name}.weight" for name in FUSED)),
            *sized((12,), *(f"{name}.bias" for name in FUSED), role="bias"),
        ]
    )
    found = compared(b, a) if swapped else compared(a, b)
    assert found.found == {"parts": 4}
    pair = found.pairs[0] if not swapped else found.pairs[0]._replace(a=found.pairs[0].b, b=found.pairs[0].a)
    assert pair.a == tuple(f"blocks_0.attn.{name}.kernel" for name in ("query", "key", "value"))
    assert pair.b == ("h.0.attn.c_attn.weight",)
    assert "# found by parts" in found.mapping()


def test_names_of_their_own_are_parts_too() -> None:
    a = inventory_of(sized((4, 4), "attn.q_proj_weight", "attn.k_proj_weight", "attn.v_proj_weight"))
    b = inventory_of(sized((12, 4), "self_attn.in_proj_weight"))
    assert len(compared(a, b).pairs) == 1
    gated = inventory_of(sized((4, 6), "mlp.gate_proj.weight", "mlp.up_proj.weight"))
    assert len(compared(gated, inventory_of(sized((4, 12), "mlp.gate_up.kernel"))).pairs) == 1


def test_parts_that_could_be_of_several_are_none() -> None:
    separate = inventory_of(sized((4, 4), *(f"{at}.attn.{n}.w" for at in "uv" for n in ("q", "k", "v"))))
    fused = sized((12, 4), "x.attn.qkv.w", "y.attention.in_proj.w")
    assert compared(separate, inventory_of(fused)).pairs == ()
    twice = inventory_of(sized((4, 4), "attn.q.w", "attn.query.w", "attn.k.w", "attn.v.w"))
    assert compared(twice, inventory_of(fused[:1])).pairs == ()
    unlike = inventory_of(sized((12, 4), "mlp.fc.w"))
    assert compared(inventory_of(sized((4, 4), "a.q.w", "a.k.w", "a.v.w")), unlike).pairs == ()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (("input_layernorm", "post_attention_layernorm"), ("attention_norm", "ffn_norm")),
        (("layernorm_before", "layernorm_after"), ("pre_attention_norm", "pre_ffw_norm")),
        (("self_attn_layer_norm", "final_layer_norm"), ("norm_attn", "norm_mlp")),
        (
            ("pre_attention_norm", "post_attention_norm", "pre_ffw_norm", "post_ffw_norm"),
            ("input_norm", "norm_after_attn", "norm_mlp", "output_norm"),
        ),
        (("self_attn_norm", "encoder_attn_norm", "final_norm"), ("attn_norm", "cross_attn_norm", "mlp_norm")),
    ],
)
def test_norms_have_places_in_a_block(a: tuple[str, ...], b: tuple[str, ...]) -> None:
    """The second model lists them by the alphabet."""
    first = inventory_of(norms(*(f"h.{i}.{name}.weight" for i in range(2) for name in a)))
    names = sorted(f"l_{i}.{name}.scale" for i in range(2) for name in b)
    found = pairs(first, inventory_of(norms(*names, flax=True)))
    assert found == {
        (f"h.{i}.{x}.weight", f"l_{i}.{y}.scale") for i in range(2) for x, y in zip(a, b, strict=True)
    }


def test_norms_without_places_are_left() -> None:
    a = inventory_of(norms(*(f"h.{i}.{name}.weight" for i in range(2) for name in ("alpha", "beta_"))))
    b = inventory_of(norms(*(f"l_{i}.{name}.scale" for i in range(2) for name in ("first", "x")), flax=True))
    assert pairs(a, b) == set()


def test_norms_of_unlike_classes_and_equal_names() -> None:
    """A class of the user's own says nothing, and two that are known are partners by their names."""
    own = inventory_of(sized((4,), "norm.scale", owner="lab.Scaler"))
    linear = inventory_of(sized((4,), "norm.weight", owner="torch.nn.modules.linear.Linear", role="weight"))
    assert pairs(own, inventory_of(norms("norm.weight"))) == {("norm.scale", "norm.weight")}
    assert pairs(inventory_of(norms("norm.scale")), linear) == {("norm.scale", "norm.weight")}


def test_what_one_model_ties_is_the_partner_of_all_its_names() -> None:
    a = inventory_of(sized((9, 4), "embed.embedding", "lm_head.kernel"))
    b = inventory_of([{"name": "embed.weight", "shape": (9, 4), "also": ["lm_head.weight"]}])
    assert pairs(a, b) == {("embed.embedding + lm_head.kernel", "embed.weight")}
    assert pairs(b, a) == {("embed.weight", "embed.embedding + lm_head.kernel")}
    assert compared(a, b).found == {"tied name": 1}
    assert compared(a, b).mapping().splitlines()[-1] == "embed.embedding, lm_head.kernel = embed.weight"


def test_position_tables_of_other_lengths() -> None:
    a = inventory_of(sized((1, 5, 4), "pos_embedding"))
    assert pairs(a, inventory_of(sized((6, 4), "vit.embeddings.positions"))) == {
        ("pos_embedding", "vit.embeddings.positions")
    }
    for other in ("vit.relative_position_bias", "vit.words"):
        assert pairs(a, inventory_of(sized((6, 4), other))) == set()
    assert pairs(a, inventory_of(sized((6, 3), "vit.positions"))) == set()
    assert (
        pairs(inventory_of(sized((5, 4), "img.pos")), inventory_of(sized((6, 4), "text.positions"))) == set()
    )


def test_norms_beside_paired_layers() -> None:
    a = inventory_of(
        [*sized((7, 4), "stem.0.w"), *norms("stem.1.w"), *norms("down.0.w"), *sized((4, 8), "down.1.w")]
    )
    b = inventory_of(
        [*norms("c.l.1.w"), *sized((4, 8), "c.l.0.w"), *sized((7, 4), "e.conv.w"), *norms("e.norm.w")]
    )
    assert pairs(a, b) >= {("stem.1.w", "e.norm.w"), ("down.0.w", "c.l.1.w")}


def test_the_only_one_of_its_size_wherever_it_is() -> None:
    """`u` is `x`, so a table of `y` is no partner by place; but no other has its size."""
    a = inventory_of([*sized((2, 3), "u.a.w"), *sized((3, 5), "u.b.w"), *sized((9, 9), "u.c.w")])
    b = inventory_of([*sized((2, 3), "x.a.w"), *sized((3, 5), "x.b.w"), *sized((9, 9), "y.table.c.w")])
    assert ("u.c.w", "y.table.c.w") in pairs(a, b)


def test_a_bias_goes_with_its_weight() -> None:
    a = inventory_of([*sized((8, 4), "fc.weight"), *sized((8,), "fc.bias", role="bias")])
    b = inventory_of([*sized((8, 6), "other.kernel"), *sized((8,), "other.bias", role="bias")])
    assert pairs(a, b) == set()


def test_words_that_contradict() -> None:
    assert contradict(frozenset(("text", "head")), frozenset(("vision", "head")))
    assert not contradict(frozenset(("query", "key")), frozenset(("key",)))
    a = inventory_of([*sized((2, 3), "z.w"), *sized((4, 4), "img.fc.w", "txt.fc.w")])
    b = inventory_of([*sized((2, 3), "z.w"), *sized((4, 4), "text_model.lin.w", "vision_model.lin.w")])
    assert ("img.fc.w", "vision_model.lin.w") in pairs(a, b)


def test_order_does_not_count_against_words() -> None:
    a = inventory_of([*sized((4, 4), "z.img_fc.w", "z.txt_fc.w", "z.other.w"), *sized((1, 2), "a.w")])
    b = inventory_of([*sized((4, 4), "z.text.w", "z.vision.w", "z.x.w"), *sized((1, 2), "a.w")])
    assert pairs(a, b) >= {("a.w", "a.w")}
    assert not pairs(a, b) & {("z.img_fc.w", "z.text.w"), ("z.txt_fc.w", "z.vision.w")}


def test_one_of_two_that_may_be_the_same() -> None:
    """`other` fits a weight, but with two of them and no likeness nothing decides."""
    a = inventory_of([*sized((2, 3), "p.kernel", role="weight"), *sized((2, 3), "q.thing", role="other")])
    b = inventory_of(sized((2, 3), "m.weight", "a.weight", role="weight"))
    assert len(pairs(a, b)) <= 2
    assert pairs(inventory_of(sized((2, 3), "h.w")), inventory_of(sized((2, 3), "w"))) == {("h.w", "w")}


def test_order_that_words_contradict_is_not_evidence() -> None:
    a = inventory_of(sized((4, 4), "m.img_b.w", "m.img_a.w"))
    b = inventory_of(sized((4, 4), "n.txt_c.w", "n.img_d.w"))
    assert pairs(a, b) == set()


def test_one_left_of_several_is_not_a_partner_in_another_place() -> None:
    a = inventory_of([*sized((2, 3), "u.a.w"), *sized((3, 5), "u.b.w"), *sized((9, 9), "same.w", "u.c.w")])
    b = inventory_of([*sized((2, 3), "x.a.w"), *sized((3, 5), "x.b.w"), *sized((9, 9), "same.w", "y.v.c.w")])
    assert pairs(a, b) == {("u.a.w", "x.a.w"), ("u.b.w", "x.b.w"), ("same.w", "same.w")}
