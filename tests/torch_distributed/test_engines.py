"""Two processes: the same groups in the same order on every rank, and the steps of one process alone."""

from pathlib import Path
from typing import Any

import paramrules_torch
import pytest
import torch
from torch_distributed.engines import NEW, adamw, moments, net, work


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where both processes have left their notes."""
    folder = tmp_path_factory.mktemp("ranks")
    context = torch.multiprocessing.spawn(work, (str(folder),), nprocs=2, join=False)
    assert context.join(timeout=240, grace_period=5) or context.join(timeout=30), "the processes hang"
    return folder


def noted(folder: Path, check: str) -> list[Any]:
    """Return what each rank recorded."""
    notes = [torch.load(folder / f"notes{rank}.pt", weights_only=False)[check] for rank in (0, 1)]
    assert not any(isinstance(note, str) for note in notes), notes
    return notes


ENGINES = ["ddp", "ddp compiled", "fsdp", "fsdp compiled", "tensor parallel", "compiled", "compiled step"]


@pytest.mark.parametrize("engine", ENGINES)
def test_groups_are_those_of_the_unsharded_model_on_every_rank(engine: str, folder: Path) -> None:
    (alone, _) = noted(folder, "alone")
    assert [group["label"] for group in alone] == [
        "no_decay/block_0",
        "no_decay/block_1",
        "no_decay/rest",
        "decay/wide",
        "decay/block_0",
        "decay/block_1",
        "decay/rest",
    ]
    for note in noted(folder, engine):
        assert note["groups"] == [alone, alone]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_steps_are_those_of_one_process(engine: str, folder: Path) -> None:
    for note in noted(folder, engine):
        assert note["moved"] > 0.01
        assert note["off"] < 3e-6


@pytest.mark.parametrize("engine", ["ddp", "fsdp", "tensor parallel"])
def test_norms_are_those_of_whole_tensors_on_every_rank(engine: str, folder: Path) -> None:
    expected = noted(folder, "monitored alone")[0]
    norms = ("grad_norm", "weight_norm", "update_norm", "update_ratio")
    notes = noted(folder, f"monitored {engine}")
    for rows in notes:
        for row, alone in zip(rows, expected, strict=True):
            assert {key: row[key] for key in norms} == pytest.approx({k: alone[k] for k in norms}, rel=1e-4)
            assert row["parameters"] == alone["parameters"]
            if engine == "ddp":
                assert row["state_bytes"] == alone["state_bytes"]
    if engine == "fsdp":  # each rank holds its part of the moments, and a step for each tensor
        for mine, yours, alone in zip(*notes, expected, strict=True):
            counts = 4 * alone["tensors"]
            assert mine["state_bytes"] + yours["state_bytes"] == alone["state_bytes"] + counts


def test_a_whole_file_goes_into_sharded_groups(folder: Path) -> None:
    for note in noted(folder, "whole file"):
        assert note == {name: (True, ["DTensor"]) for name in ("whole", "flat", "own")}


@pytest.mark.parametrize("file", ["whole.pt", "flat.pt"])
def test_a_file_of_two_ranks_goes_into_other_groups_of_one(file: str, folder: Path) -> None:
    noted(folder, "whole file")
    model = net()
    optimizer = adamw(model, NEW)
    state = torch.load(folder / file)
    optimizer.load_state_dict(paramrules_torch.regroup_state(state, model, optimizer))
    saved = torch.load(folder / "moments.pt")
    found = moments(optimizer, model)
    assert saved.keys() == found.keys()
    assert all(torch.equal(saved[name], found[name]) for name in saved)


def test_distributed_checkpoints_go_by_name(folder: Path) -> None:
    for note in noted(folder, "dcp"):
        assert note == {"same": True, "settings": True}
