"""Opacus: what its engine makes private trains the groups of the rules, and resumes in others."""

from importlib.util import find_spec

import paramrules_torch
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import paramrules

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(find_spec("opacus") is None, reason="`nox -s engines` installs Opacus"),
]
OLD = paramrules.parse("no_decay: ndim <= 1 -> weight_decay = 0\nrest: else")
NEW = paramrules.parse("embedding: type(Embedding) -> lr_scale = 2\nrest: else")


def net() -> nn.Module:
    return nn.Sequential(nn.Embedding(10, 4), nn.Linear(4, 3), nn.LayerNorm(3))


# drawing batches by chance, torch's full hooks on a layer whose input has no gradient
@pytest.mark.filterwarnings("ignore:Secure RNG turned off", "ignore:Full backward hook is firing")
def test_private_training_keeps_names_groups_and_moments() -> None:
    from opacus import PrivacyEngine

    torch.manual_seed(0)
    model = net()
    names = list(paramrules.inventory(model).names)
    own = paramrules_torch.build(model, OLD, torch.optim.AdamW, lr=0.1, weight_decay=0.1)
    private, optimizer, batches = PrivacyEngine().make_private(
        module=model,
        optimizer=own,
        data_loader=DataLoader(TensorDataset(torch.arange(160).reshape(32, 5) % 10), batch_size=8),
        noise_multiplier=1.0,
        max_grad_norm=1.0,
    )
    assert type(private).__name__ == "GradSampleModule"
    assert list(paramrules.inventory(private).names) == names
    for (batch,) in batches:
        optimizer.zero_grad()
        private(batch).square().mean().backward()
        optimizer.step()
    assert [(g["label"], len(g["params"])) for g in optimizer.param_groups] == [("no_decay", 3), ("rest", 2)]

    again = net()
    other = paramrules_torch.build(again, NEW, torch.optim.AdamW, lr=0.1)
    other.load_state_dict(paramrules_torch.regroup_state(optimizer.state_dict(), again, other))
    for (_, there), (_, here) in zip(model.named_parameters(), again.named_parameters(), strict=True):
        assert torch.equal(own.state[there]["exp_avg"], other.state[here]["exp_avg"])
