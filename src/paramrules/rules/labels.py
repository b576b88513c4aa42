"""Labels, and the holes in them."""

import re

from paramrules.rules.model import Template
from paramrules.rules.scope import Scope, described
from paramrules.rules.terms import Value
from paramrules.rules.values import value
from paramrules.syntax import nodes


def template(label: nodes.Label, scope: Scope) -> Template:
    """A label with what its holes mean: numbers and strings."""
    parts: list[str | Value] = []
    for part in label.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        term, type = value(part, scope, _EACH)
        if type not in ("number", "string", "any"):
            message = f"a label takes whole numbers and words, and {described(part.span, type)}"
            scope.report("E306", message, part.span)
        parts.append(term)
    return Template(label.span, tuple(parts))


_EACH = "write a rule for each case, each with a label of its own"


def literal(label: Template) -> str | None:
    """A label without holes; None for one with some."""
    return label.parts[0] if len(label.parts) == 1 and isinstance(label.parts[0], str) else None


def pattern(label: Template) -> str:
    """A regex for the labels that a template may become."""
    return "".join(re.escape(part) if isinstance(part, str) else "[A-Za-z0-9_]+" for part in label.parts)


def example(label: Template) -> str:
    """One of the labels that a template may become."""
    return "".join(part if isinstance(part, str) else "0" for part in label.parts)
