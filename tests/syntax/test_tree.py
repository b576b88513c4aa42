"""The classes of nodes: what `dataclass` would make of them."""

import copy
import pickle
from dataclasses import FrozenInstanceError, field, fields, replace

import pytest

from paramrules.syntax.tree import Tree, node


@node
class Leaf(Tree):
    """A node without anything that counts."""

    at: int = field(compare=False, repr=False)


@node
class Branch(Leaf):
    """A node with a child, and some more."""

    child: Leaf
    name: str = field(hash=False)
    size: int = 2


@node
class Twig(Leaf):
    """Another class with the fields of `Leaf`."""


BRANCH = Branch(1, Leaf(2), "oak")


def test_arguments_go_by_place_by_name_and_by_default() -> None:
    assert [getattr(BRANCH, each.name) for each in fields(Branch)] == [1, Leaf(2), "oak", 2]
    assert repr(Branch(1, Leaf(2), size=3, name="elm")) == "Branch(child=Leaf(), name='elm', size=3)"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ((), {}),
        ((1, Leaf(2)), {}),
        ((1, Leaf(2), "oak", 2, 3), {}),
        ((1, Leaf(2), "oak", 2), {"size": 2}),
        ((1, Leaf(2)), {"name": "oak", "height": 3}),
    ],
)
def test_other_arguments_are_refused(given: tuple[object, ...], named: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=r"^Branch takes at, child, name, size$"):
        Branch(*given, **named)  # type: ignore[arg-type]


def test_places_do_not_count_but_classes_do() -> None:
    assert Leaf(1) == Leaf(2)
    assert hash(Leaf(1)) == hash(Leaf(2))
    assert Leaf(1) != Twig(1)
    assert Leaf(1) != 1
    assert Branch(9, Leaf(8), "oak") == BRANCH != Branch(1, Leaf(2), "elm")
    assert hash(BRANCH) == hash(Branch(1, Leaf(2), "elm"))
    assert len({BRANCH, Branch(1, Leaf(2), "oak", 3), Branch(3, Leaf(4), "oak")}) == 2


def test_nothing_is_assigned() -> None:
    with pytest.raises(FrozenInstanceError, match=r"^cannot assign to field 'size'$"):
        BRANCH.size = 3  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match=r"^cannot delete field 'size'$"):
        del BRANCH.size
    assert not hasattr(BRANCH, "__dict__")


def test_nodes_are_copied_and_matched() -> None:
    copies = (pickle.loads(pickle.dumps(BRANCH)), copy.deepcopy(BRANCH), replace(BRANCH))
    assert copies == (BRANCH,) * 3
    assert [each.at for each in copies] == [1, 1, 1]
    assert replace(BRANCH, size=7).size == 7
    match BRANCH:
        case Branch(at, Leaf(inner), name):
            assert (at, inner, name) == (1, 2, "oak")
