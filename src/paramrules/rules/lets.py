"""Lets, options and includes: the names of a file."""

from collections.abc import Mapping

from paramrules.diagnostics import Diagnostic
from paramrules.rules import names
from paramrules.rules.loaded import Loaded
from paramrules.rules.model import Option
from paramrules.rules.predicates import predicate
from paramrules.rules.scope import FLAGS, Declared, Let, Scope
from paramrules.rules.values import kind, value
from paramrules.syntax import nodes


def definitions(loaded: Loaded, scopes: Mapping[int, Scope], findings: list[Diagnostic]) -> Scope:
    """The names of a file, those of its includes among them, in a scope of its own."""
    scope = Scope(loaded.source, findings)
    for statement in loaded.file.statements:
        if isinstance(statement, nodes.Let | nodes.Option):
            scope.later.setdefault(statement.name, statement.name_span)
    included = {id(node): each for node, each in loaded.includes}
    for statement in loaded.file.statements:
        match statement:
            case nodes.Include():
                each = included.get(id(statement))
                if each is None:
                    scope.open = True
                else:
                    _take_in(scopes[id(each)], scope)
            case nodes.Option():
                names.define(statement.name, statement.name_span, _option(statement), scope)
            case nodes.Let():
                names.define(statement.name, statement.name_span, _let(statement, scope), scope)
    return scope


def _take_in(included: Scope, scope: Scope) -> None:
    for name, what in included.names.items():
        scope.names.setdefault(name, what)


def _option(node: nodes.Option) -> Declared:
    default = None if node.default is None else node.default.value
    type = "any" if node.default is None else kind(default)
    return Declared(node.name_span, Option(node.span, node.name, type, default, node.default is None))


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


def _let(node: nodes.Let, scope: Scope) -> Let:
    written = node.value
    both = _either(written, scope)
    if both or (isinstance(written, _PREDICATES)) or _named_predicate(written, scope):
        term = predicate(written, scope)
        scope.captures = {}
        return Let(node.name_span, term, value(written, scope) if both else None)
    return Let(node.name_span, None, value(written, scope))


def _either(node: nodes.Expression, scope: Scope) -> bool:
    """Whether it is both, as `attr(x)`, `true`, and an option that may be a boolean."""
    if isinstance(node, nodes.Member):
        return node.function == "attr"
    if isinstance(node, nodes.Literal):
        return isinstance(node.value, bool)
    if isinstance(node, nodes.Reference):
        found = scope.names.get(node.name)
        if isinstance(found, Declared):
            return found.option.type in ("boolean", "any")
        return found is not None and found.predicate is not None and found.value is not None
    return False


def _named_predicate(node: nodes.Expression, scope: Scope) -> bool:
    if not isinstance(node, nodes.Reference):
        return False
    found = scope.names.get(node.name)
    return node.name in FLAGS or (isinstance(found, Let) and found.predicate is not None)
