"""Labels: templates of rules and expectations."""

from paramrules.rules.model import Template
from paramrules.rules.scope import Scope
from paramrules.rules.terms import Value
from paramrules.rules.values import value
from paramrules.syntax import nodes


def template(label: nodes.Label, scope: Scope) -> Template:
    """A label, each hole a value that is a number or a string."""
    parts: list[str | Value] = []
    for part in label.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        term, kind = value(part, scope)
        if kind not in ("number", "string", "any"):
            scope.report(
                "E306",
                f"a label is filled in with whole numbers and words, and `{part.span.text}` is a {kind}",
                part.span,
            )
        parts.append(term)
    return Template(label.span, tuple(parts))
