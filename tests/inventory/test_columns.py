"""The base of columns: what it computes from a backend's primitives, and the mistakes that it catches."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from paramrules import RulesError
from paramrules.backends import ABSENT, UNKNOWN_OWNER, Class, Columns, Inventory, Layer, Owner, is_below
from paramrules.inventories.parameter import stored_text

LINEAR = Owner((Class("app.Net"), Class("torch.nn.modules.linear.Linear")))
TRANSPOSED = Owner(
    (Class("torch.nn.modules.conv.ConvTranspose2d", ("torch.nn.modules.conv._ConvTransposeNd",)),)
)
GENERAL = Owner((Class("flax.linen.linear.DenseGeneral"),))


class Toy(Columns):
    """Columns of given stored shapes, and of whatever else is given by the name of the primitive."""

    notes = frozenset(("_mine",))

    def __init__(self, shapes: Sequence[tuple[int, ...]], **given: Any) -> None:
        self.given = {"stored": shapes, "dtype": ["float32"] * len(shapes)}
        self.given |= {"trainable": [True] * len(shapes), "variable": [Class("toy.Array")] * len(shapes)}
        self.given |= given
        self.asked: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        given = object.__getattribute__(self, "__dict__").get("given", {})
        if name in given:
            self.asked.append(name)
            return lambda: given[name]
        return super().__getattribute__(name)


def inventory(columns: Columns, names: Sequence[str], owners: Sequence[Owner], **more: Any) -> Inventory:
    return Inventory("toy", names, owners, columns, **more)


def test_what_follows_from_stored_shapes() -> None:
    toy = inventory(Toy([(3, 2), (3, 1)]), ["fc.weight", "fc.bias"], [LINEAR] * 2)
    assert toy.column("shape") == [(3, 2), (3,)]  # a bias is a vector
    assert toy.column("stored") == [(3, 2), (3, 1)]
    assert toy.column("ndim") == [2, 1]
    assert toy.column("size") == toy.column("elements") == [6, 3]
    assert toy.column("squeezed_ndim") == [2, 1]
    assert toy.column("role") == ["weight", "bias"]
    assert (toy.column("fan_in"), toy.column("fan_out")) == ([2, None], [3, None])
    assert toy.column("layer") == [None, None]
    assert toy.attribute("lr_mult") == [ABSENT, ABSENT]
    assert toy.column("attributes") == [{}, {}]


def test_layers_of_a_stack_have_their_own_shape() -> None:
    layers = [Layer("fc.weight", (0,), (place,)) for place in range(2)]
    columns = Toy([(2, 4, 3)] * 2, layer_shape=[(4, 3)] * 2, layer=layers)
    toy = inventory(columns, ["0.weight", "1.weight"], [LINEAR] * 2)
    assert toy.column("shape") == [(4, 3), (4, 3)]
    assert toy.column("ndim") == [2, 2]
    assert toy.column("fan_in") == [3, 3]
    assert [row.stored for row in toy] == [(2, 4, 3)] * 2
    assert toy.column("layer") is layers


def test_ranks_that_are_cheaper_than_shapes_are_used_for_ndim_alone() -> None:
    columns = Toy([(3, 2), (3, 1)], layer_ndim=[2, 2])
    toy = inventory(columns, ["fc.weight", "fc.bias"], [LINEAR] * 2)
    assert toy.column("ndim") == [2, 1]
    assert "stored" not in columns.asked


def test_each_primitive_is_asked_once() -> None:
    columns = Toy([(3, 2)])
    toy = inventory(columns, ["fc.weight"], [LINEAR])
    for fact in ("shape", "size", "fan_in", "fan_out", "ndim", "stored"):
        toy.column(fact)
    assert columns.asked == ["stored"]


def test_a_layout_of_the_layer_itself_comes_first() -> None:
    columns = Toy([(4, 5, 6)], layouts={"kernel": ("in", "out", "out")})
    toy = inventory(columns, ["kernel"], [GENERAL])
    assert (toy.column("fan_in"), toy.column("fan_out")) == ([4], [30])
    assert (toy.column("shape"), toy.column("ndim"), toy.column("size")) == ([(4, 30)], [2], [120])
    plain = inventory(Toy([(4, 5, 6)]), ["kernel"], [GENERAL])
    assert plain.column("fan_in") == [None]


def test_a_tied_matrix_is_merged_under_the_name_that_decides() -> None:
    attention = Owner((Class("flax.linen.attention.MultiHeadDotProductAttention"), GENERAL.cls))
    mine, names = Owner((Class("app.Net"),)), ["a.query.kernel", "b.table"]
    for first in (0, 1):
        order, owners = (names[first], names[1 - first]), (attention, mine)[:: 1 - 2 * first]
        toy = inventory(Toy([(4, 5, 6)]), order, owners, aliases={0: [1]})
        assert (toy.column("shape"), toy.column("ndim")) == ([(4, 30)], [2])


def test_groups_of_transposed_convolutions() -> None:
    columns = Toy([(8, 3, 2, 2), (6,)], groups={"weight": 2, "bias": 2})
    toy = inventory(columns, ["weight", "bias"], [TRANSPOSED] * 2)
    assert (toy.column("fan_in"), toy.column("fan_out")) == ([16, None], [24, None])


def test_a_leaf_in_place_of_a_names_last_component() -> None:
    columns = Toy([(3, 2)], leaf=["weight"])
    assert inventory(columns, ["fc.weight.original"], [LINEAR]).column("role") == ["weight"]
    assert inventory(Toy([(3, 2)]), ["fc.strange"], [LINEAR]).column("role") == ["other"]


def test_what_is_set_on_parameters() -> None:
    own = [{"lr_mult": 2, "_mine": 1}, {}]
    toy = inventory(Toy([(3, 2), (3,)], own_attributes=own), ["fc.weight", "fc.bias"], [LINEAR] * 2)
    assert toy.attribute("lr_mult") == [2, ABSENT]
    assert toy.attribute("_mine") == [ABSENT, ABSENT]
    assert toy.column("attributes") == [{"lr_mult": 2}, {}]


class Module:
    """A module that names what should not decay."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def no_weight_decay(self) -> Iterable[str]:
        return self.names


def test_who_does_not_decay_is_said_relative_to_a_module() -> None:
    names = ["a.w", "a.rel.0.w", "a.rel.1.w", "b.w", "w"]
    columns = Toy([(1,)] * 5, modules=[("a", Module("w", "rel.*.w", "gone")), ("b", object())])
    toy = inventory(columns, names, [LINEAR] * 5)
    assert toy.attribute("no_weight_decay") == [True, True, True, ABSENT, ABSENT]
    assert [bool(row.attributes) for row in toy] == [True, True, True, False, False]
    root = inventory(Toy([(1,)] * 5, modules=[("", Module("w"))]), names, [LINEAR] * 5)
    assert root.attribute("no_weight_decay") == [ABSENT] * 4 + [True]


def test_tied_parameters_have_facts_by_entry() -> None:
    columns = Toy([(10, 4), (4,)], own_attributes=[{"kind": "x"}, {}], modules=[("", Module("head.weight"))])
    embedding = Owner((Class("torch.nn.modules.sparse.Embedding"),))
    toy = inventory(
        columns, ["emb.weight", "fc.bias", "head.weight"], [embedding, LINEAR, LINEAR], aliases={0: [2]}
    )
    assert toy.column("role") == ["embedding", "bias", "embedding"]
    assert toy.column("fans") == [(10, 4), (None, None), (10, 4)]
    assert toy.column("fan_in") == [10, None, 10]
    assert toy.attribute("kind") == ["x", ABSENT, "x"]
    assert toy.attribute("no_weight_decay") == [ABSENT, ABSENT, True]
    assert toy.column("attributes") == [{"kind": "x"}, {}, {"kind": "x", "no_weight_decay": True}]
    assert [toy.index(name) for name in toy.names] == [0, 1, 0]


def test_a_tied_parameter_has_the_shape_of_the_name_that_decides_its_role() -> None:
    norm = Owner((Class("torch.nn.modules.normalization.LayerNorm"),))
    embedding = Owner((Class("torch.nn.modules.sparse.Embedding"),))
    stored = [(3, 1), (3, 1), (3, 1)]
    names = ["fc.weight", "emb.weight", "fc.bias", "norm.bias", "norm2.bias"]
    owners = [LINEAR, embedding, LINEAR, norm, norm]
    toy = inventory(Toy(stored), names, owners, aliases={0: [3], 1: [4]})
    assert toy.column("role") == ["bias", "embedding", "bias", "bias", "embedding"]
    assert (toy.column("shape"), toy.column("ndim")) == ([(3,), (3, 1), (3,)], [1, 2, 1])


def test_the_order_of_registration_does_not_decide() -> None:
    embedding = Owner((Class("torch.nn.modules.sparse.Embedding"),))
    names, owners = ["head.weight", "emb.weight"], [LINEAR, embedding]
    for order in ([0, 1], [1, 0]):
        toy = inventory(
            Toy([(10, 4)]), [names[n] for n in order], [owners[n] for n in order], aliases={0: [1]}
        )
        assert (toy.column("role"), toy.column("fan_in")) == (["embedding"] * 2, [10] * 2)


def test_a_place_in_a_stack_in_words() -> None:
    assert stored_text((12, 2, 768), Layer("h.kernel", (0, 1), (3, 1))) == (
        "(12, 2, 768), layer 3 of axis 0, layer 1 of axis 1"
    )
    assert stored_text((768,), None) == "(768,)"


@pytest.mark.parametrize(
    ("path", "is_in"), [("", True), ("a", True), ("a.b", True), ("a.bc", False), ("b", False)]
)
def test_what_is_below_a_path(path: str, is_in: bool) -> None:
    assert is_below("a.b", path) is is_in


MISTAKE = "  = help: this is a mistake in the backend: report it to its authors"


@pytest.mark.parametrize(
    ("given", "fact", "how"),
    [
        ({"dtype": ["float32"]}, "dtype", "its column `dtype` has 1 items, and the model 2 parameters"),
        ({"leaf": ["weight"] * 3}, "role", "its column `leaf` has 3 items, and the model 2 entries"),
        ({"role": ["weight"] * 3}, "role", "its column `role` has 3 items, and the model 2 entries"),
        (
            {"own_attributes": []},
            "attributes",
            "its column `own_attributes` has 0 items, and the model 2 parameters",
        ),
    ],
)
def test_a_column_of_another_length(given: Mapping[str, Any], fact: str, how: str) -> None:
    toy = inventory(Toy([(1,)] * 2, **given), ["a", "b"], [LINEAR] * 2)
    with pytest.raises(RulesError) as raised:
        toy.column(fact)
    text = f"\nerror[E521]: the inventory of the backend `toy` does not fit together: {how}\n{MISTAKE}"
    assert str(raised.value) == text


def test_modules_of_another_type() -> None:
    toy = inventory(Toy([(3, 2)], modules=None), ["w"], [LINEAR])
    with pytest.raises(RulesError, match="its `modules` is None, and should be pairs of a canonical name"):
        toy.attribute("no_weight_decay")


SHAPES = "a list of tuples of `int`, such as `(768, 64)`"


@pytest.mark.parametrize(
    ("given", "fact", "how"),
    [
        ({"stored": None}, "shape", f"its column `stored` is None, and should be {SHAPES}"),
        ({"stored": [[3, 2]]}, "shape", f"its column `stored` holds a `list`, and should be {SHAPES}"),
        ({"stored": [(True, 2)]}, "shape", f"its column `stored` holds a `bool`, and should be {SHAPES}"),
        (
            {"layer_ndim": [True]},
            "ndim",
            "its column `layer_ndim` holds a `bool`, and should be a list of `int`",
        ),
        (
            {"trainable": (True for _ in "a")},
            "trainable",
            "its column `trainable` is a `generator`, and should be a list of `bool`",
        ),
        (
            {"variable": ["toy.Array"]},
            "variable",
            "its column `variable` holds a `str`, and should be a list of `Class`",
        ),
        (
            {"layer": [0]},
            "layer",
            "its column `layer` holds an `int`, and should be a list of `Layer` or None",
        ),
        (
            {"own_attributes": [None]},
            "attributes",
            "its column `own_attributes` holds None, and should be a list of mappings",
        ),
        ({"leaf": [None]}, "role", "its column `leaf` holds None, and should be a list of names"),
        ({"size": None}, "size", "its column `size` is None, and should be a list"),
        (
            {"modules": None},
            "attributes",
            "its `modules` is None, and should be pairs of a canonical name and a module",
        ),
        (
            {"layouts": [()]},
            "fan_in",
            "its `layouts` is a `list`, and should be a mapping of canonical names to layouts",
        ),
        (
            {"groups": None, "layouts": {"w": ("out", "*")}},
            "layer_groups",
            "its `groups` is None, and should be a mapping of canonical names to `int`",
        ),
    ],
)
def test_a_primitive_of_another_type(given: Mapping[str, Any], fact: str, how: str) -> None:
    toy = inventory(Toy([(3, 2)], **given), ["w"], [LINEAR])
    with pytest.raises(RulesError) as raised:
        toy.column(fact)
    text = f"\nerror[E521]: the inventory of the backend `toy` does not fit together: {how}\n{MISTAKE}"
    assert str(raised.value) == text


@pytest.mark.parametrize(
    ("names", "owners", "aliases", "how"),
    [
        (["a", "b"], 1, {}, "it has 2 names and 1 owners"),
        (["a", "b", "c"], 3, {0: [1]}, "its aliases are not the entries after those of the parameters"),
        (
            ["a", "b", "c"],
            3,
            {0: [2], 1: [2]},
            "its aliases are not the entries after those of the parameters",
        ),
        (["a", "b", "c"], 3, {7: [2]}, "its aliases are of parameters that are not among the 2"),
    ],
)
def test_entries_that_do_not_fit(
    names: list[str], owners: int, aliases: Mapping[int, Sequence[int]], how: str
) -> None:
    with pytest.raises(RulesError) as raised:
        inventory(Toy([]), names, [LINEAR] * owners, aliases=aliases)
    text = f"\nerror[E521]: the inventory of the backend `toy` does not fit together: {how}\n{MISTAKE}"
    assert str(raised.value) == text


def test_two_parameters_of_one_name() -> None:
    with pytest.raises(RulesError) as raised:
        inventory(Toy([]), ["a", "w", "w"], [UNKNOWN_OWNER] * 3)
    assert (
        str(raised.value) == f"\nerror[E522]: the backend `toy` gives two parameters the name `w`\n{MISTAKE}"
    )


def test_the_former_name_of_aliases() -> None:
    with pytest.warns(DeprecationWarning, match=r"`also` is now called `aliases`"):
        toy = inventory(Toy([(1,)]), ["a", "b"], [LINEAR] * 2, also={0: [1]})
    assert toy.aliases == {0: [1]}
    with pytest.warns(DeprecationWarning, match=r"`Inventory.also` is now called `aliases`"):
        assert toy.also is toy.aliases


def test_modules_are_asked_for_once() -> None:
    module = Module("w")
    module.__dict__["mark"] = 1
    columns = Toy([(1,)], modules=iter([("", module)]))
    toy = inventory(columns, ["w"], [LINEAR])
    assert (list(toy.attribute("no_weight_decay")), dict(toy.module_marks("mark"))) == ([True], {"": 1})
    assert columns.asked.count("modules") == 1
