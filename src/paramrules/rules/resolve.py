"""From syntax trees to rules: names get their meaning, and everything that needs no model is checked."""

import re
from collections.abc import Iterable

from paramrules.diagnostics import Diagnostic, Span
from paramrules.rules.axes import Draft, check_axes, check_rules
from paramrules.rules.bound_captures import after
from paramrules.rules.conflicts import check_conflicts
from paramrules.rules.definitions import let, lets, names_of, option, options, take_in
from paramrules.rules.includes import Loaded
from paramrules.rules.labels import label
from paramrules.rules.model import Axis, Expectation, Rule, Rules
from paramrules.rules.no_decay import imply_no_decay
from paramrules.rules.predicate_expressions import predicate
from paramrules.rules.reachable import dead_rules
from paramrules.rules.scope import BrokenPredicate, BrokenValue, Findings, Names, Scope
from paramrules.rules.settings import settings
from paramrules.rules.terms import terms_in
from paramrules.syntax import nodes


def resolve(loaded: Loaded, *, may_define_only: bool = False) -> tuple[Rules | None, list[Diagnostic]]:
    """Return the rules of a file, and every error and warning that can be found without a model.

    The rules are None if one of the findings is an error. With `may_define_only` a file without rules is
    accepted if it defines something for others to include; its rules have no axes.
    """
    findings = Findings()
    files: dict[int, Names] = {}
    drafts: list[Draft] = []
    for each in (*loaded.files(), loaded):
        names = files[id(each)] = names_of(each, files)
        drafts = _statements(each, files, names, findings)
    declared = options(files.values(), findings)
    check_axes(drafts, findings)
    if _understood(loaded):
        start = Span(loaded.source, 0, 0)
        check_rules(drafts, start, findings, defines=bool(names.known), library=may_define_only)
    imply_no_decay(drafts, findings)
    check_conflicts(drafts, findings)
    findings.all += list(_dead_rules(drafts, loaded, names, findings))
    if any(finding.is_error for finding in findings.all):
        return None, findings.all
    rules = Rules(
        source=loaded.source,
        edition=next((s.number for s in loaded.file.statements if isinstance(s, nodes.Edition)), 1),
        axes=_axes(drafts, loaded),
        options=declared,
        lets=lets(names),
        findings=tuple(findings.all),
        allows=loaded.allows,
        file=loaded.file,
        included=tuple(each.file for each in loaded.files()),
    )
    return rules, findings.all


def _statements(loaded: Loaded, files: dict[int, Names], names: Names, findings: Findings) -> list[Draft]:
    """Read a file from top to bottom: define its names, and return its axes."""
    drafts = [Draft("", None)]
    included = {include.span.start: files[id(each)] for include, each in loaded.first_includes}
    for statement in _in_order(loaded.file):
        scope = Scope(names, findings, statement.span)
        match statement:
            case nodes.Include() if statement.span.start in included:
                take_in(statement, included[statement.span.start], scope)
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
                pass  # an edition, or a statement whose error has been reported
    return drafts


def _understood(loaded: Loaded) -> bool:
    """Return whether the parser understood every statement, and did not refuse the file as a whole."""
    file = loaded.file
    return not file.broken and bool(file.statements or not _CONTENT.search(loaded.source.text))


_CONTENT = re.compile(r"^[ \t]*[^\s#]", re.MULTILINE)


def _dead_rules(
    drafts: list[Draft], loaded: Loaded, names: Names, findings: Findings
) -> Iterable[Diagnostic]:
    """Return findings for the rules that can never win, in the axes whose predicates are all known."""
    sound = not (
        loaded.file.broken or names.incomplete or names.unread or any(each.is_error for each in findings.all)
    )
    known = [draft for draft in drafts if sound or not _broken(draft.rules)]
    return dead_rules(draft.axis(loaded.file.span) for draft in known)


def _broken(rules: list[Rule]) -> bool:
    predicates = [rule.predicate for rule in rules if rule.predicate is not None]
    return any(isinstance(term, BrokenPredicate | BrokenValue) for term in terms_in(*predicates))


def _in_order(file: nodes.File) -> Iterable[nodes.Statement | nodes.Broken]:
    """Return all statements, those that could not be understood among them."""
    if not file.broken:
        return file.statements
    return sorted((*file.statements, *file.broken), key=lambda statement: statement.span.start)


def _rule(node: nodes.Rule, scope: Scope) -> Rule:
    term = None
    if node.predicate is not None:
        term = predicate(node.predicate, scope)
        scope = after(term, scope)
    template = label(node.label, term, scope)
    return Rule(
        node.span, template, node.optional, term, settings(node.settings, scope), tuple(scope.captures)
    )


def _expectation(node: nodes.Expect, scope: Scope) -> Expectation:
    term = predicate(node.predicate, scope)
    scope = after(term, scope)
    template = label(node.label, term, scope)
    return Expectation(node.span, template, node.negated, node.optional, term, tuple(scope.captures))


def _axes(drafts: list[Draft], loaded: Loaded) -> tuple[Axis, ...]:
    """Return the axes; the rules before the first header are one only if there are any."""
    first, *others = drafts
    some = [first] if first.rules else []
    return tuple(draft.axis(loaded.file.span) for draft in some + others)
