"""Settings: each key once in a rule, of a type that it can have."""

from paramrules.diagnostics import Place
from paramrules.rules.model import Setting
from paramrules.rules.scope import Scope
from paramrules.rules.values import value
from paramrules.syntax import nodes


def settings(written: tuple[nodes.Setting, ...] | None, scope: Scope) -> tuple[Setting, ...] | None:
    """The settings of one rule."""
    if written is None:
        return None
    found: dict[str, Setting] = {}
    for node in written:
        term, _ = value(node.value, scope)
        if node.key in found:
            scope.report(
                "E313",
                f"`{node.key}` is set twice in one rule",
                node.key_span,
                help="take one of the two out",
                also=(Place(found[node.key].key_span, "it is set first here"),),
            )
        else:
            found[node.key] = Setting(node.span, node.key, node.key_span, term)
    return tuple(found.values())
