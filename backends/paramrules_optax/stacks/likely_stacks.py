"""Stacks that nobody declared: a linear layer whose matrix has an axis too many gives one away."""

from collections.abc import Iterator, Mapping, Sequence

from paramrules.backends import Diagnostic, Owner, fans, is_below, role
from paramrules_optax.stacks.declared_stacks import Stacked
from paramrules_optax.trees.leaves import Shape

_MATRICES = ("kernel", "weight", "w")
_VECTORS = ("bias", "b", "offset", "beta", "scale", "gamma", "g")
_BIASES = ("bias", "b")
"""The names of leaves whose modules are unknown."""


def likely_stacks(
    names: Sequence[str], owners: Sequence[Owner], shapes: Sequence[Shape], stacked: Stacked
) -> Iterator[Diagnostic]:
    """Yield W509 for each path below which all arrays seem to be stacked.

    There are modules below it, all arrays begin with the same extent, one of them has more axes than its
    layer can use (a matrix of three axes in a `Linear`, or with a bias of two beside it), and none looks
    unstacked.

    Args:
        names: the names of the arrays.
        owners: their modules.
        shapes: their shapes, without axes that are declared as layers.
        stacked: the declared stacks. No path around one is reported, nor any inside one with 0 axes.
    """
    arrays = _Evidence(names, owners, shapes)
    silent = [path for path, count in stacked.items() if count == 0]
    found: list[str] = []
    for number in arrays.suspects():
        name = names[number]
        if any(is_below(name, path) for path in (*found, *silent)):
            continue
        ends = [0, *(end for end, letter in enumerate(name) if letter == ".")]
        for path in (name[:end] for end in ends):
            count = arrays.layers(path, number)
            if count and not any(is_below(inner, path) and inner != path for inner in stacked):
                found.append(path or arrays.inmost(path))
                yield _likely(found[-1], names, shapes, number, count, stacked.get(path, 0))
                break


def _likely(
    path: str, names: Sequence[str], shapes: Sequence[Shape], number: int, count: int, declared: int
) -> Diagnostic:
    layers = " times ".join(map(str, shapes[number][:count]))
    where = f"`{path}` looks" if path else "the whole model looks"
    arrays = sum(is_below(name, path) for name in names)
    total = declared + count
    return Diagnostic(
        "W509",
        f"{where} like a stack of {layers} layers: each of its {arrays} arrays has them as leading axes, "
        f"`{names[number]}` is {shapes[number]}",
        help=f'if it is one, pass `paramrules.inventory(model, stacked={{"{path}": {total}}})`, or '
        f"`--stacked {path}={total}` on the command line; if not, the same with {declared}",
        cli_help=f"if it is one, write `--stacked {path}={total}`; if not, the same with {declared}",
    )


class _Evidence:
    """The signs of layers in the shapes of arrays."""

    def __init__(self, names: Sequence[str], owners: Sequence[Owner], shapes: Sequence[Shape]) -> None:
        self._names = names
        self._owners = owners
        self._shapes = shapes
        self._numbers: Mapping[str, int] = {}

    def suspects(self) -> Iterator[int]:
        """Yield the arrays with an axis too many."""
        if max(map(len, self._shapes), default=0) >= 3:
            for number, shape in enumerate(self._shapes):
                if len(shape) >= 3 and self.surplus(number):
                    yield number

    def surplus(self, number: int) -> int:
        """Return the number of leading axes that the array's layer cannot use; 0 if unknown."""
        name, owner, shape = self._names[number], self._owners[number], self._shapes[number]
        if not owner.known:
            return self._beside_a_bias(name, shape)
        return next((n for n in range(1, len(shape)) if self._only_without(owner, name, shape, n)), 0)

    def _only_without(self, owner: Owner, name: str, shape: Shape, count: int) -> bool:
        return fans(owner, name, shape)[0] is None and fans(owner, name, shape[count:])[0] is not None

    def _beside_a_bias(self, name: str, shape: Shape) -> int:
        module, _, leaf = name.rpartition(".")
        if leaf not in _MATRICES or 1 in shape:
            return 0
        if not self._numbers:
            self._numbers = {name: number for number, name in enumerate(self._names)}
        surplus = len(shape) - 2
        for bias in _BIASES:
            beside = self._numbers.get(f"{module}.{bias}".removeprefix("."))
            if beside is not None and self._shapes[beside] in (
                (*shape[:surplus], shape[-1]),
                (*shape[:surplus], shape[-2]),
            ):
                return surplus
        return 0

    def layers(self, path: str, suspect: int) -> int:
        """Return how many leading axes may be layers of all arrays below a path, the suspect among them."""
        first, start = self._shapes[suspect][0], len(path) + 1 if path else 0
        below = [suspect]
        for step in (-1, 1):  # the arrays below a path are neighbours
            number = suspect + step
            while 0 <= number < len(self._names) and is_below(self._names[number], path):
                if self._shapes[number][:1] != (first,):
                    return 0
                below.append(number)
                number += step
        shapes = {self._shapes[number] for number in below}
        inside = any("." in self._names[number][start:] for number in below)
        if len(shapes) < 2 or not inside or any(map(self._single, below)):
            return 0
        counts = range(self.surplus(suspect), 0, -1)
        shared = (n for n in counts if len({shape[:n] for shape in shapes}) == 1)
        return next(
            (n for n in shared if n <= min(map(len, shapes)) and 1 not in self._shapes[suspect][:n]), 0
        )

    def inmost(self, path: str) -> str:
        """Return the longest path with the same arrays below it, unless its modules have numbers."""
        rests = [name[len(path) :].removeprefix(".") for name in self._names if is_below(name, path)]
        first = rests[0].partition(".")[0]
        inside = [rest.removeprefix(f"{first}.") for rest in rests if rest.startswith(f"{first}.")]
        heads = {rest.partition(".")[0] for rest in inside if "." in rest}
        if len(inside) < len(rests) or not heads or any(map(str.isdigit, heads)):
            return path
        return self.inmost(f"{path}.{first}".removeprefix("."))

    def _single(self, number: int) -> bool:
        """Return whether an array has the axes of one layer."""
        name, owner, shape = self._names[number], self._owners[number], self._shapes[number]
        if not owner.known:
            leaf = name.rpartition(".")[2]
            return len(shape) < (3 if leaf in _MATRICES else 2 if leaf in _VECTORS else 1)
        if len(shape) < 2:
            return not shape or role(owner, name) in ("bias", "scale")
        return fans(owner, name, shape)[0] is not None and fans(owner, name, shape[1:])[0] is None
