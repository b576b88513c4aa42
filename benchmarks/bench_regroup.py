"""How long it takes to carry optimizer state into other groups: `python benchmarks/bench_regroup.py`.

A mixture of experts of 45,000 tensors on the meta device, and the state of its AdamW. One yardstick is a loop
that does no more than give each parameter's state its new number. The other is torch's `load_state_dict`,
which follows anyway; it searches a list of numbers for each tensor, so its time grows with their square.

Needs the package installed (`pip install -e ".[torch]"`), not only on the path: its backends are found
by their entry points.
"""

import time
from collections.abc import Iterator
from typing import Any

from bench_torch import CARD, Model
from bench_torch import LAYERS as DEPTH
from bench_torch_step import LAYERS
from measuring import Row, milliseconds, needed, rows_of, show

with needed():
    import torch
    from paramrules_torch import param_groups, regroup_state

ROUNDS = 3


def by_hand(saved: dict[str, Any], optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Return the saved state under the numbers that the same names have in the optimizer; check nothing."""
    now = optimizer.state_dict()["param_groups"]
    numbers = {
        name: number
        for group in saved["param_groups"]
        for name, number in zip(group["param_names"], group["params"], strict=True)
    }
    state = {
        number: saved["state"][numbers[name]]
        for group in now
        for name, number in zip(group["param_names"], group["params"], strict=True)
    }
    return {"state": state, "param_groups": now}


def rows() -> Iterator[Row]:
    """Measure state with names and without, into groups by layer."""
    with torch.device("meta"):
        model = Model(DEPTH)
    old, new = (
        torch.optim.AdamW(param_groups(model, rules, lr=1e-3, weight_decay=0.1)) for rules in (CARD, LAYERS)
    )
    assert (len(old.param_groups), len(new.param_groups)) == (2, 28)
    for parameter in model.parameters():
        old.state[parameter] = {
            "step": torch.tensor(1.0),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
    saved = old.state_dict()
    plain = {
        **saved,
        "param_groups": [
            {key: value for key, value in group.items() if key != "param_names"}
            for group in saved["param_groups"]
        ],
    }
    theirs, least = "torch's `load_state_dict`", "a loop by hand, by name, without checks"
    named, unnamed = "`regroup_state`, names in the state", "`regroup_state`, names from the old rules"
    ways = {
        least: lambda: by_hand(saved, new),
        named: lambda: regroup_state(saved, model, new),
        unnamed: lambda: regroup_state(plain, model, new, old=CARD),
        theirs: lambda: old.load_state_dict(saved),
    }
    assert same(ways[least](), ways[named](), ways[unnamed]())
    times = milliseconds(ways, ROUNDS, time.process_time)
    yield from rows_of({name: times[name] for name in (least, named, unnamed)})
    ours = {f"{name}, against `load_state_dict`": times[name] for name in (named, unnamed)}
    yield from rows_of({theirs: times[theirs], **ours}, dict.fromkeys(ours, 2))


def same(*states: dict[str, Any]) -> bool:
    """Return whether state dicts hold the same tensors under the same numbers."""
    first, *others = [
        {
            (number, key): id(value)
            for number, entries in each["state"].items()
            for key, value in entries.items()
        }
        for each in states
    ]
    return all(other == first for other in others)


if __name__ == "__main__":
    show(rows())
