"""Labels, and the holes in them."""

from bisect import bisect_left
from itertools import islice

from paramrules.rules.model import Template
from paramrules.rules.scope import Scope, described
from paramrules.rules.terms import Value
from paramrules.rules.value_expressions import value
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


class Given:
    """The labels that the rules of an axis may give; those with holes are known by their beginnings.

    `left_over` says that `default` is among them. `some` names the first few, for one who looks for another.
    """

    def __init__(self, labels: list[Template], *, left_over: bool) -> None:
        self.literals = {text for text in map(literal, labels) if text is not None}
        if left_over:
            self.literals.add("default")
        first = list(islice(dict.fromkeys(f"`{label.text}`" for label in labels), 6))
        more = ", ..." if len(first) > 5 else ""
        self.some = f"its labels are {', '.join(first[:5])}{more}" if first else ""
        self._begins = {_begin(label) for label in labels if literal(label) is None}
        self._lengths = {len(begin) for begin in self._begins}
        self._sorted = sorted(self.literals | self._begins)

    def may_be(self, label: Template) -> bool:
        """Whether the label may be one of them."""
        begin = _begin(label)
        if begin in self.literals or any(begin[:length] in self._begins for length in self._lengths):
            return True
        if literal(label) is not None:
            return False
        place = bisect_left(self._sorted, begin)
        return place < len(self._sorted) and self._sorted[place].startswith(begin)


def _begin(label: Template) -> str:
    """What stands before the first hole."""
    return str(label.parts[0])
