"""Errors found before any parameter is looked at: options, and facts that cannot be known."""

from collections.abc import Container, Iterator, Mapping
from typing import Any

from oracle.dead import every
from oracle.looking import Scope

from paramrules.syntax import nodes


def wrong_options(
    file: nodes.File, given: Mapping[str, object], included: Mapping[str, nodes.File]
) -> set[str]:
    """The codes of what is wrong with the caller's options."""
    declared = {s.name: s for each in (file, *included.values()) for s in every(each, nodes.Option)}
    codes = {"E211" for name in given if name not in declared}
    for name, option in declared.items():
        if name not in given and option.default is None:
            codes.add("E212")
        if name in given and option.default is not None and kind(given[name]) != kind(option.default.value):
            codes.add("E213")
    return codes


def kind(value: object) -> str:
    return "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def asks_for(file: nodes.File, scope: Scope, unknown: Container[str]) -> bool:
    """Return whether the rules and expectations read one of these facts, directly or through a `let`."""

    def facts(e: Any, scope: Scope) -> Iterator[str]:
        yield from (member.function for member in every(e, nodes.Member))
        for name in every(e, nodes.Reference):
            defined, home = scope.names.get(name.name, (None, scope))
            if isinstance(defined, nodes.Let):
                yield from facts(defined.value, home)
            elif defined is None:
                yield name.name

    statements = (s for s in file.statements if isinstance(s, nodes.Rule | nodes.Expect))
    return any(fact in unknown for statement in statements for fact in facts(statement, scope))
