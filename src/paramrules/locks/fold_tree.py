"""Fold a list of named texts into an indented tree with equal numbered siblings on one line.

    blocks.0..11
      norm1
        weight  (192,)  no_decay/block_{i+1}

The tree follows the order of the names: a module whose parameters do not stand together appears several
times. Siblings fold if their keys differ in one number that counts up evenly, and everything below them is
the same but for numbers that count along with it. Each name is looked at once, and each subtree is compared
with its neighbour only, so that the work is proportional to the names.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from paramrules.locks.words import BARE, NUMBER, Affine, component

_BESIDE: Final = ("", ".", "_")
"""The text beside a number that stands by itself."""

BY_TEXT: Final = "text"
"""The mark of a series whose numbers stand in the order of texts."""

_GLUED: Final = 3
"""The least members of a fold of which nothing but the name says that they are a series: `w1..3`."""


class Leaf(NamedTuple):
    """The text behind a name: a part that has to be equal, and one whose numbers may count up."""

    fixed: str
    counting: str


class _Run(NamedTuple):
    """Paths with a number that counts up: `layer_0..11.weight`; in the order of texts if `step` is 0."""

    before: str
    first: int
    last: int
    step: int
    after: str

    def __str__(self) -> str:
        step = "" if self.step == 1 else f"..{self.step}" if self.step else f"..{BY_TEXT}"
        return f"{self.before}{self.first}..{self.last}{step}{self.after}"


class _Entry(NamedTuple):
    """A line of the tree: its path or series of paths, how the numbers below count along, and its form."""

    path: "str | _Run"
    slopes: tuple[int, ...] | None
    form: int


class _Form(NamedTuple):
    """A subtree without its numbers: what is written at its root, and its lines; `size` counts them."""

    leaf: tuple[str, ...] | None
    entries: tuple[_Entry, ...]
    size: int


_Numbers = tuple[int, ...]
_Kid = tuple[str, int, _Numbers]
"""A subtree as its module sees it: the path to it, its form, its numbers."""


class _Open:
    """A module whose parameters are being read; `depth` counts the components of its name."""

    __slots__ = ("depth", "kids", "leaf")

    def __init__(self, depth: int, leaf: tuple[int, _Numbers] | None, *kids: _Kid) -> None:
        self.depth = depth
        self.leaf = leaf
        self.kids = list(kids)


def folded(names: Sequence[str], leaves: Iterable[Leaf]) -> Iterator[str]:
    """Yield the lines of the tree.

    >>> list(folded(["h.0.w", "h.1.w"], [Leaf("(4,)", "b_1"), Leaf("(4,)", "b_2")]))
    ['h.0..1.w  (4,)  b_{i+1}']
    """
    forms = _Forms()
    root, numbers = forms.of_names(names, leaves)
    yield from forms.lines(root, numbers)


class _Forms:
    """The different subtrees, each once."""

    def __init__(self) -> None:
        self._forms: list[_Form] = []
        self._known: dict[tuple[int, tuple[_Entry, ...]], int] = {}
        self._modules: dict[object, tuple[int, _Numbers]] = {}
        self._leaves: dict[Leaf, tuple[int, _Numbers]] = {}

    def of_names(self, names: Sequence[str], leaves: Iterable[Leaf]) -> tuple[int, _Numbers]:
        """Return the form and the numbers of the whole tree.

        A module is made only where names part, so that most parameters cost one step.
        """
        written = ".".join if _all_plain(names) else _quoted
        path = [_Open(0, None)]
        before: list[str] = []
        for name, leaf in zip(names, leaves, strict=True):
            parts = name.split(".")
            same, most = 0, min(len(before), len(parts) - 1)
            while same < most and before[same] == parts[same]:
                same += 1
            self._close(path, same, before, written)
            path.append(_Open(len(parts), self._leaf(leaf)))
            before = parts
        self._close(path, 0, before, written)
        return self._module(path[0])

    def _close(
        self, path: list[_Open], depth: int, names: list[str], written: Callable[[Iterable[str]], str]
    ) -> None:
        """Close all modules below a depth, and leave one open that ends there."""
        while path[-1].depth > depth:
            node = path.pop()
            parent = path[-1]
            form = node.leaf if node.leaf and not node.kids else self._module(node)
            start = max(parent.depth, depth)
            kid = (written(names[start : node.depth]), *form)
            if parent.depth < depth:
                path.append(_Open(depth, None, kid))
            else:
                parent.kids.append(kid)

    def _leaf(self, leaf: Leaf) -> tuple[int, _Numbers]:
        found = self._leaves.get(leaf)
        if found is None:
            texts = (leaf.fixed, *NUMBER.split(leaf.counting))
            numbers = tuple(map(int, NUMBER.findall(leaf.counting)))
            form = self._modules.get(texts)
            if form is None:
                form = self._modules[texts] = len(self._forms), ()
                self._forms.append(_Form(texts, (), len(numbers)))
            found = self._leaves[leaf] = form[0], numbers
        return found

    def _module(self, node: _Open) -> tuple[int, _Numbers]:
        """Return the form of a module that is read, and its numbers."""
        raw = node.leaf, *node.kids
        found = self._modules.get(raw)
        if found is None:
            number, numbers = node.leaf or (-1, ())
            folds = list(_folds(node.kids))
            entries = tuple(entry for entry, _ in folds)
            numbers += tuple(each for _, own in folds for each in own)
            form = self._known.setdefault((number, entries), len(self._forms))
            if form == len(self._forms):
                leaf = None if number < 0 else self._forms[number].leaf
                self._forms.append(_Form(leaf, entries, len(numbers)))
            found = self._modules[raw] = form, numbers
        return found

    def lines(self, root: int, numbers: Sequence[int]) -> Iterator[str]:
        """Yield the lines of the whole tree."""
        waiting = list(self._below(self._forms[root], list(map(Affine, numbers)), 0, 0))[::-1]
        while waiting:
            entry, values, indent, folds = waiting.pop()
            path = ""
            while True:
                if entry.slopes is not None:
                    values = [
                        Affine(each.constant, (*each.factors, *[0] * (folds - len(each.factors)), slope))
                        for each, slope in zip(values, entry.slopes, strict=True)
                    ]
                    folds += 1
                path += str(entry.path)
                form = self._forms[entry.form]
                if form.leaf is not None or len(form.entries) > 1:
                    break
                entry, path = form.entries[0], path + "."
            if form.leaf is not None:
                fixed, first, *texts = form.leaf
                counting = "".join(f"{each}{text}" for each, text in zip(values, texts, strict=False))
                values = values[len(texts) :]
                path += f"  {fixed}  {first}{counting}"
            yield "  " * indent + path
            waiting += list(self._below(form, values, indent + 1, folds))[::-1]

    def _below(
        self, form: _Form, values: list[Affine], indent: int, folds: int
    ) -> Iterator[tuple[_Entry, list[Affine], int, int]]:
        at = 0
        for entry in form.entries:
            size = self._forms[entry.form].size
            yield entry, values[at : at + size], indent, folds
            at += size


def _all_plain(names: Sequence[str]) -> bool:
    return all(map(re.compile(rf"{BARE}(?:\.{BARE})*").fullmatch, names))


def _quoted(parts: Iterable[str]) -> str:
    return ".".join(map(component, parts))


def _folds(kids: Sequence[_Kid]) -> Iterator[tuple[_Entry, _Numbers]]:
    """Yield the lines of siblings, each with its numbers."""
    at = 0
    while at < len(kids):
        path, form, numbers = kids[at]
        run = _run(kids, at)
        if run is None:
            yield _Entry(path, None, form), numbers
            at += 1
            continue
        series, slopes, count = run
        constants = tuple(n - slope * series.first for n, slope in zip(numbers, slopes, strict=True))
        yield _Entry(series, slopes, form), constants
        at += count


def _run(kids: Sequence[_Kid], at: int) -> tuple[_Run, tuple[int, ...], int] | None:
    """Return the paths, the slopes and the length of the run that starts at a sibling; None for none."""
    if at + 1 == len(kids):
        return None
    path, form, numbers = kids[at]
    next_path, next_form, next_numbers = kids[at + 1]
    up = counting(path, next_path) if form == next_form else None
    if up is None or '"' in path:
        return None
    before, start, step, after = up
    slopes = []
    for one, other in zip(numbers, next_numbers, strict=True):
        slope, odd = divmod(other - one, step)
        if odd:
            return None
        slopes.append(slope)
    if by_text := _run_by_text(kids, at, up, slopes):
        return by_text
    count = 2
    for path, other_form, others in kids[at + 2 :]:
        if other_form != form or path != f"{before}{start + count * step}{after}":
            break
        rise = step * count
        if others and others != tuple(n + slope * rise for n, slope in zip(numbers, slopes, strict=True)):
            break
        count += 1
    separate = before[-1:] in _BESIDE and after[:1] in _BESIDE
    if count < _GLUED and not (separate and step == 1 and all(slope in (0, 1) for slope in slopes)):
        return None
    return _Run(before, start, start + (count - 1) * step, step, after), tuple(slopes), count


def _run_by_text(
    kids: Sequence[_Kid], at: int, up: tuple[str, int, int, str], slopes: Sequence[int]
) -> tuple[_Run, tuple[int, ...], int] | None:
    """Return the run of siblings whose numbers are ordered as texts: 0, 1, 10, 11, 2, as JAX sorts keys.

    It begins with 0 or 1, so that no sibling is looked at more than twice.
    """
    before, start, step, after = up
    if step not in (1, 9) or start not in (0, 1):
        return None
    _, form, first = kids[at]
    numbers: list[int] = []
    for path, other_form, others in kids[at:]:
        number = path[len(before) : len(path) - len(after)]
        if other_form != form or path != f"{before}{number}{after}" or not NUMBER.fullmatch(number):
            break
        rise = int(number) - start
        if others != tuple(n + slope * rise for n, slope in zip(first, slopes, strict=True)):
            break
        numbers.append(int(number))
    last = max(numbers)
    if last < 10 or numbers != in_order(start, last, 0):
        return None
    return _Run(before, start, last, 0, after), tuple(slopes), len(numbers)


def in_order(first: int, last: int, step: int) -> Sequence[int]:
    """Return the numbers of a series; with a step of 0, counted by ones and in the order of texts."""
    return range(first, last + 1, step) if step else sorted(range(first, last + 1), key=str)


@lru_cache(1 << 16)
def counting(one: str, other: str) -> tuple[str, int, int, str] | None:
    """Return how two texts count up: the text before the number, the number, the step, the text behind it."""
    ones, others = list(NUMBER.finditer(one)), list(NUMBER.finditer(other))
    if len(ones) != len(others):
        return None
    for a, b in zip(ones, others, strict=True):
        step = int(b[0]) - int(a[0])
        if step:
            before, after = one[: a.start()], one[a.end() :]
            same = other[: b.start()] == before and other[b.end() :] == after
            return (before, int(a[0]), step, after) if same and step > 0 else None
    return None
