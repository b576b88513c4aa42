"""Walk nested models as deep as their frameworks do, and without recursion of our own.

A walk is a generator that yields what is inside: a module or a tree, its name, and the walk of it, which runs
before the generator goes on.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from paramrules.diagnostics import Diagnostic, RulesError

Inside: TypeAlias = Iterator["tuple[object, str, Inside]"]
"""A walk. In place of a module it yields None for a part of one that is being walked."""

_SPARE = 30
"""Calls that a framework makes at the deepest module."""

MOST_FURTHER_NAMES: Final = 500_000
"""The most names that a model may have beside the first ones of its parameters and modules."""

_LONG = 100
"""The characters for which a name counts once more, since a long one takes as much memory as several."""


def _size(node: Any) -> int:
    return len(node) if isinstance(node, dict | list | tuple) else 1


class Repeats:
    """A count of what a walk comes to again, which ends it where shared modules have too many names.

    Forty modules that each hold the next one twice have 2 ** 40 names. A walk takes steps in proportion to
    the model and to what may come again.

    Args:
        help: what to do about a module with too many names.
        size: how many names a node gives to itself and to what it holds directly.

    Attributes:
        first: the first name of each node, by its id, which stays its own because `note` keeps the node.
    """

    def __init__(self, help: str, size: Callable[[Any], int] = _size) -> None:
        self._help = help
        self._size = size
        self.first: dict[int, str] = {}
        self._alive: list[object] = []
        self._times: Counter[int] = Counter()
        self._often: object = None
        self._again = 0

    def note(self, node: object, name: str) -> None:
        """Count a node. Raises RulesError (E549) if too much has come again."""
        if id(node) in self.first:
            self.again(node, name)
        else:
            self.first[id(node)] = name
            self._alive.append(node)

    def again(self, node: object, name: str) -> None:
        """Count a node that is in `first`. Raises RulesError (E549) if too much has come again."""
        times, key = self._times, id(node)
        times[key] += 1
        if self._often is None or times[key] > times[id(self._often)]:
            self._often = node
        self._again += self._size(node) * (1 + len(name) // _LONG)
        if self._again > MOST_FURTHER_NAMES:
            raise too_many_names(_at(self._often, self.first[id(self._often)]), self._help)


def too_many_names(what: str, help: str) -> RulesError:
    """Return the error for a parameter or a module with most of a model's further names."""
    return RulesError(
        Diagnostic(
            "E549",
            f"{what} has too many names: "
            f"all that a model shares may have {MOST_FURTHER_NAMES:,} further ones",
            help=help,
        )
    )


def walk_inside(model: object, walk: Inside, help: str, repeats: Repeats | None = None) -> None:
    """Run the walk of a model, and all walks that it yields.

    Args:
        model: the model.
        walk: its walk.
        help: what to do about a model that contains itself.
        repeats: what counts the nodes that come again; it may know some that the walk does not yield.

    Raises:
        RulesError: E518 if a module contains itself, or the nesting is deeper than Python lets the framework
            itself recurse; E549 if shared modules have too many names.

    >>> def walk(tree, name):
    ...     for key, child in tree.items():
    ...         yield child, f"{name}{key}.", walk(child, f"{name}{key}.")
    >>> walk_inside(tree, walk(tree, ""), "take it out")
    """
    around, limit = {id(model)}, _deepest()
    repeats = repeats or Repeats("hold it in one place")
    running: list[tuple[int | None, Inside]] = [(None, walk)]
    while running:
        number, innermost = running[-1]
        for node, name, inner in innermost:
            if node is None:
                running.append((None, inner))
                break
            key = id(node)
            if key in around or len(around) >= limit:
                raise _refused(node, name, None if key in around else limit, help)
            repeats.note(node, name)
            around.add(key)
            running.append((key, inner))
            break
        else:
            running.pop()
            around.discard(number)


def _refused(node: object, name: str, limit: int | None, help: str) -> RulesError:
    """Return the error for a module that is nested more than `limit` deep, or, for None, in itself."""
    if limit is None:
        return RulesError(Diagnostic("E518", f"{_at(node, name)} contains itself", help=help))
    return RulesError(
        Diagnostic(
            "E518",
            f"{_at(node, name)} is nested more than {limit} deep",
            help="`sys.setrecursionlimit` lets Python, and the framework, go deeper",
        )
    )


def _at(node: object, name: str) -> str:
    name = name.rstrip(".")
    return f"the `{type(node).__name__}` at `{name if len(name) <= 60 else f'{name[:60]}...'}`"


def _deepest() -> int:
    """Return how deep a function can recurse that is called from here."""
    frame, calls = sys._getframe(), 0
    while frame.f_back:
        frame, calls = frame.f_back, calls + 1
    return max(1, sys.getrecursionlimit() - calls - _SPARE)
