"""From a model to a rule file that passes `strict` on it."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

from paramrules.assignment.assign import examine
from paramrules.diagnostics import RulesError
from paramrules.drafting.numbered_blocks import Series, is_plain, prefixes, series_in, words_of
from paramrules.formatting import format_rules
from paramrules.inventories import Inventory
from paramrules.inventory_of_model import inventory
from paramrules.rules.load import parse

_NORMS: Final = ("LayerNorm", "RMSNorm", "ScaleNorm", "GroupNorm", "BatchNorm", "InstanceNorm", "*Norm")
_STEM: Final = re.compile(
    r"embed|stem|patch|token|(?:^|[._])(?:pos(?!t)|wte|wpe|conv\d|bn\d|shared|input(?!_?(?:layer)?norm))",
    re.IGNORECASE,
)
_HEAD: Final = re.compile(
    r"head(?:[._]|$)|(?:^|[._])(?:classifier|score|logits|cls)(?:[._]|$)|^(?:model\.)?(?:output|out|fc)(?:[._]|$)",
    re.IGNORECASE,
)
_TOKEN: Final = re.compile(r"(?:token|emb|embed|embedding|encoding|pos|position)s?$")
"""The end of the names of arrays that are learned inputs, such as `cls_token` and `pos_embed`."""

_CAPTURES: Final = "ijklmn"
"""The captures of the numbers of blocks, one for each series of a draft."""

_MOST: Final = 12
"""The most places that a regex of the draft lists."""


def draft(model: object) -> str:
    """Return a rule file to start from: a model's norms, embeddings, blocks and head, with decay and rates.

    It passes `strict` on the model as it stands. All rates are equal until `rate` is changed.

    Args:
        model: a model that an installed backend recognises, or an `Inventory`.

    >>> paramrules.parse(draft(model)).options["rate"].default
    1.0
    """
    rows = inventory(model)
    sizes = dict(zip(rows.names, rows.column("elements"), strict=False))
    text = format_rules("\n".join(_lines(rows, _kinds(rows), series_in(sizes)[: len(_CAPTURES)])))
    return format_rules("\n".join(_kept(text, rows)))


def _taken(predicate: str, rows: Inventory) -> frozenset[str]:
    """Return the names of the parameters for which a predicate holds; none where a fact is not known."""
    try:
        (first, *_) = examine(parse(f"a?: {predicate}\nb: else"), rows).axes
    except RulesError:
        return frozenset()
    return frozenset(rows.names[number] for number, rule in enumerate(first.rules) if rule == 0)


def _kinds(rows: Inventory) -> dict[str, str]:
    """Return the predicates of norms, biases, vectors and the like that hold for something, by kind."""
    families = [name for name in _NORMS[:-1] if _taken(f"type({name})", rows)]
    named = _taken(f"type({'|'.join(families)})", rows) if families else frozenset[str]()
    if _taken(f"type({_NORMS[-1]})", rows) - named:
        families.append(_NORMS[-1])
    wanted = {
        "norm": f"type({'|'.join(families)})" if families else "role == scale",
        "embedding": "role == embedding",
        "token": _tokens(rows),
        "bias": "role == bias",
        "vector": "ndim <= 1",
        "marked": "attr(no_weight_decay)",
    }
    return {kind: predicate for kind, predicate in wanted.items() if predicate and _taken(predicate, rows)}


def _tokens(rows: Inventory) -> str:
    """Return the predicate of learned inputs that are bare arrays; an empty text without any."""
    named = _taken("role == other and ndim > 1", rows)
    leaves = [name.rpartition(".")[2] for name in rows.names if name in named]
    found = list(dict.fromkeys(leaf for leaf in leaves if is_plain(leaf) and _TOKEN.search(leaf)))
    if not found or len(found) > _MOST:
        return ""
    quoted = ", ".join(f'"{leaf}"' for leaf in found)
    return f"leaf in ({quoted})" if len(found) > 1 else f"leaf == {quoted}"


def _lines(rows: Inventory, kinds: dict[str, str], series: Sequence[Series]) -> Iterator[str]:
    names = rows.names[: len(rows)]
    blocks = {name for each in series for name in each.names}
    tables = _taken("role == embedding", rows)
    outside = [name for name in names if name not in blocks and is_plain(name)]
    stem = [name for name in outside if name in tables or _STEM.search(name)]
    head = [name for name in outside if name not in stem and _HEAD.search(name)]
    yield f"# Drafted from a model of {len(rows)} tensors and strict on it: edit what should differ."
    yield "edition 1"
    yield ""
    if series:
        yield "option rate = 1.0  # below 1, each block trains slower than the one after it, to fine-tune"
        yield ""
    named = [kind for kind in ("norm", "embedding", "token") if kind in kinds]
    for kind in named:
        yield f"let {kind} = {kinds[kind]}"
    exempt = [kind if kind in named else predicate for kind, predicate in kinds.items()]
    if exempt:
        yield f"let exempt = {' or '.join(exempt)}"
    yield ""
    yield "[decay]"
    if exempt:
        yield "no_decay: exempt -> weight_decay = 0"
    yield "decay: else"
    for kind in named:
        yield f"expect no_decay: {kind}"
    yield "expect decay: type(Linear) and role == weight"
    if series:
        yield from _rates(series, _places(stem, rows), _places(head, rows), names)


def _places(some: Sequence[str], rows: Inventory) -> list[str]:
    """Return the beginnings of some parameters' names, which no other parameter has in any of its names."""
    inside = set(some)
    others = [
        rows.names[entry]
        for number in range(len(rows))
        if rows.names[number] not in inside
        for entry in rows.entries(number)
    ]
    found = prefixes(some, others)
    return found if len(found) <= _MOST else []


def _rates(series: Sequence[Series], stem: list[str], head: list[str], names: Sequence[str]) -> Iterator[str]:
    words = words_of(series)
    depths = ["depth"] if len(words) == 1 else [f"{word}s" for word in words]
    places = [
        capture if each.is_dense else f"index({word})"
        for capture, word, each in zip(_CAPTURES, words, series, strict=False)
    ]
    yield ""
    for capture, word, depth, each in zip(_CAPTURES, words, depths, series, strict=False):
        yield f"# {len(each.numbers)} {each.word}s, {len(each.names)} tensors"
        yield f"let {word} = name ~ {each.regex(capture)}"
        yield f"let {depth} = count({word})"
    if stem:
        yield f"let stem = {_regex(stem, names)}"
    if head:
        yield f"let head = {_regex(head, names)}"
    yield ""
    yield "[lr]"
    if stem:
        deepest = depths[0] if len(depths) == 1 else f"max({', '.join(depths)})"
        yield f"stem: stem -> lr_scale = rate ** ({deepest} + 1)"
    for word, depth, place in zip(words, depths, places, strict=True):
        yield f"{word}_{{{place}}}: {word} -> lr_scale = rate ** ({depth} - {place})"
    yield "rest: else"
    for word, place in zip(words, places, strict=True):
        yield f"expect {word}_{{{place}}}: {word}"
    if head:
        yield "expect rest: head"


def _regex(places: Sequence[str], names: Sequence[str]) -> str:
    """Return the test of names that begin with one of some places; what all share is written once."""
    columns = zip(*(place.split(".")[:-1] for place in places), strict=False)
    begin = "".join(f"{column[0]}." for column in takewhile(lambda column: len(set(column)) == 1, columns))
    ends = ["$" if place in names else "." for place in places]
    end = ends[0] if len(set(ends)) == 1 else ""
    parts = [place[len(begin) :] + ("" if end else last) for place, last in zip(places, ends, strict=True)]
    inner = parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
    return f"name ~ ^{begin}{inner}{end}".replace(".", r"\.")


def _kept(text: str, rows: Inventory) -> Iterator[str]:
    """Yield the lines of a draft without the expectations that do not hold or cannot be known."""
    lines = text.splitlines()
    plain = [line for line in lines if not line.startswith("expect ")]
    for line in lines:
        if not line.startswith("expect "):
            yield line
            continue
        axis = max(at for at, each in enumerate(lines[: lines.index(line)]) if each.startswith("["))
        at = plain.index(lines[axis]) + 1
        try:
            found = examine(parse("\n".join([*plain[:at], line, *plain[at:]])), rows, strict=True)
        except RulesError:
            continue
        if all(outcome.holds for outcome in found.outcomes):
            yield line
