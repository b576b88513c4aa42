"""What people who know Python write, and what is written here instead."""

from paramrules.rules.words import TEXTS
from paramrules.syntax import nodes
from paramrules.syntax.verbs import text_test

WORDS = {"True": "true", "False": "false", "None": "none"}
"""Constants."""

REST = frozenset(
    {"all", "any", "anything", "default", "everything", "other", "others", "otherwise", "remaining", "rest"}
)
"""Words for whatever is left."""

_ATTRIBUTES = ("hasattr", "getattr")
_CLASSES = ("isinstance", "issubclass")
_OF_SHAPE = {"len": "ndim", "prod": "size", "numel": "size", "rank": "ndim", "dim": "ndim"}


def call(node: nodes.Call) -> str:
    """What to write for a call of a function that there is not; "" where nobody knows."""
    function, arguments = node.function, node.arguments
    if function in _CLASSES:
        return f"write `type({names(arguments[1:]) or '...'})`"
    if function in _ATTRIBUTES:
        return f"write `attr({names(arguments[:2][-1:]) or '...'})`"
    if function in _OF_SHAPE:
        return f"write `{_OF_SHAPE[function]}`"
    words = (each.name for each in arguments if isinstance(each, nodes.Reference))
    subject = next((word for word in words if word in TEXTS), "")
    text = next(filter(None, map(_text, arguments)), "")
    test = text_test(function, subject, text) if subject and text else ""
    return f"write `{test}`" if test else ""


def names(written: tuple[nodes.Expression, ...]) -> str:
    """What stands in the brackets of `type` for classes that were written one by one or as a tuple, or ""."""
    if len(written) == 1 and isinstance(written[0], nodes.Tuple):
        written = written[0].items
    found = [each.name if isinstance(each, nodes.Reference) else _text(each) for each in written]
    return "|".join(found) if all(found) else ""


def _text(node: nodes.Expression) -> str:
    return node.value if isinstance(node, nodes.Literal) and isinstance(node.value, str) else ""
