"""How long it takes to carry optimizer state into other groups: `python benchmarks/bench_regroup.py`.

A mixture of experts of 45,000 tensors on the meta device, and the state of its AdamW. What
`load_state_dict` takes for the same state is the yardstick: it follows anyway.

Needs the package installed (`pip install -e ".[torch]"`), not only on the path: its backends are found
by their entry points.
"""

import time
from collections.abc import Iterator

import torch
from bench_torch import CARD, Model
from bench_torch import LAYERS as DEPTH
from bench_torch_step import LAYERS
from measuring import Row, compared, show
from paramrules_torch import param_groups, regroup_state

ROUNDS = 3


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
    named, unnamed = "`regroup_state`, 2 groups to 28", "`regroup_state`, names from the old rules"
    yield from compared(
        {
            "`load_state_dict`": lambda: old.load_state_dict(saved),
            named: lambda: regroup_state(saved, model, new),
            unnamed: lambda: regroup_state(plain, model, new, old=CARD),
        },
        {named: 2, unnamed: 2},
        ROUNDS,
        time.process_time,
    )


if __name__ == "__main__":
    show(rows())
