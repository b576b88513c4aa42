"""Remarks: the comments of an inferred file, and its `expect` statements."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Final

from paramrules.assignment import Assignment, examine
from paramrules.diagnostics import RulesError, printable
from paramrules.display import counted, large, rule_settings
from paramrules.inference import costs
from paramrules.inference.decision_list import Line
from paramrules.inference.explain import Explained
from paramrules.inference.grouping import Grouping, SettingValue
from paramrules.inference.indexes import Index
from paramrules.inference.wording import words_of
from paramrules.rules import parse

_WIDTH: Final = 100
_LONG: Final = 60
"""The most letters of what a comment says a rule is about."""

_SEVERAL: Final = 4
"""The fewest rules of an axis of which a comment says that most are long."""

_NORMS: Final = ("LayerNorm", "RMSNorm", "BatchNorm", "GroupNorm")
_EXPECTED: Final = {
    "no_decay": (*(f"type({norm})" for norm in _NORMS), "role == bias"),
    "decay": ("type(Linear) and role == weight", "type(Conv) and role == weight"),
}
"""Tests that readers expect of these labels. The first that is true of all models becomes an `expect`."""


def counted_by(axes: Sequence[Explained]) -> list[Index]:
    """Return the indexes that the rules of a file use."""
    used: dict[int, Index] = {}
    for line in (line for axis in axes for line in axis.list.lines):
        forms = [form.index for form in line.head.forms.values() if form.kind == "series" or form.beyond]
        tests = [literal.test.index for branch in line.branches for literal in branch.literals]
        used |= {id(index): index for index in (*forms, *tests) if index is not None}
    return list(used.values())


def title(
    groupings: Sequence[Grouping], base: Mapping[str, SettingValue], axes: Sequence[Explained]
) -> list[str]:
    """Return the comment at the top: the models, what the optimizer is given, which axes are long."""
    shown = [f"`{printable(grouping.model)}`" for grouping in groupings]
    models = " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
    lines = [f"Inferred by paramrules from the groups of {models}."]
    if base:
        lines.append(f"The optimizer is given {rule_settings(base)}.")
    if len(groupings) > 1:
        lines.append(f"Sizes are those of {shown[0]}.")
    for axis in axes:
        if sum(map(_is_long, axis.list.lines)) * 2 > len(axis.list.lines) >= _SEVERAL:
            which = f"Most rules of `{axis.name}`" if len(axes) > 1 else "Most of these rules"
            lines.append(f"{which} are long, and may not hold on another size: check one, or infer from two.")
    return [part for line in lines for part in wrap(line, _WIDTH, break_long_words=False)]


def is_list(line: Line) -> bool:
    """Return whether a rule goes by whole names, extents, or the numbers of three layers or more."""
    literals = [[each.test for each in branch.literals if each.test.is_literal] for branch in line.branches]
    return sum(map(bool, literals)) > 2 or any(
        test.cost >= costs.EXTENT for branch in literals for test in branch
    )


def _is_long(line: Line) -> bool:
    """Return whether a rule lists names or sizes, or takes many tests."""
    return is_list(line) or (line.cover is not None and line.cover.cost > costs.LONG)


def taken_by(assignment: Assignment, axis: int, rule: int) -> list[int]:
    """Return the parameters that a rule takes, by the numbers of axis and rule."""
    return [number for number, each in enumerate(assignment.axes[axis].rules) if each == rule]


def remarks(axes: Sequence[Explained], assignment: Assignment) -> dict[tuple[int, int], str]:
    """Return the comment above each rule, by the numbers of axis and rule: what the rule takes."""
    elements = assignment.inventory.column("elements")
    found = {}
    for at, axis in enumerate(axes):
        for number, line in enumerate(axis.list.lines):
            taken = taken_by(assignment, at, number)
            size = sum(elements[parameter] for parameter in taken)
            found[at, number] = f"{counted(len(taken), 'tensor')}, {counted_elements(size)}{_about(line)}"
    return found


def counted_elements(size: int) -> str:
    """Return a number of parameters: `1 parameter`, `86.4k parameters`."""
    return f"{large(size)} parameter{'' if size == 1 else 's'}"


def _about(line: Line) -> str:
    """Return what a rule is about; that it lists names, or is long, because nothing shorter explains them."""
    if is_list(line):
        tests = [literal.test for branch in line.branches for literal in branch.literals]
        by_name = any(test.is_literal and not test.is_extent for test in tests)
        return f": nothing but their {'names' if by_name else 'sizes'} tells these apart"
    if _is_long(line):
        return ": no short test tells these apart"
    words = ", ".join(words_of(line.cover))
    return f": {words}" if words and len(words) < _LONG else ""


def expectations(text: str, axes: Sequence[Explained], groupings: Sequence[Grouping]) -> dict[int, list[str]]:
    """Return the `expect` statements of each axis: true of all models, and no rule's own words."""
    found: dict[int, list[str]] = {}
    for at, (axis, parsed) in enumerate(zip(axes, parse(text, "inferred.rules").axes, strict=False)):
        if any(key.startswith("weight_decay") for key in axis.keys):
            own = [rule.span.text for rule in parsed.rules]
            labels = [rule.label.text for rule in parsed.rules]
            for label in filter(labels.count, _EXPECTED):
                tests = [test for test in _EXPECTED[label] if not any(test in rule for rule in own)]
                found.setdefault(at, []).extend(_true(text, parsed.name, label, tests, groupings))
    return found


def _true(
    text: str, axis: str, label: str, tests: Sequence[str], groupings: Sequence[Grouping]
) -> Iterator[str]:
    """Yield the first test that all models pass and one has something for."""
    for test in tests:
        statement = f"expect {label}?: {test}"
        head, mark, rest = text.partition(f"[{axis}]\n") if axis else ("", "", text)
        body, gap, others = rest.partition("\n[")
        rules = parse(f"{head}{mark}{body.rstrip()}\n{statement}\n{gap}{others}", "inferred.rules")
        try:
            outcomes = [examine(rules, grouping.inventory).outcomes[0] for grouping in groupings]
        except RulesError:  # a fact that this model does not know
            continue
        if all(outcome.holds for outcome in outcomes) and any(outcome.parameters for outcome in outcomes):
            yield statement
            return
