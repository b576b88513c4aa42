"""Files inferred from what peers' code does with one model are right on it and on models that were not seen.

`python benchmarks/bench_infer.py` measures all functions; this takes some that are quick.
"""

from collections.abc import Sequence

import pytest
from golden import golden_model
from grouping_functions import Difference, GroupingFunction, differences, every, grouping_of
from support import golden_rows, inventory_of

import paramrules
from paramrules.inference import Grouping, Inferred, infer

pytestmark = pytest.mark.frameworks

QUICK = (
    "transformers Trainer, GPT-2",
    "BERT, discriminative rates",
    "LoRA+, Llama",
    "x-transformers createOptimizer, RMSNorm",
    "x-transformers Muon",
    "nanoGPT",
    "Megatron, decoupled rate and experts",
    "Linear and LayerNorm.bias, Equinox",
)
TIMM = [function for function in every() if function.name.startswith("timm layer decay")]
RUNS = [(file, policy) for file in golden_model.FILES for policy in golden_model.read(file)["groups"]]


def named(name: str) -> GroupingFunction:
    (function,) = (function for function in every() if function.name == name)
    return function


def wrong(inferred: Inferred, grouping: Grouping) -> Sequence[Difference]:
    return differences(inferred.rules, grouping, inferred.base)


def check(function: GroupingFunction, *kinds: str) -> None:
    inferred = infer([grouping_of(function, "seen")])
    assert inferred.listed == ()
    for kind in ("seen", *kinds):
        assert wrong(inferred, grouping_of(function, kind)) == [], kind


# peft asks transformers for `is_gradient_checkpointing`, which transformers has renamed; x-transformers
# scripts some of its functions when it is imported, which torch no longer likes.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", QUICK)
def test_a_file_holds_on_a_deeper_and_a_wider_model(name: str) -> None:
    check(named(name), "deeper", "wider")


@pytest.mark.timm
@pytest.mark.parametrize("function", TIMM, ids=lambda function: function.name)
def test_timms_layer_decay_holds_on_a_deeper_and_a_wider_model(function: GroupingFunction) -> None:
    check(function, "deeper", "wider")


def golden(file: str, policy: str) -> Grouping:
    """The groups that a peer's own code gave a real model."""
    data = golden_model.read(file)
    given = {
        name: {key: value for key, value in group.items() if key != "params"}
        for group in data["groups"][policy]
        for name in group["params"]
    }
    inventory = inventory_of(golden_rows(data))
    names = inventory.names[: len(inventory)]
    return Grouping(file, inventory, tuple(given[name] for name in names))


@pytest.mark.parametrize(("file", "policy"), RUNS)
def test_a_file_gives_the_groups_of_the_golden_files(file: str, policy: str) -> None:
    grouping = golden(file, policy)
    inferred = infer([grouping])
    assert wrong(inferred, grouping) == []
    assert inferred.listed == ()
    assert sum(len(axis.rules) for axis in inferred.rules.axes) <= 6


def test_the_comparison_sees_another_rate_and_another_decay() -> None:
    grouping = golden("timm-resnet50.json", "timm.param_groups_weight_decay(weight_decay=0.05)")
    inferred = infer([grouping])
    changed = paramrules.parse(inferred.text.replace("0.05", "0.04"))
    decaying = [s for s in grouping.settings if s is not None and s["weight_decay"]]
    assert changed != inferred.rules
    assert len(differences(changed, grouping, inferred.base)) == len(decaying)
