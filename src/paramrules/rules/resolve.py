"""From syntax trees to rules: names get their meaning, and all that needs no model is checked."""

import re
from collections.abc import Iterable

from paramrules.diagnostics import Diagnostic
from paramrules.regex import Effort
from paramrules.rules.axes import Draft, check_axes, check_rules
from paramrules.rules.bound_captures import bind
from paramrules.rules.conflicts import check_conflicts
from paramrules.rules.definitions import definitions, let, option, options, take_in
from paramrules.rules.labels import template
from paramrules.rules.loaded import Loaded
from paramrules.rules.model import Axis, Expectation, Rule, Rules
from paramrules.rules.predicate_expressions import predicate
from paramrules.rules.reachable import dead_rules
from paramrules.rules.scope import BrokenPredicate, BrokenValue, Let, Scope
from paramrules.rules.settings import settings
from paramrules.rules.size import LARGEST
from paramrules.rules.terms import Predicate, Term
from paramrules.rules.walk import terms_in
from paramrules.syntax import nodes


def resolve(loaded: Loaded, *, may_define_only: bool = False) -> tuple[Rules | None, list[Diagnostic]]:
    """What a file and its includes mean, and every error and warning that can be found without a model.

    The rules are None where one of the findings is an error. With `may_define_only` a file without rules is
    right if it defines something for others to include; its rules have no axes.
    """
    findings: list[Diagnostic] = []
    effort = Effort()
    scopes: dict[int, Scope] = {}
    drafts: list[Draft] = []
    for each in (*loaded.files(), loaded):
        scope = scopes[id(each)] = definitions(each, scopes, findings, effort)
        drafts = _statements(each, scopes, scope)
    declared = options(list(scopes.values()))
    check_axes(drafts, scope)
    if _understood(loaded):
        check_rules(drafts, scope, may_define_only=may_define_only)
    check_conflicts(drafts, scope)
    findings += list(_dead_rules(drafts, loaded, scope))
    if any(finding.is_error for finding in findings):
        return None, findings
    rules = Rules(
        source=loaded.source,
        edition=next((s.number for s in loaded.file.statements if isinstance(s, nodes.Edition)), 1),
        axes=_axes(drafts, loaded),
        options=declared,
        lets=_lets(scope),
        findings=tuple(findings),
        allows=loaded.allows,
        file=loaded.file,
        included=tuple(each.file for each in loaded.files()),
    )
    return rules, findings


def _statements(loaded: Loaded, scopes: dict[int, Scope], scope: Scope) -> list[Draft]:
    """Read a file from top to bottom: its names into the scope, its rules into axes."""
    drafts = [Draft("", None)]
    included = {include.span.start: scopes[id(each)] for include, each in loaded.includes}
    for statement in _in_order(loaded.file):
        scope.begin(statement.span)
        match statement:
            case nodes.Include():
                if statement.span.start in included:
                    take_in(statement, included[statement.span.start], scope)
                else:
                    scope.open = True
            case nodes.Option():
                option(statement, scope)
            case nodes.Let():
                let(statement, scope)
            case nodes.Axis():
                drafts.append(Draft(statement.name, statement.span))
            case nodes.Rule():
                drafts[-1].rules.append(_rule(statement, scope))
            case nodes.Expect():
                drafts[-1].expectations.append(_expectation(statement, scope))
            case nodes.Broken(kind="axis"):
                drafts.append(Draft(statement.name, statement.span, unread=True))
            case nodes.Broken(kind="rule" | ""):
                drafts[-1].unread = True
            case _:
                pass  # an edition, or a definition that could not be understood
        if scope.written_out > LARGEST:
            scope.report(
                "E110",
                f"with its lets written out, the file has more than {LARGEST:,} expressions",
                statement.span,
                help="use lets that use lets less often",
            )
            drafts[-1].unread = True
            break
    return drafts


def _understood(loaded: Loaded) -> bool:
    """Whether the reader understood all statements, and did not refuse the file as a whole."""
    file = loaded.file
    return not file.broken and bool(file.statements or not _CONTENT.search(loaded.source.text))


_CONTENT = re.compile(r"^[ \t]*[^\s#]", re.MULTILINE)


def _dead_rules(drafts: list[Draft], loaded: Loaded, scope: Scope) -> Iterable[Diagnostic]:
    """The rules that can never win, of the axes whose predicates are all known."""
    if scope.written_out > LARGEST:
        return
    sound = not (loaded.file.broken or scope.open or any(finding.is_error for finding in scope.findings))
    for draft in drafts:
        predicates = [rule.predicate for rule in draft.rules if rule.predicate is not None]
        if sound or not any(_broken(predicate) for predicate in predicates):
            yield from dead_rules(draft.axis(loaded.file.span))


def _broken(predicate: Predicate) -> bool:
    return any(isinstance(term, BrokenPredicate | BrokenValue) for term in terms_in(predicate))


def _in_order(file: nodes.File) -> Iterable[nodes.Statement | nodes.Broken]:
    """All statements, with those that could not be understood."""
    if not file.broken:
        return file.statements
    return sorted((*file.statements, *file.broken), key=lambda statement: statement.span.start)


def _rule(node: nodes.Rule, scope: Scope) -> Rule:
    term = None
    if node.predicate is not None:
        term = predicate(node.predicate, scope)
        bind(term, scope)
    label = template(node.label, scope)
    return Rule(node.span, label, node.optional, term, settings(node.settings, scope), tuple(scope.captures))


def _expectation(node: nodes.Expect, scope: Scope) -> Expectation:
    term = predicate(node.predicate, scope)
    bind(term, scope)
    label = template(node.label, scope)
    return Expectation(node.span, label, node.negated, node.optional, term, tuple(scope.captures))


def _axes(drafts: list[Draft], loaded: Loaded) -> tuple[Axis, ...]:
    """The axes; what stands before the first header is one only if it has rules."""
    first, *others = drafts
    some = [first] if first.rules else []
    return tuple(draft.axis(loaded.file.span) for draft in some + others)


def _lets(scope: Scope) -> dict[str, Term]:
    """The file's own lets."""
    found: dict[str, Term] = {}
    for name in scope.own:
        what = scope.names[name]
        if isinstance(what, Let):
            term = what.predicate if what.value is None else what.predicate or what.value.term
            assert term is not None  # one of the two is there
            found[name] = term
    return found
