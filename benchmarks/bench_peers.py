"""The same groups from other libraries' code, side by side: `python benchmarks/bench_peers.py`.

Ways to the same groups are compared with what only lists the parameters, after a check that the groups are
the same. A part whose libraries are not installed is left out.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measuring import Row, compared, each, show

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # for torchvision_ops
BASE = {"lr": 1e-3, "weight_decay": 0.05}


def same(ours: list[dict[str, Any]], theirs: list[dict[str, Any]], *keys: str) -> None:
    """Fail unless two lists of param groups hold the same parameters with the same values of these keys."""

    def settings(groups: list[dict[str, Any]]) -> dict[int, list[object]]:
        return {id(p): [group.get(key) for key in keys] for group in groups for p in group["params"]}

    assert settings(ours) == settings(theirs)


def by_hand(model: Any) -> list[dict[str, Any]]:
    """Return two groups by the loop that most training scripts have."""
    decay, no_decay = [], []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            exempt = parameter.ndim <= 1 or name.endswith(".bias")
            (no_decay if exempt else decay).append(parameter)
    return [
        {"params": no_decay, "weight_decay": 0.0},
        {"params": decay, "weight_decay": BASE["weight_decay"]},
    ]


def decay_of_a_mixture() -> Iterator[Row]:
    """Compare ways to two groups, on the mixture of experts of bench_torch.py."""
    import torch
    import torchvision_ops
    from bench_torch import LAYERS, LISTED, Model
    from paramrules_torch import param_groups

    from paramrules.rules import load

    torchvision_ops.install()
    from timm.optim import param_groups_weight_decay

    with torch.device("meta"):
        model = Model(LAYERS)
    where = f"{len(list(model.parameters())):,} tensors"
    what = f"{where}, no decay for vectors"
    rules = load("<timm/weight_decay@1>")
    ways: dict[str, Callable[[], Any]] = {
        f"{where}: {LISTED}": lambda: list(model.named_parameters()),
        f"{what}: paramrules": lambda: param_groups(model, rules, **BASE),
        f"{what}: a loop by hand": lambda: by_hand(model),
        f"{what}: timm's `param_groups_weight_decay`": lambda: param_groups_weight_decay(
            model, BASE["weight_decay"]
        ),
    }
    _, ours, loop, theirs = ways.values()
    same(ours(), loop(), "weight_decay")
    same(loop(), theirs(), "weight_decay")
    yield from compared(ways)


def trainer_of_a_mixture() -> Iterator[Row]:
    """Compare the decay of the transformers Trainer, on the same mixture."""
    import torch
    from bench_torch import LAYERS, LISTED, Model
    from paramrules_torch import param_groups
    from transformers import Trainer

    from paramrules.rules import load

    with torch.device("meta"):
        model = Model(LAYERS)
    where = f"{len(list(model.parameters())):,} tensors, decay as in transformers' Trainer"
    rules = load("<transformers/trainer@1>")

    def names() -> list[str]:
        return Trainer.get_decay_parameter_names(Trainer, model)

    ours = param_groups(model, rules, **BASE)
    assert ours[0]["param_names"] == names()
    yield from compared(
        {
            f"{where}: {LISTED}": lambda: list(model.named_parameters()),
            f"{where}: paramrules": lambda: param_groups(model, rules, **BASE),
            f"{where}: the Trainer's `get_decay_parameter_names`, no groups yet": names,
        }
    )


def trainer_of_bert() -> Iterator[Row]:
    """Compare the whole making of the Trainer's optimizer, on BERT-base."""
    import torch
    from paramrules_torch import build
    from transformers import BertConfig, BertForMaskedLM, Trainer, TrainingArguments

    from paramrules.rules import load

    with torch.device("meta"):
        model = BertForMaskedLM(BertConfig())
    rules = load("<transformers/trainer@1>")
    how = TrainingArguments(output_dir="unused", use_cpu=True, learning_rate=1e-3, weight_decay=0.05)

    class Making(Trainer):
        """A trainer that is asked for its optimizer alone."""

        def __init__(self) -> None:
            self.model, self.args, self.optimizer, self.optimizer_cls_and_kwargs = model, how, None, None

    where = f"AdamW of BERT, {len(list(model.parameters()))} tensors"
    ways: dict[str, Callable[[], Any]] = {
        f"{where}: `AdamW(model.parameters())`": lambda: torch.optim.AdamW(model.parameters(), **BASE),
        f"{where}: `paramrules_torch.build`": lambda: build(model, rules, torch.optim.AdamW, **BASE),
        f"{where}: the Trainer's `create_optimizer`": lambda: Making().create_optimizer(),
    }
    _, ours, theirs = ways.values()
    same(ours().param_groups, theirs().param_groups, "weight_decay", "lr")
    yield from compared(ways)


def layers_of_a_vit() -> Iterator[Row]:
    """Compare layer-wise rates, on timm's ViT-B."""
    import torchvision_ops

    torchvision_ops.install()
    import timm
    import torch
    from bench_torch import LISTED
    from paramrules_torch import param_groups
    from timm.optim import param_groups_layer_decay

    from paramrules.rules import load

    with torch.device("meta"):
        model = timm.create_model("vit_base_patch16_224")
    rules = load("<timm/layer_decay@1>")
    where = f"ViT-B, {len(list(model.parameters()))} tensors"
    ways: dict[str, Callable[[], Any]] = {
        f"{where}: {LISTED}": lambda: list(model.named_parameters()),
        f"{where}, a rate for each layer: paramrules": lambda: param_groups(
            model, rules, lr_scale="keep", **BASE
        ),
        f"{where}, a rate for each layer: timm's `param_groups_layer_decay`": lambda: (
            param_groups_layer_decay(model, BASE["weight_decay"], model.no_weight_decay(), layer_decay=0.75)
        ),
    }
    _, ours, theirs = ways.values()
    same(ours(), theirs(), "lr_scale", "weight_decay")
    yield from compared(ways)


def mask_of_a_tree() -> Iterator[Row]:
    """Compare decay masks, on the tree of bench_optax.py."""
    import jax
    from bench_optax import NAMED, mixture
    from flax.traverse_util import path_aware_map
    from paramrules_optax import mask

    from paramrules.rules import parse

    tree = mixture()
    rules = parse("no_decay: ndim <= 1 or leaf == \"bias\"\ndecay: else\n")  # fmt: skip
    where = f"{len(jax.tree.leaves(tree)):,} arrays"

    def decays(path: tuple[Any, ...], leaf: Any) -> bool:
        return leaf.ndim > 1 and path[-1].key != "bias"

    ways: dict[str, Callable[[], Any]] = {
        f"{where}: {NAMED}": lambda: jax.tree_util.tree_map_with_path(
            lambda path, leaf: jax.tree_util.keystr(path), tree
        ),
        f"{where}, a decay mask: paramrules": lambda: mask(tree, rules, "decay"),
        f"{where}, a decay mask: `tree_map_with_path` by hand": lambda: jax.tree_util.tree_map_with_path(
            decays, tree
        ),
        f"{where}, a decay mask: flax's `path_aware_map`": lambda: path_aware_map(
            lambda path, leaf: leaf.ndim > 1 and path[-1] != "bias", tree
        ),
    }
    _, ours, *others = ways.values()
    assert all(other() == ours() for other in others)
    yield from compared(ways)


def rows() -> Iterator[Row]:
    """Measure each model whose libraries are installed."""
    yield from each(
        decay_of_a_mixture, trainer_of_a_mixture, trainer_of_bert, layers_of_a_vit, mask_of_a_tree
    )


if __name__ == "__main__":
    show(rows())
