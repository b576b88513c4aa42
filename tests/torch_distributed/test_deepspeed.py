"""DeepSpeed on two processes without a GPU: ZeRO 1, 2 and 3 train the groups of one, and resume in others."""

from importlib.util import find_spec
from typing import Any

import pytest
import torch
from torch_distributed import zero
from torch_distributed.engines import OLD, adamw, groups, net

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(find_spec("deepspeed") is None, reason="`nox -s engines` installs DeepSpeed"),
]


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> list[dict[Any, Any]]:
    """Return what each of the two processes recorded."""
    folder = tmp_path_factory.mktemp("ranks")
    context = torch.multiprocessing.spawn(zero.work, (str(folder),), nprocs=2, join=False)
    assert context.join(timeout=300, grace_period=5) or context.join(timeout=30), "the processes hang"
    return [torch.load(folder / f"notes{rank}.pt", weights_only=False) for rank in (0, 1)]


def noted(notes: list[dict[Any, Any]], check: Any) -> list[Any]:
    found = [note[check] for note in notes]
    assert not any(isinstance(note, str) for note in found), found
    return found


@pytest.mark.parametrize("stage", zero.STAGES)
def test_groups_and_steps_are_those_of_one_process(stage: int, notes: list[Any]) -> None:
    alone = groups(adamw(net(), OLD))
    for note in noted(notes, stage):
        assert note["groups"] == alone
        assert note["off"] < 3e-6


@pytest.mark.parametrize("stage", zero.STAGES)
def test_its_own_checkpoint_resumes_and_holds_names(stage: int, notes: list[Any]) -> None:
    names = [name for name, _ in net().named_parameters()]
    labels = [(group["label"], group["param_names"]) for group in groups(adamw(net(), OLD))]
    for note in noted(notes, stage):
        assert note["resumed"] == 0
        assert sorted(note["names of weights"]) == sorted(names)
        assert note["names in groups"] == labels


@pytest.mark.parametrize("stage", zero.STAGES)
@pytest.mark.parametrize("change", ["changed", "exchanged"])
def test_its_own_checkpoint_is_refused_under_changed_rules(stage: int, change: str, notes: list[Any]) -> None:
    for note in noted(notes, stage):
        assert note[change].startswith(zero.REFUSED[change][stage])


@pytest.mark.parametrize("stage", zero.STAGES)
def test_a_universal_checkpoint_goes_into_other_groups(stage: int, notes: list[Any]) -> None:
    for note in noted(notes, stage):
        assert note["groups after"] == groups(adamw(net(), zero.CHANGED[stage]))
        assert note["carried"] == 0
        assert note["regrouped"] < 3e-6


def test_deepspeed_makes_the_optimizer_of_its_configuration(notes: list[Any]) -> None:
    keys = ("label", "lr", "weight_decay", "param_names")
    alone = [tuple(group[key] for key in keys) for group in groups(adamw(net(), OLD))]
    assert noted(notes, "configured") == [alone, alone]
