"""Stacks that nobody has declared: a linear layer whose matrix has an axis too many gives one away."""

from collections.abc import Iterator, Mapping, Sequence

from paramrules.diagnostics import Diagnostic
from paramrules.inventories import Owner
from paramrules.inventories.fans import fans
from paramrules.inventories.parameter import is_below
from paramrules.inventories.roles import role
from paramrules_optax.stacks.declared_stacks import Stacked

Shape = tuple[int, ...]

_MATRICES = ("kernel", "weight", "w")
_VECTORS = ("bias", "b", "offset", "beta", "scale", "gamma", "g")
_BIASES = ("bias", "b")
"""What leaves are called where nobody knows their modules."""


def likely_stacks(
    names: Sequence[str], owners: Sequence[Owner], shapes: Sequence[Shape], stacked: Stacked
) -> Iterator[Diagnostic]:
    """W509 for each path below which everything seems to be stacked.

    It has to have modules inside, all its arrays have to begin with the same extent, one of them has to have
    an axis more than its layer can use (a matrix of three axes in a `Linear`, or with a bias of two beside
    it), and none may be as an unstacked layer has it.

    Args:
        names, owners, shapes: of each array, the shapes without the axes that are declared to be layers.
        stacked: what is declared. Nothing is said about what is around such a path, nor inside of one with 0.
    """
    arrays = _Arrays(names, owners, shapes)
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
        f"{where} like a stack of {layers} layers: each of its {arrays} arrays begins with them, "
        f"`{names[number]}` as {shapes[number]}",
        help=f'if it is one, hand over `paramrules.inventory(model, stacked={{"{path}": {total}}})`, on the '
        f"command line `--stacked {path}={total}`; if not, the same with {declared}",
    )


class _Arrays:
    """What the shapes of arrays say about layers."""

    def __init__(self, names: Sequence[str], owners: Sequence[Owner], shapes: Sequence[Shape]) -> None:
        self._names = names
        self._owners = owners
        self._shapes = shapes
        self._numbers: Mapping[str, int] = {}

    def suspects(self) -> Iterator[int]:
        """The arrays that have an axis too many."""
        for number, shape in enumerate(self._shapes):
            if len(shape) >= 3 and self.surplus(number):
                yield number

    def surplus(self, number: int) -> int:
        """How many leading axes an array has that its layer cannot use; 0 where that is not known."""
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
        """How many leading axes may be layers of all below a path, of which this is one; 0 if none."""
        first, start = self._shapes[suspect][0], len(path) + 1 if path else 0
        below = [suspect]
        for step in (-1, 1):  # what is below a path stands together
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
        """The longest path with the same arrays below it, unless what is in that is numbered already."""
        rests = [name[len(path) :].removeprefix(".") for name in self._names if is_below(name, path)]
        first = rests[0].partition(".")[0]
        inside = [rest.removeprefix(f"{first}.") for rest in rests if rest.startswith(f"{first}.")]
        heads = {rest.partition(".")[0] for rest in inside if "." in rest}
        if len(inside) < len(rests) or not heads or any(map(str.isdigit, heads)):
            return path
        return self.inmost(f"{path}.{first}".removeprefix("."))

    def _single(self, number: int) -> bool:
        """Whether it has the axes of one layer."""
        name, owner, shape = self._names[number], self._owners[number], self._shapes[number]
        if not owner.known:
            leaf = name.rpartition(".")[2]
            return len(shape) < (3 if leaf in _MATRICES else 2 if leaf in _VECTORS else 1)
        if len(shape) < 2:
            return not shape or role(owner, name) in ("bias", "scale")
        return fans(owner, name, shape)[0] is not None and fans(owner, name, shape[1:])[0] is None
