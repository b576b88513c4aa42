"""From a name to what it means, and what to say where it means nothing here."""

from paramrules.diagnostics import Place, Span, did_you_mean
from paramrules.rules.scope import (
    FIELDS,
    FLAGS,
    FUNCTIONS,
    NUMBERS,
    Declared,
    Let,
    Scope,
)

_TAKEN = FIELDS | FLAGS | FUNCTIONS


def meaning(name: str, span: Span, scope: Scope) -> Let | Declared | None:
    """The let or option of that name; None, and a finding, where there is none."""
    found = scope.names.get(name)
    if found is None:
        undefined(name, span, scope)
    return found


def undefined(name: str, span: Span, scope: Scope) -> None:
    """Report a name that means nothing here, unless the file's other mistakes may be the reason."""
    if name in FUNCTIONS:
        scope.report(
            "E307", f"`{name}` is a function", span, "its arguments are missing", f"write `{name}(...)`"
        )
    elif name in scope.unbound:
        unbound(name, span, scope)
    elif name in scope.later:
        scope.report(
            "E301",
            f"`{name}` is used before it is defined",
            span,
            help=f"move the definition of `{name}` up, above this line",
            also=(Place(scope.later[name], "it is defined here"),),
        )
    elif not (scope.open or scope.guess or name in scope.announced):
        known = [*scope.names, *scope.captures, *NUMBERS, *FLAGS]
        scope.report("E301", f"`{name}` is not defined", span, help=did_you_mean(name, known))


def unbound(name: str, span: Span, scope: Scope) -> None:
    """Report the use of a capture that some way through the predicate does not bind."""
    group, why = scope.unbound[name]
    scope.report("E308", f"`{name}` may be unbound", span, also=(Place(group, why),), help=_BIND)


_BIND = "capture it in every branch of `or`, outside of `not`, and under no `?` or `*`, or write two rules"


def define(name: str, span: Span, what: Let | Declared, scope: Scope) -> None:
    """Give a name of the file its meaning, or report why it may not have it."""
    if name in _TAKEN:
        kind = (
            "a function" if name in FUNCTIONS else "a flag" if name in FLAGS else "a fact about the parameter"
        )
        scope.report("E303", f"`{name}` is already {kind}", span, help="choose another name")
    elif name in scope.own:
        scope.report(
            "E302",
            f"`{name}` is defined twice",
            span,
            help="choose another name for one of the two",
            also=(Place(scope.names[name].span, "it is defined first here"),),
        )
    else:
        scope.own.add(name)
        scope.names[name] = what
