"""Expressions as values: numbers, strings, booleans, none, tuples."""

from typing import cast

from paramrules.diagnostics import Span, did_you_mean
from paramrules.rules.matches import counted
from paramrules.rules.names import undefined
from paramrules.rules.scope import (
    ARITY,
    CLASS_TESTS,
    CONSTANTS,
    FLAGS,
    NUMBERS,
    TEXTS,
    Declared,
    Scope,
    Typed,
    broken,
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
    TupleValue,
    Value,
)
from paramrules.syntax import nodes


def value(node: nodes.Expression, scope: Scope) -> Typed:
    """What an expression means where a value is needed."""
    match node:
        case nodes.Literal():
            return Typed(Constant(node.span, node.value), kind(node.value))
        case nodes.Reference():
            return _reference(node, scope)
        case nodes.Arithmetic():
            return _arithmetic(node, scope)
        case nodes.Minus():
            return _minus(node, scope)
        case nodes.Call():
            return _call(node, scope)
        case nodes.Index():
            return _extent(node, scope)
        case nodes.Tuple():
            items = tuple(value(item, scope).term for item in node.items)
            return Typed(TupleValue(node.span, items), "tuple")
        case nodes.Member(function="attr"):
            return Typed(Attribute(node.span, attribute_path(node)), "any")
        case nodes.AnyExtent():
            scope.report(
                "E306",
                "`*` stands for any extent only beside `shape`",
                node.span,
                help="write `shape == (1, *, 768)`",
            )
        case _:
            _not_a_value(node, scope)
    return broken(node.span)


def number(node: nodes.Expression, scope: Scope, where: str) -> Value:
    """What an expression means where a number is needed; `where` says what needs it."""
    term, kind = value(node, scope)
    if kind not in ("number", "any"):
        scope.report("E306", f"{where} needs numbers, and `{node.span.text}` is a {kind}", node.span)
    return term


def kind(constant: object) -> str:
    """The type of a constant."""
    if isinstance(constant, bool):
        return "boolean"
    return "string" if isinstance(constant, str) else "none" if constant is None else "number"


def attribute_path(node: nodes.Member) -> tuple[str, ...]:
    """The parts of `attr(_optim.lr)`."""
    return tuple(node.alternatives[0].text.split("."))


def _reference(node: nodes.Reference, scope: Scope) -> Typed:
    name, span = node.name, node.span
    if name in scope.captures:
        numeric = scope.captures[name]
        return Typed(Capture(span, name, numeric), "number" if numeric else "string")
    if name in NUMBERS:
        return Typed(Field(span, name), "number")
    found = scope.names.get(name)
    if isinstance(found, Declared):
        return Typed(OptionValue(span, name), found.option.type)
    if found is not None:
        if found.value is not None:
            return Typed(LetValue(span, name, found.value.term), found.value.type)
        _not_a_value(node, scope)
    elif name in FLAGS:
        _not_a_value(node, scope)
    elif name in TEXTS or name in CONSTANTS:
        scope.report(
            "E306",
            f"`{name}` is no value",
            span,
            help=f"it stands only on the left of a test: `{_EXAMPLE[name]}`",
        )
    elif name == "shape":
        scope.report("E306", "`shape` is no value", span, help="write `shape[0]` for an extent of it")
    else:
        undefined(name, span, scope)
    return broken(span)


_EXAMPLE = {
    "name": r"name ~ \.bias$",
    "leaf": 'leaf == "bias"',
    "module": "module like *.attn",
    "dtype": "dtype == bfloat16",
    "role": "role == bias",
}


def _arithmetic(node: nodes.Arithmetic, scope: Scope) -> Typed:
    left = number(node.left, scope, f"`{node.operator}`")
    right = number(node.right, scope, f"`{node.operator}`")
    if node.operator in ("/", "//", "%") and isinstance(right, Constant) and right.value == 0:
        scope.report("E208", f"`{node.span.text}` divides by zero", node.right.span)
    return Typed(Arithmetic(node.span, node.operator, (left, right)), "number")


def _minus(node: nodes.Minus, scope: Scope) -> Typed:
    item = number(node.item, scope, "`-`")
    if isinstance(item, Constant) and kind(item.value) == "number":
        return Typed(Constant(node.span, -cast(float, item.value)), "number")
    return Typed(Arithmetic(node.span, "neg", (item,)), "number")


def _extent(node: nodes.Index, scope: Scope) -> Typed:
    if node.name != "shape":
        scope.report(
            "E306",
            f"`{node.name}` has no places to choose from",
            node.span,
            help=f"only `shape` has: `shape[{node.position.span.text}]`",
        )
        return broken(node.span)
    position, _ = value(node.position, scope)
    if isinstance(position, Constant) and type(position.value) is int:
        return Typed(Extent(node.span, position.value), "number")
    scope.report(
        "E306",
        "a place in `shape` is a whole number",
        node.position.span,
        help="write `shape[0]` for the first extent, `shape[-1]` for the last",
    )
    return broken(node.span)


def _call(node: nodes.Call, scope: Scope) -> Typed:
    if node.function not in ARITY:
        _no_function(node, scope)
        return broken(node.span)
    least, most = ARITY[node.function]
    given = len(node.arguments)
    if given < least or (most is not None and given > most):
        wanted = "one argument" if most == 1 else "two arguments or more"
        scope.report("E307", f"`{node.function}` takes {wanted}, not {given}", node.span)
        return broken(node.span)
    if node.function in ("count", "index"):
        test = counted(node.function, node.arguments[0], scope)
        if test is None:
            return broken(node.span)
        term = Count(node.span, test) if node.function == "count" else Position(node.span, test)
        return Typed(term, "number")
    arguments = tuple(number(item, scope, f"`{node.function}`") for item in node.arguments)
    return Typed(Arithmetic(node.span, node.function, arguments), "number")


def _no_function(node: nodes.Call, scope: Scope) -> None:
    scope.report(
        "E307",
        f"there is no function `{node.function}`",
        Span(node.span.source, node.span.start, node.span.start + len(node.function)),
        help=did_you_mean(node.function, [*ARITY, *CLASS_TESTS, "attr"]),
    )


def _not_a_value(node: nodes.Expression, scope: Scope) -> None:
    scope.report(
        "E305",
        f"`{node.span.text}` is a predicate, and a value is needed here",
        node.span,
    )
