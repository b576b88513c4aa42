"""The parts of names: their words in one spelling, and the ranks of what is numbered.

`attn` and `attention` are one word, and `h.0`, `h_0` and `h0` one name. Numbers are compared by their rank
among their siblings, because one framework counts from 0 where another counts from 1 or leaves out the first
number (`linear`, `linear_1`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

Stem = tuple[str, bool]
"""A component without its number, and True if it has siblings that differ from it only by the number."""

Stems = tuple[Stem, ...]

_DIGITS: Final = 18
"""The most digits of a number; mapping files have the same limit."""

_UNCOUNTED: Final = -1
"""The number of `linear` beside `linear_1`."""

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


class ParsedName(NamedTuple):
    """A name as its stems and the ranks, from 0, of what is numbered in it."""

    stems: Stems
    ranks: tuple[int, ...]


def parse_names(names: Iterable[str]) -> list[ParsedName]:
    """Parse all names of a model.

    >>> parse_names(["h.0.norm.weight", "h.1.norm.weight"])[1]
    ParsedName(stems=(('h', True), ('norm', False), ('weight', False)), ranks=(1,))
    """
    root = _Node(None, "", "", _UNCOUNTED)
    root.is_used = True
    nodes: dict[str, _Node] = {}
    ends = [_node(name, nodes, root) for name in names]
    for end in ends:
        node = end
        while not node.is_used:
            node.is_used = True
            node = node.before or root
    used = [node for node in nodes.values() if node.is_used]
    ranks = _ranks(used)
    interned: dict[Stems, Stems] = {}
    for node in used:  # each after the one before it
        before = node.before or root
        known = ranks.get((node.prefix, node.stem))
        stems = (*before.stems, (node.stem, known is not None))
        node.stems = interned.setdefault(stems, stems)
        node.ranks = before.ranks if known is None else (*before.ranks, known[node.number])
    return [ParsedName(end.stems, end.ranks) for end in ends]


class _Node:
    """A component, shared by all names that start so; a bare number belongs to the one before."""

    __slots__ = ("before", "is_used", "number", "prefix", "ranks", "stem", "stems")

    def __init__(self, before: "_Node | None", prefix: str, stem: str, number: int) -> None:
        self.before = before
        self.prefix = prefix
        self.stem = stem
        self.number = number
        self.is_used = False
        self.stems: Stems = ()
        self.ranks: tuple[int, ...] = ()


def _node(name: str, nodes: dict[str, _Node], root: _Node) -> _Node:
    """Return the last component of a name, and add its components to `nodes`, by the name up to them."""
    new = []
    path, dot = name, "."
    while dot and path not in nodes:
        new.append(path)
        path, dot, _ = path.rpartition(".")
    node = nodes[path] if dot else root
    for at in reversed(new):
        stem, number = _numbered(at[len(path) + 1 :] if dot else at)
        if not stem and node is not root and node.number == _UNCOUNTED:
            node = _Node(node.before, node.prefix, node.stem, number)
        else:
            node = _Node(node, f".{path}" if dot else "", stem, number)
        nodes[at] = node
        path, dot = at, "."
    return node


def _ranks(nodes: Iterable[_Node]) -> dict[tuple[str, str], dict[int, int]]:
    """Return the ranks of the numbers behind stems that have several, by what stands before and the stem."""
    numbers: dict[tuple[str, str], set[int]] = defaultdict(set)
    uncounted = []
    for node in nodes:
        if node.number == _UNCOUNTED:
            uncounted.append(node)
        else:
            numbers[node.prefix, node.stem].add(node.number)
    for node in uncounted:
        if beside := numbers.get((node.prefix, node.stem)):
            beside.add(_UNCOUNTED)
    return {
        key: {number: rank for rank, number in enumerate(sorted(found))}
        for key, found in numbers.items()
        if len(found) > 1
    }


def depth(module: str) -> int:
    """Return the number of stems of a module's name.

    >>> depth("text_model.layers.3"), depth("")
    (2, 0)
    """
    return len(parse_names([module])[0].stems) if module else 0


@cache
def _numbered(component: str) -> tuple[str, int]:
    stem = component.rstrip("0123456789")
    digits = component[len(stem) :]
    if not 0 < len(digits) <= _DIGITS:
        return component, _UNCOUNTED
    return stem.removesuffix("_"), int(digits)


@cache
def words_of(stems: Stems) -> tuple[str, ...]:
    """Return the words of a name in the vocabulary that all models share, the leaf's last."""
    return tuple(word for stem, _ in stems for word in canonical(stem))
