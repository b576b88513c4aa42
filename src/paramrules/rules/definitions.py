"""Lets, options and includes: the names of a file."""

from collections.abc import Mapping

from paramrules.diagnostics import Diagnostic, Place
from paramrules.regex import Effort
from paramrules.rules.bound_captures import bind
from paramrules.rules.builtin_names import FLAGS
from paramrules.rules.loaded import Loaded
from paramrules.rules.model import Option
from paramrules.rules.names import define
from paramrules.rules.predicate_expressions import predicate
from paramrules.rules.scope import (
    BrokenPredicate,
    BrokenValue,
    Declared,
    Let,
    Scope,
    Typed,
    broken,
    described,
    shown,
)
from paramrules.rules.size import size_of
from paramrules.rules.terms import Attribute, AttributeTest
from paramrules.rules.value_expressions import kind, value
from paramrules.syntax import limits, nodes


def definitions(
    loaded: Loaded, scopes: Mapping[int, Scope], findings: list[Diagnostic], effort: Effort
) -> Scope:
    """A scope in which no name is defined yet, but is known to be defined further down."""
    scope = Scope(loaded.source, findings, effort, loaded.file.span)
    for statement in loaded.file.statements:
        if isinstance(statement, nodes.Let | nodes.Option):
            scope.own.setdefault(statement.name, statement.name_span)
    lost = loaded.file.broken
    scope.unread = frozenset(each.name for each in lost if each.kind in ("let", "option"))
    scope.open = any(each.kind == "include" for each in lost)
    for include, included in loaded.includes:
        for name in scopes[id(included)].names:
            scope.elsewhere.setdefault(name, include.span)
    return scope


def take_in(include: nodes.Include, included: Scope, scope: Scope) -> None:
    """What an included file knows, in its own meaning; a name that this file defines is this file's."""
    for group, name in included.carriers.items():
        scope.carriers.setdefault(group, name)
    for name, what in included.names.items():
        if name in scope.own:
            continue
        first = scope.names.setdefault(name, what)
        if first != what and not (isinstance(first, Declared) and isinstance(what, Declared)):
            scope.report(
                "E302",
                f"`{name}` comes from two includes, and means two things",
                include.span,
                help=f"define `{name}` in this file, which then wins, or rename it in one of the two",
                also=(Place(first.span, "one is this"), Place(what.span, "the other is this")),
            )


def option(node: nodes.Option, scope: Scope) -> None:
    """`option rate = 0.75`."""
    default = None if node.default is None else node.default.value
    type = "any" if node.default is None else kind(default)
    if node.default is not None and default is None:
        scope.report(
            "E306",
            "an option is a number, a string or a boolean",
            node.default.span,
            help=f"write `option {node.name}` for one that the caller has to set",
        )
        type = "any"
    what = Option(node.span, node.name, type, default, node.default is None)
    define(node.name, node.name_span, Declared(node.name_span, what), scope)


_PREDICATES = (
    nodes.AnyOf,
    nodes.AllOf,
    nodes.Not,
    nodes.Compare,
    nodes.Among,
    nodes.Matches,
    nodes.Like,
    nodes.Member,
)


def let(node: nodes.Let, scope: Scope) -> None:
    """`let norm = type(LayerNorm)`, `let depth = count(block)`."""
    meaning = _meaning(node, scope)
    depth, number = size_of(node.value, scope.names)
    if depth > limits.NESTING:
        scope.report(
            "E110",
            f"`{node.name}` is nested more than {limits.NESTING} deep, with the lets that it uses",
            node.name_span,
            help="define it by fewer lets that use each other",
        )
        meaning, depth = _unknown(node), 0
    define(node.name, node.name_span, meaning._replace(depth=depth, number=number), scope)


def _meaning(node: nodes.Let, scope: Scope) -> Let:
    as_predicate, as_value = _readings(node.value, scope)
    term = predicate(node.value, scope) if as_predicate else None
    if term is not None:
        bind(term, scope)
        scope.captures = {}
    if not as_value:
        return Let(node.name_span, term, None)
    if isinstance(term, AttributeTest):
        return Let(node.name_span, term, Typed(Attribute(term.span, term.path), "any"))
    typed = value(node.value, scope)
    if isinstance(typed.term, BrokenValue):
        return _unknown(node)
    if typed.type in ("string", "tuple", "none"):
        _no_name_for(node, typed.type, scope)
        return _unknown(node)
    return Let(node.name_span, term, typed)


def _unknown(node: nodes.Let) -> Let:
    """A let with an error that has been reported: it fits everywhere."""
    return Let(node.name_span, BrokenPredicate(node.value.span, True), broken(node.value.span))


def _readings(node: nodes.Expression, scope: Scope) -> tuple[bool, bool]:
    """Whether an expression is to be read as a predicate, and whether as a value: some are both."""
    match node:
        case nodes.Member(function="attr") | nodes.Literal(value=bool()):
            return True, True
        case nodes.Reference(name=name):
            found = scope.names.get(name)
            if isinstance(found, Declared):
                return found.option.type in ("boolean", "any"), True
            if found is not None:
                return found.predicate is not None, found.value is not None
            return name in FLAGS, name not in FLAGS
        case _:
            return isinstance(node, _PREDICATES), not isinstance(node, _PREDICATES)


def _no_name_for(node: nodes.Let, type: str, scope: Scope) -> None:
    text = shown(node.value.span)
    literal = type == "string" and isinstance(node.value, nodes.Literal)
    scope.report(
        "E306",
        f"a `let` names a predicate or a number, and {described(node.value.span, type)}",
        node.value.span,
        help=f"write `option {node.name} = {text}`" if literal else f"write `{text}` where it is needed",
    )


def options(scopes: list[Scope]) -> dict[str, Option]:
    """The options of all files by name: the caller sets each once, so two with one name have to agree."""
    found: dict[str, Declared] = {}
    for scope in scopes:
        for name in scope.own:
            what = scope.names.get(name)
            if not isinstance(what, Declared):
                continue
            first = found.setdefault(name, what)
            if first.option != what.option:
                scope.report(
                    "E302",
                    f"the option `{name}` is declared twice, with two defaults",
                    what.span,
                    help="the caller sets both at once: give them one default, or rename one",
                    also=(Place(first.span, "it is declared first here"),),
                )
    return {name: what.option for name, what in found.items()}
