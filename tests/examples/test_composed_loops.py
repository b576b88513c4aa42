"""Loops composed at random: the inferred file gives their groups, also on a model with fewer blocks."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import hypothesis.strategies as st
import pytest
from golden import golden_model
from grouping_functions import differences
from hypothesis import given, settings
from support import examples, golden_rows, inventory_of

from paramrules import Inventory
from paramrules.inference import Grouping, infer

pytestmark = pytest.mark.frameworks

MODELS = {
    "transformers-bert.json": (r"encoder\.layer\.(\d+)\.", r"\.embeddings\.", r"^cls\."),
    "transformers-gpt2.json": (r"\.h\.(\d+)\.", r"\.w[tp]e\.", r"\.ln_f\."),
    "timm-vit_tiny_patch16_224.json": (
        r"^blocks\.(\d+)\.",
        r"^(cls_token|pos_embed|patch_embed)",
        r"^head\.",
    ),
}
"""Of each model what finds the number of its blocks, its stem and its head."""

Settings = dict[str, Any]


class Seen(NamedTuple):
    """The arguments of a loop: a parameter, its place (stem, block, head, rest), its block, and the depth."""

    name: str
    ndim: int
    role: str | None
    place: str
    block: int | None
    depth: int

    @property
    def steps(self) -> int:
        """The number of layers from here to the head."""
        if self.block is not None:
            return self.depth - self.block
        return self.depth + 1 if self.place == "stem" else 0


PARTS: Mapping[str, Callable[[Seen], Settings]] = {
    "no decay": lambda p: {},
    "matrices decay": lambda p: {"weight_decay": 0.05 if p.ndim > 1 else 0.0},
    "layers decay": lambda p: {"weight_decay": 0.1 if p.ndim > 1 and p.role != "embedding" else 0.0},
    "biases don't decay": lambda p: {"weight_decay": 0.0 if p.name.endswith(".bias") else 0.01},
    "one rate": lambda p: {},
    "layer-wise scales": lambda p: {"lr_scale": 0.75**p.steps},
    "layer-wise rates": lambda p: {"lr": 2e-5 * 0.9**p.steps},
    "a fast head": lambda p: {"lr_scale": 10.0 if p.place == "head" else 1.0},
    "three rates": lambda p: {"lr": {"stem": 1e-5, "head": 1e-3}.get(p.place, 1e-4)},
    "fast biases": lambda p: {"lr": 0.02 if p.name.endswith(".bias") else 0.01},
    "one optimizer": lambda p: {},
    "muon": lambda p: {"optimizer": "muon" if p.ndim == 2 and p.place == "block" else "adamw"},
    "betas": lambda p: {"betas": (0.9, 0.95) if p.place == "stem" else (0.9, 0.999)},
    "all trained": lambda p: {},
    "stem frozen": lambda p: {"freeze": True} if p.place == "stem" else {},
    "first blocks frozen": lambda p: {"freeze": True} if p.block is not None and p.block < 3 else {},
    "biases frozen": lambda p: {"freeze": True} if p.name.endswith(".bias") else {},
}
NAMES = list(PARTS)
CHOICES = (NAMES[:4], NAMES[4:10], NAMES[10:13], NAMES[13:])
"""The parts of a loop, one of each kind: a decay, a rate, an optimizer, a choice of what to freeze."""


@cache
def inventory(file: str, blocks: int) -> Inventory:
    """A golden model without the blocks from this number on."""
    number = re.compile(MODELS[file][0])
    rows = golden_rows(golden_model.read(file))
    found = [(row, number.search(row["name"])) for row in rows]
    return inventory_of([row for row, match in found if match is None or int(match[1]) < blocks])


def grouped(file: str, blocks: int, loop: Iterable[str]) -> Grouping:
    """Return the settings that the loop gives the model."""
    number, *places = (re.compile(regex) for regex in MODELS[file])
    model = inventory(file, blocks)
    given = []
    for row in model:
        match = number.search(row.name)
        found = [
            place for place, regex in zip(("stem", "head"), places, strict=True) if regex.search(row.name)
        ]
        place, block = ("block", int(match[1])) if match else ((*found, "rest")[0], None)
        seen = Seen(row.name, len(row.shape), row.role, place, block, blocks)
        settings: Settings = {}
        for part in loop:
            settings |= PARTS[part](seen)
        given.append({"freeze": True} if "freeze" in settings else settings)
    return Grouping(f"{file} of {blocks}", model, tuple(given))


@settings(max_examples=examples(15))
@given(st.sampled_from(sorted(MODELS)), st.tuples(*map(st.sampled_from, CHOICES)))
def test_a_composed_loop_is_reproduced_also_with_fewer_blocks(file: str, loop: tuple[str, ...]) -> None:
    seen = grouped(file, 12, loop)
    inferred = infer([seen])
    assert differences(inferred.rules, seen, inferred.base) == []
    assert inferred.listed == ()
    assert differences(inferred.rules, grouped(file, 8, loop), inferred.base) == [], inferred.text
