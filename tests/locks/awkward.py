# ruff: noqa: E501 - lists of words and rules, a subject a line
"""Models with names that are hard to fold, and rules whose labels count, made from a seed."""

import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from support import inventory_of

import paramrules
from paramrules.inventories.parameter import Layer
from paramrules.locks import Lock
from paramrules.locks.locked import LockedModel, locked

_WORDS = [
    "blocks",
    "h",
    "mlp",
    "norm",
    "w",
    "fc1",
    "attn",
    "experts",
    "a",
    "ab",
    "weight",
    "bias",
    "0",
    "7",
    "x_",
]
_HARD = [
    "", " ", "a b", 'q"t', "'", "\\", "b{i}", "{", "}}", "50%", "%d", "%%s", "é", "日本", "\u202e", "\x7f",
    "a\nb", "\r", "\t", "\u2028", "\ud800", "0..3", "+1", "..", "#", "end", "end 3 tensors", "<<<<<<<", "=======",
    "1000000000", "999999999", "00", "007", "1e3", "-", "_", "-1", "0x1", "٣", "²", "(4,)", "  (4,)  a", "text",
    "i", "A" * 300, "é" * 400, "9" * 30,
]  # fmt: skip
_SHAPES = [[4], [4, 8], [], [1], [0, 1, 2], [2, 3, 4], [10**12]]
_RULES = [
    "[{axis}]\nb_{{i+1}}: name ~ {at}(?<i>\\d+){to} -> lr_scale = 0.9 ** (i % 300)\nrest: else\n",
    "[{axis}]\nb_{{i}}_{{j}}: name ~ (?<i>\\d+)[^0-9]+(?<j>\\d+) -> lr_scale = 0.1 * 0.75 ** (j % 90)\nrest?: else\n",
    "[{axis}]\nb_{{90 - i % 90}}x: name ~ {at}(?<i>\\d+){to} -> lr_scale = i + 1, tag = \"{{}}\"\nrest: else\n",
    "[{axis}]\n{{w}}_{{i}}?: name ~ (?<w>[a-z]+)[._]?(?<i>\\d+)\n{{w}}: name ~ (?<w>[a-z]+)\nrest: else\n",
    "[{axis}]\nm{{i % 3}}: name ~ (?<i>\\d+){to} -> weight_decay = i % 7, betas = (0.9, i)\nrest: else -> eps = 1e-8\n",
    "[{axis}]\nw{{size}}: ndim == 2\nv: else -> lr_scale = 1 / 3\n",
    "[{axis}]\nw_{{i // 2}}: name ~ (?<i>\\d+)(?:\\.|$) -> lr_scale = 2 ** (0 - i % 60)\nrest: else\n",
    "[{axis}]\nodd: name ~ [13579]\\b -> freeze = true\neven: else -> lr_scale = 0.3\n",
]  # fmt: skip


def models(seed: int) -> Iterator[LockedModel]:
    """Yield what rules make of a few models, as a lock holds it; nothing for what the language refuses."""
    random = Random(seed)
    for _ in range(random.choice((1, 1, 1, 2))):
        names = list(dict.fromkeys(_names(random)))[:400]
        try:
            rules = paramrules.parse(_rules(random))
            made = paramrules.examine(rules, inventory_of(list(_rows(random, names))))
        except paramrules.RulesError:
            continue
        yield _marked(random, locked(made, f"m{seed}.json"))


def _marked(random: Random, model: LockedModel) -> LockedModel:
    """Return a model some of whose parameters are layers of arrays, and with hard names around it."""
    if random.random() < 0.7:
        return model
    rate, step = random.random(), random.choice((0, 1, 2))
    arrays = ["h.w", "h.{i}.w", "a b", "é", "x.1.y", "0"]
    stacks = {
        n: Layer(random.choice(arrays), (0, 2)[: 1 + (n % 2)], (n * step, 1)[: 1 + (n % 2)])
        for n in range(len(model))
        if random.random() < rate
    }
    name = random.choice(
        [model.model, "m:make('tiny', depth=2)", ' odd"\n', '"', "é", random.choice(_HARD) or "x"]
    )
    versions = random.choice([{}, {"torch": "2.9.0+cpu", "timm": "1.0"}])
    return replace(model, model=name, stacks=stacks, versions=versions)


def locks(seed: int) -> Iterator[Lock]:
    """Yield locks of one model or of two."""
    made = list(models(seed))
    for model in made:
        yield Lock((model,))
    if len(made) > 1:
        yield Lock((made[0], replace(made[1], model=f"{made[0].model}, the other")))


def _rows(random: Random, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    shapes = random.sample(_SHAPES, random.choice((1, 2, 3)))
    shape_of: dict[str, list[int]] = {}
    left = list(names)
    ties, frozen = random.choice((0, 0, 0.05, 0.5)), random.choice((0, 0, 0.1, 1))
    by_place = random.random() < 0.3
    for number, name in enumerate(names):
        if name not in left:
            continue
        left.remove(name)
        leaf = name.rpartition(".")[2]
        also = []
        while left and random.random() < ties and len(also) < 3:
            at = 0 if random.random() < 0.7 else random.randrange(len(left))
            also.append({"name": left.pop(at)})
        shape = shapes[number % len(shapes)] if by_place else shape_of.setdefault(leaf, random.choice(shapes))
        yield {"name": name, "shape": shape, "also": also, "trainable": random.random() >= frozen}


def _rules(random: Random) -> str:
    count = random.choice((1, 1, 2, 3))
    if count == 1 and random.random() < 0.3:
        return "all: else -> lr_scale = 0.5\n"
    at, to = random.choice(("", "^", "\\b", "[._]")), random.choice(("", "$", "\\b", "\\."))
    chosen = random.sample(_RULES, count)
    return "option rate = 0.75\n" * (random.random() < 0.3) + "".join(
        rule.format(axis=f"a{number}", at=at, to=to) for number, rule in enumerate(chosen)
    )


def _names(random: Random, depth: int = 0) -> Iterator[str]:
    """Yield the names of a module."""
    for _ in range(random.choice((1, 1, 2, 3))):
        kind = random.random()
        if kind < 0.15 or depth > 3:
            yield from (_component(random) for _ in range(random.choice((1, 2, 4))))
        elif kind < 0.3:
            yield from _prefixes(random)
        elif kind < 0.5:
            word = _component(random)
            yield from (f"{word}.{name}" for name in _names(random, depth + 1))
        else:
            yield from _series(random, depth)


def _prefixes(random: Random) -> Iterator[str]:
    """Yield names that are beginnings of each other."""
    name = _component(random)
    found = [name]
    for _ in range(random.randrange(1, 6)):
        name += random.choice((".", "", ".", "_", "0")) + _component(random)
        found.append(name)
    if random.random() < 0.3:
        random.shuffle(found)
    yield from found


def _component(random: Random) -> str:
    kind = random.random()
    if kind < 0.6:
        return random.choice(_WORDS)
    if kind < 0.85:
        return random.choice(_HARD)
    if kind < 0.88:
        return random.choice(string.ascii_letters + "é_-{%") * random.choice((100, 990, 1000, 1001, 5000))
    return "".join(random.choice(string.printable + "é٣²") for _ in range(random.randrange(1, 5)))


def _series(random: Random, depth: int) -> Iterator[str]:
    """Yield the names of layers whose numbers count up, most of the time."""
    count = random.choice((1, 2, 2, 3, 4, 5, 8, 9, 12, 13, 24, 30))
    first = random.choice((0, 0, 0, 1, 1, 2, 9, 98, 10**8 - 3, 999_999_990))
    step = random.choice((1, 1, 1, 1, 2, 3, 10))
    numbers = [first + step * n for n in range(count)]
    if random.random() < 0.2:
        numbers = [number for number in numbers if random.random() < 0.8]
    order: Callable[[int], Any] = random.choice((int, int, int, int, str, int.__neg__))
    numbers.sort(key=order)
    if random.random() < 0.1:
        random.shuffle(numbers)
    before, after = random.choice(
        [("", ""), ("", ""), ("", ""), ("layer_", ""), ("w", ""), ("h.", ""), ("", "_x"), ("b", "c"), ("é", ""),
         ('"', ""), ("0", ""), ("1", "0"), ("-", "-"), ("+", ""), ("", ".0"), ("x" * random.choice((990, 1200)), "")]
    )  # fmt: skip
    digits = random.choice((1, 1, 1, 1, 2, 3, 10))
    few = min(3, depth)
    kinds = [
        list(_names(random, depth + 1))[: 12 >> few] or ["w"] for _ in range(random.choice((1, 1, 2, 3)))
    ]
    period = random.choice((1, 1, 2, 3, 4, 8, 17))
    pattern = [random.randrange(len(kinds)) for _ in range(period)]
    odd = random.choice((0, 0, 0, 0.1))
    if random.random() < 0.3:  # layers of which some are others, and nothing else
        kinds = [["a.w"], ["b.w", "b.v"], [_component(random)]]
        before, after, odd = "", "", 0
        numbers = list(range(first, first + random.choice((8, 12, 15, 24))))
    counted = random.choice((False, False, False, True))
    for place, number in enumerate(numbers):
        names = kinds[pattern[place % period]] if random.random() >= odd else random.choice(kinds)
        for name in names:
            inner = f"{name}{number + 1}" if counted else name
            yield f"{before}{number:0{digits}}{after}" + (f".{inner}" if inner else "")
