"""Param groups of a large model, against listing its parameters: `python benchmarks/bench_torch.py`.

The model is a mixture of experts of 45,000 tensors on the meta device, the yardstick is
`list(model.named_parameters())`.

Needs the package installed (`pip install -e ".[torch]"`), not only on the path: its backends are found
by their entry points.
"""

from collections.abc import Iterator

from measuring import Row, compared, growth, needed, show

with needed():
    import torch
    from paramrules_torch import param_groups
    from torch import nn

    from paramrules import inventory
    from paramrules.rules import Rules, parse

LAYERS = 60
LISTED = "`list(model.named_parameters())`"
"""The name of the yardstick."""

CARD = parse(
    "no_decay: type(LayerNorm|Embedding) or name~bias|mem_k|mem_v or ndim<=1 -> weight_decay = 0\n"
    "decay: else\n",
    "card.rules",
)

THREE_AXES = """
option rate = 0.9
let block = name ~ ^blocks\\.(?<i>\\d+)\\.
let expert = name ~ \\.experts\\.(?<e>\\d+)\\.
let depth = count(block)

[decay]
embeddings: type(Embedding) -> weight_decay = 0
gains: type(LayerNorm) and leaf == "weight" -> weight_decay = 0
biases: leaf == "bias" -> weight_decay = 0
vectors?: ndim <= 1 -> weight_decay = 0
tokens?: name ~ cls_token|pos_embed|mem_k|mem_v -> weight_decay = 0
marked?: attr(no_weight_decay) -> weight_decay = 0
tables?: role == embedding -> weight_decay = 0
router: name ~ \\.gate\\. -> weight_decay_scale = 0.1
attention: within(Attention) -> weight_decay_scale = 0.5
decay: else

[lr]
stem: name ~ ^embed\\. -> lr_scale = rate ** (depth + 1)
first: name ~ ^blocks\\.0\\.(ln_1|attn) -> lr_scale = rate ** depth
router_{i}: name ~ ^blocks\\.(?<i>\\d+)\\.mlp\\.gate -> lr_scale = 0.1 * rate ** (depth - i)
norm_{i}: block and type(LayerNorm) -> lr_scale = rate ** (depth - i)
query_{i}: name ~ ^blocks\\.(?<i>\\d+)\\.attn\\.q_proj -> lr_scale = rate ** (depth - i)
key_{i}: name ~ ^blocks\\.(?<i>\\d+)\\.attn\\.k_proj -> lr_scale = rate ** (depth - i)
block_{i+1}: block -> lr_scale = rate ** (depth - i)
last_norm: name ~ ^norm\\. -> lr_scale = 1
head: leaf == "weight" and name ~ ^head -> lr_scale = 1
rest?: else

[kind]
up: name ~ \\.w1\\. and within(Expert) -> betas = (0.9, 0.95)
down: name ~ \\.w2\\. and within(Expert) -> betas = (0.9, 0.98)
early: expert and e < 8 -> eps = 1e-9
gate: expert -> eps = 1e-8
values: name ~ v_proj -> eps = 1e-7
outputs: name like *.o_proj.weight -> eps = 1e-7
wide?: size > 100_000 -> eps = 1e-6
square: shape == (64, 64) -> eps = 1e-6
table: shape[0] == 1000 -> eps = 1e-5
other: else
"""

EXPERTS = """
l{i}_e{e}: name ~ ^blocks\\.(?<i>\\d+)\\.mlp\\.experts\\.(?<e>\\d+)\\. -> lr_scale = 0.9 ** (60 - i)
layer_{i}: name ~ ^blocks\\.(?<i>\\d+)\\. -> lr_scale = 0.9 ** (60 - i)
rest: else
"""


class Expert(nn.Module):
    """Three matrices."""

    def __init__(self) -> None:
        super().__init__()
        self.w1 = nn.Linear(64, 64, bias=False)
        self.w2 = nn.Linear(64, 64, bias=False)
        self.w3 = nn.Linear(64, 64, bias=False)


class Mixture(nn.Module):
    """Experts and their router."""

    def __init__(self, experts: int) -> None:
        super().__init__()
        self.gate = nn.Linear(64, experts, bias=False)
        self.experts = nn.ModuleList(Expert() for _ in range(experts))


class Attention(nn.Module):
    """Four projections."""

    def __init__(self) -> None:
        super().__init__()
        self.q_proj, self.k_proj = nn.Linear(64, 64), nn.Linear(64, 64)
        self.v_proj, self.o_proj = nn.Linear(64, 64), nn.Linear(64, 64)


class Block(nn.Module):
    """A layer of the transformer."""

    def __init__(self, experts: int) -> None:
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(64), Attention()
        self.ln_2, self.mlp = nn.LayerNorm(64), Mixture(experts)


class Model(nn.Module):
    """A mixture of experts, `13 + 3 * experts` tensors a layer."""

    def __init__(self, layers: int, experts: int = 247) -> None:
        super().__init__()
        self.embed = nn.Embedding(1000, 64)
        self.blocks = nn.ModuleList(Block(experts) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(64), nn.Linear(64, 1000, bias=False)


def by_layer(rules: int) -> Rules:
    """So many rules, each of which takes a third of a layer or nothing."""
    text = "".join(
        f"part_{number}?: name ~ ^blocks\\.{number // 2}\\.mlp\\.experts\\.{number % 2 + 1}\n"
        for number in range(rules)
    )
    return parse(text + "rest: else\n", "layers.rules")


def rows() -> Iterator[Row]:
    """Measure the model of 45,244 tensors, and how times grow with tensors and with rules."""
    with torch.device("meta"):
        model, small = Model(LAYERS), Model(LAYERS // 10)
    axes, experts = parse(THREE_AXES, "axes.rules"), parse(EXPERTS, "experts.rules")
    few, many = by_layer(10), by_layer(100)
    card, three = "`param_groups`, 2 rules, 2 groups", "`param_groups`, 30 rules, 902 groups"
    each = "`param_groups`, 3 rules, 14,881 groups"

    yield from compared(
        {
            LISTED: lambda: list(model.named_parameters()),
            "`inventory`": lambda: inventory(model),
            card: lambda: param_groups(model, CARD, weight_decay=0.1),
            three: lambda: param_groups(model, axes, lr=1.0, weight_decay=0.1),
            each: lambda: param_groups(model, experts, lr=1.0),
        },
        {card: 0.7, three: 1.6, each: 1.8},
    )
    more, less = "10 times the tensors, 45,244", "the time for 4,528"
    yield growth(
        (less, lambda: list(small.named_parameters())),
        (f"{more}: {LISTED}", lambda: list(model.named_parameters())),
        None,
    )
    yield growth(
        (less, lambda: param_groups(small, CARD, weight_decay=0.1)),
        (f"{more}: `param_groups`, 2 rules", lambda: param_groups(model, CARD, weight_decay=0.1)),
        10.5,
    )
    yield growth(
        (less, lambda: param_groups(small, axes, lr=1.0, weight_decay=0.1)),
        (f"{more}: `param_groups`, 30 rules", lambda: param_groups(model, axes, lr=1.0, weight_decay=0.1)),
        10.5,
    )
    yield growth(
        ("the time for 11", lambda: param_groups(model, few)),
        ("10 times the rules, 101: `param_groups`", lambda: param_groups(model, many)),
        2.5,
    )


if __name__ == "__main__":
    show(rows())
