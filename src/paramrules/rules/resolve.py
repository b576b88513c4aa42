"""From syntax trees to rules: names get their meaning, and everything that needs no model is checked."""

from paramrules.diagnostics import Diagnostic
from paramrules.rules import captures
from paramrules.rules.labels import template
from paramrules.rules.lets import definitions
from paramrules.rules.loaded import Loaded
from paramrules.rules.model import Axis, Expectation, Rule, Rules
from paramrules.rules.predicates import predicate
from paramrules.rules.scope import Declared, Let, Scope
from paramrules.rules.settings import settings
from paramrules.rules.terms import Predicate
from paramrules.syntax import nodes


def resolve(loaded: Loaded) -> tuple[Rules | None, list[Diagnostic]]:
    """What a file and its includes mean, and every error and warning that can be found without a model.

    The rules are None where one of the findings is an error.
    """
    findings: list[Diagnostic] = []
    scopes: dict[int, Scope] = {}
    for each in (*loaded.files(), loaded):
        scopes[id(each)] = definitions(each, scopes, findings)
    scope = scopes[id(loaded)]
    axes = _axes(loaded, scope)
    if any(finding.is_error for finding in findings):
        return None, findings
    edition = next((s.number for s in loaded.file.statements if isinstance(s, nodes.Edition)), 1)
    options = {
        name: found.option
        for each in scopes.values()
        for name, found in each.names.items()
        if isinstance(found, Declared)
    }
    lets = {
        name: found.predicate or (found.value and found.value.term)
        for name, found in scope.names.items()
        if isinstance(found, Let) and name in scope.own
    }
    rules = Rules(
        source=loaded.source,
        edition=edition,
        axes=axes,
        options=options,
        lets={name: term for name, term in lets.items() if term is not None},
        findings=tuple(findings),
        allows=tuple(allow for each in (loaded, *loaded.files()) for allow in each.file.allows),
        file=loaded.file,
        included=tuple(each.file for each in loaded.files()),
    )
    return rules, findings


def _axes(loaded: Loaded, scope: Scope) -> tuple[Axis, ...]:
    axes: list[tuple[str, nodes.Node, list[Rule], list[Expectation]]] = [("", loaded.file, [], [])]
    for statement in loaded.file.statements:
        match statement:
            case nodes.Axis():
                axes.append((statement.name, statement, [], []))
            case nodes.Rule():
                axes[-1][2].append(_rule(statement, scope))
            case nodes.Expect():
                axes[-1][3].append(_expectation(statement, scope))
            case nodes.Let() | nodes.Option():
                pass
    return tuple(
        Axis(node.span, name, tuple(rules), tuple(expectations))
        for name, node, rules, expectations in axes
        if rules or expectations or name
    )


def _rule(node: nodes.Rule, scope: Scope) -> Rule:
    term = None if node.predicate is None else _predicate(node.predicate, scope)
    label = template(node.label, scope)
    written = settings(node.settings, scope)
    names = tuple(scope.captures)
    _forget(scope)
    return Rule(node.span, label, node.optional, term, written, names)


def _expectation(node: nodes.Expect, scope: Scope) -> Expectation:
    term = _predicate(node.predicate, scope)
    label = template(node.label, scope)
    _forget(scope)
    return Expectation(node.span, label, node.negated, node.optional, term)


def _predicate(node: nodes.Expression, scope: Scope) -> Predicate:
    """A rule's predicate; its captures are known to the scope until `_forget`."""
    term = predicate(node, scope)
    scope.captures = captures.bound(term)
    scope.unbound = captures.unbound(term, scope.captures)
    scope.guess = captures.guessed(term)
    return term


def _forget(scope: Scope) -> None:
    scope.captures, scope.unbound, scope.guess = {}, {}, False
