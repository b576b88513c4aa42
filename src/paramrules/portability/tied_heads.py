"""W818: rules that take a tied output head in torch, and leave its table to a later rule in JAX."""

from collections.abc import Iterable, Iterator

from paramrules.diagnostics import Diagnostic, Place
from paramrules.inventories.owner import named
from paramrules.rules import terms
from paramrules.rules.dnf import Atom, Budget, Cube, Cubes, GaveUp, Reader
from paramrules.rules.model import Axis

_STEPS = 10_000
"""Steps for one rule. One that is not understood by then is passed over."""

_ALL_STEPS = 250_000
"""Steps for the rules of a file."""

_TABLE = Atom("constant", "role", "embedding")
_TIED = Atom("other", "tied", terms.Flag)


def head_findings(axes: Iterable[Axis]) -> Iterator[Diagnostic]:
    """Yield a warning for each rule with `type(Linear)` above the one that takes embeddings.

    The table of a tied head belongs to an `Embedding` and a `Linear` in torch, where the upper rule takes it.
    JAX ties by calling the `Embed`, so there it is an embedding alone, and the lower rule takes it.
    """
    reader, total = Reader(), Budget(_ALL_STEPS)
    for axis in axes:
        heads: list[terms.Predicate] = []
        for rule in axis.rules:
            if rule.predicate is None:
                continue
            cubes = _cubes(rule.predicate, reader, total)
            tables = [cube for cube in cubes if _takes_tables(cube)]
            if tables:
                for head in heads:
                    yield Diagnostic(
                        "W818",
                        "an output head tied to an embedding is a `Linear` in torch alone",
                        head.span,
                        "takes its table there",
                        also=(Place(rule.span, "takes the table in other frameworks"),),
                        help="move the rule for embeddings up, or add `and role == weight`: "
                        "a tied table is an `embedding` under all its names",
                    )
                heads = []
                if not all(map(_is_about_names, tables)):
                    break
            elif any(map(_takes_a_head, cubes)):
                heads.append(rule.predicate)


def _cubes(predicate: terms.Predicate, reader: Reader, total: Budget) -> Cubes:
    given = min(_STEPS, total.left)
    budget = Budget(given)
    try:
        return reader.cubes(predicate, budget)
    except GaveUp:
        return []
    finally:
        total.left -= given - max(budget.left, 0)


def _takes_tables(cube: Cube) -> bool:
    return cube.facts.get(_TABLE, False) or _has_class(cube.here, "Embedding")


def _takes_a_head(cube: Cube) -> bool:
    """Return whether it holds for the weight of any `Linear`, be it tied to an embedding."""
    if _is_about_names(cube) or not _has_class(cube.here, "Linear"):
        return False
    roles = {str(atom.what): value for atom, value in cube.facts.items() if atom.subject == "role"}
    if roles.get("embedding") is False or any(value for role, value in roles.items() if role != "embedding"):
        return False
    return cube.facts.get(_TIED) is not False and not any(
        isinstance(atom.what, frozenset) and value and _has_class(atom.what, "Embedding")
        for atom, value in cube.facts.items()
    )


def _is_about_names(cube: Cube) -> bool:
    return any(atom.kind in ("regex", "glob", "text") for atom in cube.here)


def _has_class(here: Iterable[Atom], family: str) -> bool:
    """Return whether a `type` among the tests takes torch's class of this name."""
    return any(
        atom.subject == "type" and named(str(atom.what), f"torch.nn.{family}")
        for atom in here
        if atom.kind == "class"
    )
