"""The words of names in one spelling: `attn` and `attention` are one word."""

import re
from functools import cache
from typing import Final

from paramrules.comparison.parsed_names import Stems

LEAVES: Final = {
    **dict.fromkeys(("weight", "kernel", "w", "scale", "gamma", "g", "gain"), "weight"),
    **dict.fromkeys(("embedding", "embeddings"), "weight"),
    **dict.fromkeys(("bias", "b", "offset", "beta"), "bias"),
}
"""Leaves that say no more than weight or bias, by what they are."""

_SYNONYMS: Final = {
    "attn": "attention",
    "mha": "attention",
    "selfattention": "self attention",
    "sa": "self attention",
    "crossattention": "cross attention",
    "encdec": "cross",
    "ln": "norm",
    "bn": "norm",
    "gn": "norm",
    "layernorm": "norm",
    "rmsnorm": "norm",
    "batchnorm": "norm",
    "groupnorm": "norm",
    "normalization": "norm",
    "emb": "embedding",
    "embed": "embedding",
    "embeds": "embedding",
    "embedder": "embedding",
    "embeddings": "embedding",
    "wte": "token embedding",
    "wpe": "position embedding",
    "tok": "token",
    "tokens": "token",
    "word": "token",
    "words": "token",
    "pos": "position",
    "positions": "position",
    "positional": "position",
    "segment": "type",
    "q": "query",
    "wq": "query",
    "k": "key",
    "wk": "key",
    "v": "value",
    "wv": "value",
    "o": "out",
    "wo": "out",
    "output": "out",
    "fc": "linear",
    "lin": "linear",
    "dense": "linear",
    "enc": "encoder",
    "dec": "decoder",
    "h": "block",
    "blk": "block",
    "blocks": "block",
    "layer": "block",
    "layers": "block",
    "encoderblock": "block",
    "decoderblock": "block",
    "ff": "mlp",
    "ffw": "mlp",
    "ffn": "mlp",
    "feedforward": "mlp",
    "moe": "mlp",
    "convolution": "conv",
    "shortcut": "downsample",
    "classifier": "head",
    "cls": "class",
    "img": "vision",
    "image": "vision",
    "visual": "vision",
    "txt": "text",
    "f": "final",
    "last": "final",
}
_PAIRS: Final = {("layer", "norm"): "norm", ("batch", "norm"): "norm", ("rms", "norm"): "norm"}
_PAIRS.update({("group", "norm"): "norm", ("feed", "forward"): "mlp", ("enc", "dec"): "cross"})
_PAIRS.update({("encoder", "decoder"): "cross", ("encoder", "attn"): "cross attention"})
_APART: Final = (
    frozenset(("query", "key", "value")),
    frozenset(("pre", "post")),
    frozenset(("before", "after")),
    frozenset(("self", "cross")),
    frozenset(("encoder", "decoder")),
    frozenset(("gate", "up", "down")),
    frozenset(("token", "position", "type")),
    frozenset(("vision", "text")),
)
"""Words that tell siblings apart, so that a name with one is not a name with another."""

_SILENT: Final = frozenset({"", "~", "c", "module", "model"})
_PIECES: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|~")


@cache
def canonical(text: str) -> tuple[str, ...]:
    """Return the words of a text, in lower case and in one spelling.

    >>> canonical("EncDecAttention"), canonical("ln_f"), canonical("q_proj")
    (('cross', 'attention'), ('norm', 'final'), ('query', 'proj'))
    """
    pieces = [piece.lower() for piece in _PIECES.findall(text)]
    words: list[str] = []
    while pieces:
        pair = _PAIRS.get(tuple(pieces[:2]))
        words += pair.split() if pair else _SYNONYMS.get(pieces[0], pieces[0]).split()
        del pieces[: 2 if pair else 1]
    found = tuple(word for word in words if word not in _SILENT)
    return ("out",) if found == ("proj",) else found


@cache
def words_of(stems: Stems) -> tuple[str, ...]:
    """Return the words of a name in the vocabulary that all models share, the leaf's last."""
    return tuple(word for stem, _ in stems for word in canonical(stem))


def contradict(a: frozenset[str], b: frozenset[str]) -> bool:
    """Return whether two names have different words where such words tell siblings apart.

    >>> contradict(frozenset(("query", "proj")), frozenset(("key",)))
    True
    """
    return any(a & words and b & words and not a & b & words for words in _APART)


_CROSS: Final = 10
_MLP: Final = 20
"""The places of norms around cross attention and the MLP; those around self attention start at 0."""


def norm_place(component: str) -> int | None:
    """Return where a norm stands in its block; only the order of places means something.

    `input_layernorm` and `layernorm_before` come first. `post_attention_layernorm` comes before
    `pre_feedforward_layernorm` where a block has both, and is its counterpart where it has two norms.

    >>> norm_place("input_layernorm"), norm_place("ffn_norm"), norm_place("norm1")
    (0, 24, None)
    """
    words = set(canonical(component))
    if "norm" not in words:
        return None
    if words & {"input", "before"}:
        return 0
    if words & {"final", "out"}:
        return _MLP + 9
    part = _MLP if "mlp" in words else _CROSS if "cross" in words else 0 if "attention" in words else None
    if part is None:
        return _MLP if "after" in words else None
    return part + (0 if "pre" in words else 8 if "post" in words or "after" in words else 4)
