"""Walk nested models as deep as their frameworks do, and without recursion of our own.

A walk is a generator that yields what is inside: a module or a tree, its name, and the walk of it, which runs
before the generator goes on.
"""

import sys
from collections.abc import Iterator
from typing import TypeAlias

from paramrules.diagnostics import Diagnostic, RulesError

Inside: TypeAlias = Iterator["tuple[object, str, Inside]"]
"""A walk. In place of a module it yields None for a part of one that is being walked."""

_SPARE = 30
"""Calls that a framework makes at the deepest module."""


def walk_inside(model: object, walk: Inside, help: str) -> None:
    """Run the walk of a model, and all walks that it yields.

    Args:
        model: the model.
        walk: its walk.
        help: what to do about a model that contains itself.

    Raises:
        RulesError: E518 if a module contains itself, or the nesting is deeper than Python lets the framework
            itself recurse.

    >>> def walk(tree, name):
    ...     for key, child in tree.items():
    ...         yield child, f"{name}{key}.", walk(child, f"{name}{key}.")
    >>> walk_inside(tree, walk(tree, ""), "take it out")
    """
    around, limit = {id(model)}, _deepest()
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
