"""How times grow, to a million tensors and to the longest file: `python benchmarks/bench_growth.py`.

The mixture of experts of bench_torch.py gets more and more experts, saved inventories get more blocks, and
the model of 45,244 tensors gets more and more rules, up to the 5,000 statements that a file may have. Each
size has its own yardstick. Takes minutes and 8 GB.

A row is called after its size and its curve: `1,000 saved tensors: reading`. growth_picture.py draws the
curves.
"""

import gc
import json
from collections.abc import Iterator
from functools import partial

from bench_saved import text_of
from bench_torch import CARD, LAYERS, THREE_AXES, Model, by_layer
from measuring import Row, compared, needed, show

with needed():
    import torch
    from paramrules_torch import param_groups
    from torch import nn

    import paramrules

EXPERTS = {(10, 29): 15, (60, 51): 15, (60, 551): 5, (60, 5551): 3}
"""Layers and experts in each, for 1,004 to 999,964 tensors, and the rounds to measure them."""
SAVED = {1_000: 15, 10_000: 15, 100_000: 5, 1_000_000: 3}
"""Tensors of saved inventories, and the rounds."""
COUNTS = {1: 9, 10: 9, 100: 9, 1_000: 5, 4_999: 3}
"""Numbers of rules beside an `else`, and the rounds."""


class Unset(nn.Linear):
    """A linear layer whose weights are not drawn, which on meta takes longer than all else."""

    def reset_parameters(self) -> None:
        """Leave the weights as they are."""


def listed(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """List the parameters, the yardstick."""
    return list(model.named_parameters())


def mixture(layers: int, experts: int) -> nn.Module:
    """Return the mixture of experts with so many layers, and experts in each."""
    linear, nn.Linear = nn.Linear, Unset
    gc.disable()  # it would visit a growing million of modules again and again
    try:
        with torch.device("meta"):
            return Model(layers, experts)
    finally:
        nn.Linear = linear
        gc.enable()


def of_tensors() -> Iterator[Row]:
    """Measure param groups of larger and larger models."""
    axes = paramrules.parse(THREE_AXES)
    for shape, rounds in EXPERTS.items():
        model = mixture(*shape)
        size = f"{len(list(model.parameters())):,} tensors"
        groups = partial(param_groups, model, weight_decay=0.1)
        yield from compared(
            {
                f"{size}: `named_parameters()`": partial(listed, model),
                f"{size}: `param_groups`, 2 rules": partial(groups, CARD),
                f"{size}: `param_groups`, 30 rules": partial(groups, axes, lr=1.0),
            },
            rounds=rounds,
        )


def of_saved_tensors() -> Iterator[Row]:
    """Measure larger and larger saved inventories."""
    rules = paramrules.parse("no_decay: ndim <= 1 -> weight_decay = 0\ndecay: else\n")
    for count, rounds in SAVED.items():
        text, size = text_of(count), f"{count:,} saved tensors"
        inventory = paramrules.Inventory.from_json(text)
        yield from compared(
            {
                f"{size}: `json.loads`": partial(json.loads, text),
                f"{size}: reading": partial(paramrules.Inventory.from_json, text),
                f"{size}: `assign`": partial(paramrules.assign, rules, inventory),
            },
            rounds=rounds,
        )


def of_rules() -> Iterator[Row]:
    """Measure longer and longer rule files, on the model of 45,244 tensors."""
    model = mixture(LAYERS, 247)
    for count, rounds in COUNTS.items():
        rules, size = by_layer(count), f"{count:,} rules"
        yield from compared(
            {
                f"{size}: `named_parameters()`": partial(listed, model),
                f"{size}: `param_groups`": partial(param_groups, model, rules),
            },
            rounds=rounds,
        )
        yield from compared({f"{size}: reading": partial(by_layer, count)}, rounds=rounds)


def rows() -> Iterator[Row]:
    """Measure all curves."""
    yield from of_rules()
    yield from of_saved_tensors()
    yield from of_tensors()


if __name__ == "__main__":
    show(rows())
