"""Labels and what stands in their holes."""

from paramrules.rules.bound_captures import unnamed
from paramrules.rules.model import Template
from paramrules.rules.scope import Scope, described
from paramrules.rules.terms import Predicate, Value
from paramrules.rules.value_expressions import value
from paramrules.syntax import nodes


def label(node: nodes.Label, predicate: Predicate | None, scope: Scope) -> Template:
    """Return the label of a rule with the values of its holes: numbers and strings."""
    parts: list[str | Value] = []
    for part in node.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        term, type = value(part, scope, _ONE_LABEL)
        if type not in ("number", "string", "any"):
            message = f"a label takes whole numbers and words, and {described(part.span, type)}"
            scope.report("E306", message, part.span)
        if predicate is not None and isinstance(part, nodes.Literal) and type == "number":
            _warn_number(part, predicate, scope)
        parts.append(term)
    return Template(node.span, tuple(parts))


_ONE_LABEL = "write a rule for each case, each with its own label"


def _warn_number(hole: nodes.Literal, predicate: Predicate, scope: Scope) -> None:
    """Warn of a number that may be meant as a group of the match, like `\\1` in a replacement."""
    group = next(unnamed(predicate), "")
    if group:
        used = (scope.names.known, scope.captures, scope.unbound)
        name = next((each for each in ("i", "j", "k") if not any(each in names for names in used)), "...")
        scope.report(
            "W325",
            f"`{{{hole.span.text}}}` is the number itself, not what a group captures",
            hole.span,
            help=f"name the group, `(?<{name}>{group[1:]}`, and write `{{{name}}}`",
        )
