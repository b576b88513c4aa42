"""The syntax tree of a rule file: what was written and where, before any name has a meaning.

Every node has a `span`, which comparison ignores: two trees are equal when the parser reads the same from
both texts. Whether an expression is a number or a predicate is not known here (`let x = y`);
`paramrules.rules` finds out.
"""

from dataclasses import dataclass, field, fields

from paramrules.diagnostics import Span
from paramrules.syntax.tree import Tree, node


@node
class Node(Tree):
    """A piece of syntax with its place."""

    span: Span = field(compare=False, repr=False)


# Expressions


@node
class Literal(Node):
    """`12`, `0.9`, `"text"`, `true`, `none`."""

    value: int | float | str | bool | None


@node
class Reference(Node):
    """A bare name: a let, an option, a field, a flag, a capture, or a constant beside `dtype` and `role`."""

    name: str


@node
class Index(Node):
    """`shape[0]`."""

    name: str
    position: "Expression"


@node
class Alternative(Node):
    """A name in `type(LayerNorm|*Norm|torch.nn.Linear)`, or the path in `attr(_optim.lr)`."""

    text: str


@node
class Member(Node):
    """`type(A|B)`, `within(A|B)`, `attr(path)` and the like; `function` is the first word."""

    function: str
    alternatives: tuple[Alternative, ...]


@node
class Call(Node):
    """`count(block)`, `max(a, b)`."""

    function: str
    arguments: tuple["Expression", ...]


@node
class AnyOf(Node):
    """`a or b or c`."""

    items: tuple["Expression", ...]


@node
class AllOf(Node):
    """`a and b and c`."""

    items: tuple["Expression", ...]


@node
class Not(Node):
    """`not a`."""

    item: "Expression"


@node
class Compare(Node):
    """`a <= b`; `operator` is one of `== != < <= > >=`."""

    left: "Expression"
    operator: str
    right: "Expression"


@node
class Among(Node):
    """`name in ("a", "b")`, `dtype not in (float32,)`."""

    left: "Expression"
    items: tuple["Expression", ...]
    negated: bool


@node
class Pattern(Node):
    """A regex or a glob, without its quotes; `quoted` is True if it had some."""

    text: str
    quoted: bool = field(compare=False)


@node
class Matches(Node):
    """`name ~ REGEX`, `name !~ REGEX`."""

    left: "Expression"
    regex: Pattern
    negated: bool


@node
class Like(Node):
    """`name like GLOB`, `name not like GLOB`."""

    left: "Expression"
    glob: Pattern
    negated: bool


@node
class Minus(Node):
    """`-a`."""

    item: "Expression"


@node
class Arithmetic(Node):
    """`a + b`; `operator` is one of `+ - * / // % **`."""

    left: "Expression"
    operator: str
    right: "Expression"


@node
class Tuple(Node):
    """`(0.9, 0.95)`, `(1, *, 768)`."""

    items: tuple["Expression", ...]


@node
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


@node
class Edition(Node):
    """`edition 1`."""

    number: int


@node
class Include(Node):
    """`include "norms.rules"`; `include <timm>` where `shipped`."""

    path: str
    shipped: bool


@node
class Option(Node):
    """`option rate = 0.75`; `default` is None if the caller has to set a value."""

    name: str
    name_span: Span = field(compare=False, repr=False)
    default: Literal | None


@node
class Let(Node):
    """`let norm = type(LayerNorm)`."""

    name: str
    name_span: Span = field(compare=False, repr=False)
    value: Expression


@node
class Axis(Node):
    """`[lr]`. The rules and expectations below belong to it."""

    name: str


@node
class Label(Node):
    """`block_{i+1}`: alternating texts and expressions, beginning with a text."""

    parts: tuple[str | Expression, ...]


@node
class Setting(Node):
    """`lr_scale = rate ** (depth - i)`."""

    key: str
    key_span: Span = field(compare=False, repr=False)
    value: Expression


@node
class Rule(Node):
    """`label: predicate -> settings`. `predicate` is None for `else`; `settings` is None without an arrow."""

    label: Label
    optional: bool
    predicate: Expression | None
    settings: tuple[Setting, ...] | None


@node
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
    """A statement that did not parse and has been reported; its consequences need not be.

    Attributes:
        span: where it stands.
        kind: `let`, `option`, `axis`, `rule`, `expect`, `include`, `edition`, or "" if unclear.
        name: the let, option, axis or label (as written) that it would have defined, or "".
    """

    span: Span
    kind: str
    name: str


@node
class File(Node):
    """A whole file.

    Attributes:
        statements: those that parsed, in order.
        allows: the `# allow:` comments.
        comments: the places of all comments, from `#` to the end of the line.
        broken: the statements that did not parse, in order.
    """

    statements: tuple[Statement, ...]
    allows: tuple[Allow, ...] = field(compare=False)
    comments: tuple[Span, ...] = field(default=(), compare=False, repr=False)
    broken: tuple[Broken, ...] = field(default=(), compare=False)


def children(node: Node) -> list[Node]:
    """Return the nodes that stand directly in a node."""
    values = (getattr(node, each.name) for each in fields(node))
    items = (item for value in values for item in (value if isinstance(value, tuple) else (value,)))
    return [item for item in items if isinstance(item, Node)]
