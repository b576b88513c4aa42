"""The inventory of an MLX module: names, owners, roles, fans, ties, frozen arrays."""

import mlx.core as mx
import mlx.nn as nn
import paramrules_mlx
import pytest
from mlx.utils import tree_flatten

import paramrules
from paramrules import RulesError
from paramrules.inventories import nesting


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.MultiHeadAttention(width, 2)
        self.norm = nn.RMSNorm(width)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 8)
        self.blocks = [Block(8) for _ in range(2)]
        self.conv = nn.Conv2d(3, 8, kernel_size=5)
        self.up = nn.ConvTranspose1d(8, 4, kernel_size=2)
        self.batch_norm = nn.BatchNorm(8)
        self.rnn = nn.LSTM(8, 6)
        self.scales = {"in": mx.ones((3,)), "out": [mx.ones((2, 2))]}
        self._cache = mx.zeros((5,))
        self.depth = 2
        self.pair = (mx.ones((1,)), mx.ones((1,)))


def test_names_are_those_of_the_models_own_tree() -> None:
    net = Net()
    flat = [name for name, _ in tree_flatten(net.parameters())]
    names = list(paramrules.inventory(net).names)
    assert [name for name in flat if "running" not in name] == names
    assert {"scales.in", "scales.out.0", "blocks.1.attention.key_proj.weight"} <= set(names)
    assert not any(name.startswith(("_cache", "pair", "batch_norm.running")) for name in names)


@pytest.mark.parametrize(
    ("name", "role", "fans", "shape"),
    [
        ("embed.weight", "embedding", (10, 8), (10, 8)),
        ("blocks.0.attention.query_proj.weight", "weight", (8, 8), (8, 8)),
        ("blocks.0.norm.weight", "scale", (None, None), (8,)),
        ("conv.weight", "weight", (75, 200), (8, 5, 5, 3)),
        ("conv.bias", "bias", (None, None), (8,)),
        ("up.weight", "weight", (16, 8), (4, 2, 8)),
        ("batch_norm.weight", "scale", (None, None), (8,)),
        ("rnn.Wx", "weight", (8, 24), (24, 8)),
        ("rnn.bias", "bias", (None, None), (24,)),
        ("scales.in", "other", (None, None), (3,)),
    ],
)
def test_roles_and_fans(
    name: str, role: str, fans: tuple[int | None, int | None], shape: tuple[int, ...]
) -> None:
    row = paramrules.inventory(Net())[name]
    assert (row.role, (row.fan_in, row.fan_out), row.shape) == (role, fans, shape)


def test_the_families_hold() -> None:
    rules = paramrules.parse(
        "norm: type(RMSNorm|BatchNorm)\nattention: within(Attention)\ntable: type(Embedding)\n"
        "conv: type(Conv2d)\nconv: type(mlx.nn.ConvTranspose1d)\nlstm: type(RNN)\nroot: type(Net)\n"
    )
    assignment = paramrules.assign(rules, Net())
    assert [group.label for group in assignment.groups] == [
        "norm", "attention", "table", "conv", "lstm", "root",
    ]  # fmt: skip


def test_dtypes() -> None:
    net = nn.Linear(2, 2)
    net.set_dtype(mx.bfloat16)
    assert [row.dtype for row in paramrules.inventory(net)] == ["bfloat16", "bfloat16"]


def test_what_is_frozen_by_a_key_on_the_way_is_frozen() -> None:
    net = Net()
    net.embed.freeze()
    net.freeze(recurse=False, keys=["conv", "scales.out", "blocks.1"])
    frozen = {row.name for row in paramrules.inventory(net) if not row.trainable}
    trained = {name for name, _ in tree_flatten(net.trainable_parameters())}
    names = set(paramrules.inventory(net).names)
    assert frozen == names - trained
    assert {"embed.weight", "conv.bias", "scales.out.0", "blocks.1.norm.weight"} <= frozen


def test_a_module_under_two_names_has_tied_parameters() -> None:
    net = Net()
    net.head = nn.Linear(8, 8)
    net.again = net.head
    net.copied = nn.Linear(8, 8)
    net.copied.weight = net.head.weight
    inventory = paramrules.inventory(net)
    assert inventory["head.weight"].names == ("head.weight", "again.weight")
    assert inventory["copied.weight"].names == ("copied.weight",)


def test_a_module_may_say_what_does_not_decay() -> None:
    class Own(Net):
        def no_weight_decay(self) -> set[str]:
            return {"scales.*"}

    assignment = paramrules.assign(paramrules.parse("a: attr(no_weight_decay)\nb: else\n"), Own())
    names = [assignment.inventory.names[number] for number in assignment.groups[0].parameters]
    assert names == ["scales.in", "scales.out.0"]


def test_a_class_is_not_a_model() -> None:
    with pytest.raises(RulesError, match="is a class"):
        paramrules.inventory(Net)


@pytest.mark.parametrize(
    ("model", "message", "help"),
    [
        (
            {"weight": mx.ones(2)},
            "a `dict` is not a `mlx.nn.Module`",
            "pass the model itself: parameters alone do not know which modules they belong to",
        ),
        (Net, f"`{Net.__module__}.Net` is a class, not a `mlx.nn.Module`", "pass an instance: `Net(...)`"),
        (
            "net.rules",
            "a `str` is not a `mlx.nn.Module`",
            "the model comes first, and the rules second",
        ),
        (
            paramrules.parse("all: else"),
            "a `paramrules.rules.model.Rules` is not a `mlx.nn.Module`",
            "the model comes first, and the rules second",
        ),
    ],
)
def test_what_is_not_a_module(model: object, message: str, help: str) -> None:
    with pytest.raises(RulesError) as raised:
        paramrules_mlx.build(model, "all.rules", learning_rate=0.1)
    assert str(raised.value) == f"\nerror[E519]: {message}\n  = help: {help}"


def test_a_model_that_contains_itself() -> None:
    outer = nn.Module()
    outer.fc, outer.child = nn.Linear(2, 2), nn.Module()
    outer.child.parent = outer
    with pytest.raises(RulesError) as raised:
        paramrules.inventory(outer)
    assert str(raised.value) == (
        "\nerror[E518]: the `Module` at `child.parent` contains itself\n"
        "  = help: give a reference to an outer module a name that begins with `_`, which MLX does not see"
    )
    del outer.child["parent"]
    outer.child._parent = outer
    assert paramrules.inventory(outer).names == [name for name, _ in tree_flatten(outer.parameters())]


@pytest.mark.parametrize("kind", ["modules", "lists"])
def test_modules_that_are_shared_without_an_end(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 1_000)
    model, inner = nn.Module(), nn.Linear(2, 2)
    for _ in range(40):
        held = [inner, inner] if kind == "lists" else nn.Module()
        if kind == "modules":
            held.a = held.b = inner
        inner = held
    model.inner = inner
    with pytest.raises(RulesError) as raised:
        paramrules.inventory(model)
    way = "a." if kind == "modules" else "0."
    assert str(raised.value) == (
        f"\nerror[E549]: the `Linear` at `inner.{way * 27}...` has too many names: "
        "all that a model shares may have 1,000 further ones\n"
        "  = help: let one module hold it, and others under a name that begins with `_`, "
        "which MLX does not see"
    )


def test_a_list_that_holds_itself() -> None:
    model = nn.Module()
    model.layers = [nn.Linear(2, 2), {"more": []}]
    model.layers[1]["more"].append(model.layers)
    with pytest.raises(RulesError) as raised:
        paramrules.inventory(model)
    assert raised.value.diagnostics[0].code == "E518"
    assert raised.value.diagnostics[0].message == "the `list` at `layers.1.more.0` contains itself"


def test_a_list_that_holds_itself_where_mlx_does_not_look() -> None:
    model = nn.Linear(2, 2)
    model._kept = []
    model._kept.append(model._kept)
    assert dict(paramrules.inventory(model).module_marks("_kept")) == {}


def test_a_model_as_deep_as_mlx_can_walk() -> None:
    model = nn.Linear(1, 1)
    for _ in range(600):
        model, inner = nn.Module(), model
        model.inner = inner
    assert len(paramrules.inventory(model).owners[0].around) == 601
    held: list[object] = []
    for _ in range(3_000):
        held = [held]
    model._settings = held
    assert dict(paramrules.inventory(model).module_marks("_settings")) == {}
    model.settings = held  # where MLX looks for arrays, and recurses
    with pytest.raises(RulesError, match=r"E518.*the `list` at `settings\.0\.0"):
        paramrules.inventory(model)
    with pytest.raises(RecursionError):
        model.parameters()
