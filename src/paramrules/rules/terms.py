"""The meaning of a rule file once its names are resolved: the terms that the evaluator walks.

There are two families: a `Predicate` holds or does not hold for a name of a parameter, a `Value` is a
number, a string, a boolean, none or a tuple. Terms are immutable, carry the span of their text, and
compare by meaning.

All uses of a `let` share one term, so terms form a graph: thirty lets that each use the last one twice are
thirty nodes, and a billion when written out. Whoever walks terms visits what a let stands for once.
"""

from collections.abc import Iterator
from dataclasses import field
from typing import Any

from paramrules.diagnostics import Span
from paramrules.regex import Regex
from paramrules.syntax.tree import Tree, node


@node
class Term(Tree):
    """A node of the graph. The slots of its class are its fields, but for `span`."""

    span: Span = field(compare=False, repr=False)


# Values


@node
class Constant(Term):
    """A literal."""

    value: int | float | str | bool | None


@node
class OptionValue(Term):
    """The value of an option: the caller's, or the default."""

    name: str


@node
class Field(Term):
    """A numeric fact about the parameter (`ndim squeezed_ndim size fan_in fan_out layer_...`)."""

    name: str


@node
class Extent(Term):
    """`shape[position]`; a negative position counts from the end."""

    position: int


@node
class Attribute(Term):
    """`attr(path)` as a value: the attribute `path[0]`, and the keys below it.

    `function` is `attr`, of the parameter, or `module_attr`, of the nearest module around it that has it.
    """

    path: tuple[str, ...]
    function: str = "attr"


@node
class Capture(Term):
    """The text of a named group of a match in the rule; an int if `numeric`, else a str."""

    name: str
    numeric: bool


@node
class Count(Term):
    """`count(m)`: the number of distinct values that the captures of a match take over the model."""

    match: "RegexTest"


@node
class Position(Term):
    """`index(m)`: the position, from 0, of this parameter's captures among the sorted values of all."""

    match: "RegexTest"


@node
class Arithmetic(Term):
    """`+ - * / // % **`, unary `neg`, and the functions `min max sqrt log exp abs floor ceil`."""

    operator: str
    arguments: tuple["Value", ...]


@node
class TupleValue(Term):
    """`(0.9, 0.95)`."""

    items: tuple["Value", ...]


@node
class LetValue(Term):
    """A use of a `let` that is a number. All uses share `value`, which holds no captures."""

    name: str
    value: "Value" = field(repr=False, hash=False)


Value = (
    Constant
    | OptionValue
    | Field
    | Extent
    | Attribute
    | Capture
    | Count
    | Position
    | Arithmetic
    | TupleValue
    | LetValue
)


# Predicates


@node
class AnyOf(Term):
    """`or`, in the order written."""

    items: tuple["Predicate", ...]


@node
class AllOf(Term):
    """`and`, in the order written."""

    items: tuple["Predicate", ...]


@node
class Not(Term):
    """`not`: `item` holds for none of the parameter's names."""

    item: "Predicate"


@node
class Truth(Term):
    """`true` or `false` as a predicate."""

    value: bool


@node
class OptionFlag(Term):
    """A boolean option as a predicate."""

    name: str


@node
class LetPredicate(Term):
    """A use of a `let` that is a predicate. All uses share `predicate`; dead parts of it are not reported."""

    name: str
    predicate: "Predicate" = field(repr=False, hash=False)


@node
class Alternative(Term):
    """A class name as written: `LayerNorm`, with wildcards `*Norm`, or dotted `torch.nn.Linear`."""

    text: str


@node
class ClassTest(Term):
    """`function`: `type` (the owner), `within` (or one around it), `variable` (the parameter itself)."""

    function: str
    alternatives: tuple[Alternative, ...]


@node
class RegexTest(Term):
    """`subject`: `name`, `leaf`, `module`; a negated one holds if the regex is found in none of the names."""

    subject: str
    regex: Regex
    negated: bool


@node
class GlobTest(Term):
    """`like`: the glob matches the whole of the subject. If `option` is not empty, its value is the glob."""

    subject: str
    glob: str
    negated: bool
    option: str = ""


@node
class TextTest(Term):
    """`==`, `!=`, `in`, `not in` with strings, and with the values of `options`.

    The subject is `name`, `leaf` or `module`.
    """

    subject: str
    values: tuple[str, ...]
    negated: bool
    options: tuple[str, ...] = ()


@node
class ConstantTest(Term):
    """`dtype == bfloat16`, `role in (bias, scale)`: the subject is `dtype` or `role`."""

    subject: str
    values: tuple[str, ...]
    negated: bool


@node
class ShapeTest(Term):
    """`shape == (1, *, 768)`: as many extents as items, each equal to its item; None is `*`."""

    extents: tuple["Value | None", ...]
    negated: bool


@node
class Comparison(Term):
    """Two values; false if either does not apply. `!=` holds if `==` holds for none of the names."""

    left: Value
    operator: str
    right: Value


@node
class ValueAmong(Term):
    """`ndim in (2, 4)`, `attr(kind) not in ("a", "b")`: a value compared with several."""

    left: Value
    items: tuple[Value, ...]
    negated: bool


@node
class AttributeTest(Term):
    """`attr(path)` or `module_attr(path)` as a predicate: it is there, and is neither false, none nor 0."""

    path: tuple[str, ...]
    function: str = "attr"


@node
class Flag(Term):
    """A fact that is true or false: `trainable`, `tied`."""

    name: str


Predicate = (
    AnyOf
    | AllOf
    | Not
    | Truth
    | OptionFlag
    | LetPredicate
    | ClassTest
    | RegexTest
    | GlobTest
    | TextTest
    | ConstantTest
    | ShapeTest
    | Comparison
    | ValueAmong
    | AttributeTest
    | Flag
)


def terms_in(*roots: Term, lets: bool = True) -> Iterator[Term]:
    """Yield the roots and every term inside them, in the order written.

    What a let stands for comes once, at the first of its uses, however many there are; without `lets`, never.
    """
    seen: set[int] = set()
    stack: list[Any] = [*reversed(roots)]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            stack += reversed(item)
        elif isinstance(item, Term):
            yield item
            if isinstance(item, LetPredicate | LetValue):
                inside = item.predicate if isinstance(item, LetPredicate) else item.value
                if lets and id(inside) not in seen:
                    seen.add(id(inside))
                    stack.append(inside)
            else:
                stack += [getattr(item, name) for name in reversed(item.__slots__)]


def same(one: Any, two: Any, known: dict[tuple[int, int], bool]) -> bool:
    """Return whether two terms mean the same. Unlike with `==`, what a let stands for is compared once.

    `known` holds the results so far, by the identities of the terms, which have to stay alive.
    """
    if one is two:
        return True
    if isinstance(one, tuple) and isinstance(two, tuple):
        return len(one) == len(two) and all(same(a, b, known) for a, b in zip(one, two, strict=True))
    if not isinstance(one, Term) or type(one) is not type(two):
        return bool(one == two)
    pair = id(one), id(two)
    if pair not in known:
        known[pair] = all(same(getattr(one, name), getattr(two, name), known) for name in one.__slots__)
    return known[pair]


def called(term: Attribute | AttributeTest) -> str:
    """Return a test of an attribute as it is written: `attr(_optim.lr)`."""
    return f"{term.function}({'.'.join(term.path)})"


def meaning(predicate: Predicate | None) -> Predicate | None:
    """Return what a predicate stands for, where it is the name of a let."""
    while isinstance(predicate, LetPredicate):
        predicate = predicate.predicate
    return predicate


def carried(predicate: Predicate | None) -> RegexTest | None:
    """Return the match that a predicate is or names: one whose captures are seen outside of it."""
    found = meaning(predicate)
    return found if isinstance(found, RegexTest) else None


def value_of(value: Value) -> Value:
    """Return what a value stands for, where it is the name of a let."""
    while isinstance(value, LetValue):
        value = value.value
    return value


def constant_number(value: Value) -> int | float | None:
    """Return the number that a value is in every model, or None."""
    value = value_of(value)
    number = value.value if isinstance(value, Constant) else None
    return number if isinstance(number, int | float) and not isinstance(number, bool) else None
