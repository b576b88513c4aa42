"""Models as rows, and the groups that loops of this field make of them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from support import golden_rows, inventory_of

from paramrules.inference import Grouping, Inferred, infer

GOLDEN = Path(__file__).parents[1] / "golden"

LINEAR = "torch.nn.modules.linear.Linear"
NORM = "torch.nn.modules.normalization.LayerNorm"
CONV = "torch.nn.modules.conv.Conv2d"
EMBEDDING = "torch.nn.modules.sparse.Embedding"

Settings = Mapping[str, Any] | None
Loop = Callable[[Mapping[str, Any]], Settings]


def weight(name: str, fan_out: int, fan_in: int, owner: str = LINEAR, **more: Any) -> dict[str, Any]:
    shape = [fan_out, fan_in, 4, 4] if owner == CONV else [fan_out, fan_in]
    return {"name": name, "owner": owner, "shape": shape, "fan_in": fan_in, "fan_out": fan_out, **more}


def vector(name: str, size: int, owner: str = LINEAR, role: str = "bias", **more: Any) -> dict[str, Any]:
    return {"name": name, "owner": owner, "shape": [size], "role": role, **more}


def linear(name: str, fan_out: int, fan_in: int, owner: str = LINEAR) -> list[dict[str, Any]]:
    return [weight(f"{name}.weight", fan_out, fan_in, owner), vector(f"{name}.bias", fan_out, owner)]


def norm(name: str, size: int) -> list[dict[str, Any]]:
    return [vector(f"{name}.weight", size, NORM, "scale"), vector(f"{name}.bias", size, NORM)]


def block(name: str, width: int) -> list[dict[str, Any]]:
    return [
        *norm(f"{name}.norm1", width),
        *linear(f"{name}.attn.qkv", 3 * width, width),
        *linear(f"{name}.attn.proj", width, width),
        *norm(f"{name}.norm2", width),
        *linear(f"{name}.mlp.fc1", 4 * width, width),
        *linear(f"{name}.mlp.fc2", width, 4 * width),
    ]


def vit(depth: int = 4, width: int = 8) -> list[dict[str, Any]]:
    """A vision transformer with timm's names."""
    free = {"no_weight_decay": True}
    own = {"owner": "timm.VisionTransformer", "role": "other", "attributes": free}
    return [
        {"name": "cls_token", "shape": [1, 1, width], **own},
        {"name": "pos_embed", "shape": [1, 17, width], **own},
        *linear("patch_embed.proj", width, 3, CONV),
        *(row for i in range(depth) for row in block(f"blocks.{i}", width)),
        *norm("norm", width),
        *linear("head", 10, width),
    ]


def gpt(depth: int = 3, width: int = 8) -> list[dict[str, Any]]:
    """A GPT whose head is tied to its embedding."""
    embedding = weight("wte.weight", 50, width, EMBEDDING, role="embedding")
    head = {"name": "lm_head.weight", "owner": LINEAR}
    return [
        {**embedding, "also": [head]},
        weight("wpe.weight", 20, width, EMBEDDING, role="embedding"),
        *(row for i in range(depth) for row in block(f"h.{i}", width)),
        *norm("ln_f", width),
    ]


def staged(depths: Sequence[int] = (1, 1, 3, 1), width: int = 8) -> list[dict[str, Any]]:
    """A hierarchical model with ConvNeXt's names, of two levels of numbers."""

    def rows() -> Iterator[dict[str, Any]]:
        yield from linear("stem.0", width, 3, CONV)
        yield from norm("stem.1", width)
        for stage, depth in enumerate(depths):
            if stage:
                yield from linear(f"stages.{stage}.downsample.1", width, width, CONV)
            for at in range(depth):
                yield from norm(f"stages.{stage}.blocks.{at}.norm", width)
                yield from linear(f"stages.{stage}.blocks.{at}.mlp.fc1", width, width)
        yield from linear("head.fc", 10, width)

    return list(rows())


def grouping(rows: Sequence[Mapping[str, Any]], loop: Loop, model: str = "model") -> Grouping:
    """Return what a loop over parameters makes of a model."""
    return Grouping(model, inventory_of(list(rows)), tuple(map(loop, rows)))


def inferred(rows: Sequence[Mapping[str, Any]], loop: Loop, *others: Sequence[Mapping[str, Any]]) -> Inferred:
    """Infer a file from one model, and check it on others."""
    checks = [grouping(other, loop, f"other {number}") for number, other in enumerate(others)]
    return infer([grouping(rows, loop)], checks=checks)


def plain(text: str) -> str:
    """Return the text of a file without its comments and blank lines."""
    lines = (line.split("  #")[0] for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#"))


def golden() -> Iterator[tuple[str, Grouping]]:
    """Yield the groups that libraries made of recorded models."""
    for path in sorted(GOLDEN.glob("*.json")):
        data = json.loads(path.read_text("utf-8"))
        inventory = inventory_of(golden_rows(data))
        for policy, groups in data["groups"].items():
            of = {
                name: {key: value for key, value in group.items() if key != "params"}
                for group in groups
                for name in group["params"]
            }
            rows = [
                next((of[name] for name in inventory.parameter(number).names if name in of), None)
                for number in range(len(inventory))
            ]
            yield f"{path.stem} {policy}", Grouping(path.stem, inventory, tuple(rows))
