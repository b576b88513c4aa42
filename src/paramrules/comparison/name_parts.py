"""The parts of names: their words in one spelling, and the ranks of what is numbered.

`attn` and `attention` are one word, and `h.0`, `h_0` and `h0` one name. Numbers are compared by their rank
among their siblings, because one framework counts from 0 where another counts from 1 or leaves out the first
number (`linear`, `linear_1`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import compress, repeat
from typing import Final, NamedTuple

Stem = tuple[str, bool]
"""A component without its number, and True if it has siblings that differ from it only by the number."""

Stems = tuple[Stem, ...]

_DIGITS: Final = 18
"""The most digits of a number; mapping files have the same limit."""

_NUMBERS: Final = re.compile(rf"(?<![0-9])([0-9]{{1,{_DIGITS}}})(?=\.|\Z)")
"""The numbers at the ends of components."""

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
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    rows: list[_Row] = []
    for at, name in enumerate(names):
        parts = _NUMBERS.split(name)
        alike[tuple(parts[::2])].append(at)
        rows.append(tuple(parts[1::2]))
    series = [(_components(texts), [rows[at] for at in places]) for texts, places in alike.items()]
    ranks = _ranks(series)
    interned: dict[Stems, Stems] = {}
    found: dict[int, ParsedName] = {}
    for (components, some), places in zip(series, alike.values(), strict=True):
        found.update(zip(places, _parsed(components, some, ranks, interned), strict=True))
    return [found[at] for at in range(len(rows))]


class _Component(NamedTuple):
    """A component of names that differ only by numbers; a bare number belongs to the one before.

    Attributes:
        prefix: what stands before it, with a zero for each number.
        stem: it without its number.
        before: the numbers that stand before it.
        is_counted: True if it has a number.
    """

    prefix: str
    stem: str
    before: int
    is_counted: bool


_Row = tuple[str, ...]
"""The numbers in a name, as digits."""

_Ranks = dict[tuple[str, str], dict[_Row, dict[int, int]]]
"""Ranks of the numbers behind a stem that has several, by its prefix and itself, and the numbers before."""


def _components(texts: tuple[str, ...]) -> list[_Component]:
    """Return the components of names, given the texts around their numbers."""
    found: list[_Component] = []
    prefix, numbers = "", 0
    for component in "0".join(texts).split("."):
        stem, number = _numbered(component)
        is_counted = number != _UNCOUNTED
        if not stem and found and not found[-1].is_counted:
            found[-1] = found[-1]._replace(is_counted=is_counted)
        else:
            found.append(_Component(prefix, stem, numbers, is_counted))
        numbers += is_counted
        prefix = f"{prefix}.{component}"
    return found


def _ranks(series: Iterable[tuple[Sequence[_Component], Iterable[_Row]]]) -> _Ranks:
    """Return the ranks of all numbers that have siblings."""
    numbers: dict[tuple[str, str], dict[_Row, set[int]]] = defaultdict(lambda: defaultdict(set))
    uncounted = []
    for components, whole in series:
        rows = set(whole)
        for component in reversed(components):  # none has more numbers before it than the next
            if component.is_counted:
                rows = _shortened(rows, component.before + 1)
                found = numbers[component.prefix, component.stem]
                for row in rows:
                    found[row[:-1]].add(int(row[-1]))
            else:
                rows = _shortened(rows, component.before)
                uncounted.append((component, rows))
    for component, rows in uncounted:
        beside = numbers.get((component.prefix, component.stem), {})
        for row in rows & beside.keys():
            beside[row].add(_UNCOUNTED)
    return {
        key: {
            before: {number: rank for rank, number in enumerate(sorted(several))}
            for before, several in found.items()
            if len(several) > 1
        }
        for key, found in numbers.items()
    }


def _shortened(rows: set[_Row], length: int) -> set[_Row]:
    return rows if len(next(iter(rows))) == length else {row[:length] for row in rows}


def _parsed(
    components: Sequence[_Component], rows: Sequence[_Row], ranks: _Ranks, interned: dict[Stems, Stems]
) -> Iterator[ParsedName]:
    """Yield names, given their components and the numbers in each."""
    stems = [component.stem for component in components]
    known = [ranks.get((component.prefix, component.stem), {}) for component in components]
    numbered = [at for at, each in enumerate(known) if each]
    columns = [_column(components[at], rows, known[at]) for at in numbered]
    made: dict[tuple[bool, ...], Stems] = {}
    for found in zip(*columns, strict=True) if columns else repeat((), len(rows)):
        is_ranked = tuple([rank is not None for rank in found])
        if is_ranked not in made:
            with_siblings = set(compress(numbered, is_ranked))
            own = tuple((stem, at in with_siblings) for at, stem in enumerate(stems))
            made[is_ranked] = interned.setdefault(own, own)
        yield ParsedName(made[is_ranked], tuple([rank for rank in found if rank is not None]))


def _column(
    component: _Component, rows: Iterable[_Row], known: Mapping[_Row, Mapping[int, int]]
) -> Iterator[int | None]:
    """Yield for each name the rank of what is numbered by a component, None where nothing is."""
    at = component.before
    for row in rows:
        siblings = known.get(row[:at])
        number = int(row[at]) if component.is_counted else _UNCOUNTED
        yield siblings[number] if siblings else None


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
