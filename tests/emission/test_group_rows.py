"""The rows of groups, and their names in a logger."""

import math

from paramrules.backends import GroupStats, group_rows, row_metrics


def test_a_row() -> None:
    stats = GroupStats("decay", 1e-3, 0.1, 2, 12, gradients=9.0, weights=4.0, updates=0.01, state_bytes=96)
    row = {
        "label": "decay",
        "lr": 1e-3,
        "weight_decay": 0.1,
        "tensors": 2,
        "parameters": 12,
        "grad_norm": 3.0,
        "weight_norm": 2.0,
        "update_norm": 0.1,
        "update_ratio": 0.05,
        "state_bytes": 96,
    }
    assert group_rows([stats]) == [row]
    assert row_metrics([row]) == {
        "lr/decay": 1e-3,
        "weight_decay/decay": 0.1,
        "grad_norm/decay": 3.0,
        "weight_norm/decay": 2.0,
        "update_norm/decay": 0.1,
        "update_ratio/decay": 0.05,
        "state_bytes/decay": 96,
    }


def test_groups_of_one_label_share_a_row() -> None:
    some = [
        GroupStats("a", 0.1, 0.0, 1, 4, 9.0, 1.0, 0.5, 8),
        GroupStats("b", 0.1),
        GroupStats("a", 0.1, 0.1, 2, 6, 16.0, 3.0, None, None),
    ]
    first, second = group_rows(some)
    assert (first["label"], second["label"]) == ("a", "b")
    assert (first["lr"], first["weight_decay"]) == (0.1, None)
    assert (first["tensors"], first["parameters"]) == (3, 10)
    assert (first["grad_norm"], first["weight_norm"]) == (5.0, 2.0)
    assert (first["update_norm"], first["state_bytes"]) == (math.sqrt(0.5), 8)
    assert row_metrics([second]) == {"lr/b": 0.1}
    assert (second["tensors"], second["parameters"]) == (0, 0)
    assert group_rows([GroupStats("c", lr=0.1), GroupStats("c", lr=0.2)])[0]["lr"] is None
    assert some[0].tensors == 1, "the arguments stay as they are"


def test_a_ratio_to_nothing() -> None:
    (zero,) = group_rows([GroupStats("zero", weights=0.0, updates=1.0)])
    assert math.isnan(zero["update_ratio"])
    (unmeasured,) = group_rows([GroupStats("x", weights=1.0)])
    assert unmeasured["update_ratio"] is unmeasured["update_norm"] is None
