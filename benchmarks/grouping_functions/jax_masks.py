"""Masks and labels for Optax by paths: big_vision's regexes, transformers' Flax examples, NNX and Equinox.

Names are written as rules see them, `a.b`; big_vision's regexes match the same path as `a/b`.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import paramrules
from grouping_functions.corpus import GroupingFunction, Settings, Subject

NEEDS = ("jax", "flax", "optax", "paramrules_optax")


class Described(NamedTuple):
    """A linen model and its inputs, which make its inventory."""

    module: Any
    inputs: tuple[Any, ...]

    def inventory(self) -> paramrules.Inventory:
        return paramrules.inventory(self.module, inputs=self.inputs)


def _paths(model: Any) -> list[tuple[str, paramrules.Parameter]]:
    inventory = model.inventory() if isinstance(model, Described) else paramrules.inventory(model)
    return [(row.name.replace(".", "/"), row) for row in inventory]


def first_match(path: str, table: Sequence[tuple[str, Any]], default: Any = None) -> Any:
    """Return the value of the first regex that matches the whole path, as `make_mask_trees` does."""
    return next((value for regex, value in table if re.fullmatch(regex, path)), default)


def big_vision(
    model: Any,
    schedule: Sequence[tuple[str, Any]] = ((".*", {}),),
    lr_mults: Sequence[tuple[str, float]] = (),
    wd_mults: Sequence[tuple[str, float]] = ((".*/kernel$", 1.0),),
    wd: float = 1e-4,
) -> dict[str, Settings]:
    """The settings that `make` gives: no schedule freezes, unmatched rates are 1 and unmatched decays 0.

    References:
        google-research/big_vision, big_vision/optax.py
    """
    given: dict[str, Settings] = {}
    for path, row in _paths(model):
        if first_match(path, schedule) is None:
            given[row.name] = {"freeze": True}
        else:
            given[row.name] = {"weight_decay": wd * first_match(path, wd_mults, 0.0)}
            if lr_mults:
                given[row.name] |= {"lr_scale": first_match(path, lr_mults, 1.0)}
    return given


def flax_examples(model: Any) -> dict[str, Settings]:
    """The mask of `decay_mask_fn`, for `adamw(weight_decay=0.01, mask=)`.

    References:
        huggingface/transformers, examples/flax/language-modeling/run_clm_flax.py
    """
    paths = [tuple(path.split("/")) for path, _ in _paths(model)]
    norms = {
        path[-2:]
        for word in ("layernorm", "layer_norm", "ln")
        for path in paths
        if word in "".join(path).lower()
    }
    return {
        ".".join(path): {"weight_decay": 0.0 if path[-1] == "bias" or path[-2:] in norms else 0.01}
        for path in paths
    }


def bias_or_scale(model: Any) -> dict[str, Settings]:
    """The mask that most tutorials write: nothing decays that has `bias` or `scale` in its path."""
    return {
        row.name: {"weight_decay": 0.0 if "bias" in path or "scale" in path else 0.01}
        for path, row in _paths(model)
    }


def more_than_one_axis(model: Any) -> dict[str, Settings]:
    """The mask of scenic and of many Flax codes: what has one axis does not decay."""
    return {row.name: {"weight_decay": 0.01 if len(row.shape) > 1 else 0.0} for _, row in _paths(model)}


def optax_muon(model: Any) -> dict[str, Settings]:
    """The labels of `optax.contrib.muon` by default: Muon for what is stored with two axes."""
    return {row.name: {"optimizer": "muon" if len(row.stored) == 2 else "adam"} for _, row in _paths(model)}


def linear_and_norm_bias(model: Any) -> dict[str, Settings]:
    """The mask that Optax's users build for an Equinox model: Linear decays, and the bias of LayerNorm."""
    import equinox as eqx
    import jax

    owners: dict[str, Any] = {}

    def visit(path: tuple[Any, ...], node: Any) -> None:
        if isinstance(node, eqx.nn.Linear | eqx.nn.LayerNorm):
            owners[paramrules_path(path)] = node

    jax.tree_util.tree_map_with_path(
        visit, model, is_leaf=lambda node: isinstance(node, eqx.nn.Linear | eqx.nn.LayerNorm)
    )
    given = {}
    for _, row in _paths(model):
        owner = owners.get(row.name.rpartition(".")[0])
        decays = isinstance(owner, eqx.nn.Linear) or (owner is not None and row.name.endswith(".bias"))
        given[row.name] = {"weight_decay": 0.1 if decays else 0.0}
    return given


def paramrules_path(path: tuple[Any, ...]) -> str:
    """Return a key path of jax as a dotted name."""
    import jax

    return jax.tree_util.keystr(path, simple=True, separator=".")


def vit(layers: int, width: int) -> Subject:
    """big_vision's ViT, with its names."""

    def make() -> Described:
        import jax

        from grouping_functions.linen_models import Vit

        return Described(Vit(layers, width), (jax.ShapeDtypeStruct((1, 32, 32, 3), "float32"),))

    return Subject(f"ViT in linen, {layers} layers, width {width}", make)


def two_towers(layers: int, width: int) -> Subject:
    def make() -> Described:
        import jax

        from grouping_functions.linen_models import TwoTowers

        image = jax.ShapeDtypeStruct((1, 32, 32, 3), "float32")
        return Described(TwoTowers(layers, width), (image, jax.ShapeDtypeStruct((1, 8), "int32")))

    return Subject(f"two towers in linen, {layers} layers, width {width}", make)


def gpt(layers: int, width: int) -> Subject:
    def make() -> Described:
        import jax

        from grouping_functions.linen_models import Gpt

        return Described(Gpt(layers, width), (jax.ShapeDtypeStruct((1, 8), "int32"),))

    return Subject(f"GPT in linen, {layers} layers, width {width}", make)


def nnx(layers: int, width: int) -> Subject:
    def make() -> Any:
        import paramrules_optax
        from flax import nnx

        from grouping_functions.nnx_models import Transformer

        return paramrules_optax.build_abstract(lambda: Transformer(layers, width, rngs=nnx.Rngs(0)))

    return Subject(f"transformer in NNX, {layers} layers, width {width}", make)


def equinox(layers: int, width: int) -> Subject:
    def make() -> Any:
        import jax
        import paramrules_optax

        from grouping_functions.equinox_models import Model

        return paramrules_optax.build_abstract(lambda: Model(layers, width, jax.random.key(0)))

    return Subject(f"transformer in Equinox, {layers} layers, width {width}", make)


def sizes(make: Any) -> dict[str, Subject]:
    return {"seen": make(4, 32), "deeper": make(11, 32), "wider": make(4, 64)}


FROZEN_TOWER = (("img/.*", None), (".*", {}))
RATES = ((".*/pos_embedding|pos_embedding", 0.1), ("head/.*", 10.0), (".*", 1.0))


def functions() -> list[GroupingFunction]:
    return [
        GroupingFunction("big_vision, default decay", big_vision, sizes(vit), "big_vision", NEEDS),
        GroupingFunction(
            "big_vision, locked image tower",
            partial(big_vision, schedule=FROZEN_TOWER),
            sizes(two_towers),
            "big_vision",
            NEEDS,
        ),
        GroupingFunction(
            "big_vision, rates of positions and head",
            partial(big_vision, lr_mults=RATES),
            sizes(vit),
            None,
            NEEDS,
        ),
        GroupingFunction(
            "transformers Flax examples, GPT",
            flax_examples,
            sizes(gpt) | {"other": vit(4, 32)},
            "transformers/flax",
            NEEDS,
        ),
        GroupingFunction(
            "bias or scale in the path, NNX", bias_or_scale, sizes(nnx) | {"other": vit(4, 32)}, None, NEEDS
        ),
        GroupingFunction("more than one axis, linen", more_than_one_axis, sizes(vit), None, NEEDS),
        GroupingFunction(
            "optax.contrib.muon, NNX", optax_muon, sizes(nnx) | {"other": equinox(4, 32)}, None, NEEDS
        ),
        GroupingFunction(
            "Linear and LayerNorm.bias, Equinox",
            linear_and_norm_bias,
            sizes(equinox),
            None,
            (*NEEDS, "equinox"),
        ),
    ]
