"""Expressions where a value is needed: numbers, strings, booleans, none, tuples."""

import re

from paramrules.diagnostics import Span, helping, write
from paramrules.rules import python_habits
from paramrules.rules.arithmetic import NoResultError, compute
from paramrules.rules.builtin_names import ARITY, FLAGS, FUNCTIONS, NUMBERS, taken
from paramrules.rules.matches import countable, regex_test
from paramrules.rules.names import undefined
from paramrules.rules.scope import (
    BrokenPredicate,
    BrokenValue,
    Declared,
    Let,
    Scope,
    Typed,
    broken,
    described,
    shown,
)
from paramrules.rules.terms import (
    Arithmetic,
    Attribute,
    Capture,
    Constant,
    Count,
    Extent,
    Field,
    LetValue,
    OptionValue,
    Position,
    Predicate,
    TupleValue,
    Value,
    constant_number,
    meaning,
)
from paramrules.syntax import nodes
from paramrules.syntax.language import MEMBERS

DEFINE = r"define it above with `let {0} = ...` or `option {0} = ...`, or capture it: `(?<{0}>\d+)`"
_ALONE = "a predicate stands alone, or joined by `and`, `or` and `not`"


def value(node: nodes.Expression, scope: Scope, help: str = _ALONE, unknown: str = DEFINE) -> Typed:
    """Return an expression as a value.

    If it is a predicate, `help` is what to write; if it is a name that resembles no known one, `unknown`.
    """
    match node:
        case nodes.Literal():
            return Typed(Constant(node.span, node.value), kind(node.value))
        case nodes.Reference():
            return _reference(node, scope, help, unknown)
        case nodes.Arithmetic():
            return _arithmetic(node, scope)
        case nodes.Minus():
            return _minus(node, scope)
        case nodes.Call():
            return _call(node, scope)
        case nodes.Index():
            return _extent(node, scope)
        case nodes.Tuple():
            items = tuple(value(item, scope, help).term for item in node.items)
            return Typed(TupleValue(node.span, items), "tuple")
        case nodes.Member(function="attr" | "module_attr"):
            return Typed(Attribute(node.span, attribute_path(node, scope), node.function), "any")
        case nodes.AnyExtent():
            help = write("shape == (1, *, 768)")
            scope.report("E306", "`*` stands for any extent only beside `shape`", node.span, help=help)
        case _:
            _not_a_value(node, scope, help)
    return broken(node.span)


def number(node: nodes.Expression, scope: Scope, user: str) -> Value:
    """Return an expression as a number; `user` is what needs one."""
    term, type = value(node, scope)
    if type not in ("number", "any"):
        scope.report(
            "E306",
            f"{user} needs a number, and {described(node.span, type)}",
            node.span,
            help=in_digits(term),
        )
    return term


def in_digits(term: Value) -> str:
    """Return how to write a string as a number, if it may have been meant as one."""
    if isinstance(term, Capture):
        return rf"a group that can match only digits is a number: `(?<{term.name}>\d+)`"
    if isinstance(term, Constant) and isinstance(term.value, str) and _NUMBER.fullmatch(term.value):
        return f"write `{term.value}` without quotes"
    return ""


_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")


def kind(constant: object) -> str:
    """Return the type of a constant."""
    if isinstance(constant, bool):
        return "boolean"
    return "string" if isinstance(constant, str) else "none" if constant is None else "number"


def type_of(value: object) -> str:
    """Return the type of a computed setting: that of a constant or `tuple`; "" if a setting cannot be it."""
    if isinstance(value, tuple):
        return "tuple" if all(type_of(item) not in ("", "tuple") for item in value) else ""
    return kind(value) if value is None or isinstance(value, bool | int | float | str) else ""


def attribute_path(node: nodes.Member, scope: Scope) -> tuple[str, ...]:
    """Return the parts of `attr(_optim.lr)`."""
    path = tuple(node.alternatives[0].text.split("."))
    if len(node.alternatives) > 1:
        help = " or ".join(f"{node.function}({alternative.text})" for alternative in node.alternatives)
        scope.report("E307", f"`{node.function}` takes one name", node.span, help=write(help))
    elif not all(part.isidentifier() for part in path):
        text, span = node.alternatives[0].text, node.alternatives[0].span
        wild = "*" in text or "?" in text
        help = (
            "wildcards stand only in `type`, `within` and `variable`" if wild else _PATH.format(node.function)
        )
        scope.report("E307", f"`{text}` is not the name of an attribute", span, help=help)
    return path


_PATH = "write the attribute's name, and after a dot the key to read in it: `{0}(_optim.lr)`"


def _reference(node: nodes.Reference, scope: Scope, help: str, unknown: str) -> Typed:
    name, span = node.name, node.span
    if name in scope.captures:
        numeric = scope.captures[name]
        return Typed(Capture(span, name, numeric), "number" if numeric else "string")
    if name in NUMBERS:
        return Typed(Field(span, name), "number")
    found = scope.lookup(name)
    if isinstance(found, Declared):
        return Typed(OptionValue(span, name), found.option.type)
    if found is not None and found.value is not None:
        return Typed(LetValue(span, name, found.value.term), found.value.type)
    if found is not None or name in FLAGS:
        _not_a_value(node, scope, help)
    elif name in _EXAMPLES:
        help = f"it stands only on the left of a test, as in `{_EXAMPLES[name]}`"
        scope.report("E306", f"`{name}` cannot be used as a value", span, help=help)
    else:
        undefined(name, span, scope, _what_to_write(name, unknown, scope))
    return broken(span)


def _what_to_write(name: str, unknown: str, scope: Scope) -> str:
    if name in python_habits.BASE:
        return (
            f"a rule cannot read the optimizer's `{name}`: `{python_habits.BASE[name]} = 0.1` multiplies it"
        )
    if unknown is DEFINE and name[0].isupper() and not name.isupper():
        return f"write `type({name})` for parameters of that class"
    if unknown is DEFINE and (group := _nearly_named(name, scope)):
        return helping(f"name the group with `(?<{name}>`", f"(?<{name}>", safe=True, at=group)
    if unknown is DEFINE and _UNNAMED.search(scope.statement.text):
        return rf"give the group its name: `(?<{name}>\d+)`"
    return unknown.format(name)


def _nearly_named(name: str, scope: Scope) -> Span | None:
    """Return the place of what was meant to begin a group of this name: `(<i>`, `(P<i>`, `(?:<i>`."""
    span = scope.statement
    found = list(re.finditer(rf"\((?:\?:|P)?<{name}>", span.text))
    if len(found) != 1:
        return None
    return Span(span.source, span.start + found[0].start(), span.start + found[0].end())


_UNNAMED = re.compile(r"~.*\((?!\?)[^()|]*\\d")
"""A match with a group for digits that has no name."""


_EXAMPLES = {
    "name": r"name ~ \.bias$",
    "leaf": 'leaf == "bias"',
    "module": "module like *.attn",
    "dtype": "dtype == bfloat16",
    "role": "role == bias",
    "shape": "shape == (1, *, 768)",
}


def _arithmetic(node: nodes.Arithmetic, scope: Scope) -> Typed:
    left = number(node.left, scope, f"`{node.operator}`")
    right = number(node.right, scope, f"`{node.operator}`")
    return _computed(node, node.operator, (left, right), scope)


def _minus(node: nodes.Minus, scope: Scope) -> Typed:
    return _computed(node, "neg", (number(node.item, scope, "`-`"),), scope)


def _computed(node: nodes.Expression, operator: str, arguments: tuple[Value, ...], scope: Scope) -> Typed:
    """Return arithmetic, or its result if every argument is a constant. Report what no model can mend."""
    constants = [constant_number(argument) for argument in arguments]
    if operator in ("/", "//", "%") and constants[1] == 0:
        scope.report("E208", f"`{shown(node.span)}` divides by zero", arguments[1].span)
        return broken(node.span)
    numbers = [constant for constant in constants if constant is not None]
    if len(numbers) < len(arguments):
        return Typed(Arithmetic(node.span, operator, arguments), "number")
    try:
        return Typed(Constant(node.span, compute(operator, numbers)), "number")
    except NoResultError as fault:
        scope.report("E208", f"`{shown(node.span)}` cannot be computed: {fault}", node.span)
        return broken(node.span)


def _extent(node: nodes.Index, scope: Scope) -> Typed:
    position = value(node.position, scope).term
    while isinstance(position, LetValue):
        position = position.value
    if node.name != "shape":
        inside = shown(node.position.span)
        tests = node.name in MEMBERS
        help: str = write(f"{node.name}({inside})") if tests else write(f"shape[{inside}]")
        scope.report("E306", f"only `shape` can be indexed, not `{node.name}`", node.span, help=help)
        return broken(node.span)
    if isinstance(position, Constant) and type(position.value) is int:
        return Typed(Extent(node.span, position.value), "number")
    if isinstance(position, BrokenValue):
        return broken(node.span)
    help = "write `shape[0]` for the first extent, `shape[-1]` for the last"
    scope.report("E306", "`shape` is indexed with a whole number", node.position.span, help=help)
    return broken(node.span)


def _call(node: nodes.Call, scope: Scope) -> Typed:
    if node.function not in ARITY:
        span = Span(node.span.source, node.span.start, node.span.start + len(node.function))
        help = python_habits.call(node) or scope.suggest(node.function, FUNCTIONS) or _FUNCTIONS
        scope.report("E307", f"there is no function `{node.function}`", span, help=help)
        return broken(node.span)
    least, most = ARITY[node.function]
    given = len(node.arguments)
    if given < least or (most is not None and given > most):
        wanted = "one argument" if most == 1 else "two arguments or more"
        scope.report("E307", f"`{node.function}` takes {wanted}, not {given}", node.span)
        return broken(node.span)
    if node.function in ("count", "index"):
        return _about_a_match(node, scope)
    arguments = tuple(number(item, scope, f"`{node.function}`") for item in node.arguments)
    return _computed(node, node.function, arguments, scope)


_FUNCTIONS = f"the functions are {', '.join(f'`{name}`' for name in ARITY)}"


def _about_a_match(node: nodes.Call, scope: Scope) -> Typed:
    argument = node.arguments[0]
    match: Predicate | None = None
    if isinstance(argument, nodes.Matches):
        match = regex_test(argument, scope)
    elif isinstance(argument, nodes.Reference):
        found = scope.lookup(argument.name)
        if found is None and argument.name not in scope.captures and not taken(argument.name):
            undefined(argument.name, argument.span, scope, f"write `{node.function}(name ~ ...)`")
            return broken(node.span)
        match = found.predicate if isinstance(found, Let) else None
    if isinstance(meaning(match), BrokenPredicate):
        return broken(node.span)
    test = countable(node.function, argument, match, scope)
    if test is None:
        return broken(node.span)
    return Typed((Count if node.function == "count" else Position)(node.span, test), "number")


def _not_a_value(node: nodes.Expression, scope: Scope, help: str) -> None:
    message = f"`{shown(node.span)}` is a predicate, and a value is needed here"
    scope.report("E305", message, node.span, help=help)
