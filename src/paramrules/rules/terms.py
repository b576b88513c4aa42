"""What a rule file means, once every name is known: the terms that the evaluator walks.

Two families: a `Predicate` holds or does not hold for a name of a parameter, a `Value` is a number,
a text, a boolean, none or a tuple. Terms are immutable, carry the span of what was written, and
compare by meaning.
"""

from dataclasses import dataclass, field

from paramrules.diagnostics import Span
from paramrules.regex import Regex


@dataclass(frozen=True, slots=True)
class Term:
    """Anything that means something."""

    span: Span = field(compare=False, repr=False)


# Values


@dataclass(frozen=True, slots=True)
class Constant(Term):
    """A literal."""

    value: int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class OptionValue(Term):
    """The value that the caller gave to an option, or its default."""

    name: str


@dataclass(frozen=True, slots=True)
class Field(Term):
    """A fact about the parameter: a number (`ndim squeezed_ndim size fan_in fan_out`)."""

    name: str


@dataclass(frozen=True, slots=True)
class Extent(Term):
    """`shape[position]`; a position below 0 counts from the end."""

    position: int


@dataclass(frozen=True, slots=True)
class Attribute(Term):
    """`attr(path)` as a value: what is set on the parameter under the first part, read into by the others."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Capture(Term):
    """What a named group of a match in the rule took; an int where `numeric`, else a str."""

    name: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class Count(Term):
    """How many different values the captures of a match take over the model's parameters."""

    match: "RegexTest"


@dataclass(frozen=True, slots=True)
class Position(Term):
    """`index(m)`: the place, from 0, of this parameter's captures among the sorted values of all."""

    match: "RegexTest"


@dataclass(frozen=True, slots=True)
class Arithmetic(Term):
    """`+ - * / // % **`, unary `neg`, and the functions `min max sqrt log exp abs floor ceil`."""

    operator: str
    arguments: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class TupleValue(Term):
    """`(0.9, 0.95)`."""

    items: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class LetValue(Term):
    """A use of a `let` that is a number."""

    name: str
    value: "Value"


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


@dataclass(frozen=True, slots=True)
class AnyOf(Term):
    """`or`, in the order written."""

    items: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class AllOf(Term):
    """`and`, in the order written."""

    items: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Not(Term):
    """Holds if `item` holds for none of the parameter's names."""

    item: "Predicate"


@dataclass(frozen=True, slots=True)
class Truth(Term):
    """`true` or `false` as a predicate."""

    value: bool


@dataclass(frozen=True, slots=True)
class OptionFlag(Term):
    """A boolean option as a predicate."""

    name: str


@dataclass(frozen=True, slots=True)
class LetPredicate(Term):
    """A use of a `let` that is a predicate. What is dead inside it is not reported."""

    name: str
    predicate: "Predicate"


@dataclass(frozen=True, slots=True)
class Alternative(Term):
    """A class name as written: `LayerNorm`, with wildcards `*Norm`, or dotted `torch.nn.Linear`."""

    text: str


@dataclass(frozen=True, slots=True)
class ClassTest(Term):
    """`function`: `type` (the owner), `within` (or one around it), `variable` (the parameter itself)."""

    function: str
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class RegexTest(Term):
    """`subject`: `name`, `leaf`, `module`; a negated one holds if the regex is found in none of the names."""

    subject: str
    regex: Regex
    negated: bool


@dataclass(frozen=True, slots=True)
class GlobTest(Term):
    """`like`: the glob matches the whole of the subject."""

    subject: str
    glob: str
    negated: bool


@dataclass(frozen=True, slots=True)
class TextTest(Term):
    """`==`, `!=`, `in`, `not in` with strings; the subject is `name`, `leaf` or `module`."""

    subject: str
    values: tuple[str, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class ConstantTest(Term):
    """`dtype == bfloat16`, `role in (bias, scale)`: the subject is `dtype` or `role`."""

    subject: str
    values: tuple[str, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class ShapeTest(Term):
    """`shape == (1, *, 768)`: as many extents as items, each equal to its item; None is `*`."""

    extents: tuple["Value | None", ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Comparison(Term):
    """Two values; false if either does not apply. `!=` holds if `==` holds for none of the names."""

    left: Value
    operator: str
    right: Value


@dataclass(frozen=True, slots=True)
class ValueAmong(Term):
    """`ndim in (2, 4)`, `attr(kind) not in ("a", "b")`: a value compared with several."""

    left: Value
    items: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class AttributeTest(Term):
    """`attr(path)` as a predicate: it is there, and is neither false, none nor 0."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flag(Term):
    """`trainable` or `tied`."""

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
