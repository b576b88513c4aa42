"""Copies of drawn models, renamed, transposed, reordered: no pair is wrong, and what can be paired is."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples, inventory_of

import paramrules
from paramrules import Inventory

RULES = paramrules.parse("all: else")
LINEAR, NORM = "torch.nn.modules.linear.Linear", "torch.nn.modules.normalization.LayerNorm"
DENSE, FLAX_NORM = "flax.linen.linear.Dense", "flax.linen.normalization.LayerNorm"


class Module(NamedTuple):
    """A layer of a drawn model: a matrix of these extents, or a norm of one."""

    shape: tuple[int, ...]
    bias: bool


class Block(NamedTuple):
    """Modules in their order, `count` times."""

    modules: tuple[Module, ...]
    count: int


WIDTHS = st.sampled_from([2, 3, 4])
MODULES = st.builds(Module, st.one_of(st.tuples(WIDTHS), st.tuples(WIDTHS, WIDTHS)), st.booleans())
MODELS = st.lists(
    st.builds(Block, st.lists(MODULES, min_size=1, max_size=4).map(tuple), st.integers(1, 3)),
    min_size=1,
    max_size=3,
)

Naming = Callable[[int, int | None, int], str]
"""From the numbers of a block, of the layer in it, and of the module in that, to a name."""


def dotted(block: int, layer: int | None, module: int) -> str:
    """torch's way; numbers alone tell modules apart."""
    return (
        f"stage{block + 1}.blocks.{layer}.norm{module + 1}"
        if layer is not None
        else f"stage{block + 1}.fc{module}"
    )


def lettered(block: int, layer: int | None, module: int) -> str:
    """Other words for the same, none of them known; without numbers but those of layers."""
    place = "wvu"[block] + ("" if layer is None else f"_{layer}")
    return f"{place}.{'srqp'[module]}x"


def rows(model: list[Block], naming: Naming, flax: bool) -> list[dict[str, Any]]:
    """The model's parameters; a head that comes last shows that the order is not that of the alphabet."""
    found = list(module_rows("a_head", Module((9, 5), True), flax))
    for b, block in reversed(list(enumerate(model))):
        for layer in reversed(range(block.count)):
            for m, module in reversed(list(enumerate(block.modules))):
                name = naming(b, layer if block.count > 1 else None, m)
                found = [*module_rows(name, module, flax), *found]
    return found


def module_rows(name: str, module: Module, flax: bool) -> Iterator[dict[str, Any]]:
    norm = len(module.shape) == 1
    owner = (FLAX_NORM if norm else DENSE) if flax else (NORM if norm else LINEAR)
    leaf = ("scale" if norm else "kernel") if flax else "weight"
    weight: dict[str, Any] = {"name": f"{name}.{leaf}", "owner": owner, "shape": module.shape}
    if norm:
        weight["role"] = "scale"
    else:
        weight |= {"fan_in": module.shape[1], "fan_out": module.shape[0]}
        weight["shape"] = module.shape[::-1] if flax else module.shape
    yield weight
    if module.bias:
        yield {"name": f"{name}.bias", "owner": owner, "shape": module.shape[:1], "role": "bias"}


def truth(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(x["name"], y["name"]) for x, y in zip(a, b, strict=True)}


def pairs(a: Inventory, b: Inventory) -> set[tuple[str, str]]:
    return {(pair.a[0], pair.b[0]) for pair in paramrules.parity(RULES, a, b).pairs}


@settings(max_examples=examples(40))
@given(MODELS)
def test_renamed_and_transposed_in_the_same_order(model: list[Block]) -> None:
    a, b = rows(model, dotted, False), rows(model, lettered, True)
    assert pairs(inventory_of(a), inventory_of(b)) == truth(a, b)


@settings(max_examples=examples(40))
@given(MODELS, st.randoms(use_true_random=False))
def test_transposed_and_reordered_under_the_same_names(model: list[Block], random: Any) -> None:
    a, b = rows(model, dotted, False), rows(model, dotted, True)
    expected = truth(a, b)
    random.shuffle(b)
    assert pairs(inventory_of(a), inventory_of(b)) == expected


@settings(max_examples=examples(40))
@given(MODELS)
def test_renamed_and_sorted_nothing_is_paired_wrongly(model: list[Block]) -> None:
    a, b = rows(model, lettered, False), rows(model, dotted, True)
    expected = truth(a, b)
    b.sort(key=lambda row: row["name"].split("."))
    assert pairs(inventory_of(a), inventory_of(b)) <= expected
