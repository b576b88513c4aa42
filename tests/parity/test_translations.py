"""A drawn transformer under the names, layouts and orders of other libraries: no pair is wrong."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples, inventory_of

import paramrules

RULES = paramrules.parse("all: else")


class Naming(NamedTuple):
    """The names of one library: of towers, blocks, the parts of blocks, and leaves."""

    towers: tuple[str, str]
    block: str
    parts: Mapping[str, str]
    leaves: tuple[str, str, str]  # of matrices, of gains, of tables
    flax: bool
    own_norm: str


TORCH = Naming(
    ("vision_model", "text_model"),
    "encoder.layers.{i}",
    {
        "query": "self_attn.q_proj",
        "key": "self_attn.k_proj",
        "value": "self_attn.v_proj",
        "out": "self_attn.out_proj",
        "qkv": "self_attn.in_proj",
        "norm1": "layer_norm1",
        "norm2": "layer_norm2",
        "up": "mlp.fc1",
        "down": "mlp.fc2",
        "final": "post_layernorm",
        "patches": "embeddings.patch_embedding",
        "words": "embeddings.token_embedding",
        "positions": "embeddings.position_embedding",
    },
    ("weight", "weight", "weight"),
    False,
    "lab.norms.OwnLayerNorm",
)
LINEN = Naming(
    ("img", "txt"),
    "Transformer.encoderblock_{i}",
    {
        "query": "MultiHeadDotProductAttention_0.query",
        "key": "MultiHeadDotProductAttention_0.key",
        "value": "MultiHeadDotProductAttention_0.value",
        "out": "MultiHeadDotProductAttention_0.out",
        "qkv": "MultiHeadDotProductAttention_0.qkv",
        "norm1": "LayerNorm_0",
        "norm2": "LayerNorm_1",
        "up": "MlpBlock_0.Dense_0",
        "down": "MlpBlock_0.Dense_1",
        "final": "Transformer.encoder_norm",
        "patches": "embedding",
        "words": "Embed_0",
        "positions": "pos_embedding",
    },
    ("kernel", "scale", "embedding"),
    True,
    "lab.flax_norms.Scaled",
)
META = Naming(
    ("visual", "language"),
    "blocks.{i}",
    {
        "query": "attention.wq",
        "key": "attention.wk",
        "value": "attention.wv",
        "out": "attention.wo",
        "qkv": "attention.qkv",
        "norm1": "attention_norm",
        "norm2": "ffn_norm",
        "up": "feed_forward.w1",
        "down": "feed_forward.w2",
        "final": "norm",
        "patches": "patch_embed.proj",
        "words": "tok_embeddings",
        "positions": "pos_embed",
    },
    ("weight", "weight", "weight"),
    False,
    "lab.rms.OwnRMSNorm",
)
NAMINGS = (TORCH, LINEN, META)


class Model(NamedTuple):
    """Two towers of some blocks each, with queries, keys and values apart or as one."""

    blocks: tuple[int, int]
    width: int
    biases: bool


class Way(NamedTuple):
    """One library's way to name the model's parameters."""

    naming: Naming
    fused: bool
    own_norms: bool
    order: str


MODELS = st.builds(
    Model, st.tuples(st.integers(1, 3), st.integers(1, 3)), st.sampled_from([4, 6]), st.booleans()
)
WAYS = st.builds(
    Way,
    st.sampled_from(NAMINGS),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["as written", "sorted", "shuffled"]),
)

Parameter = tuple[str, int | None, str, str]
"""The parameter's place: tower, block, part, leaf."""


def parameters(model: Model, way: Way) -> Iterator[tuple[frozenset[Parameter], dict[str, Any]]]:
    for tower, (place, count) in enumerate(zip(way.naming.towers, model.blocks, strict=True)):
        kind = "img" if tower == 0 else "txt"
        width = model.width
        table = way.naming.leaves[2]
        if tower == 0:
            yield from layer(model, way, kind, None, place, "patches", (48, width))
        else:
            name = f"{place}.{way.naming.parts['words']}.{table}"
            yield frozenset([(kind, None, "words", "table")]), {"name": name, "shape": (31, width)}
        name = f"{place}.{way.naming.parts['positions']}"
        name += f".{table}" if not way.naming.flax else ""
        yield frozenset([(kind, None, "positions", "table")]), {"name": name, "shape": (9 + tower, width)}
        for i in range(count):
            at = f"{place}.{way.naming.block.format(i=i)}"
            yield from norm(model, way, kind, i, at, "norm1")
            if way.fused:
                yield from layer(model, way, kind, i, at, "qkv", (width, 3 * width))
            else:
                for part in ("query", "key", "value"):
                    yield from layer(model, way, kind, i, at, part, (width, width))
            yield from layer(model, way, kind, i, at, "out", (width, width))
            yield from norm(model, way, kind, i, at, "norm2")
            yield from layer(model, way, kind, i, at, "up", (width, 4 * width))
            yield from layer(model, way, kind, i, at, "down", (4 * width, width))
        yield from norm(model, way, kind, None, place, "final")


def meant(kind: str, i: int | None, part: str, leaf: str) -> frozenset[Parameter]:
    parts = ("query", "key", "value") if part == "qkv" else (part,)
    return frozenset((kind, i, each, leaf) for each in parts)


def layer(
    model: Model, way: Way, kind: str, i: int | None, at: str, part: str, shape: tuple[int, int]
) -> Iterator[tuple[frozenset[Parameter], dict[str, Any]]]:
    owner = "flax.linen.linear.Dense" if way.naming.flax else "torch.nn.modules.linear.Linear"
    name = f"{at}.{way.naming.parts[part]}"
    row: dict[str, Any] = {"name": f"{name}.{way.naming.leaves[0]}", "owner": owner}
    row |= {"shape": shape if way.naming.flax else shape[::-1], "fan_in": shape[0], "fan_out": shape[1]}
    yield meant(kind, i, part, "matrix"), row
    if model.biases:
        bias = {"name": f"{name}.bias", "owner": owner, "shape": shape[1:], "role": "bias"}
        yield meant(kind, i, part, "bias"), bias


def norm(
    model: Model, way: Way, kind: str, i: int | None, at: str, part: str
) -> Iterator[tuple[frozenset[Parameter], dict[str, Any]]]:
    known = "flax.linen.normalization.LayerNorm" if way.naming.flax else "torch.nn.LayerNorm"
    owner = way.naming.own_norm if way.own_norms else known
    name = f"{at}.{way.naming.parts[part]}"
    yield (
        meant(kind, i, part, "gain"),
        {"name": f"{name}.{way.naming.leaves[1]}", "owner": owner, "shape": (model.width,), "role": "scale"},
    )
    if model.biases:
        bias = {"name": f"{name}.bias", "owner": owner, "shape": (model.width,), "role": "bias"}
        yield meant(kind, i, part, "bias"), bias


def written(model: Model, way: Way, random: Any) -> dict[str, frozenset[Parameter]]:
    rows = list(parameters(model, way))
    if way.order == "sorted":
        rows.sort(key=lambda row: row[1]["name"].split("."))
    if way.order == "shuffled":
        random.shuffle(rows)
    return {row["name"]: what for what, row in rows}, inventory_of([row for _, row in rows])


@settings(max_examples=examples(50), deadline=None)
@given(MODELS, WAYS, WAYS, st.randoms(use_true_random=False))
def test_no_pair_is_wrong_and_nearly_all_are_found(
    model: Model, first: Way, second: Way, random: Any
) -> None:
    (of_a, a), (of_b, b) = written(model, first, random), written(model, second, random)
    found = paramrules.parity(RULES, a, b)
    for pair in found.pairs:
        left = frozenset().union(*(of_a[name] for name in pair.a))
        right = frozenset().union(*(of_b[name] for name in pair.b))
        assert left == right, pair
    if "shuffled" not in (first.order, second.order):
        assert sum(map(len, found.unpaired)) <= 0.05 * (len(a) + len(b)), found.mapping()
