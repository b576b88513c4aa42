"""The syntax tree of a rule file: what was written, with its place, before any name has a meaning.

Every node has a `span`, which does not count when nodes are compared: two trees are equal when the
texts mean the same to the parser. Whether an expression is a number or a predicate is not known
here (`let x = y`); that is found out in `paramrules.rules`.
"""

from dataclasses import dataclass, field

from paramrules.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Node:
    """Anything that was written somewhere."""

    span: Span = field(compare=False, repr=False)


# Expressions


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """`12`, `0.9`, `"text"`, `true`, `none`."""

    value: int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class Reference(Node):
    """A bare name: a let, an option, a field, a flag, a capture, or a constant beside `dtype` and `role`."""

    name: str


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`shape[0]`."""

    name: str
    position: "Expression"


@dataclass(frozen=True, slots=True)
class Alternative(Node):
    """One of the names in `type(LayerNorm|*Norm|torch.nn.Linear)`, or the path in `attr(_optim.lr)`."""

    text: str


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`type(A|B)`, `within(A|B)`, `variable(A|B)`, `attr(path)`; `function` is the first word."""

    function: str
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`count(block)`, `max(a, b)`."""

    function: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    """`a or b or c`."""

    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class AllOf(Node):
    """`a and b and c`."""

    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`not a`."""

    item: "Expression"


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`a <= b`; `operator` is one of `== != < <= > >=`."""

    left: "Expression"
    operator: str
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Among(Node):
    """`name in ("a", "b")`, `dtype not in (float32,)`."""

    left: "Expression"
    items: tuple["Expression", ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Pattern(Node):
    """A regex or a glob as it was written, without its quotes; `quoted` says whether it had some."""

    text: str
    quoted: bool = field(compare=False)


@dataclass(frozen=True, slots=True)
class Matches(Node):
    """`name ~ REGEX`, `name !~ REGEX`."""

    left: "Expression"
    regex: Pattern
    negated: bool


@dataclass(frozen=True, slots=True)
class Like(Node):
    """`name like GLOB`, `name not like GLOB`."""

    left: "Expression"
    glob: Pattern
    negated: bool


@dataclass(frozen=True, slots=True)
class Minus(Node):
    """`-a`."""

    item: "Expression"


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`a + b`; `operator` is one of `+ - * / // % **`."""

    left: "Expression"
    operator: str
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Tuple(Node):
    """`(0.9, 0.95)`, `(1, *, 768)`."""

    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class AnyExtent(Node):
    """The `*` in `shape == (1, *, 768)`."""


Expression = (
    Literal
    | Reference
    | Index
    | Member
    | Call
    | AnyOf
    | AllOf
    | Not
    | Compare
    | Among
    | Matches
    | Like
    | Minus
    | Arithmetic
    | Tuple
    | AnyExtent
)


# Statements


@dataclass(frozen=True, slots=True)
class Edition(Node):
    """`edition 1`."""

    number: int


@dataclass(frozen=True, slots=True)
class Include(Node):
    """`include "norms.rules"`; `include <timm>` where `shipped`."""

    path: str
    shipped: bool


@dataclass(frozen=True, slots=True)
class Option(Node):
    """`option rate = 0.75`; `default` is None where the caller has to give a value."""

    name: str
    name_span: Span = field(compare=False, repr=False)
    default: Literal | None


@dataclass(frozen=True, slots=True)
class Let(Node):
    """`let norm = type(LayerNorm)`."""

    name: str
    name_span: Span = field(compare=False, repr=False)
    value: Expression


@dataclass(frozen=True, slots=True)
class Axis(Node):
    """`[lr]`. The rules and expectations after it belong to it."""

    name: str


@dataclass(frozen=True, slots=True)
class Label(Node):
    """`block_{i+1}`: text and expressions in turn; at least one part, the first a text."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Setting(Node):
    """`lr_scale = rate ** (depth - i)`."""

    key: str
    key_span: Span = field(compare=False, repr=False)
    value: Expression


@dataclass(frozen=True, slots=True)
class Rule(Node):
    """`label: predicate -> settings`. `predicate` is None for `else`; `settings` is None without an arrow."""

    label: Label
    optional: bool
    predicate: Expression | None
    settings: tuple[Setting, ...] | None


@dataclass(frozen=True, slots=True)
class Expect(Node):
    """`expect not label?: predicate`."""

    label: Label
    negated: bool
    optional: bool
    predicate: Expression


Statement = Edition | Include | Option | Let | Axis | Rule | Expect


@dataclass(frozen=True, slots=True)
class Allow:
    """`# allow: W402 -- reason`: findings with one of `codes` inside `statement` are not reported."""

    codes: tuple[str, ...]
    statement: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A statement that could not be understood; the reader has reported it.

    `kind` is what it was meant to be (`let`, `option`, `axis`, `rule`, `expect`, `include`, `edition`, or ""
    where that is not clear), `name` what it would have defined (a let, an option, an axis, a label as it is
    written), or "". It is there so that nobody reports what only follows from it.
    """

    span: Span
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class File(Node):
    """A whole file. `statements` are those that could be understood, `broken` the others, in their order.

    `comments` are the places of all comments, from `#` to the end of the line.
    """

    statements: tuple[Statement, ...]
    allows: tuple[Allow, ...] = field(compare=False)
    comments: tuple[Span, ...] = field(default=(), compare=False, repr=False)
    broken: tuple[Broken, ...] = field(default=(), compare=False)
