"""The groups of convolutions: the same in every framework, in saved inventories, and where nothing tells."""

import json
from pathlib import Path
from typing import Any

import equinox as eqx
import haiku as hk
import jax
import jax.numpy as jnp
import mlx.nn
import pytest
import torch
from flax import linen, nnx

import paramrules
from paramrules import Inventory, RulesError

pytestmark = pytest.mark.frameworks

IMAGE = jnp.ones((1, 8, 8, 1))
KEY = jax.random.key(0)

DEPTHWISE = """\
option dw_decay = 0.5
depthwise: type(Conv) and layer_groups > 1 and layer_fan_in == layer_kernel -> weight_decay_scale = dw_decay
grouped:   layer_groups > 1
rest:      else
"""
EXPECTED = {"stem": 1, "depthwise": 8, "grouped": 2, "head": 1, "norm": None}


class Torch(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = torch.nn.Conv2d(1, 8, 3)
        self.depthwise = torch.nn.Conv2d(8, 16, 3, groups=8)
        self.grouped = torch.nn.Conv2d(16, 8, 3, groups=2)
        self.head = torch.nn.Linear(8, 2)
        self.norm = torch.nn.LayerNorm(2)


class Linen(linen.Module):
    @linen.compact
    def __call__(self, x: Any) -> Any:
        x = linen.Conv(8, (3, 3), name="stem")(x)
        x = linen.Conv(16, (3, 3), feature_group_count=8, name="depthwise")(x)
        x = linen.Conv(8, (3, 3), feature_group_count=2, name="grouped")(x)
        return linen.LayerNorm(name="norm")(linen.Dense(2, name="head")(x))


class Nnx(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.stem = nnx.Conv(1, 8, (3, 3), rngs=rngs)
        self.depthwise = nnx.Conv(8, 16, (3, 3), feature_group_count=8, rngs=rngs)
        self.grouped = nnx.Conv(16, 8, (3, 3), feature_group_count=2, rngs=rngs)
        self.head = nnx.Linear(8, 2, rngs=rngs)
        self.norm = nnx.LayerNorm(2, rngs=rngs)


class Equinox(eqx.Module):
    stem: eqx.nn.Conv2d = eqx.nn.Conv2d(1, 8, 3, key=KEY)
    depthwise: eqx.nn.Conv2d = eqx.nn.Conv2d(8, 16, 3, groups=8, key=KEY)
    grouped: eqx.nn.Conv2d = eqx.nn.Conv2d(16, 8, 3, groups=2, key=KEY)
    head: eqx.nn.Linear = eqx.nn.Linear(8, 2, key=KEY)
    norm: eqx.nn.LayerNorm = eqx.nn.LayerNorm(2)


class Mlx(mlx.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = mlx.nn.Conv2d(1, 8, 3)
        self.depthwise = mlx.nn.Conv2d(8, 16, 3, groups=8)
        self.grouped = mlx.nn.Conv2d(16, 8, 3, groups=2)
        self.head = mlx.nn.Linear(8, 2)
        self.norm = mlx.nn.LayerNorm(2)


def haiku_model(x: Any) -> Any:
    x = hk.Conv2D(8, 3, name="stem")(x)
    x = hk.DepthwiseConv2D(2, (3, 3), name="depthwise")(x)
    x = hk.Conv2D(8, 3, feature_group_count=2, name="grouped")(x)
    return hk.LayerNorm(-1, True, True, name="norm")(hk.Linear(2, name="head")(x))


def inventories() -> dict[str, Inventory]:
    return {
        "torch": paramrules.inventory(Torch()),
        "linen": paramrules.inventory(Linen(), inputs=IMAGE),
        "nnx": paramrules.inventory(Nnx(nnx.Rngs(0))),
        "equinox": paramrules.inventory(Equinox()),
        "haiku": paramrules.inventory(hk.transform(haiku_model), inputs=IMAGE),
        "mlx": paramrules.inventory(Mlx()),
    }


INVENTORIES = inventories()


@pytest.mark.parametrize("framework", INVENTORIES)
def test_weight_and_bias_know_the_groups_in_every_framework(framework: str) -> None:
    inventory = INVENTORIES[framework]
    assert len(inventory) == 10
    assert {p.name: p.layer_groups for p in inventory} == {p.name: EXPECTED[p.module] for p in inventory}
    assert inventory.without_groups == ""


@pytest.mark.parametrize("framework", INVENTORIES)
def test_one_file_makes_the_same_groups_of_a_depthwise_model(framework: str) -> None:
    for inventory in (INVENTORIES[framework], Inventory.from_json(INVENTORIES[framework].to_json())):
        assignment = paramrules.assign(paramrules.parse(DEPTHWISE), inventory)
        modules = {
            group.label: sorted(inventory.names[number].rpartition(".")[0] for number in group.parameters)
            for group in assignment.groups
        }
        assert modules == {
            "depthwise": ["depthwise"] * 2,
            "grouped": ["grouped"] * 2,
            "rest": ["head", "head", "norm", "norm", "stem", "stem"],
        }


def transposed(x: Any) -> Any:
    return hk.Conv2DTranspose(4, 3)(x)


class Scanned(linen.Module):
    @linen.compact
    def __call__(self, x: Any) -> Any:
        layers = linen.scan(
            Block, variable_axes={"params": 0}, split_rngs={"params": True}, in_axes=linen.broadcast, length=3
        )
        return layers(name="layers")(x, None)[0]


class Block(linen.Module):
    @linen.compact
    def __call__(self, x: Any, _: Any) -> Any:
        return linen.Conv(4, (3, 3), feature_group_count=4, name="conv")(x), None


def test_of_transposed_shared_normed_and_stacked_convolutions() -> None:
    # torch and Equinox group transposed convolutions too; the others cannot.
    found = paramrules.inventory(torch.nn.ConvTranspose2d(8, 4, 3, groups=4))
    assert (found["weight"].layer_groups, found["weight"].fan_in, found["weight"].fan_out) == (4, 18, 36)
    made: list[Inventory] = [
        paramrules.inventory(eqx.nn.ConvTranspose2d(8, 4, 3, groups=4, key=KEY)),
        paramrules.inventory(linen.ConvTranspose(4, (3, 3)), inputs=IMAGE),
        paramrules.inventory(nnx.ConvTranspose(8, 4, (3, 3), rngs=nnx.Rngs(0))),
        paramrules.inventory(hk.transform(transposed), inputs=IMAGE),
        paramrules.inventory(mlx.nn.ConvTranspose2d(8, 4, 3)),
    ]
    assert [list(one.column("layer_groups")) for one in made] == [[4, 4], [1, 1], [1, 1], [1, 1], [1, 1]]

    shared = torch.nn.Conv1d(4, 4, 3, groups=4)
    tied = paramrules.inventory(torch.nn.ModuleDict({"a": shared, "b": shared}))
    assert list(tied.column("layer_groups")) == [4] * 4

    normed = torch.nn.utils.parametrizations.weight_norm(torch.nn.Conv1d(4, 4, 3, groups=2))
    assert {
        p.name: (p.layer_groups, p.layer_kernel, p.layer_fan_in) for p in paramrules.inventory(normed)
    } == {
        "bias": (2, 3, 6),
        "weight.original0": (2, 3, 6),
        "weight.original1": (2, 3, 6),
    }

    scanned = paramrules.inventory(Scanned(), inputs=jnp.ones((1, 8, 8, 4)))
    assert list(scanned.column("layer_groups")) == [4] * 6
    assert scanned.names[0] == "layers.0.conv.bias"


def refusal(inventory: Inventory) -> str:
    with pytest.raises(RulesError) as raised:
        paramrules.assign(
            paramrules.parse("depthwise: layer_groups > 1 and ndim > 2\nrest: else\n"), inventory
        )
    return str(raised.value)


ASKED = """
error[E215]: `layer_groups` is not known for this model
  --> <rules>:1:12
   |
 1 | depthwise: layer_groups > 1 and ndim > 2
   |            ^^^^^^^^^^^^
   = help: """


def test_a_file_saved_earlier_knows_no_groups() -> None:
    table = json.loads(INVENTORIES["torch"].to_json())
    assert [row.pop("groups") for row in table["parameters"] if "groups" in row] == [1, 8, 2]
    earlier = Inventory.from_json(json.dumps(table))
    assert earlier["stem.bias"].layer_groups is None
    assert earlier["head.bias"].layer_groups == 1
    assert refusal(earlier) == (
        f"{ASKED}the file does not hold the groups of the convolution of `stem.weight`: save the model's "
        "inventory again"
    )


@pytest.mark.parametrize("groups", [0, True, "two", None])
def test_groups_of_a_file_are_checked(groups: object) -> None:
    table = json.loads(INVENTORIES["torch"].to_json())
    table["parameters"][0]["groups"] = groups
    with pytest.raises(RulesError) as raised:
        Inventory.from_json(json.dumps(table))
    shown = json.dumps(groups)
    assert f"`parameters[0].groups` is `{shown}` and should be a whole number from 1" in str(raised.value)


def test_types_of_a_tree_do_not_tell() -> None:
    params = {"conv": {"kernel": jnp.ones((3, 3, 1, 4))}, "head": {"kernel": jnp.ones((4, 2))}}
    typed = paramrules.inventory(params, types={"conv": linen.Conv, "head": linen.Dense})
    assert refusal(typed) == (
        f"{ASKED}nothing says how many groups the convolution of `conv.kernel` has: pass the model as well, "
        "as in `labels(params, rules, model=model)`; a module of your own says it by an attribute `groups`"
    )
    stacked = paramrules.inventory(
        {"layers": {"conv": {"kernel": jnp.ones((2, 3, 3, 1, 4))}}},
        stacked={"layers": 1},
        types={"layers.conv": linen.Conv},
    )
    assert "the convolution of `layers.conv.kernel` has" in refusal(stacked)
    head = paramrules.inventory({"head": params["head"]}, types={"head": linen.Dense})
    assert list(head.column("layer_groups")) == [1]


class OwnConv(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(4, 1, 3))


def test_a_class_of_ones_own_says_it_by_an_attribute(tmp_path: Path) -> None:
    model = torch.nn.ModuleDict({"conv": OwnConv()})
    layouts = tmp_path / "own.toml"
    layouts.write_text(f'[layouts]\n"{OwnConv.__module__}.OwnConv" = {{ weight = "out in *" }}\n')
    assert refusal(paramrules.inventory(model, vocabulary=layouts)) == (
        f"{ASKED}the convolution of `conv.weight` does not say how many groups it has: set `groups` on its "
        "module"
    )
    model["conv"].groups = 4
    assert paramrules.inventory(model, vocabulary=layouts)["conv.weight"].layer_groups == 4
