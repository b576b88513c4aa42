"""All mutants of a folder: what Cosmic Ray can put in place of each operator and constant."""

import ast
import difflib
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

Change = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A module's path, and its changed lines before and after: valid while lines around them come and go."""

Position = tuple[int, int]
"""A line, from 1, and a column, from 0."""

_KEPT = ("name", "string", "newline", "endmarker", "fstring_start", "fstring_string", "fstring_end")
"""Leaves that no operator of Cosmic Ray changes."""

_GUARDS = ("strict", "slots", "repr")
"""Arguments that change nothing that is right: `zip(..., strict=True)`, `dataclass(slots=True)`."""


class Spec(NamedTuple):
    """A change that Cosmic Ray can make: the operator's name, and which of its places in the module."""

    path: Path
    operator: str
    occurrence: int
    start: Position
    end: Position


class Mutant(NamedTuple):
    """A module with one change."""

    path: Path
    lines: range
    """The lines that the changed expression is on."""
    source: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def change(self) -> Change:
        """The change without its place in the module."""
        return str(self.path), self.before, self.after


def places(folder: Path) -> list[list[Spec]]:
    """Return the places of a folder, each with all that its operator or constant can become."""
    found = defaultdict(list)
    for path in sorted(folder.rglob("*.py")):
        for spec in _specs(path):
            family = spec.operator.partition("Operator_")[0]
            found[path, spec.start, family].append(spec)
    return list(found.values())


def mutant(spec: Spec) -> Mutant | None:
    """Return the changed module, or nothing if Python refuses it or warns, as of `is "text"`."""
    original = spec.path.read_text()
    changed = mutate_code(original, get_operator(spec.operator)(), spec.occurrence)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            compile(changed, spec.path, "exec", dont_inherit=True)
        except SyntaxError:
            return None
    difference = list(difflib.ndiff(original.splitlines(), changed.splitlines()))
    before, after = (
        tuple(line[2:].strip() for line in difference if line.startswith(sign) and line[2:].strip())
        for sign in ("- ", "+ ")
    )
    return Mutant(spec.path, range(spec.start[0], spec.end[0] + 1), changed, before, after)


def _specs(path: Path) -> Iterator[Spec]:
    source = path.read_text()
    unseen = list(_without_effect(ast.parse(source)))
    nodes = [node for node in ast_nodes(get_ast(source)) if node.type not in _KEPT]
    for name in operator_names():
        if (operator := get_operator(name)).arguments():
            continue
        positions = (position for node in nodes for position in operator().mutation_positions(node))
        for occurrence, (start, end) in enumerate(positions):
            if not any(first <= start < last for first, last in unseen):
                yield Spec(path, name, occurrence, start, end)


def _without_effect(tree: ast.Module) -> Iterator[tuple[Position, Position]]:
    """Yield the ranges that no test can see: annotations, imports for annotations, guards."""
    for node in ast.walk(tree):
        nodes: list[ast.expr | ast.stmt] = []
        match node:
            case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
                nodes = [annotation]
            case ast.FunctionDef(returns=ast.expr() as annotation):
                nodes = [annotation]
            case ast.If(test=ast.Name("TYPE_CHECKING") as test):
                nodes = [test, *node.body]
            case ast.keyword(arg=name) if name in _GUARDS:
                nodes = [node.value]
        for each in nodes:
            assert each.end_lineno is not None
            assert each.end_col_offset is not None
            yield (each.lineno, each.col_offset), (each.end_lineno, each.end_col_offset)
