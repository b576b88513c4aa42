"""The evidence that pairing uses: parts of names, shapes, series, places."""

from pathlib import Path

import pytest
from support import inventory_of

import paramrules
from paramrules import Inventory
from paramrules.comparison.items import Side, same_numbers
from paramrules.comparison.name_words import canonical
from paramrules.comparison.parsed_names import ParsedName, parse_names
from paramrules.comparison.series import Series, series_of, side_by_side

RULES = paramrules.parse("all: else")


def pairs(a: Inventory, b: Inventory) -> dict[str, str]:
    return {pair.a[0]: pair.b[0] for pair in paramrules.parity(RULES, a, b).pairs}


def sized(*names: str, shape: tuple[int, ...] = (2,), **more: object) -> list[dict[str, object]]:
    return [{"name": name, "shape": shape, **more} for name in names]


def test_numbers_are_places_among_siblings() -> None:
    found = parse_names(
        ["h.0.norm1.w", "h.0.norm2.w", "h.2.norm1.w", "h.2.norm2.w", "lin.w", "lin_1.w", "7.w", "fc9.w"]
    )
    assert [place.ranks for place in found] == [(0, 0), (0, 1), (1, 0), (1, 1), (0,), (1,), (), ()]
    assert found[0] == ParsedName((("h", True), ("norm", True), ("w", False)), (0, 0))
    assert parse_names(["a.0.1.w", "a.0.2.w"])[1].stems == (("a", False), ("", True), ("w", False))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("LayerNorm", ("norm",)),
        ("post_attention_layernorm", ("post", "attention", "norm")),
        ("c_proj", ("out",)),
        ("q_proj", ("query", "proj")),
        ("SelfAttention", ("self", "attention")),
        ("~", ()),
        ("wte", ("token", "embedding")),
        ("MLPBlock", ("mlp", "block")),
    ],
)
def test_words(text: str, words: tuple[str, ...]) -> None:
    assert canonical(text) == words


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ((768, 12, 64), (768, 768), True),
        ((12, 64), (768,), True),
        ((1, 1, 1, 8), (8,), True),
        ((3, 16, 16, 192), (192, 768), True),
        ((4, 9), (6, 6), False),
        ((2, 3), (5,), False),
        ((2, 2, 9), (6, 6), False),
        ((), (1,), True),
    ],
)
def test_shapes(a: tuple[int, ...], b: tuple[int, ...], same: bool) -> None:
    assert same_numbers(a, b) is same_numbers(b, a) is same


def series(*names: str) -> Series:
    (found,) = series_of(Side(inventory_of(list(names))).items)
    return found


def run(a: Series, b: Series) -> list[tuple[str, str]] | None:
    found = side_by_side(a, b)
    return None if found is None else [(x.name, y.name) for x, y in found]


def test_series_run_alike_whatever_they_start_with() -> None:
    assert run(series("a1", "a2"), series("x.0", "x.1")) == [("a1", "x.0"), ("a2", "x.1")]
    assert run(series("a1", "a2"), series("x.0", "x.1", "x.2")) is None


def test_stages_that_are_counted_through() -> None:
    stages = series("s0.b0", "s0.b1", "s0.b2", "s1.b0", "s1.b1")
    through = run(stages, series("x0", "x1", "x2", "x3", "x4"))
    assert through == [("s0.b0", "x0"), ("s0.b1", "x1"), ("s0.b2", "x2"), ("s1.b0", "x3"), ("s1.b1", "x4")]
    assert run(stages, series("s0.b0", "s0.b1", "s1.b0", "s1.b1", "s1.b2")) is None


def test_numbers_that_are_nested_the_other_way_round() -> None:
    a = [f"experts.{e}.layers.{i}" for e in range(3) for i in range(3)]
    b = [f"layers_{i}.experts_{e}" for i in range(3) for e in range(3)]
    found = run(series(*a), series(*b))
    assert found is not None
    assert ("experts.0.layers.2", "layers_2.experts_0") in found
    assert len(found) == 9


def test_two_spellings_of_one_number_run_in_the_order_of_the_model() -> None:
    assert run(series("h.0.w", "h0.w"), series("x.0.w", "x0.w")) == [("h.0.w", "x.0.w"), ("h0.w", "x0.w")]


def test_what_is_tied_is_found_by_any_of_its_names() -> None:
    a = inventory_of([{"name": "head.weight", "also": ["wte.weight"], "shape": [4]}])
    b = inventory_of([{"name": "wte.weight", "shape": [4]}])
    assert pairs(a, b) == {"wte.weight": "wte.weight"}


def test_the_rest_of_a_module_is_paired_with_what_is_tied_into_it() -> None:
    a = [{"name": "p.bias", "also": ["m.scale"]}, *sized("m.weight"), *sized("m.weight2", shape=(3,))]
    b = [{"name": "q.bias", "also": ["m.scale"]}, *sized("m.weight")]
    assert paramrules.parity(RULES, inventory_of(a), inventory_of(b)).found == {"name": 2}


def test_the_same_name_in_another_width_comes_last() -> None:
    a = inventory_of([*sized("fc.weight", shape=(3, 4)), *sized("up.weight", shape=(5, 6))])
    b = inventory_of([*sized("fc.weight", shape=(30, 40)), *sized("up.weight", shape=(3, 4))])
    assert pairs(a, b) == {"fc.weight": "up.weight"}
    wide = inventory_of([*sized("fc.weight", shape=(30, 40)), *sized("up.weight", shape=(50, 60))])
    assert pairs(a, wide) == {"fc.weight": "fc.weight", "up.weight": "up.weight"}


def test_names_count_by_place_where_one_model_starts_with_1() -> None:
    """`layer1` of one model is not `layer1` of the other, which has a `layer0`."""
    a = inventory_of(sized("layer1.w", "layer2.w", "layer3.w"))
    b = inventory_of(sized("layer0.w", "layer1.w", "layer2.w"))
    assert pairs(a, b) == {f"layer{i + 1}.w": f"layer{i}.w" for i in range(3)}


def test_two_that_nothing_tells_apart_have_no_partner() -> None:
    a = inventory_of([*sized("pre.scale", "post.scale"), *sized("z.w", shape=(7,))])
    b = inventory_of([*sized("alpha.scale", "omega.scale"), *sized("z.w", shape=(7,))], framework="optax")
    found = paramrules.parity(RULES, a, b)
    assert [pair.a for pair in found.pairs] == [("z.w",)]
    assert found.unpaired[0][0] == ("pre.scale", ("alpha.scale", "omega.scale"), False)


def test_nothing_is_known_of_the_owners_of_a_bare_tree() -> None:
    why = "no modules"
    unknown = dict.fromkeys(("type", "within", "role", "fan_in", "fan_out"), why)
    b = inventory_of([*sized("proj.kernel", shape=(2, 3)), *sized("proj.bias", shape=(3,))], unknown=unknown)
    for owner in b.owners:
        owner.around = ()
    a = inventory_of(
        [*sized("fc.weight", shape=(3, 2), fan_in=2, fan_out=3), *sized("fc.bias", shape=(3,), role="bias")]
    )
    assert pairs(a, b) == {"fc.weight": "proj.kernel", "fc.bias": "proj.bias"}


def test_a_saved_inventory_is_as_good_as_the_model(tmp_path: Path) -> None:
    a = inventory_of(sized("h.0.w", "h.1.w", shape=(2, 3)))
    a.save(tmp_path / "a.json")
    found = paramrules.parity(RULES, a, Inventory.load(tmp_path / "a.json"))
    assert found.same
    assert found.found == {"name": 2}


def test_two_in_one_block_are_told_apart_by_the_order_of_both_models() -> None:
    """The parts between come in the same order; the last case shows that it is not alphabetical."""
    a = inventory_of(
        [*sized("b.pre.w"), *sized("b.mid.w", shape=(3,)), *sized("b.post.w"), *sized("a.w", shape=(9,))]
    )
    b = inventory_of(
        [*sized("x.one.g"), *sized("x.core.g", shape=(3,)), *sized("x.two.g"), *sized("c.g", shape=(9,))]
    )
    found = paramrules.parity(RULES, a, b)
    assert [(pair.a[0], pair.b[0]) for pair in found.pairs if pair.how == "shape and order"] == [
        ("b.pre.w", "x.one.g"),
        ("b.post.w", "x.two.g"),
    ]


def test_what_is_alike_in_another_place_is_not_a_partner() -> None:
    """`u` was paired with `y`, so that what is in `u` is not in `z`, whatever it is called."""
    a = inventory_of([*sized("u.main_output_head.w", "w.tail.w"), *sized("u.fc.w", shape=(2, 2))])
    b = inventory_of([*sized("y.other.w"), *sized("y.up.w", shape=(2, 2)), *sized("z.main_output_head.w")])
    found = paramrules.parity(RULES, a, b)
    assert [(pair.a[0], pair.b[0]) for pair in found.pairs] == [("u.fc.w", "y.up.w")]
    assert found.unpaired[0][0].candidates == ("z.main_output_head.w", "y.other.w")


def test_numbered_leaves_of_one_module() -> None:
    a, b = inventory_of(sized("m.k0", "m.k1")), inventory_of(sized("n.k0", "n.k1"))
    assert pairs(a, b) == {"m.k0": "n.k0", "m.k1": "n.k1"}


def test_thousands_of_names_that_have_nothing_in_common_are_not_compared_one_by_one() -> None:
    names = [f"x{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}" for i in range(600)]
    a, b = inventory_of(sized(*names)), inventory_of(sized(*(f"{name}z" for name in names)))
    found = paramrules.parity(RULES, a, b)
    assert found.found == {"shape and order": 600}
    assert all(pair.b == (f"{pair.a[0]}z",) for pair in found.pairs)


def test_numbers_too_large_to_be_counters_are_words() -> None:
    digits = "1" * 5000
    model = inventory_of([f"b.{digits}.w", "a.2.w", "a.².w"])
    assert pairs(model, model) == {name: name for name in model.names}
    assert not Side(model).is_sorted
