"""A masked autoencoder around a ViT of timm, its weight decay by mae.rules: the groups are timm's own."""

from pathlib import Path

import paramrules_torch
import timm
import torch
from timm.optim import param_groups_weight_decay
from torch import Tensor, nn

RULES = Path(__file__).with_name("mae.rules")
LR, DECAY = 3e-3, 0.05


class MaskedAutoencoder(nn.Module):
    """Paints masked patches grey, and has a ViT's encoder and one linear layer tell what they held."""

    def __init__(self) -> None:
        super().__init__()
        sizes = {"img_size": 32, "patch_size": 8, "embed_dim": 48, "depth": 2, "num_heads": 3}
        self.encoder = timm.create_model("vit_tiny_patch16_224", num_classes=0, **sizes)
        self.decoder = nn.Linear(48, 3 * 8 * 8)

    def forward(self, images: Tensor, masked: Tensor) -> Tensor:
        grey = masked.view(-1, 1, 4, 4).repeat_interleave(8, 2).repeat_interleave(8, 3)
        tokens = self.encoder.forward_features(images.masked_fill(grey, 0.0))
        patches = images.unfold(2, 8, 8).unfold(3, 8, 8).permute(0, 2, 3, 1, 4, 5).reshape(-1, 16, 3 * 8 * 8)
        return nn.functional.mse_loss(self.decoder(tokens[:, 1:])[masked], patches[masked])


torch.manual_seed(0)
model = MaskedAutoencoder()
optimizer = paramrules_torch.build(
    model, RULES, torch.optim.AdamW, lr=LR, weight_decay=DECAY, betas=(0.9, 0.95)
)

# timm looks at a model's own names only, and this ViT stands inside of another module
named = [f"encoder.{name}" for name in model.encoder.no_weight_decay()]
by_timm = param_groups_weight_decay(model, DECAY, no_weight_decay_list=named)
for ours, theirs in zip(optimizer.param_groups, by_timm, strict=True):
    assert set(map(id, ours["params"])) == set(map(id, theirs["params"]))
    assert ours["weight_decay"] == theirs["weight_decay"]
    print(
        f"{ours['label']:8} {len(ours['params'])} tensors, weight_decay={ours['weight_decay']:g}, as in timm"
    )

waves = torch.sin(torch.linspace(0, 12, 32))
heights, widths = torch.rand(2, 64, 3, 1, 1) + 0.5
images = heights * waves.view(1, 1, 32, 1) + widths * waves.view(1, 1, 1, 32)  # what is masked can be told
losses = []
for _ in range(60):
    loss = model(images, torch.rand(64, 16) < 0.5)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
assert losses[-1] < losses[0] / 2
print("the loss has halved")
