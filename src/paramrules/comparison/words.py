"""The words that names are made of, in one spelling: `attn` and `attention` are one."""

import re
from functools import cache
from typing import Final

LEAVES: Final = {
    **dict.fromkeys(("weight", "kernel", "w", "scale", "gamma", "g", "gain"), "weight"),
    **dict.fromkeys(("embedding", "embeddings"), "weight"),
    **dict.fromkeys(("bias", "b", "offset", "beta"), "bias"),
}
"""What a leaf is called that is all there is to say of it."""

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
    "ffn": "mlp",
    "feedforward": "mlp",
    "convolution": "conv",
    "shortcut": "downsample",
    "classifier": "head",
    "cls": "class",
    "f": "final",
    "last": "final",
}
_PAIRS: Final = {("layer", "norm"): "norm", ("batch", "norm"): "norm", ("rms", "norm"): "norm"}
_PAIRS.update({("group", "norm"): "norm", ("feed", "forward"): "mlp", ("enc", "dec"): "cross"})
_PAIRS.update({("encoder", "decoder"): "cross"})
_SILENT: Final = frozenset({"", "~", "c", "module", "model"})
_PIECES: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|~")


@cache
def canonical(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case and in one spelling.

    >>> canonical("EncDecAttention"), canonical("ln_f"), canonical("q_proj")
    (('cross', 'attention'), ('norm', 'final'), ('query', 'proj'))
    """
    pieces = [piece.lower() for piece in _PIECES.findall(text)]
    words: list[str] = []
    while pieces:
        pair = _PAIRS.get(tuple(pieces[:2]))
        words += [pair] if pair else _SYNONYMS.get(pieces[0], pieces[0]).split()
        del pieces[: 2 if pair else 1]
    found = tuple(word for word in words if word not in _SILENT)
    return ("out",) if found == ("proj",) else found
