"""Fold a list of named texts into an indented tree with equal numbered siblings on one line.

    blocks.0..11
      norm1
        weight  (192,)  no_decay/block_{i+1}

The tree follows the order of the names: a module whose parameters do not stand together appears several
times. Siblings fold if their keys differ in one number that counts up evenly, and everything below them is
the same but for numbers that count along with it. Each name is looked at once, and each subtree is compared
with its neighbour only, so that the work is proportional to the names.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from paramrules.locks.repeats import Offsets, Repeat, repeat
from paramrules.locks.runs import Kid, Numbers, Run, run
from paramrules.locks.words import NUMBER, Affine, component

_PLAIN: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
"""The characters of components that stand in a lock as they are."""

LONGEST: Final = 1000
"""The most characters of a name that stands in a fold, which could make many such names of few characters."""


class Leaf(NamedTuple):
    """The text behind a name: a part that has to be equal, and one whose numbers may count up."""

    fixed: str
    counting: str


class _Entry(NamedTuple):
    """A line of the tree: its path or series of paths, how the numbers below count along, and its form."""

    path: str | Run | Offsets
    slopes: tuple[int, ...] | None
    form: int


class _Form(NamedTuple):
    """A subtree without its numbers: what is written at its root, and its lines; `size` counts them."""

    leaf: tuple[str, ...] | None
    entries: tuple[_Entry, ...]
    size: int


class _Open:
    """A module whose parameters are being read; `depth` counts the components of its name."""

    __slots__ = ("depth", "kids", "leaf")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.leaf: tuple[int, Numbers] | None = None
        self.kids: list[Kid] = []


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
        self._modules: dict[object, tuple[int, Numbers]] = {}
        self._leaves: dict[Leaf, tuple[int, Numbers]] = {}

    def of_names(self, names: Sequence[str], leaves: Iterable[Leaf]) -> tuple[int, Numbers]:
        """Return the form and the numbers of the whole tree.

        A module is made only where names part, so that most parameters cost one step.
        """
        node = _Open(0)
        path, depth, known = [node], 0, self._leaves
        is_plain = _are_plain(names)
        written = ".".join if is_plain else _quoted
        parts = names[0].split(".") if names else []
        behind = [*names[1:], ""][: len(names)]
        for name, leaf, following in zip(names, leaves, behind, strict=True):
            after = following.split(".")
            same, end = 0, len(parts)
            for one, other in zip(parts, after, strict=False):
                if one != other:
                    break
                same += 1
            if same == len(after):  # the next name is the beginning of this one
                same -= 1
            form = known.get(leaf) or self._leaf(leaf)
            if len(name) > LONGEST:  # equal to nothing, so that nothing around it folds
                form = self._new(self._forms[form[0]]), form[1]
            if same > depth:
                node, depth = _Open(same), same
                path.append(node)
            if same == end:
                node.leaf = form
            else:
                below = parts[-1] if is_plain and depth + 1 == end else written(parts[depth:])
                node.kids.append((below, *form))
                if same < depth:
                    self._close(path, same, parts, written)
                    node, depth = path[-1], same
            parts = after
        return self._module(path[0])

    def _close(
        self, path: list[_Open], depth: int, names: list[str], written: Callable[[Iterable[str]], str]
    ) -> None:
        """Close all modules below a depth, and leave one open that ends there."""
        while path[-1].depth > depth:
            node = path.pop()
            if path[-1].depth < depth:
                path.append(_Open(depth))
            parent = path[-1]
            parent.kids.append((written(names[parent.depth : node.depth]), *self._module(node)))

    def _leaf(self, leaf: Leaf) -> tuple[int, Numbers]:
        """Return the form of a leaf that was not met before, and its numbers."""
        texts = (leaf.fixed, *NUMBER.split(leaf.counting))
        numbers = tuple(map(int, NUMBER.findall(leaf.counting)))
        form = self._modules.get(texts)
        if form is None:
            form = self._modules[texts] = self._new(_Form(texts, (), len(numbers))), ()
        found = self._leaves[leaf] = form[0], numbers
        return found

    def _module(self, node: _Open) -> tuple[int, Numbers]:
        """Return the form of a module that is read, and its numbers."""
        raw = node.leaf, *node.kids
        found = self._modules.get(raw)
        if found is None:
            number, numbers = node.leaf or (-1, ())
            folds = list(self._folds(node.kids))
            entries = tuple(entry for entry, _ in folds)
            numbers += tuple(each for _, own in folds for each in own)
            found = self._modules[raw] = self._form(number, entries, len(numbers)), numbers
        return found

    def _folds(self, kids: Sequence[Kid]) -> Iterator[tuple[_Entry, Numbers]]:
        """Yield the lines of siblings, each with its numbers."""
        at = 0
        while at < len(kids):
            path, form, numbers = kids[at]
            found = run(kids, at)
            covered = found[2] if found else 1
            pattern = repeat(kids, at, covered) if at + covered < len(kids) else None
            if pattern is not None:
                yield self._repeat(pattern)
                covered = pattern.covered
            elif found is not None:
                series, slopes, _ = found
                constants = tuple(n - slope * series.first for n, slope in zip(numbers, slopes, strict=True))
                yield _Entry(series, slopes, form), constants
            else:
                yield _Entry(path, None, form), numbers
            at += covered

    def _repeat(self, pattern: Repeat) -> tuple[_Entry, Numbers]:
        """Return the line of a pattern that repeats, whose subtree is the lines of the pattern."""
        entries = tuple(_Entry(part.path, part.slopes, part.form) for part in pattern.parts)
        numbers = tuple(number for part in pattern.parts for number in part.numbers)
        rises = tuple(rise for part in pattern.parts for rise in part.rises)
        return _Entry(pattern.run, rises, self._form(-1, entries, len(numbers))), numbers

    def _form(self, leaf: int, entries: tuple[_Entry, ...], size: int) -> int:
        """Return the number of the form with a leaf, -1 for none, and these lines."""
        form = self._known.get((leaf, entries))
        if form is None:
            form = self._new(_Form(None if leaf < 0 else self._forms[leaf].leaf, entries, size))
            self._known[leaf, entries] = form
        return form

    def _new(self, form: _Form) -> int:
        self._forms.append(form)
        return len(self._forms) - 1

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
                if (
                    form.leaf is not None
                    or len(form.entries) > 1
                    or isinstance(form.entries[0].path, Offsets)
                ):
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


def _are_plain(names: Sequence[str]) -> bool:
    """Return whether all components of names stand in a lock as they are."""
    joined = ".".join(names)
    return (
        joined.isascii() and not joined.encode().translate(None, _PLAIN + b".") and ".." not in f".{joined}."
    )


def _quoted(parts: Iterable[str]) -> str:
    return ".".join(map(component, parts))
