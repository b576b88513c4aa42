"""`== != < <= > >=`, `in` and `not in`: which values can be compared."""

from dataclasses import replace

from paramrules.diagnostics import meant, write
from paramrules.rules import python_habits
from paramrules.rules.builtin_names import ABBREVIATIONS, CLASS_TESTS, CONSTANTS, EXAMPLES, TEXTS, a
from paramrules.rules.names import is_unknown
from paramrules.rules.scope import BrokenPredicate, Declared, Let, Scope, Typed, broken, described, shown
from paramrules.rules.terms import (
    Comparison,
    Constant,
    ConstantTest,
    Predicate,
    ShapeTest,
    TextTest,
    Value,
    ValueAmong,
)
from paramrules.rules.value_expressions import in_digits, number, value
from paramrules.syntax import nodes
from paramrules.syntax.verbs import shape_test

_EQUALITY = ("==", "!=", "in", "not in")
_Test = nodes.Compare | nodes.Among
_Items = tuple[nodes.Expression, ...]


def compare(node: nodes.Compare, scope: Scope) -> Predicate:
    """Return the term of `a <= b`."""
    if mended := _misspelt(node.left, (node.right,), scope):
        compare(replace(node, left=mended), scope)
        return BrokenPredicate(node.span, False)
    if _misspelt(node.right, (node.left,), scope):
        return BrokenPredicate(node.span, False)
    name = node.left.name if isinstance(node.left, nodes.Reference) else ""
    if name in TEXTS:
        return _text(node, name, node.operator, (node.right,), scope)
    if function := _class_test(node.left, (node.right,)):
        return _classes(function, node.operator == "!=", node, (node.right,), scope)
    if name in CONSTANTS:
        return _constant(node, name, node.operator, (node.right,), scope)
    if name == "shape":
        return _shape(node, scope)
    if isinstance(node.right, nodes.Reference) and node.right.name in TEXTS | CONSTANTS.keys() | {"shape"}:
        subject = node.right.name
        other = shown(node.left.span)
        if subject == "shape" and not isinstance(node.left, nodes.Tuple):
            other = f"({_bare(other)},)"
        help = write(f"{subject} {node.operator} {other}") if node.operator in _EQUALITY else ""
        return _mismatch(f"`{subject}` stands on the left of a comparison", node.right, help, scope)
    help = _ALONE
    if isinstance(node.left, nodes.Compare):
        middle = shown(node.left.right.span)
        help = write(f"{shown(node.left.span)} and {middle} {node.operator} {shown(node.right.span)}")
    left, right = value(node.left, scope, help), value(node.right, scope, _ALONE)
    if not _fit(left, right, node.operator, node, scope):
        return BrokenPredicate(node.span, False)
    return Comparison(node.span, left.term, node.operator, right.term)


_ALONE = "write the predicate alone, or after `not`"


def among(node: nodes.Among, scope: Scope) -> Predicate:
    """Return the term of `a in (b, c)` or `a not in (b, c)`."""
    if mended := _misspelt(node.left, node.items, scope):
        among(replace(node, left=mended), scope)
        return BrokenPredicate(node.span, False)
    operator = "not in" if node.negated else "in"
    name = node.left.name if isinstance(node.left, nodes.Reference) else ""
    if function := _class_test(node.left, node.items):
        return _classes(function, node.negated, node, node.items, scope)
    if name in TEXTS:
        return _text(node, name, operator, node.items, scope)
    if name in CONSTANTS:
        return _constant(node, name, operator, node.items, scope)
    if name == "shape":
        written = ", ".join(shown(item.span) for item in node.items)
        one = all(isinstance(item, nodes.Literal) for item in node.items)
        test = shape_test(f"({written})" if one else written, negated=node.negated)
        help = f"write `{test or 'shape == (...) or shape == (...)'}`"
        return _mismatch("`shape` is compared with one tuple at a time", node.left, help, scope)
    left = value(node.left, scope, _ALONE)
    items: list[Value] = []
    for item in node.items:
        right = value(item, scope)
        _fit(left, right, operator, item, scope)
        items.append(right.term)
    return ValueAmong(node.span, left.term, tuple(items), node.negated)


def _misspelt(node: nodes.Expression, beside: _Items, scope: Scope) -> nodes.Reference | None:
    """Report an unknown name that is near to a fact compared with such values; return it spelled right."""
    if not isinstance(node, nodes.Reference) or not is_unknown(node.name, scope):
        return None
    for fact in _compared_with(beside, scope):
        if near := scope.suggest(node.name, (fact,)):
            scope.report("E301", f"`{node.name}` is not defined", node.span, help=near)
            return replace(node, name=fact)
    return None


def _compared_with(values: _Items, scope: Scope) -> list[str]:
    """Return the facts and tests that are compared with such values, but for the numbers."""
    literals = [each.value for each in values if isinstance(each, nodes.Literal)]
    texts = [literal for literal in literals if isinstance(literal, str)]
    words = [each.name for each in values if isinstance(each, nodes.Reference)]
    spelled = {ABBREVIATIONS.get(word, word) for word in (*texts, *words)}
    facts = [fact for fact, known in CONSTANTS.items() if not spelled.isdisjoint(known)]
    if texts or any(is_unknown(word, scope) or _is_text(scope.lookup(word)) for word in words):
        facts += sorted(TEXTS | CLASS_TESTS)
    if len(literals) > len(texts) or any(isinstance(each, nodes.Tuple) for each in values):
        facts.append("shape")
    return facts


def _is_text(known: Declared | Let | None) -> bool:
    return isinstance(known, Declared) and known.is_text


def _mismatch(message: str, node: nodes.Expression, help: str, scope: Scope) -> Predicate:
    scope.report("E306", message, node.span, help=help)
    return BrokenPredicate(node.span, False)


def _class_test(node: nodes.Expression, items: _Items) -> str:
    """Return `type` for `type == A` and `type(module) == A`; "" for anything else, `type(A) == true` too."""
    if isinstance(node, nodes.Reference):
        return node.name if node.name in CLASS_TESTS else ""
    if isinstance(node, nodes.Member) and node.function in CLASS_TESTS and python_habits.names(items):
        return node.function
    return ""


def _classes(function: str, negated: bool, node: _Test, items: _Items, scope: Scope) -> Predicate:
    help = f"write `{'not ' if negated else ''}{function}({python_habits.names(items) or '...'})`"
    scope.report(
        "E307", f"`{function}` cannot be compared: its classes go in brackets", node.left.span, help=help
    )
    return BrokenPredicate(node.span, False)


def _text(node: _Test, subject: str, operator: str, items: _Items, scope: Scope) -> Predicate:
    if operator not in _EQUALITY:
        help = f"test `{subject}` with `==`, `!=`, `in`, `~` or `like`"
        return _mismatch(f"`{operator}` compares numbers, and `{subject}` is a string", node, help, scope)
    texts: list[str] = []
    options: list[str] = []
    for item in items:
        known = scope.lookup(item.name) if isinstance(item, nodes.Reference) else None
        if isinstance(item, nodes.Literal) and isinstance(item.value, str):
            texts.append(item.value)
        elif isinstance(known, Declared) and known.is_text:
            options.append(known.option.name)
        else:
            _not_a_text(item, subject, operator, known, scope)
    if len(texts) + len(options) < len(items):
        return BrokenPredicate(node.span, False)
    return TextTest(node.span, subject, tuple(texts), operator in ("!=", "not in"), tuple(options))


def _not_a_text(
    node: nodes.Expression, subject: str, operator: str, known: Declared | Let | None, scope: Scope
) -> None:
    word = shown(node.span)
    help = f"write the string itself in place of `{word}`" if known else write(f'"{word}"')
    if isinstance(known, Declared):
        help = f'`{word}` is a {known.option.type}: declare it as a string, as in `option {word} = "head"`'
    if isinstance(node, nodes.Tuple):
        help = write(f"{subject} {'in' if operator == '==' else 'not in'} {word}")
    _mismatch(f"`{subject}` is compared only with quoted strings and string options", node, help, scope)


def _constant(node: _Test, subject: str, operator: str, items: _Items, scope: Scope) -> Predicate:
    if operator not in _EQUALITY:
        help = f"test `{subject}` with `==`, `!=` or `in`"
        return _mismatch(f"`{operator}` compares numbers, and `{subject}` is not a number", node, help, scope)
    words = []
    for item in items:
        if isinstance(item, nodes.Reference):
            words.append(item.name)
            _known(item, subject, scope)
            continue
        text = str(item.value).rpartition(".")[2] if isinstance(item, nodes.Literal) else ""
        word = text if text in CONSTANTS[subject] else ABBREVIATIONS.get(text, EXAMPLES[subject])
        help = f"write the word without quotes, as in `{subject} == {word}`"
        _mismatch(f"`{subject}` is compared with a bare word", item, help, scope)
    if len(words) < len(items):
        return BrokenPredicate(node.span, False)
    return ConstantTest(node.span, subject, tuple(words), operator in ("!=", "not in"))


def _known(item: nodes.Reference, subject: str, scope: Scope) -> None:
    known = CONSTANTS[subject]
    if item.name in known:
        return
    other = ABBREVIATIONS.get(item.name.lower())
    help = meant(item.name, other) if other in known else scope.suggest(item.name, known)
    if not help and subject == "role":
        help = f"the roles are {', '.join(f'`{word}`' for word in known)}"
        if "norm" in item.name.lower():
            help = "a norm's gain is a `scale`; for all of its parameters write `type(*Norm)`"
    scope.report("E319", f"there is no {subject} `{item.name}`", item.span, help=help)


def _shape(node: nodes.Compare, scope: Scope) -> Predicate:
    if node.operator not in ("==", "!="):
        help = f"write `shape[0] {node.operator} ...` for one extent, `size`, or `ndim`"
        return _mismatch(f"`{node.operator}` compares numbers, and `shape` is a tuple", node, help, scope)
    if not isinstance(node.right, nodes.Tuple):
        text, operator = _bare(shown(node.right.span)), node.operator
        help = f"write `shape {operator} ({text},)`, or `ndim {operator} {text}` for the number of axes"
        if isinstance(node.right, nodes.Literal) and isinstance(node.right.value, str):
            test = shape_test(node.right.value, negated=operator == "!=")
            help = write(f"{test or f'shape {operator} (1, *, 768)'}")
        return _mismatch("`shape` is compared with a tuple", node.right, help, scope)
    return ShapeTest(
        node.span, tuple(_extent(item, scope) for item in node.right.items), node.operator == "!="
    )


def _bare(text: str) -> str:
    """Return a value without the brackets around it."""
    return text[1:-1] if text[0] == "(" and text[1:-1].isalnum() else text


def _extent(node: nodes.Expression, scope: Scope) -> Value | None:
    if isinstance(node, nodes.AnyExtent):
        return None
    if node.span.text in ("None", "none", "Any", "any", "_") and scope.lookup(node.span.text) is None:
        _mismatch(f"`{node.span.text}` is not an extent", node, "write `*` for any extent", scope)
        return broken(node.span).term
    term = number(node, scope, "`shape`")
    if isinstance(term, Constant) and isinstance(term.value, int | float) and not _countable(term.value):
        _mismatch(f"an extent is never `{shown(node.span)}`", node, "write `*` for any extent", scope)
    return term


def _countable(number: int | float) -> bool:
    return number >= 0 and number % 1 == 0


def _fit(left: Typed, right: Typed, operator: str, node: nodes.Expression, scope: Scope) -> bool:
    """Return whether two values can be compared. Report it if not."""
    for term, type in (left, right):
        if type == "tuple":
            help = "tuples are compared with `shape`, and stand in settings"
            message = f"`{shown(term.span)}` is a tuple, and cannot be compared"
            scope.report("E306", message, term.span, help=help)
            return False
        if operator not in _EQUALITY and type not in ("number", "any"):
            message = f"`{operator}` compares numbers, and {described(term.span, type)}"
            scope.report("E306", message, term.span, help=_hint(left, right))
            return False
    if "any" in (left.type, right.type) or left.type == right.type:
        return True
    message = f"{a(left.type)} is never equal to {a(right.type)}"
    scope.report("E306", message, node.span, help=_hint(left, right))
    return False


def _hint(left: Typed, right: Typed) -> str:
    for side, other in ((left, right), (right, left)):
        if side.type == "string" and other.type == "number":
            return in_digits(side.term)
    return ""
