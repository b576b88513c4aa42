"""Looking at one name of one parameter: does a predicate hold there, what is an expression's value there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from math import prod
from typing import Any

from oracle import facts
from oracle.arithmetic import Wrong, compute, is_number
from oracle.facts import ABSENT, natural

from paramrules.inventories import Parameter
from paramrules.syntax import nodes

TEXTS = ("name", "leaf", "module")
FLAGS = ("trainable", "tied")
FIELDS = (
    "ndim",
    "squeezed_ndim",
    "size",
    "fan_in",
    "fan_out",
    "layer_fan_in",
    "layer_fan_out",
    "layer_kernel",
    "layer_groups",
)

Bound = Mapping[str, object]
"""The text that each group captured, by the group's name."""
Bounds = Mapping[str, Bound]
"""The captures bound at each name of a parameter."""


class Digits(int):
    """A captured number, and its digits as they stand in the name; 0 for a group that took no part."""

    def __new__(cls, text: str | None) -> "Digits":
        number = super().__new__(cls, text or 0)
        number.text = text or ""
        return number

    text: str


@dataclass
class Scope:
    """A file's names: what each was defined as, and the scope in which that has its meaning."""

    names: dict[str, tuple[nodes.Let | nodes.Option, "Scope"]] = field(default_factory=dict)

    @classmethod
    def of(cls, file: nodes.File, included: Mapping[str, nodes.File]) -> "Scope":
        """`included` holds the trees by the paths as they are written in the includes."""
        scope = cls()
        for statement in file.statements:
            if isinstance(statement, nodes.Include):
                scope.names.update(cls.of(included[statement.path], included).names)
        for statement in file.statements:
            if isinstance(statement, nodes.Let | nodes.Option):
                scope.names[statement.name] = (statement, scope)
        return scope


class Looking:
    """Answers for one model and some options. A parameter is the rows of its names, in natural order."""

    def __init__(
        self,
        model: Sequence[Sequence[Parameter]],
        options: Mapping[str, object],
        marks: Mapping[str, Mapping[str, object]],
    ) -> None:
        """`marks`: what is set on the modules, by their names."""
        self.marks = marks
        self.model = [sorted(rows, key=lambda row: natural(row.name)) for rows in model]
        self.parameter = {row.name: rows for rows in self.model for row in rows}
        self.options = options

    def holds(
        self, e: nodes.Expression, scope: Scope, row: Parameter, rows: Sequence[Parameter], bound: Bounds
    ) -> Bound | None:
        """Return what the predicate binds at `row`, one of the `rows`; None where it does not hold."""

        def yes(answer: bool) -> Bound | None:
            return {} if answer else None

        match e:
            case nodes.AnyOf():
                answers = (self.holds(item, scope, row, rows, bound) for item in e.items)
                answer = next((answer for answer in answers if answer is not None), None)
                texts = self.texts_of(e, scope)
                return answer and {
                    name: value.text if name in texts and isinstance(value, Digits) else value
                    for name, value in answer.items()
                }
            case nodes.AllOf():
                found: Bound = {}
                for item in e.items:
                    answers = {r.name: self.holds(item, scope, r, rows, bound) for r in rows}
                    if answers[row.name] is None:
                        return None
                    found = {**found, **answers[row.name]}
                    bound = {r.name: {**bound.get(r.name, {}), **(answers[r.name] or {})} for r in rows}
                return found
            case nodes.Not():
                return yes(all(self.holds(e.item, scope, other, rows, bound) is None for other in rows))
            case nodes.Literal():
                return yes(e.value is True)
            case nodes.Reference() if e.name in FLAGS:
                return yes(getattr(row, e.name))
            case nodes.Reference():
                defined, home = scope.names[e.name]
                if isinstance(defined, nodes.Option):
                    return yes(self.option(defined) is True)
                answer = self.holds(defined.value, home, row, rows, {})
                return answer if answer is None or self.match_of(e, scope) else {}
            case nodes.Member(function="attr" | "module_attr"):
                value = self.attribute(e, row)
                return yes(value is not ABSENT and value not in (False, None, 0, ""))
            case nodes.Member():
                return yes(
                    any(
                        facts.is_class(alternative.text, cls)
                        for alternative in e.alternatives
                        for cls in facts.classes(e.function, row)
                    )
                )
            case nodes.Matches(negated=True):
                return yes(all(self.groups(e, other) is None for other in rows))
            case nodes.Matches():
                groups = self.groups(e, row)
                names = facts.python(e.regex.text).groupindex
                return None if groups is None else {name: groups[at - 1] for name, at in names.items()}
            case nodes.Like():
                return yes(
                    any(self.like(e, scope, other) for other in ([row] if not e.negated else rows))
                    != e.negated
                )
            case nodes.Compare(operator="!=") | nodes.Among(negated=True):
                applies = self.applies(e, scope, row, rows, bound)
                return yes(applies and not any(self.same(e, scope, o, rows, bound) for o in rows))
            case nodes.Compare(operator="==") | nodes.Among():
                return yes(self.same(e, scope, row, rows, bound))
            case nodes.Compare():
                left = self.value(e.left, scope, row, rows, bound)
                right = self.value(e.right, scope, row, rows, bound)
                return yes(ordered(left, e.operator, right))
        raise AssertionError(e)

    def attribute(self, e: nodes.Member, row: Parameter) -> object:
        """Return the attribute of the parameter, or of the innermost module around it that has it."""
        path = e.alternatives[0].text
        if e.function == "attr":
            return facts.attribute(path, row.attributes)
        components = row.name.split(".")[:-1]
        around = [".".join(components[:depth]) for depth in range(len(components) + 1)]
        having = [at for at in around if path.split(".")[0] in self.marks.get(at, {})]
        return facts.attribute(path, self.marks[having[-1]]) if having else ABSENT

    def like(self, e: nodes.Like, scope: Scope, row: Parameter) -> bool:
        glob = e.glob.text
        defined, _ = scope.names.get(glob, (None, scope)) if not e.glob.quoted else (None, scope)
        if isinstance(defined, nodes.Option) and (
            not defined.default or isinstance(defined.default.value, str)
        ):
            glob = self.text_option(defined)
        return fnmatchcase(facts.subject(e.left.name, row), glob)

    def text_option(self, option: nodes.Option) -> str:
        value = self.option(option)
        if not isinstance(value, str):
            raise Wrong("E213")
        return value

    def same(self, e: Any, scope: Scope, row: Parameter, rows: Sequence[Parameter], bound: Bounds) -> bool:
        """Return whether the left side equals the right one, or one of several, at this name."""
        sides = e.items if isinstance(e, nodes.Among) else (e.right,)
        match e.left:
            case nodes.Reference(name=name) if name in TEXTS:
                options = [scope.names[side.name][0] for side in sides if isinstance(side, nodes.Reference)]
                texts = [side.value for side in sides if isinstance(side, nodes.Literal)]
                texts += [self.text_option(option) for option in options if isinstance(option, nodes.Option)]
                return facts.subject(name, row) in texts
            case nodes.Reference(name="dtype"):
                return any(row.dtype == side.name for side in sides)
            case nodes.Reference(name="role"):
                return any(row.role == side.name for side in sides)
            case nodes.Reference(name="shape"):
                return len(row.shape) == len(e.right.items) and all(
                    isinstance(item, nodes.AnyExtent)
                    or equal(extent, self.value(item, scope, row, rows, bound))
                    for extent, item in zip(row.shape, e.right.items, strict=True)
                )
        left = self.value(e.left, scope, row, rows, bound)
        return any(equal(left, self.value(side, scope, row, rows, bound)) for side in sides)

    def applies(self, e: Any, scope: Scope, row: Parameter, rows: Sequence[Parameter], bound: Bounds) -> bool:
        """Return whether all that is compared exists at this name."""
        match e.left:
            case nodes.Reference(name=name) if name in (*TEXTS, "dtype", "role"):
                return True
            case nodes.Reference(name="shape"):
                sides: Sequence[Any] = [i for i in e.right.items if not isinstance(i, nodes.AnyExtent)]
            case _:
                sides = (e.left, *(e.items if isinstance(e, nodes.Among) else (e.right,)))
        return all(self.value(side, scope, row, rows, bound) is not ABSENT for side in sides)

    def value(self, e: Any, scope: Scope, row: Parameter, rows: Sequence[Parameter], bound: Bounds) -> object:
        """A number, text, boolean, none or tuple, or ABSENT. Raises Wrong where it cannot be computed."""

        def of(*items: Any) -> list[object]:
            return [self.value(item, scope, row, rows, bound) for item in items]

        match e:
            case nodes.Literal():
                return e.value
            case nodes.Reference() if e.name in bound.get(row.name, {}):
                captured = bound[row.name][e.name]
                return int(captured) if isinstance(captured, Digits) else captured
            case nodes.Reference() if e.name in FIELDS:
                return self.of_layer(e.name, row) if e.name.startswith("layer_") else field_of(e.name, row)
            case nodes.Reference():
                if e.name not in scope.names:
                    return ABSENT  # a capture of another name of the parameter
                defined, home = scope.names[e.name]
                if isinstance(defined, nodes.Option):
                    return self.option(defined)
                return self.value(defined.value, home, row, rows, {})
            case nodes.Index():
                (position,) = of(e.position)
                fits = -len(row.shape) <= position < len(row.shape)
                return row.shape[position] if fits else ABSENT
            case nodes.Member(function="attr" | "module_attr"):
                return self.attribute(e, row)
            case nodes.Call(function="count"):
                return len(self.different(self.match_of(e.arguments[0], scope)))
            case nodes.Call(function="index"):
                match = self.match_of(e.arguments[0], scope)
                mine = self.captured(match, self.parameter[row.name])
                return ABSENT if mine is None else self.different(match).index(mine)
            case nodes.Tuple():
                items = of(*e.items)
                return ABSENT if ABSENT in items else tuple(items)
            case nodes.Minus():
                return arithmetic("neg", of(e.item))
            case nodes.Arithmetic():
                return arithmetic(e.operator, of(e.left, e.right))
            case nodes.Call():
                return arithmetic(e.function, of(*e.arguments))
        raise AssertionError(e)

    def of_layer(self, name: str, row: Parameter) -> object:
        """A fact about the weight in the layer of a row: itself, the one named alike, or the only one."""
        beside = [r for rows in self.model for r in rows if r.module == row.module and r.fan_in is not None]
        alike = [r for r in beside if r.leaf == row.leaf.replace("bias", "weight")]
        for some in ([row] if row.fan_in is not None else []), alike, beside:
            if len(some) == 1:
                if name == "layer_kernel":
                    return ABSENT if some[0].layout is None else prod(some[0].shape[2:])
                if name == "layer_groups":
                    return ABSENT if some[0].layout is None else groups_of(some[0], self.marks)
                return field_of(name.removeprefix("layer_"), some[0])
        return ABSENT

    def option(self, option: nodes.Option) -> object:
        default = option.default.value if option.default else None
        return self.options.get(option.name, default)

    def match_of(self, e: nodes.Expression, scope: Scope) -> Any:
        """The match that an expression is, or that the `let` is that it names; None where it is none."""
        while isinstance(e, nodes.Reference) and e.name in scope.names:
            defined, scope = scope.names[e.name]
            if isinstance(defined, nodes.Option):
                return None
            e = defined.value
        return e if isinstance(e, nodes.Matches) and not e.negated else None

    def groups(self, match: nodes.Matches, row: Parameter) -> tuple[object, ...] | None:
        """Return what all groups of a match capture at a name, absent ones as 0 or "" by their kind."""
        found = facts.python(match.regex.text).search(facts.subject(match.left.name, row))
        if found is None:
            return None
        numeric = facts.numeric_groups(match.regex.text)
        return tuple(
            Digits(text) if numeric[number] else (text or "")
            for number, text in enumerate(found.groups(), start=1)
        )

    def texts_of(self, e: nodes.Expression, scope: Scope) -> set[str]:
        """The names of groups that are a text somewhere in a predicate."""
        if isinstance(e, nodes.AnyOf | nodes.AllOf):
            return {name for item in e.items for name in self.texts_of(item, scope)}
        match = self.match_of(e, scope)
        if match is None:
            return set()
        numeric = facts.numeric_groups(match.regex.text)
        return {name for name, at in facts.python(match.regex.text).groupindex.items() if not numeric[at]}

    def captured(self, match: nodes.Matches, rows: Sequence[Parameter]) -> tuple[object, ...] | None:
        """Return what a match captures of a parameter, at the first of its names where it is found."""
        every = (self.groups(match, row) for row in rows)
        return next((groups for groups in every if groups is not None), None)

    def different(self, match: nodes.Matches) -> list[tuple[object, ...]]:
        """The different values that a match takes over the model, sorted."""
        every = {self.captured(match, rows) for rows in self.model} - {None}
        words = facts.word_groups(match.regex.text)

        def key(groups: tuple[object, ...]) -> list[object]:
            return [
                facts.among_words(words[at], str(value)) if at in words else value
                for at, value in enumerate(groups, start=1)
            ]

        return sorted(every, key=key)


def groups_of(row: Parameter, marks: Mapping[str, Mapping[str, object]]) -> object:
    """The groups of the convolution whose weight this is, 1 for another layer; ABSENT if nothing tells."""
    if len(row.shape) < 3:
        return 1
    mine = marks.get(row.module, {})
    value = mine.get("groups", mine.get("feature_group_count", 0))
    return value if type(value) is int and value > 0 else ABSENT


def field_of(name: str, row: Parameter) -> object:
    if name == "ndim":
        return len(row.shape)
    if name == "squeezed_ndim":
        return len([extent for extent in row.shape if extent != 1])
    if name == "size":
        size = 1
        for extent in row.shape:
            size *= extent
        return size
    value = getattr(row, name)
    return ABSENT if value is None else value


def arithmetic(operator: str, values: Sequence[object]) -> object:
    return ABSENT if ABSENT in values else compute(operator, values)


def equal(left: object, right: object) -> bool:
    """Values of different kinds are different; a boolean is not a number."""
    if is_number(left) and is_number(right):
        return left == right
    return type(left) is type(right) and left is not ABSENT and left == right


def ordered(left: Any, operator: str, right: Any) -> bool:
    """`<`, `<=`, `>`, `>=`; false where the two cannot be compared."""
    if not (is_number(left) and is_number(right)) and not (isinstance(left, str) and isinstance(right, str)):
        return False
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])
