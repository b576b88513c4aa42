"""Names: giving one its meaning, and what to report where it has none."""

import re
from collections.abc import Iterator
from itertools import chain

from paramrules.diagnostics import Place, Span, listed, meant, write
from paramrules.rules import python_habits
from paramrules.rules.builtin_names import FLAGS, FUNCTIONS, NUMBERS, taken
from paramrules.rules.scope import BrokenPredicate, Declared, Let, Scope, broken
from paramrules.rules.terms import carried
from paramrules.syntax import nodes
from paramrules.syntax.nodes import children


def define(node: nodes.Let | nodes.Option, what: Let | Declared, scope: Scope) -> None:
    """Give a name of the file its meaning, or report why it cannot have it."""
    names, name, span = scope.names, node.name, node.name_span
    if taken(name):
        scope.report("E303", f"`{name}` is already {taken(name)}", span, help="choose another name")
        names.known[name] = Let(span, BrokenPredicate(span, True), broken(span))
    elif (first := names.own[name]) is not node:
        scope.report(
            "E302",
            f"`{name}` is defined twice",
            span,
            help="choose another name for one of the two",
            also=(Place(first.name_span, "it is defined first here"),),
        )
    else:
        names.known[name] = what
        match = carried(what.predicate) if isinstance(what, Let) else None
        for group in match.regex.names if match is not None else ():
            names.carriers.setdefault(group, name)


def is_unknown(name: str, scope: Scope) -> bool:
    """Return whether a name means nothing in this file, as far as the file can be understood."""
    names = scope.names
    meanings = (
        names.known,
        names.own,
        names.later,
        names.unread,
        names.carriers,
        scope.captures,
        scope.unbound,
    )
    known = taken(name) or any(name in each for each in meanings)
    return not (known or names.incomplete or scope.guess)


def undefined(name: str, span: Span, scope: Scope, help: str = "") -> None:
    """Report a name that has no meaning here, unless another mistake may be the reason."""
    if name in FUNCTIONS:
        help = f"write `{name}(...)`"
        scope.report("E307", f"`{name}` is a function, and its arguments are missing", span, help=help)
    elif name in scope.unbound:
        place, help = scope.unbound[name]
        scope.report("E308", f"the capture `{name}` may be unbound", span, help=help, also=(place,))
    elif name in scope.names.own:
        _defined_below(scope.names.own[name], span, scope)
    elif name in scope.names.later:
        _too_early(name, span, Place(scope.names.later[name], "it comes with this"), "include", scope)
    elif not (scope.names.incomplete or scope.guess or name in scope.names.unread):
        _unknown(name, span, scope, help)


def _defined_below(definition: nodes.Let | nodes.Option, span: Span, scope: Scope) -> None:
    name, where = definition.name, Place(definition.name_span, "it is defined here")
    if definition.span == scope.statement:
        scope.report(
            "E301",
            f"`{name}` is used in its own definition",
            span,
            help="choose another name for what is defined here",
        )
    elif way := _way_back(definition, scope):
        if not any(each in scope.names.known for each in way[:-1]):  # else it was reported there
            scope.report(
                "E301",
                f"definitions form a circle: {' -> '.join(f'`{each}`' for each in (way[-1], *way))}",
                span,
                help=f"no order of the lines helps: define `{way[-1]}` or `{name}` without the other",
                also=(where,),
            )
    else:
        _too_early(name, span, where, "definition", scope)


def _too_early(name: str, span: Span, where: Place, what: str, scope: Scope) -> None:
    scope.report(
        "E301",
        f"`{name}` is used before it is defined",
        span,
        help=f"move the {what} above the line that uses it",
        also=(where,),
    )


def _way_back(used: nodes.Let | nodes.Option, scope: Scope) -> list[str]:
    """Return the shortest chain of names from a definition below to the statement being read, or []."""
    own = scope.names.own
    ways = {used.name: [used.name]}
    queue = [used] if scope.findings.few else []
    for definition in queue:
        for name in _references(definition):
            if name not in ways and name in own:
                ways[name] = [*ways[definition.name], name]
                if own[name].span == scope.statement:
                    return ways[name]
                queue.append(own[name])
    return []


def _references(definition: nodes.Node) -> Iterator[str]:
    stack = children(definition)
    while stack:
        node = stack.pop()
        if isinstance(node, nodes.Reference):
            yield node.name
        stack += children(node)


def _is_all_of_a_rule(span: Span, scope: Scope) -> bool:
    """Return whether a word is the whole predicate of a rule, where `else` may stand."""
    text, (_, start, end) = span.source.text, scope.statement
    before, after = text[start : span.start].rstrip(), text[span.end : end].lstrip()
    is_rule = before.endswith(":") and not before.startswith("expect ")
    return is_rule and (not after or after.startswith(("->", "#")))


def _is_in_a_hole(span: Span, scope: Scope) -> bool:
    """Return whether a word stands in the braces of a label."""
    source, start, _ = scope.statement
    opened, closed = (source.text.rfind(brace, start, span.start) for brace in "{}")
    return opened > closed


def _captures_meant(name: str, scope: Scope) -> str:
    """Return a help with the captures that can be used here; an empty text if there are none."""
    captures = list(scope.captures)
    if len(captures) == 1:
        return meant(name, captures[0], safe=False)
    return f"the captures here are {listed(captures)}" if captures else ""


def _unknown(name: str, span: Span, scope: Scope, help: str) -> None:
    names = scope.names
    carrier = names.carriers.get(name, "")
    source, start, end = scope.statement
    captured = any(source.text.find(text, start, end) >= 0 for text in (f"(?<{name}>", f"(?P<{name}>"))
    if captured or (carrier and re.search(rf"\b{carrier}\b", scope.statement.text)):
        scope.report(
            "E308",
            f"the capture `{name}` is not bound yet at this place",
            span,
            help="use it to the right of its match: `name ~ ... and ...`, or in the label and the settings",
        )
        return
    if carrier:
        help = f"it is a capture of `{carrier}`: write `{carrier}` into the predicate of this rule"
    elif constant := python_habits.constant(name):
        help = write(constant, safe=True)
    else:
        layers = python_habits.LAYERS.get(name, "")
        facts = () if layers else chain(NUMBERS, FLAGS)  # `layer_fan_in` is near to `layer_id`
        words = ("else",) if _is_all_of_a_rule(span, scope) else ()
        near = scope.suggest(name, chain(names.known, scope.captures, facts, words))
        may_be_captured = len(name) == 1 or _is_in_a_hole(span, scope)
        help = near or layers or (_captures_meant(name, scope) if may_be_captured else "") or help
    scope.report("E301", f"`{name}` is not defined", span, help=help)
