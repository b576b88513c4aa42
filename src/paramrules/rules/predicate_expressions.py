"""Expressions where a predicate is needed."""

import re
from dataclasses import replace

from paramrules.diagnostics import Span, write
from paramrules.rules import python_habits
from paramrules.rules.bound_captures import bound
from paramrules.rules.builtin_names import CONSTANTS, EXAMPLES, FLAGS, NUMBERS, TEXTS
from paramrules.rules.comparisons import among, compare
from paramrules.rules.matches import glob_test, regex_test
from paramrules.rules.names import undefined
from paramrules.rules.scope import BrokenPredicate, BrokenValue, Declared, Scope, Typed, described, shown
from paramrules.rules.terms import (
    AllOf,
    Alternative,
    AnyOf,
    AttributeTest,
    ClassTest,
    Constant,
    Flag,
    LetPredicate,
    Not,
    OptionFlag,
    Predicate,
    Truth,
)
from paramrules.rules.value_expressions import attribute_path, value
from paramrules.syntax import nodes


def predicate(node: nodes.Expression, scope: Scope) -> Predicate:
    """Return an expression as a predicate."""
    match node:
        case nodes.AllOf():
            return _all_of(node, scope)
        case nodes.AnyOf():
            return AnyOf(node.span, tuple(predicate(item, scope) for item in node.items))
        case nodes.Not():
            return Not(node.span, predicate(node.item, scope))
        case nodes.Matches():
            return regex_test(node, scope)
        case nodes.Like():
            return glob_test(node, scope)
        case nodes.Compare():
            return compare(node, scope)
        case nodes.Among():
            return among(node, scope)
        case nodes.Member(function="attr" | "module_attr"):
            return AttributeTest(node.span, attribute_path(node, scope), node.function)
        case nodes.Member():
            names = tuple(Alternative(each.span, each.text) for each in node.alternatives)
            return ClassTest(node.span, node.function, names)
        case nodes.Reference():
            return _reference(node, scope)
        case nodes.Literal(value=bool(constant)):
            return Truth(node.span, constant)
        case _:
            return _not_a_predicate(node, value(node, scope), scope)


def _all_of(node: nodes.AllOf, scope: Scope) -> Predicate:
    items = []
    captures: dict[str, bool] = {}
    for item in node.items:
        term = predicate(item, scope)
        items.append(term)
        if found := bound(term):  # the items to the right may use them
            if not captures:
                captures = dict(scope.captures)
                scope = replace(scope, captures=captures)
            captures.update(found)
    return AllOf(node.span, tuple(items))


def _reference(node: nodes.Reference, scope: Scope) -> Predicate:
    name, span = node.name, node.span
    found = scope.lookup(name)
    if isinstance(found, Declared):
        if found.option.type in ("boolean", "any"):
            return OptionFlag(span, name)
    elif found is not None and found.predicate is not None:
        return LetPredicate(span, name, found.predicate)
    elif name in FLAGS:
        return Flag(span, name)
    elif name in TEXTS:
        return _wrong(node, f"`{name}` is a string", f"compare it, as in `{name} ~ bias`", scope)
    elif name in CONSTANTS:
        help = f"compare it, as in `{name} == {EXAMPLES[name]}`"
        return _wrong(node, f"`{name}` is a word", help, scope)
    elif name == "shape":
        return _wrong(node, "`shape` is a tuple", "compare it, as in `shape == (1, *, 768)`", scope)
    elif found is None and name not in scope.captures and name not in NUMBERS:
        if python_habits.constant(name) == "none":
            return _wrong(node, f"`{name}` stands for no value", _NOTHING, scope)
        undefined(name, span, scope, _what_to_write(name, scope))
        return BrokenPredicate(span, True)
    return _not_a_predicate(node, value(node, scope), scope)


_NOTHING = "write `else` for whatever the rules above leave, `false` for nothing"


_ALONE = re.compile(r"(\S+?)\s*:\s*(\w+)\s*(?:->.*)?", re.DOTALL)
"""A rule whose predicate is one name."""

_SHORT = 500
"""Characters of a statement that may be one; thousands of mistakes may stand in a long one."""


def _short(statement: Span) -> str:
    return statement.text if statement.end - statement.start <= _SHORT else ""


def _what_to_write(name: str, scope: Scope) -> str:
    alone = _ALONE.fullmatch(_short(scope.statement))
    alone = alone if alone and alone[2] == name else None
    if alone and alone[1] == "axis":
        return f"an axis is written `[{name}]`, on a line of its own"
    if alone and name in python_habits.REST:
        return f"write `{alone[1]}: else` for what the rules above leave"
    if name == "requires_grad":
        return write("trainable")
    if name.startswith("is_") and name[3:] in CONSTANTS["role"]:
        return write(f"role == {name[3:]}")
    if name[0].isupper():
        return f"write `type({name})` for parameters of that class"
    return f"write `name ~ {name}` for names that contain it"


def _not_a_predicate(node: nodes.Expression, what: Typed, scope: Scope) -> Predicate:
    """Report a value where a predicate is needed, unless it has an error of its own."""
    term, type = what
    text = shown(node.span)
    if isinstance(term, BrokenValue):
        return BrokenPredicate(node.span, False)
    alone = re.fullmatch(r"(lr|weight_decay|wd|eps|momentum)\s*:\s*(\S+)", _short(scope.statement))
    if isinstance(term, Constant) and alone:
        help = f"settings follow `->`, as in `rest: else -> {alone[1]} = {alone[2]}`"
    elif isinstance(term, Constant):
        help = {
            "string": f"write the test out, as in `name {'like' if '*' in text[:2] else '~'} {text}`",
            "number": f"write the comparison out, as in `ndim == {text}`",
            "none": _NOTHING,
        }.get(type, "")
    elif type == "string":
        help = f'compare it, as in `{text} == "..."`'
    elif type == "number":
        help = f"compare it, as in `{text} <= 1`"
    else:
        help = ""
    return _wrong(node, described(node.span, type), help, scope)


def _wrong(node: nodes.Expression, what: str, help: str, scope: Scope) -> Predicate:
    scope.report("E304", f"{what}, and a predicate is needed here", node.span, help=help)
    return BrokenPredicate(node.span, False)
