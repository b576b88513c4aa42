"""`~`, `!~` and `like`, and the matches that `count` and `index` ask about."""

from paramrules import regex
from paramrules.diagnostics import Diagnostic, Span
from paramrules.rules.names import undefined
from paramrules.rules.scope import TEXTS, BrokenPredicate, Let, Scope
from paramrules.rules.terms import GlobTest, LetPredicate, Predicate, RegexTest
from paramrules.syntax import nodes


def regex_test(node: nodes.Matches, scope: Scope) -> Predicate:
    """`name ~ REGEX`, `name !~ REGEX`."""
    subject = _subject(node.left, "!~" if node.negated else "~", scope)
    pattern, findings = _read(node.regex.text, node.regex.span)
    scope.findings.extend(findings)
    if subject is None or pattern is None:
        return BrokenPredicate(node.span, True)
    return RegexTest(node.span, subject, pattern, node.negated)


def glob_test(node: nodes.Like, scope: Scope) -> Predicate:
    """`name like GLOB`, `name not like GLOB`."""
    subject = _subject(node.left, "like", scope)
    if subject is None:
        return BrokenPredicate(node.span, False)
    return GlobTest(node.span, subject, node.glob.text, node.negated)


def _subject(node: nodes.Expression, operator: str, scope: Scope) -> str | None:
    if isinstance(node, nodes.Reference) and node.name in TEXTS:
        return node.name
    scope.report(
        "E306",
        f"`{operator}` looks into `name`, `leaf` or `module`, not into `{node.span.text}`",
        node.span,
        help=f"write `name {operator} ...`",
    )
    return None


def carried(predicate: Predicate | None) -> RegexTest | None:
    """The match that a predicate is, be it under the name of a let: its captures are seen outside of it."""
    while isinstance(predicate, LetPredicate):
        predicate = predicate.predicate
    return predicate if isinstance(predicate, RegexTest) else None


def counted(function: str, node: nodes.Expression, scope: Scope) -> RegexTest | None:
    """What `count(...)` or `index(...)` is about; None, and a finding, where it is no match with groups."""
    match = _match(node, scope)
    if isinstance(match, BrokenPredicate):
        return None
    test = carried(match)
    if test is None:
        problem, help = (
            "it needs a match",
            f"write `{function}(name ~ ...)`, or the name of a `let` that is a match",
        )
    elif test.negated:
        problem, help = "a negated match captures nothing", "write the match with `~`"
    elif not test.regex.groups:
        problem, help = (
            "this match has no group",
            r"put what is to be told apart in brackets: `blocks\.(\d+)\.`",
        )
    else:
        return test
    scope.report("E307", f"`{function}` cannot be computed from `{node.span.text}`", node.span, problem, help)
    return None


def _match(node: nodes.Expression, scope: Scope) -> Predicate | None:
    if isinstance(node, nodes.Matches):
        return regex_test(node, scope)
    if isinstance(node, nodes.Reference):
        found = scope.names.get(node.name)
        if isinstance(found, Let):
            return found.predicate
        if found is None and node.name not in scope.captures:
            undefined(node.name, node.span, scope)
            return BrokenPredicate(node.span, False)
    return None


def _read(text: str, span: Span) -> tuple[regex.Regex | None, list[Diagnostic]]:
    if hasattr(regex, "read"):
        return regex.read(text, span)
    import re

    pattern = re.compile(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", text), re.ASCII)
    names = {n: name for name, n in pattern.groupindex.items()}
    groups = tuple(regex.Group(n, names.get(n), True, True) for n in range(1, pattern.groups + 1))
    return regex.Regex(text, groups, pattern), []
