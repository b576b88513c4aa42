"""Expressions as predicates."""

from paramrules.diagnostics import did_you_mean
from paramrules.rules.captures import bound
from paramrules.rules.matches import glob_test, regex_test
from paramrules.rules.names import undefined
from paramrules.rules.scope import CONSTANTS, FIELDS, FLAGS, TEXTS, BrokenPredicate, Declared, Scope, Typed
from paramrules.rules.terms import (
    AllOf,
    Alternative,
    AnyOf,
    AttributeTest,
    ClassTest,
    Comparison,
    ConstantTest,
    Flag,
    LetPredicate,
    Not,
    OptionFlag,
    Predicate,
    ShapeTest,
    TextTest,
    Truth,
    Value,
    ValueAmong,
)
from paramrules.rules.values import attribute_path, number, value
from paramrules.syntax import nodes


def predicate(node: nodes.Expression, scope: Scope) -> Predicate:
    """What an expression means where a predicate is needed."""
    match node:
        case nodes.AllOf():
            return _all_of(node, scope)
        case nodes.AnyOf():
            return AnyOf(node.span, tuple(_apart(item, scope) for item in node.items))
        case nodes.Not():
            return Not(node.span, _apart(node.item, scope))
        case nodes.Matches():
            return regex_test(node, scope)
        case nodes.Like():
            return glob_test(node, scope)
        case nodes.Compare():
            return _compare(node, scope)
        case nodes.Among():
            return _among(node, scope)
        case nodes.Member(function="attr"):
            return AttributeTest(node.span, attribute_path(node))
        case nodes.Member():
            names = tuple(Alternative(a.span, a.text) for a in node.alternatives)
            return ClassTest(node.span, node.function, names)
        case nodes.Reference():
            return _reference(node, scope)
        case nodes.Literal(value=bool()):
            return Truth(node.span, bool(node.value))
        case _:
            _not_a_predicate(node, value(node, scope), scope)
            return BrokenPredicate(node.span, False)


def _apart(node: nodes.Expression, scope: Scope) -> Predicate:
    """A part whose captures its neighbours do not see."""
    outside = scope.captures
    term = predicate(node, scope)
    scope.captures = outside
    return term


def _all_of(node: nodes.AllOf, scope: Scope) -> Predicate:
    items = []
    for item in node.items:
        term = predicate(item, scope)
        new = bound(term)
        if new:
            scope.captures = scope.captures | new
        items.append(term)
    return AllOf(node.span, tuple(items))


def _reference(node: nodes.Reference, scope: Scope) -> Predicate:
    name, span = node.name, node.span
    found = scope.names.get(name)
    if isinstance(found, Declared) and found.option.type in ("boolean", "any"):
        return OptionFlag(span, name)
    if found is not None and not isinstance(found, Declared) and found.predicate is not None:
        return LetPredicate(span, name, found.predicate)
    if name in FLAGS:
        return Flag(span, name)
    if found is not None or name in FIELDS or name in scope.captures:
        _not_a_predicate(node, None, scope)
    else:
        undefined(name, span, scope)
    return BrokenPredicate(span, name not in FIELDS)


def _not_a_predicate(node: nodes.Expression, what: Typed | None, scope: Scope) -> None:
    scope.report("E304", f"`{node.span.text}` is no predicate", node.span)


def _compare(node: nodes.Compare, scope: Scope) -> Predicate:
    if isinstance(node.left, nodes.Reference):
        name = node.left.name
        if name in TEXTS:
            return _text(node, node.left.name, (node.right,), node.operator, scope)
        if name in CONSTANTS:
            return _constant(node, node.left.name, (node.right,), node.operator, scope)
        if name == "shape":
            return _shape(node, scope)
    left, right = value(node.left, scope), value(node.right, scope)
    if _fit(left, right, node, node.operator, scope):
        return Comparison(node.span, left.term, node.operator, right.term)
    return BrokenPredicate(node.span, False)


def _among(node: nodes.Among, scope: Scope) -> Predicate:
    operator = "not in" if node.negated else "in"
    if isinstance(node.left, nodes.Reference):
        if node.left.name in TEXTS:
            return _text(node, node.left.name, node.items, operator, scope)
        if node.left.name in CONSTANTS:
            return _constant(node, node.left.name, node.items, operator, scope)
    left = value(node.left, scope)
    items: list[Value] = []
    for item in node.items:
        right = value(item, scope)
        _fit(left, right, item, operator, scope)
        items.append(right.term)
    return ValueAmong(node.span, left.term, tuple(items), node.negated)


def _text(
    node: nodes.Compare | nodes.Among,
    subject: str,
    items: tuple[nodes.Expression, ...],
    operator: str,
    scope: Scope,
) -> Predicate:
    texts = []
    for item in items:
        if isinstance(item, nodes.Literal) and isinstance(item.value, str):
            texts.append(item.value)
        else:
            scope.report(
                "E306",
                f"`{subject}` is compared only with quoted strings",
                item.span,
                help=f'write `"{item.span.text}"`' if isinstance(item, nodes.Reference) else "",
            )
    if operator not in ("==", "!=", "in", "not in"):
        scope.report("E306", f"`{subject}` is a string, and `{operator}` compares numbers", node.span)
    if len(texts) < len(items):
        return BrokenPredicate(node.span, False)
    return TextTest(node.span, subject, tuple(texts), operator in ("!=", "not in"))


def _constant(
    node: nodes.Compare | nodes.Among,
    subject: str,
    items: tuple[nodes.Expression, ...],
    operator: str,
    scope: Scope,
) -> Predicate:
    words = []
    for item in items:
        if isinstance(item, nodes.Reference):
            words.append(item.name)
            if item.name not in KNOWN[subject]:
                scope.report(
                    "E319",
                    f"there is no {subject} `{item.name}`",
                    item.span,
                    help=did_you_mean(item.name, KNOWN[subject]),
                )
        else:
            scope.report("E306", f"`{subject}` is compared with a bare word", item.span)
    if operator not in ("==", "!=", "in", "not in"):
        scope.report("E306", f"`{subject}` is no number, and `{operator}` compares numbers", node.span)
    return ConstantTest(node.span, subject, tuple(words), operator in ("!=", "not in"))


KNOWN = {
    "dtype": frozenset(
        ["float16", "bfloat16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool"]
    ),
    "role": frozenset({"weight", "bias", "scale", "embedding", "other"}),
}


def _shape(node: nodes.Compare, scope: Scope) -> Predicate:
    if node.operator not in ("==", "!=") or not isinstance(node.right, nodes.Tuple):
        scope.report("E306", "`shape` is compared with `==` or `!=` and a tuple", node.span)
        return BrokenPredicate(node.span, False)
    extents = tuple(
        None if isinstance(item, nodes.AnyExtent) else number(item, scope, "`shape`")
        for item in node.right.items
    )
    return ShapeTest(node.span, extents, node.operator == "!=")


def _fit(left: Typed, right: Typed, node: nodes.Expression, operator: str, scope: Scope) -> bool:
    equality = operator in ("==", "!=", "in", "not in")
    for side in (left, right):
        if side.type == "tuple" or (side.type not in ("number", "any") and not equality):
            scope.report("E306", f"`{operator}` cannot compare a {side.type}", side.term.span)
            return False
    if "any" in (left.type, right.type) or left.type == right.type:
        return True
    scope.report("E306", f"a {left.type} is compared with a {right.type}", node.span)
    return False
