"""Names: giving them a meaning, and what to say where they have none."""

import re
from itertools import chain

from paramrules.diagnostics import Place, Span
from paramrules.rules import python
from paramrules.rules.builtin_names import FLAGS, FUNCTIONS, NUMBERS, taken
from paramrules.rules.matches import carried
from paramrules.rules.scope import BrokenPredicate, Declared, Let, Scope, broken


def define(name: str, span: Span, what: Let | Declared, scope: Scope) -> None:
    """Give a name of the file its meaning, or report why it may not have it."""
    if taken(name):
        scope.report("E303", f"`{name}` is already {taken(name)}", span, help="choose another name")
        scope.names[name] = Let(span, BrokenPredicate(span, True), broken(span))
    elif scope.own[name] != span:
        scope.report(
            "E302",
            f"`{name}` is defined twice",
            span,
            help="choose another name for one of the two",
            also=(Place(scope.own[name], "it is defined first here"),),
        )
    else:
        scope.names[name] = what
        match = carried(what.predicate) if isinstance(what, Let) else None
        for group in match.regex.names if match is not None else ():
            scope.carriers.setdefault(group, name)


def undefined(name: str, span: Span, scope: Scope, help: str = "") -> None:
    """Report a name that means nothing at this place, unless another mistake may be the reason."""
    if name in FUNCTIONS:
        help = f"write `{name}(...)`"
        scope.report("E307", f"`{name}` is a function, and its arguments are missing", span, help=help)
    elif name in scope.unbound:
        place, help = scope.unbound[name]
        scope.report("E308", f"the capture `{name}` may be unbound", span, help=help, also=(place,))
    elif name in scope.own or name in scope.elsewhere:
        _too_early(name, span, scope)
    elif not (scope.open or scope.guess or name in scope.unread):
        _unknown(name, span, scope, help)


def _too_early(name: str, span: Span, scope: Scope) -> None:
    if name in scope.own and _inside(scope.own[name], scope.statement):
        scope.report(
            "E301",
            f"`{name}` is used in its own definition",
            span,
            help="choose another name for what is defined here",
        )
        return
    where, label, what = (
        (scope.own[name], "it is defined here", "definition")
        if name in scope.own
        else (scope.elsewhere[name], "it comes with this", "include")
    )
    scope.report(
        "E301",
        f"`{name}` is used before it is defined",
        span,
        help=f"move the {what} above the line that uses it",
        also=(Place(where, label),),
    )


def _unknown(name: str, span: Span, scope: Scope, help: str) -> None:
    carrier = scope.carriers.get(name, "")
    if _mentioned(rf"\(\?P?<{name}>", scope) or (carrier and _mentioned(rf"\b{carrier}\b", scope)):
        scope.report(
            "E308",
            f"the capture `{name}` is not bound yet at this place",
            span,
            help="use it to the right of its match: `name ~ ... and ...`, or in the label and the settings",
        )
        return
    if carrier:
        help = f"it is a capture of `{carrier}`: write `{carrier}` into the predicate of this rule"
    elif name in python.WORDS:
        help = f"write `{python.WORDS[name]}`"
    else:
        help = scope.suggest(name, chain(scope.names, scope.captures, NUMBERS, FLAGS)) or help
    scope.report("E301", f"`{name}` is not defined", span, help=help)


def _mentioned(pattern: str, scope: Scope) -> bool:
    """Whether the statement that is being read has such words somewhere."""
    return re.search(pattern, scope.statement.text) is not None


def _inside(inner: Span, outer: Span) -> bool:
    return inner.source is outer.source and outer.start <= inner.start and inner.end <= outer.end
