"""A second reading of the language, written from its description alone: slow, plain, one parameter at a time.

It shares nothing with `paramrules.rules`, `paramrules.regex` and `paramrules.assignment`; it walks the
syntax tree itself and holds it against rows of an inventory. It knows only files that are right: what can
be found wrong without a model is not its business.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from oracle import facts
from oracle.arithmetic import Wrong, compute, is_number
from oracle.before import asks_for, wrong_options
from oracle.captures import bound_by, references, words_by
from oracle.dead import dead_parts, empty_counts
from oracle.facts import ABSENT, among_words
from oracle.looking import Bound, Looking, Scope, groups_of
from oracle.order import rank, same, same_settings, sortable

from paramrules.inventories import Inventory, Parameter
from paramrules.syntax import nodes

Finding = tuple[str, int]

TYPES = {
    "number": ("lr", "lr_scale", "weight_decay", "weight_decay_scale", "eps", "momentum"),
    "tuple": ("betas", "eps"),
    "boolean": ("freeze", "skip", "nesterov"),
    "string": ("optimizer", "schedule", "weight_decay_schedule"),
}
"""Keys that are drawn, by the types of their values; `eps` may be a tuple too, as for Adafactor."""


def may_be(key: str, value: object) -> bool:
    """Return whether a setting may have a value that only the model shows."""
    kind = type_of(value)
    types = [name for name, keys in TYPES.items() if key in keys]
    return kind != "" and (not types or kind in types)


def type_of(value: object) -> str:
    """Return the type of a setting; "" if a setting cannot be it."""
    if isinstance(value, tuple):
        return "tuple" if all(type_of(item) not in ("", "tuple") for item in value) else ""
    if isinstance(value, bool):
        return "boolean"
    if is_number(value):
        return "number"
    return "string" if isinstance(value, str) else "none" if value is None else ""


@dataclass(frozen=True)
class Taken:
    """The rule that took a parameter (-1: none), at which of its names, and the label."""

    rule: int
    row: Parameter
    captures: Bound
    label: str
    holes: tuple[object, ...]


@dataclass
class AxisResult:
    name: str
    labels: list[str]
    rules: list[int]
    captures: list[Bound]


@dataclass
class Result:
    """`groups` holds label, labels, settings and members' numbers; it is None where `errors` has a code."""

    axes: list[AxisResult] = field(default_factory=list)
    groups: list[tuple[str, tuple[str, ...], dict[str, object], tuple[int, ...]]] | None = None
    findings: set[Finding] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)


@dataclass
class Axis:
    name: str
    node: nodes.Node
    rules: list[nodes.Rule]
    expects: list[nodes.Expect]


def implied(axis: Axis, number: int) -> dict[str, object]:
    """Return the setting that the label `no_decay` implies, unless a rule of the label sets another."""
    same_label = [n for n, rule in enumerate(axis.rules) if rule.label.parts == ("no_decay",)]
    arrows = [n for n in same_label if axis.rules[n].settings is not None]
    said = [s for n in arrows for s in axis.rules[n].settings or () if s.key in DECAYS]
    others = [s for s in said if s.key != "weight_decay" or constant(s.value) != 0]
    own = [s for s in axis.rules[number].settings or () if s.key in DECAYS]
    if number not in {*arrows, *same_label[:1]} or others or own:
        return {}
    return {"weight_decay": 0}


DECAYS = ("weight_decay", "weight_decay_scale")


def constant(e: object) -> object:
    """The number that literals come to; None for anything with a name in it."""
    match e:
        case nodes.Literal(value=value) if is_number(value):
            return value
        case nodes.Minus():
            inner = constant(e.item)
            return None if inner is None else compute("neg", [inner])
        case nodes.Arithmetic():
            sides = [constant(e.left), constant(e.right)]
            return None if None in sides else compute(e.operator, sides)
    return None


def rows_of(inventory: Inventory) -> list[list[Parameter]]:
    """The rows of each parameter's names, with the role and fans of the tensor."""
    columns = inventory._columns
    unknown = {"role", "fan_in", "fan_out"} & set(inventory.unknown)
    alone = {} if unknown else {fact: columns._compute(fact) for fact in ("role", "fan_in", "fan_out")}
    return [
        facts.of_one_tensor(
            [
                replace(inventory.parameter(entry), **{fact: column[entry] for fact, column in alone.items()})
                for entry in inventory.entries(number)
            ]
        )
        for number in range(len(inventory))
    ]


def marks_of(inventory: Inventory) -> Mapping[str, Mapping[str, object]]:
    """Return the attributes set on modules, by module name, as an inventory of rows or a file has them."""
    columns = inventory._columns
    return getattr(columns, "marks", columns.saved_marks or {})


def assign(
    file: nodes.File,
    inventory: Inventory,
    *,
    included: Mapping[str, nodes.File] | None = None,
    options: Mapping[str, object] | None = None,
    strict: bool = False,
) -> Result:
    """Assign the rules of `file` to a model."""
    scope = Scope.of(file, included or {})
    wrong = wrong_options(file, options or {}, included or {})
    if not wrong and asks_for(file, scope, inventory.unknown):
        wrong = {"E215"}
    weights = [row for rows in rows_of(inventory) for row in rows if row.fan_in is not None and row.layout]
    if not wrong and any(groups_of(row, marks_of(inventory)) is ABSENT for row in weights):
        wrong = {"E215"} if asks_for(file, scope, {"layer_groups"}) else set()
    if wrong:
        return Result(errors=wrong)
    return Assigning(
        file, scope, Looking(rows_of(inventory), options or {}, marks_of(inventory)), strict
    ).run()


class Assigning:
    def __init__(self, file: nodes.File, scope: Scope, looking: Looking, strict: bool) -> None:
        self.file, self.scope, self.looking, self.strict = file, scope, looking, strict
        self.result = Result()
        self.noted: set[int] = set()
        """The tied parameters whose names disagree in an axis so far."""

    def run(self) -> Result:
        result, model = self.result, self.looking.model
        made: list[tuple[list[tuple[str, dict[str, object]]], list[object]]] = []
        try:
            result.findings |= empty_counts(self.file, self.looking, self.scope)
        except Wrong as wrong:
            result.errors.add(wrong.code)
        for axis in axes_of(self.file):
            try:
                taken = [self.take(axis, rows) for rows in model]
                result.axes.append(
                    AxisResult(
                        axis.name,
                        [t.label for t in taken],
                        [t.rule for t in taken],
                        [t.captures for t in taken],
                    )
                )
                self.report(axis, taken)
                made.append(self.settle(axis, taken))
            except Wrong as wrong:
                result.errors.add(wrong.code)
        result.findings = {f for f in result.findings if not self.allowed(f)}
        if self.strict and any(code in ("W201", "W202", "W203", "W204") for code, _ in result.findings):
            result.errors |= {code for code, _ in result.findings if code in ("W201", "W202", "W203", "W204")}
        result.errors |= {code for code, _ in result.findings if code[0] == "E"}
        if not result.errors:
            result.groups = self.groups(made)
        return result

    # Which rule takes a parameter

    def take(self, axis: Axis, rows: Sequence[Parameter]) -> Taken:
        """The first rule that holds at one of the rows, which are names of one parameter."""
        for number, rule in enumerate(axis.rules):
            for row in rows:
                found = self.captures(rule.predicate, row, rows)
                if found is not None:
                    label, holes = self.fill(rule.label, row, rows, found)
                    return Taken(number, row, found, label, holes)
        return Taken(-1, rows[0], {}, "default", ())

    def captures(
        self, predicate: nodes.Expression | None, row: Parameter, rows: Sequence[Parameter]
    ) -> Bound | None:
        if predicate is None:
            return {}
        return self.looking.holds(predicate, self.scope, row, rows, {})

    def fill(
        self, label: nodes.Label, row: Parameter, rows: Sequence[Parameter], captures: Bound
    ) -> tuple[str, tuple[object, ...]]:
        text, holes = "", []
        for part in label.parts:
            if isinstance(part, str):
                text += part
                continue
            value: Any = self.looking.value(part, self.scope, row, rows, {row.name: captures})
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            whole = is_number(value) and isinstance(value, int) and value >= 0
            word = isinstance(value, str) and re.fullmatch("[A-Za-z0-9_]+", value, re.ASCII)
            if not whole and not word:
                raise Wrong("E209")
            text += str(value)
            holes.append(value)
        return text, tuple(holes)

    # What labels' settings are

    def settle(
        self, axis: Axis, taken: Sequence[Taken]
    ) -> tuple[list[tuple[str, dict[str, object]]], list[object]]:
        """For each parameter its label with `#`, its settings, and a key that sorts it among the groups."""
        first: dict[str, int] = {}
        for t in sorted(taken, key=lambda t: t.rule):
            first.setdefault(t.label, t.rule)
        under_first = {
            label: [n for n, t in enumerate(taken) if t.label == label and t.rule == rule]
            for label, rule in first.items()
        }
        settings: list[dict[str, object]] = []
        for number, t in enumerate(taken):
            leader = self.speaks(axis, first[t.label], t.label)
            written = axis.rules[leader].settings if leader >= 0 else None
            expected = {
                s.key: self.expected(s, axis, leader, number, taken, under_first[t.label])
                for s in written or ()
            } | implied(axis, leader)
            if t.rule != leader and (axis.rules[t.rule].settings is not None or implied(axis, t.rule)):
                own = {
                    s.key: self.setting(s, number, t.captures, t.row)
                    for s in axis.rules[t.rule].settings or ()
                } | implied(axis, t.rule)
                if own.keys() != expected.keys() or not all(same(own[k], expected[k]) for k in own):
                    raise Wrong("E207")
            settings.append(expected)
        ranks = {
            label: self.ranks([settings[n] for n, t in enumerate(taken) if t.label == label])
            for label in first
        }
        keys: list[object] = []
        for t, values in zip(taken, settings, strict=True):
            leader = first[t.label]
            place = min(self.order(axis, taken[n]) for n in under_first[t.label]) if leader >= 0 else ()
            keys.append(((leader < 0, leader, place), rank(ranks[t.label], values)))
        named = [
            (t.label + (f"#{rank(ranks[t.label], values) + 1}" if len(ranks[t.label]) > 1 else ""), values)
            for t, values in zip(taken, settings, strict=True)
        ]
        return named, keys

    def speaks(self, axis: Axis, first: int, label: str) -> int:
        """The rule whose settings a label has: of those that took, the first; if that is silent, the first
        that is written with the label, though it took nothing."""
        if first < 0 or axis.rules[first].settings is not None or implied(axis, first):
            return first
        return next((n for n in range(first) if axis.rules[n].label.parts == (label,)), first)

    def expected(
        self,
        setting: nodes.Setting,
        axis: Axis,
        leader: int,
        number: int,
        taken: Sequence[Taken],
        under_first: Sequence[int],
    ) -> object:
        """Return the settings of the label's first rule for a parameter that any rule of the label took."""
        t = taken[number]
        needed = references(setting.value) & set(
            bound_by(axis.rules[leader].predicate, self.scope, self.looking)
        )
        own = set(bound_by(axis.rules[t.rule].predicate, self.scope, self.looking))
        if t.rule == leader or needed <= own:
            return self.setting(setting, number, t.captures, t.row)
        for n in under_first:
            if not needed <= set(bound_by(axis.rules[taken[n].rule].predicate, self.scope, self.looking)):
                raise Wrong("E207")
        values = [self.setting(setting, n, taken[n].captures, taken[n].row) for n in under_first]
        if not all(same(values[0], other) for other in values):
            raise Wrong("E207")
        return values[0]

    def setting(self, setting: nodes.Setting, number: int, captures: Bound, row: Parameter) -> object:
        value = setting.value
        found = self.looking.value(value, self.scope, row, self.looking.model[number], {row.name: captures})
        if found is ABSENT:
            raise Wrong("E208")
        if not may_be(setting.key, found):
            raise Wrong("E317")
        return found

    def ranks(self, settings: Sequence[dict[str, object]]) -> list[dict[str, object]]:
        """The different settings of a label, in their order."""
        different: list[dict[str, object]] = []
        for each in settings:
            if not any(same_settings(each, other) for other in different):
                different.append(each)
        return sorted(different, key=lambda each: [sortable(value) for value in each.values()])

    # In which order groups come

    def order(self, axis: Axis, taken: Taken) -> tuple[object, ...]:
        """The captures in the order written, then the label's holes."""
        names = bound_by(axis.rules[taken.rule].predicate, self.scope, self.looking)
        kinds = {name: 0 if numeric else "" for name, numeric in names.items()}
        words = words_by(axis.rules[taken.rule].predicate, self.scope, self.looking)
        values = [taken.captures.get(name, kinds[name]) for name in names]
        values = [
            among_words(words[name], str(value)) if name in words else value
            for name, value in zip(names, values, strict=True)
        ]
        return tuple(sortable(value) for value in (*values, *taken.holes))

    def groups(
        self, made: Sequence[Any]
    ) -> list[tuple[str, tuple[str, ...], dict[str, object], tuple[int, ...]]]:
        members: dict[object, list[int]] = {}
        for number in range(len(self.looking.model)):
            key = tuple(keys[number] for _, keys in made)
            members.setdefault(key, []).append(number)
        groups = []
        for key in sorted(members):
            number = members[key][0]
            named = [axis[number] for axis, _ in made]
            settings: dict[str, object] = {}
            for _, values in named:
                for name, value in values.items():
                    settings[name] = settings[name] * value if name in settings else value
            labels = tuple(axis.labels[number] for axis in self.result.axes)
            label = "/".join(label for label, _ in named)
            groups.append((label, labels, settings, tuple(members[key])))
        return groups

    # What is reported

    def report(self, axis: Axis, taken: Sequence[Taken]) -> None:
        findings = self.result.findings
        for number, rule in enumerate(axis.rules):
            if rule.predicate is not None:
                takes = any(t.rule == number for t in taken)
                findings |= dead_parts(rule, takes, self.looking, self.scope)
        for number, rows in enumerate(self.looking.model):
            if len(rows) == 1 or number in self.noted or len({self.alone(axis, row) for row in rows}) == 1:
                continue
            self.noted.add(number)
            if not self.allowed(("N210", line(axis.rules[taken[number].rule]))):
                findings.add(("N210", 0))
        if self.strict and any(t.rule < 0 for t in taken):
            findings.add(("E205", 0))
        for expect in axis.expects:
            if not self.kept(expect, taken):
                findings.add(("E206", line(expect)))

    def alone(self, axis: Axis, row: Parameter) -> str | None:
        """The label that a parameter would have if this were its only name; None if there is none."""
        try:
            return self.take(axis, [row]).label
        except Wrong:
            return None

    def kept(self, expect: nodes.Expect, taken: Sequence[Taken]) -> bool:
        """Return whether an expectation holds."""
        met = False
        for rows, t in zip(self.looking.model, taken, strict=True):
            for row in rows:
                found = self.captures(expect.predicate, row, rows)
                if found is not None:
                    met = True
                    wanted, _ = self.fill(expect.label, row, rows, found)
                    if (wanted == t.label) == expect.negated:
                        return False
                    break
        return met or expect.optional

    def allowed(self, finding: Finding) -> bool:
        """Return whether a comment in the file silences a warning or a note (named by a warning's number)."""
        code, at = finding
        return code[0] != "E" and any(
            {code, f"W{code[1:]}"} & {*allow.codes}
            and lines(allow.statement)[0] <= at <= lines(allow.statement)[1]
            for allow in self.file.allows
        )


def axes_of(file: nodes.File) -> list[Axis]:
    axes = [Axis("", file, [], [])]
    for statement in file.statements:
        if isinstance(statement, nodes.Axis):
            axes.append(Axis(statement.name, statement, [], []))
        elif isinstance(statement, nodes.Rule):
            axes[-1].rules.append(statement)
        elif isinstance(statement, nodes.Expect):
            axes[-1].expects.append(statement)
    return [axis for axis in axes if axis.rules or axis.expects]


def line(node: nodes.Node) -> int:
    return node.span.source.position(node.span.start)[0]


def lines(span: Any) -> tuple[int, int]:
    return span.source.position(span.start)[0], span.source.position(span.end)[0]
